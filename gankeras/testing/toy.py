"""Toy data and networks that train in a second."""

from typing import Any

import keras
import numpy as np

from gankeras.core.codec import IdentityCodec
from gankeras.core.gan import GAN
from gankeras.images import DCGAN, ImageCodec


def toy_data(n: int = 256, num_classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points around the corners of a ring, one class a corner: float32 `(n, 2)` and int32 `(n,)`."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % num_classes).astype("int32")
    angle = 2 * np.pi * y / num_classes
    x = 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=-1) + rng.normal(0, 0.1, (n, 2))
    return x.astype("float32"), y


def toy_networks(
    num_classes: int | None = 4, width: int = 16, latent_dim: int = 4
) -> tuple[keras.Model, keras.Model]:
    """A generator and a discriminator of points in the plane."""
    latents = keras.Input((latent_dim,), name="latents")
    samples = keras.Input((2,), name="samples")
    made, seen, label = [latents], [samples], {}
    if num_classes:
        label = {"labels": keras.Input((), dtype="int32", name="labels")}
        made.append(keras.layers.Embedding(num_classes, 4)(label["labels"]))
        seen.append(keras.layers.Embedding(num_classes, 4)(label["labels"]))
    hidden = keras.layers.Dense(width, "relu")(
        keras.layers.Concatenate()(made) if label else latents
    )
    generator = keras.Model(
        {"latents": latents, **label}, {"samples": keras.layers.Dense(2)(hidden)}, name="generator"
    )
    hidden = keras.layers.Dense(width, "leaky_relu")(
        keras.layers.Concatenate()(seen) if label else samples
    )
    discriminator = keras.Model(
        {"samples": samples, **label},
        {"logits": keras.layers.Dense(1)(hidden)},
        name="discriminator",
    )
    return generator, discriminator


def toy_gan(num_classes: int | None = 4, trained_steps: int = 0, seed: int = 0, **game: Any) -> GAN:
    """A compiled GAN of points in the plane, trained for `trained_steps` steps of 32."""
    with_seed(seed)
    gan = GAN(*toy_networks(num_classes), IdentityCodec((2,), num_classes), seed=seed)
    gan.compile(**game)
    if trained_steps:
        x, y = toy_data(num_classes=num_classes or 4, seed=seed)
        y = y if num_classes else None
        gan.fit(x, y, batch_size=32, steps_per_epoch=trained_steps, verbose=0)
    return gan


def toy_images(
    n: int = 90, num_classes: int = 3, seed: int = 0, size: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Noise around a grey that tells the class: uint8 `(n, size, size, 1)` and int32 `(n,)`."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % num_classes).astype("int32")
    grey = (40 + 160 * y / max(num_classes - 1, 1)).astype("int64")
    x = grey[:, None, None, None] + rng.integers(-30, 31, (n, size, size, 1))
    return x.clip(0, 255).astype("uint8"), y


def toy_image_gan(num_classes: int = 3, trained_steps: int = 2, seed: int = 0) -> DCGAN:
    """A compiled DCGAN of the least width on 8x8 images, trained for `trained_steps` steps of 16."""
    gan = DCGAN(ImageCodec((8, 8, 1), num_classes=num_classes), latent_dim=8, width=4, seed=seed)
    gan.compile()
    if trained_steps:
        x, y = toy_images(num_classes=num_classes, seed=seed)
        gan.fit(x, y, batch_size=16, steps_per_epoch=trained_steps, verbose=0)
    return gan


def with_seed(seed: int) -> None:
    """Makes Keras' initializers repeatable."""
    keras.utils.set_random_seed(seed)


def toy_table(n: int = 200, seed: int = 0) -> dict[str, np.ndarray]:
    """Columns of numbers with missing cells, whole numbers, names and three plans, which depend on each other."""
    rng = np.random.default_rng(seed)
    plan = np.arange(n) % 3
    spent = np.round(rng.normal(10.0 * plan, 2.0), 1)
    spent[rng.random(n) < 0.1] = np.nan
    return {
        "age": rng.integers(20, 60, n) + 5 * plan,
        "spent": spent,
        "sex": np.array(["f", "m"], object)[(rng.random(n) < 0.2 + 0.3 * plan).astype(int)],
        "plan": np.array(["basic", "family", "plus"], object)[plan],
    }

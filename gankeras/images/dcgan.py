"""A conditional DCGAN for small image sets."""

import math
from typing import Any

import keras
from keras import layers, ops

from gankeras.core.gan import GAN
from gankeras.images.codec import ImageCodec
from gankeras.layers import Translation
from gankeras.regularizers import R1, R2

KERNEL = keras.initializers.VarianceScaling(2.0, "fan_in", "truncated_normal")
# A stride of 2 lets each output see a quarter of the kernel; Keras reads a transposed kernel's fans the other way round.
TRANSPOSED = keras.initializers.VarianceScaling(8.0, "fan_out", "truncated_normal")


def num_stages(height: int, width: int) -> int:
    """How often the image is halved: down to a grid of 6 to 11 cells a side, at least once."""
    return max(1, int(math.log2(min(height, width) / 6)) if min(height, width) >= 6 else 1)


def build_generator(
    image_shape: tuple[int, int, int], num_classes: int | None, latent_dim: int, width: int
) -> keras.Model:
    """Latents (and a label) to an image in [-1, 1]: a dense grid, then fractionally strided convolutions."""
    height, columns, channels = image_shape
    stages = num_stages(height, columns)
    grid = (math.ceil(height / 2**stages), math.ceil(columns / 2**stages))
    inputs = {"latents": keras.Input((latent_dim,), name="latents")}
    x = inputs["latents"]
    if num_classes:
        inputs["labels"] = keras.Input((), dtype="int32", name="labels")
        embedding = layers.Embedding(
            num_classes, latent_dim // 2, keras.initializers.RandomNormal(stddev=1.0)
        )
        x = layers.Concatenate()([x, embedding(inputs["labels"])])
    x = layers.Dense(grid[0] * grid[1] * 4 * width, kernel_initializer=KERNEL)(x)
    x = layers.LeakyReLU(0.2)(layers.Reshape((*grid, 4 * width))(x))
    for stage in range(stages):
        # Half the filters at the full size: there a convolution costs most.
        filters = width if stage == stages - 1 else 2 * width
        # A kernel that the stride divides leaves no checkerboard.
        x = layers.Conv2DTranspose(
            filters, 4, strides=2, padding="same", kernel_initializer=TRANSPOSED
        )(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(
        channels,
        3,
        padding="same",
        activation="tanh",
        kernel_initializer="glorot_normal",
        dtype="float32",
    )(x)
    x = x[:, :height, :columns] if x.shape[1:3] != (height, columns) else x
    return keras.Model(inputs, {"samples": x}, name="generator")


def build_discriminator(
    image_shape: tuple[int, int, int], num_classes: int | None, width: int
) -> keras.Model:
    """An image (and a label) to a logit: strided convolutions, and a dot product with the label's embedding."""
    inputs = {"samples": keras.Input(image_shape, name="samples")}
    x = inputs["samples"]
    stages = num_stages(*image_shape[:2])
    for stage in range(stages):
        x = layers.Conv2D(
            width * min(2**stage, 2), 4, strides=2, padding="same", kernel_initializer=KERNEL
        )(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(4 * width, 3, padding="same", kernel_initializer=KERNEL)(x)
    x = layers.Flatten()(layers.LeakyReLU(0.2)(x))
    x = layers.LeakyReLU(0.2)(layers.Dense(4 * width, kernel_initializer=KERNEL)(x))
    x = layers.Activation("linear", dtype="float32")(x)
    logits = layers.Dense(1, kernel_initializer="glorot_normal", dtype="float32")(x)
    if num_classes:
        inputs["labels"] = keras.Input((), dtype="int32", name="labels")
        # Miyato and Koyama 2018, arXiv:1802.05637: the label enters by an inner product with the features.
        start = keras.initializers.RandomNormal(stddev=(4 * width) ** -0.5)
        direction = layers.Embedding(num_classes, 4 * width, start, dtype="float32")(
            inputs["labels"]
        )
        logits = logits + ops.sum(x * direction, axis=-1, keepdims=True)
    return keras.Model(inputs, {"logits": logits}, name="discriminator")


@keras.saving.register_keras_serializable("gankeras")
class DCGAN(GAN):
    """A convolutional GAN, conditional where the codec has classes, set up for at most 10,000 images of 28 to 64 pixels.

    Args:
        codec: The images' `ImageCodec`.
        latent_dim: Length of the latents.
        width: Filters at the full size; the widest layers have four times as many.
        seed: Of all randomness of the training.

    Example:
        >>> gan = gankeras.images.DCGAN(
        ...     gankeras.images.ImageCodec((8, 8, 1)), latent_dim=4, width=4
        ... )
        >>> gan.sample(2).shape
        (2, 8, 8, 1)
    """

    def __init__(
        self, codec: ImageCodec, latent_dim: int = 64, width: int = 32, seed: int = 0, **kwargs
    ):
        super().__init__(
            build_generator(codec.sample_shape, codec.num_classes, latent_dim, width),
            build_discriminator(codec.sample_shape, codec.num_classes, width),
            codec,
            seed,
            **kwargs,
        )
        self.latent_dim = int(latent_dim)
        self.width = int(width)

    def compile(self, loss: Any = "relativistic", regularizers: Any = None, **game: Any) -> None:
        """Sets the game; see `GAN.compile`. What is left out takes the recipe's value."""
        defaults = {
            "generator_optimizer": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.99),
            "discriminator_optimizer": keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.99),
            "augment": [Translation(0.125)],
            "ema_half_life": 2_000,
        }
        regularizers = [R1(0.5), R2(0.5)] if regularizers is None else regularizers
        super().compile(loss, regularizers, **{**defaults, **game})

    def get_config(self) -> dict:
        return {
            "codec": keras.saving.serialize_keras_object(self.codec),
            "latent_dim": self.latent_dim,
            "width": self.width,
            "seed": self.seed,
            "name": self.name,
        }

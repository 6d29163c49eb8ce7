"""A conditional DCGAN for small image sets."""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from gankeras.core.codec import Codec
from gankeras.core.fused_adam import FusedAdam
from gankeras.core.gan import GAN
from gankeras.images.codec import ImageCodec
from gankeras.images.features import RandomConvolutions
from gankeras.layers import AdaptiveAugmentation, Translation, UpsampledConv2D
from gankeras.regularizers import R1, R2


class _Initializers:
    """First weights as a function of the GAN's seed alone, each layer's its own.

    Args:
        seed: Of the GAN.
        player: 0 or 1, so that the players differ.
    """

    def __init__(self, seed: int, player: int):
        self._seeds = np.random.default_rng([seed % 2**63, player])

    def _next(self) -> int:
        return int(self._seeds.integers(2**31))

    def kernel(self):
        """For leaky rectifiers."""
        return keras.initializers.VarianceScaling(
            2.0, "fan_in", "truncated_normal", seed=self._next()
        )

    def last(self):
        """For the layer that nothing rectifies."""
        return keras.initializers.GlorotNormal(seed=self._next())

    def normal(self, stddev: float):
        """For embeddings."""
        return keras.initializers.RandomNormal(stddev=stddev, seed=self._next())


def num_stages(height: int, width: int) -> int:
    """How often the image is halved: down to a grid of 6 to 11 cells a side, at least once."""
    return max(1, int(math.log2(min(height, width) / 6)) if min(height, width) >= 6 else 1)


def build_generator(
    image_shape: tuple[int, int, int],
    num_classes: int | None,
    latent_dim: int,
    width: int,
    seed: int = 0,
) -> keras.Model:
    """Latents (and a label) to an image in [-1, 1]: a dense grid, then nearest upsampling and 3x3 convolutions."""
    height, columns, channels = image_shape
    first = _Initializers(seed, 0)
    stages = num_stages(height, columns)
    grid = (math.ceil(height / 2**stages), math.ceil(columns / 2**stages))
    inputs = {"latents": keras.Input((latent_dim,), name="latents")}
    x = inputs["latents"]
    if num_classes:
        inputs["labels"] = keras.Input((), dtype="int32", name="labels")
        embedding = layers.Embedding(num_classes, latent_dim // 2, first.normal(1.0))
        x = layers.Concatenate()([x, embedding(inputs["labels"])])
    style = x
    x = layers.Dense(grid[0] * grid[1] * 4 * width, kernel_initializer=first.kernel())(style)
    x = _modulated(layers.Reshape((*grid, 4 * width))(x), style)
    for stage in range(stages):
        # Half the filters at the full size: there a convolution costs most.
        filters = width if stage == stages - 1 else 2 * width
        # Freely learnt strided kernels left a grid that classifiers learn instead of the image.
        x = UpsampledConv2D(filters, kernel_initializer=first.kernel())(x)
        x = _modulated(x, style)
    x = layers.Conv2D(
        channels,
        3,
        padding="same",
        activation="tanh",
        kernel_initializer=first.last(),
        dtype="float32",
    )(x)
    x = x[:, :height, :columns] if x.shape[1:3] != (height, columns) else x
    return keras.Model(inputs, {"samples": x}, name="generator")


def _modulated(x: Any, style: Any) -> Any:
    """Each filter scaled and shifted by what latents and label say, then rectified; at first the identity."""
    filters = x.shape[-1]
    scale, shift = (layers.Dense(filters, kernel_initializer="zeros")(style) for _ in range(2))
    shape = layers.Reshape((1, 1, filters))
    return layers.LeakyReLU(0.2)(x * (1.0 + shape(scale)) + shape(shift))


def build_discriminator(
    image_shape: tuple[int, int, int], num_classes: int | None, width: int, seed: int = 0
) -> keras.Model:
    """An image (and a label) to a logit: strided convolutions, and a dot product with the label's embedding."""
    inputs = {"samples": keras.Input(image_shape, name="samples")}
    first = _Initializers(seed, 1)
    x = inputs["samples"]
    stages = num_stages(*image_shape[:2])
    for stage in range(stages):
        x = layers.Conv2D(
            width * min(2**stage, 2),
            4,
            strides=2,
            padding="same",
            kernel_initializer=first.kernel(),
        )(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(4 * width, 3, padding="same", kernel_initializer=first.kernel())(x)
    x = layers.Flatten()(layers.LeakyReLU(0.2)(x))
    x = layers.LeakyReLU(0.2)(layers.Dense(4 * width, kernel_initializer=first.kernel())(x))
    x = layers.Activation("linear", dtype="float32")(x)
    logits = layers.Dense(1, kernel_initializer=first.last(), dtype="float32")(x)
    if num_classes:
        inputs["labels"] = keras.Input((), dtype="int32", name="labels")
        # Miyato and Koyama 2018, arXiv:1802.05637: the label enters by an inner product with the features.
        start = first.normal((4 * width) ** -0.5)
        direction = layers.Embedding(num_classes, 4 * width, start, dtype="float32")(
            inputs["labels"]
        )
        logits = logits + ops.sum(x * direction, axis=-1, keepdims=True)
    return keras.Model(inputs, {"logits": logits}, name="discriminator")


@keras.saving.register_keras_serializable("gankeras")
class DCGAN(GAN):
    """A convolutional GAN for at most 10,000 images of 28 to 64 pixels, conditional where the codec has classes.

    The networks are DCGAN's, narrowed to what two cores train in minutes; the game is R3GAN's, which bears small sets
    better: class-matched relativistic loss, R1 and R2 (every fourth step), one discriminator step, no normalization,
    shifted views for the discriminator, more of them the more it learns the images by heart, an averaged generator.

    Args:
        codec: The images' `ImageCodec`.
        latent_dim: Length of the latents.
        width: Filters at the full size; the widest layers have four times as many.
        seed: Of the first weights and all randomness of the training.

    Example:
        >>> gan = gankeras.images.DCGAN(
        ...     gankeras.images.ImageCodec((8, 8, 1)), latent_dim=4, width=4
        ... )
        >>> gan.compile(augment=["translation", "cutout"])
        >>> gan.sample(2).shape
        (2, 8, 8, 1)

    References:
        - Radford et al. 2015, arXiv:1511.06434 (networks). Deviations: nearest upsampling instead of strides in the
          generator, no batch normalization, a dense layer before the logit.
        - Perez et al. 2018, arXiv:1709.07871, equation 2 (latents and label scale and shift each filter of the
          generator). Deviations: latents among what they depend on, and no normalization before.
        - Miyato and Koyama 2018, arXiv:1802.05637, figure 1d (projection discriminator).
        - Huang et al. 2025, arXiv:2501.05441, section 2 (loss and penalties; Adam without a first moment). Deviation:
          the second moment's decay stays at the 0.9 that theirs starts from.
        - Zhao et al. 2020, arXiv:2006.10738 (differentiable augmentation).
        - Karras et al. 2020, arXiv:2006.06676 (as often as it is needed; see `layers.AdaptiveAugmentation`).
    """

    def __init__(
        self, codec: ImageCodec, latent_dim: int = 64, width: int = 32, seed: int = 0, **kwargs
    ):
        if not isinstance(codec, Codec):
            raise ValueError(
                "`codec` must say what the images are: pass `ImageCodec((height, width, channels), num_classes=...)`. "
                f"Received: {codec!r}."
            )
        super().__init__(
            build_generator(codec.sample_shape, codec.num_classes, latent_dim, width, seed),
            build_discriminator(codec.sample_shape, codec.num_classes, width, seed),
            codec,
            seed,
            **kwargs,
        )
        self.latent_dim = int(latent_dim)
        self.width = int(width)

    def compile(
        self,
        loss: Any = "relativistic",
        regularizers: Any = None,
        steps: int | None = None,
        **game: Any,
    ) -> None:
        """Sets the game; what is left out takes the recipe's value.

        Args:
            loss: See `GAN.compile`.
            regularizers: See `GAN.compile`; None means R1 and R2 of 0.5, every fourth step.
            steps: Length of the planned training. The learning rates then fall to a tenth by a cosine; without it
                they stay at 1e-3 after a rise over 100 steps.
            **game: The other arguments of `GAN.compile`. Add `"horizontal_flip"` to `augment` only where mirrored
                images are as likely as others: with it the discriminator cannot tell them apart, and the generator
                makes both. Shoes that all look to the left came out looking to the right.

        Raises:
            ValueError: As `GAN.compile`, and for `steps` below 1.
        """
        if steps is not None and steps < 1:
            raise ValueError(f"`steps` must be at least 1, or None. Received: steps={steps!r}.")
        defaults = {
            "generator_optimizer": _optimizer(steps),
            "discriminator_optimizer": _optimizer(steps),
            # docs/stability.md: under it every run ended at its best.
            "augment": [AdaptiveAugmentation([Translation(0.125)])],
            "ema_half_life": 20_000,
        }
        if regularizers is None:
            regularizers = [R1(0.5, interval=4), R2(0.5, interval=4)]
        super().compile(loss, regularizers, **{**defaults, **game})

    @property
    def features(self) -> Callable:
        """`RandomConvolutions` of the raw images."""
        return RandomConvolutions(self.codec)

    def get_config(self) -> dict:
        return {
            "codec": keras.saving.serialize_keras_object(self.codec),
            "latent_dim": self.latent_dim,
            "width": self.width,
            "seed": self.seed,
            "name": self.name,
        }


def _optimizer(steps: int | None) -> keras.optimizers.Optimizer:
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        steps or 1,
        alpha=0.1 if steps else 1.0,
        warmup_target=1e-3,
        warmup_steps=100,
    )
    # Adam moves a weight by up to rate / sqrt(1 - beta_2) at a gradient that comes out of a calm. With 0.99 that is ten
    # rates: in an early training a few such steps drove tanh to its flat end, and every sample was black for good.
    return FusedAdam(rate, beta_1=0.0, beta_2=0.9)

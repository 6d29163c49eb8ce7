"""A conditional GAN for tables of mixed columns."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from gankeras.core.fused_adam import FusedAdam
from gankeras.core.gan import GAN
from gankeras.core.training_data import Feed
from gankeras.layers import DenseOfParts, Dropout, LeakyReLU, SpanActivation
from gankeras.regularizers import GradientPenalty
from gankeras.tables.codec import TableCodec
from gankeras.tables.column_features import ColumnFeatures
from gankeras.tables.condition_cross_entropy import ConditionCrossEntropy
from gankeras.tables.conditions import column_shares, reveal
from gankeras.tables.training_by_sampling import TrainingBySampling

# A stream of a step's randomness beside the game's.
REVEALED = 7


class _Initializers:
    """First weights as a function of the GAN's seed alone, each layer's its own."""

    def __init__(self, seed: int, player: int):
        self._seeds = np.random.default_rng([seed % 2**63, player])

    def kernel(self):
        """For every dense layer."""
        return keras.initializers.VarianceScaling(
            1.0, "fan_in", "uniform", seed=int(self._seeds.integers(2**31))
        )


def build_generator(
    codec: TableCodec, latent_dim: int, widths: tuple[int, ...], seed: int = 0
) -> keras.Model:
    """Latents and a conditional vector to a row: residual blocks that hand their input on, then spans."""
    first = _Initializers(seed, 0)
    slots, numbers = codec.num_slots, len(codec.valued)
    latents = keras.Input((latent_dim + slots,), name="latents")
    condition = keras.Input((slots,), name="condition")
    parts = [layers.Concatenate()([latents[:, :latent_dim], condition])]
    for width in widths:
        made = DenseOfParts(width, kernel_initializer=first.kernel())(parts)
        parts = [layers.Activation("relu")(layers.LayerNormalization()(made)), *parts]
    x = DenseOfParts(numbers + slots, kernel_initializer=first.kernel(), dtype="float32")(parts)
    x = SpanActivation(numbers, codec.widths)([x, latents[:, latent_dim:]])
    return keras.Model(
        {"latents": latents, "condition": condition}, {"samples": x}, name="generator"
    )


def build_discriminator(
    codec: TableCodec, widths: tuple[int, ...], pac: int, dropout: float, seed: int = 0
) -> keras.Model:
    """Packs of rows with their conditions to one logit a pack."""
    first = _Initializers(seed, 1)
    samples = keras.Input(codec.sample_shape, name="samples")
    condition = keras.Input((codec.num_slots,), name="condition")
    parts = [keras.ops.reshape(part, (-1, pac * part.shape[1])) for part in (samples, condition)]
    for width in widths:
        x = DenseOfParts(width, kernel_initializer=first.kernel())(parts)
        x = Dropout(dropout)(LeakyReLU(0.2)(x))
        parts = [x]
    x = layers.Activation("linear", dtype="float32")(x)
    logits = layers.Dense(1, kernel_initializer=first.kernel(), dtype="float32")(x)
    return keras.Model(
        {"samples": samples, "condition": condition},
        {"logits": logits, "features": x},
        name="discriminator",
    )


@keras.saving.register_keras_serializable("gankeras")
class CTGAN(GAN):
    """A GAN for tables of numbers, categories, truth values and dates, conditional on any of their columns.

    In training a column is drawn (three times of four the target, if there is one), a category of it, and a real row
    that holds it; the generator is told the category, and of every second row further columns, so that it learns to
    follow conditions on any columns at once.

    Args:
        codec: The table's adapted `TableCodec`.
        latent_dim: Length of the latents, beside one number a slot that makes the draw from each span.
        generator_widths: Of the generator's residual blocks.
        discriminator_widths: Of the discriminator's layers.
        pac: Rows that the discriminator judges together. Several show it rows that are all alike; they also blur what it
            learns of one row, so that columns agree less with each other.
        dropout: In the discriminator.
        seed: Of the first weights and all randomness of the training.

    Example:
        >>> table = {"age": np.arange(60) % 30 + 20, "sex": np.array(["f", "m"] * 30)}
        >>> gan = gankeras.tables.CTGAN(gankeras.tables.TableCodec().adapt(table), pac=2)
        >>> gan.compile()
        >>> history = gan.fit(table, batch_size=20, epochs=1, verbose=0)
        >>> gan.sample(3, conditions={"sex": "m"})["sex"].tolist()
        ['m', 'm', 'm']

    References:
        - Xu et al. 2019, arXiv:1907.00503, section 4. Deviations: layer instead of batch normalization, so that a row
          does not depend on its batch; several columns may be given at once, modes of numbers among them; a target is
          the column that is given three times of four (theirs: as often as each other), and samples are given a class
          and a category of a random column that goes with it (theirs: the latter alone); samples come from an averaged
          generator; by default one row a pack (theirs: 10) and no dropout (theirs: 0.5).
        - Lin et al. 2018, arXiv:1712.04086 (PacGAN).
    """

    default_batch_size = 500

    def __init__(
        self,
        codec: TableCodec,
        latent_dim: int = 128,
        generator_widths: tuple[int, ...] = (256, 256),
        discriminator_widths: tuple[int, ...] = (256, 256),
        pac: int = 1,
        dropout: float = 0.0,
        seed: int = 0,
        **kwargs,
    ):
        self._settings = {
            "latent_dim": int(latent_dim),
            "generator_widths": [int(width) for width in generator_widths],
            "discriminator_widths": [int(width) for width in discriminator_widths],
            "pac": int(pac),
            "dropout": float(dropout),
        }
        if not isinstance(codec, TableCodec):
            raise ValueError(
                "`codec` must be an adapted `TableCodec`, such as `TableCodec().adapt(frame)`. "
                f"Received: {type(codec).__name__}."
            )
        codec.check_adapted()
        if pac < 1 or latent_dim < 1:
            raise ValueError(
                f"`pac` and `latent_dim` must be at least 1. Received: pac={pac}, latent_dim={latent_dim}."
            )
        super().__init__(
            build_generator(codec, latent_dim, generator_widths, seed),
            build_discriminator(codec, discriminator_widths, pac, dropout, seed),
            codec,
            seed,
            **kwargs,
        )

    def compile(
        self,
        loss: Any = "wasserstein",
        regularizers: Any = None,
        steps: int | None = None,
        **game: Any,
    ) -> None:
        """Sets the game; what is left out takes the recipe's value.

        Args:
            loss: See `GAN.compile`.
            regularizers: See `GAN.compile`; None means the gradient penalty of 10 and the cross-entropy of the
                conditions.
            steps: Length of the planned training. The learning rates then fall from 5e-4 to 1e-5 by a cosine; without it
                they stay at the paper's 2e-4.
            **game: The other arguments of `GAN.compile`.

        Raises:
            ValueError: As `GAN.compile`, and for `steps` below 1.
        """
        if steps is not None and steps < 1:
            raise ValueError(f"`steps` must be at least 1, or None. Received: steps={steps!r}.")
        if regularizers is None:
            regularizers = [GradientPenalty(10.0), ConditionCrossEntropy(1.0)]
        defaults = {
            "generator_optimizer": _optimizer(steps),
            "discriminator_optimizer": _optimizer(steps),
            "ema_half_life": 500_000,
        }
        super().compile(loss, regularizers, **{**defaults, **game})

    @property
    def features(self) -> Callable:
        """Scaled numbers and slots of raw rows, by which `fit` keeps the best epoch."""
        return ColumnFeatures(self.codec)

    def feed(self, x: Any, y: Any, batch_size: int, exponent: float) -> Feed:
        """Training by sampling on a table that was encoded once."""
        encoded = self.codec.encode_table(x)
        pac = self._settings["pac"]
        order = TrainingBySampling(
            encoded["codes"],
            self.codec.widths,
            max(pac, min(batch_size, len(encoded["codes"])) // pac * pac),
            exponent,
            self.seed,
            column_shares(self.codec),
        )
        return Feed(
            encoded,
            order,
            lambda batch, more: {
                "samples": batch,
                "conditions": {"column": more[:, 0], "seed": more[:, 1]},
            },
        )

    def unpack(self, data: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Codes and numbers as rows of numbers and one-hot slots, with their conditional vectors."""
        return reveal(self.codec, data, self.step_seed(REVEALED), self._settings["pac"])

    def get_config(self) -> dict:
        return {
            "codec": keras.saving.serialize_keras_object(self.codec),
            **self._settings,
            "seed": self.seed,
            "name": self.name,
        }


def _optimizer(steps: int | None) -> keras.optimizers.Optimizer:
    rate = 2e-4
    if steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(5e-4, steps, alpha=0.02)
    return FusedAdam(rate, beta_1=0.5, beta_2=0.9)

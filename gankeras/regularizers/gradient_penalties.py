"""Penalties on the gradient of the discriminator's logits with respect to the samples."""

import tensorflow as tf

from gankeras import random
from gankeras.regularizers.regularizer import REGULARIZERS, Regularizer


def squared_norms(gradients, logits) -> tf.Tensor:
    """Sum of squares over all that one decision saw (a row, a pack of rows) and all parts of a dict: `(decisions,)`."""
    by_row = tf.add_n(
        [
            tf.reduce_sum(tf.square(g), axis=list(range(1, g.shape.rank)))
            for g in tf.nest.flatten(gradients)
        ]
    )
    return tf.reduce_sum(tf.reshape(by_row, (tf.shape(logits)[0], -1)), axis=1)


@REGULARIZERS.register("r1")
class R1(Regularizer):
    """Keeps the discriminator flat where the real samples are: `weight / 2 * |gradient|^2`.

    The square needs no root, so there is no 0/0 at a zero gradient.

    References:
        - Mescheder et al. 2018, arXiv:1801.04406, equation 9.

    Example:
        >>> gankeras.regularizers.R1(0.5, interval=16).get_config()
        {'weight': 0.5, 'interval': 16}
    """

    def penalty(self, network, batch):
        return 0.5 * self.weight * _steepness(network, batch.real, batch.conditions)


@REGULARIZERS.register("r2")
class R2(Regularizer):
    """Keeps the discriminator flat where the fake samples are: R1 on the other side.

    References:
        - Mescheder et al. 2018, arXiv:1801.04406, section 4.1; Huang et al. 2025, arXiv:2501.05441, section 2.3.

    Example:
        >>> gankeras.regularizers.R2(0.5).name
        'r2'
    """

    def penalty(self, network, batch):
        return 0.5 * self.weight * _steepness(network, batch.fake, batch.conditions)


@REGULARIZERS.register("gradient_penalty")
class GradientPenalty(Regularizer):
    """Draws the length of the critic's gradient to 1 between real and fake samples: `weight * (|gradient| - 1)^2`.

    Each pair of a real and a fake sample (or pack of samples) is met at one place drawn evenly between them.

    Args:
        weight: Factor of the penalty; the paper's 10 by default.
        interval: See `Regularizer`.
        shrink: Only every so many samples (or packs) of a batch are met, so many times fewer: the mean over them is the
            penalty's own on the average.

    References:
        - Gulrajani et al. 2017, arXiv:1704.00028, equation 3. Deviation: 1e-12 under the root, which has no gradient at 0.

    Example:
        >>> gankeras.regularizers.GradientPenalty().get_config()
        {'weight': 10.0, 'interval': 1, 'shrink': 1}
    """

    def __init__(self, weight: float = 10.0, interval: int = 1, shrink: int = 1):
        super().__init__(weight, interval)
        if int(shrink) != shrink or shrink < 1:
            raise ValueError(
                f"`shrink` must be a whole number of at least 1. Received: {shrink!r}."
            )
        self.shrink = int(shrink)

    def penalty(self, network, batch):
        rows = tf.shape(tf.nest.flatten(batch.real)[0])[0]
        decisions = tf.shape(network(batch.real, batch.conditions))[0]
        pack = rows // decisions
        # A batch is in random order: its first rows are as good as any.
        met = tf.maximum(decisions // self.shrink, 1)
        first_real, first_fake, conditions = tf.nest.map_structure(
            lambda part: part[: met * pack], (batch.real, batch.fake, batch.conditions)
        )
        # A stream of its own: the same seed also draws the augmentation.
        place = tf.repeat(random.uniform((met,), random.fold(batch.seed, 0x6770)), pack)

        def between(real, fake):
            share = tf.cast(tf.reshape(place, [-1] + [1] * (real.shape.rank - 1)), real.dtype)
            return fake + share * (real - fake)

        samples = tf.nest.map_structure(between, first_real, first_fake)
        norms = tf.sqrt(_steepness(network, samples, conditions) + 1e-12)
        return self.weight * tf.square(norms - 1.0)

    def get_config(self) -> dict:
        return {**super().get_config(), "shrink": self.shrink}


def _steepness(network, samples, conditions) -> tf.Tensor:
    gradients = network.logit_gradients(samples, conditions)
    return squared_norms(gradients, network(samples, conditions))

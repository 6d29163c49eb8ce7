"""Penalties on the gradient of the discriminator's logits with respect to the samples."""

import tensorflow as tf

from gankeras.regularizers.regularizer import REGULARIZERS, Regularizer


def squared_norms(gradients) -> tf.Tensor:
    """Sum of squares over all axes but the first, and over all parts of a dict: shape `(batch,)`."""
    return tf.add_n(
        [
            tf.reduce_sum(tf.square(g), axis=list(range(1, g.shape.rank)))
            for g in tf.nest.flatten(gradients)
        ]
    )


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
        return (
            0.5 * self.weight * squared_norms(network.logit_gradients(batch.real, batch.conditions))
        )


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
        return (
            0.5 * self.weight * squared_norms(network.logit_gradients(batch.fake, batch.conditions))
        )

"""The generator's share in conditions: it pays where it makes another value than it was asked for."""

from keras import ops

from gankeras.regularizers import REGULARIZERS, Regularizer

# Below it the logarithm would leave float32 behind; its gradient is exact above.
_LEAST = 1e-20


@REGULARIZERS.register("condition_cross_entropy")
class ConditionCrossEntropy(Regularizer):
    """Cross-entropy between the spans that were given and those made: `weight * mean over columns of -log p(asked)`.

    Args:
        weight: Factor of the penalty.
        interval: See `gankeras.regularizers.Regularizer`.

    References:
        - Xu et al. 2019, arXiv:1907.00503, section 4.3. Deviation: the mean over all columns that were given, of which
          the paper has one.

    Example:
        >>> gankeras.tables.ConditionCrossEntropy(2.0).player
        'generator'
    """

    player = "generator"

    def penalty(self, network, batch):
        asked = batch.conditions["condition"]
        made = ops.cast(batch.fake[:, -asked.shape[-1] :], "float32")
        wrong = -ops.log(ops.maximum(made, _LEAST)) * asked
        by_row = ops.sum(wrong, axis=1) / ops.maximum(ops.sum(asked, axis=1), 1.0)
        decisions = ops.shape(network(batch.fake, batch.conditions))[0]
        return self.weight * ops.mean(ops.reshape(by_row, (decisions, -1)), axis=1)

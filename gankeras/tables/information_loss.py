"""Fakes whose discriminator features have the mean and the spread of those of real rows."""

from keras import ops

from gankeras.regularizers import REGULARIZERS, Regularizer


@REGULARIZERS.register("information_loss")
class InformationLoss(Regularizer):
    """Distance between real and fake batches in the discriminator's last features: their means and deviations.

    Needs a discriminator with an output `features`, as `CTGAN`'s has.

    References:
        - Park et al. 2018, arXiv:1806.03384, section 4.2.2, equations 2 and 3. Deviation: absolute differences, averaged
          over features, so that the weight does not depend on their number (Zhao et al. 2021, arXiv:2102.08369).

    Example:
        >>> gankeras.tables.InformationLoss().name
        'information_loss'
    """

    player = "generator"

    def penalty(self, network, batch):
        real = network.features(batch.real, batch.conditions)
        fake = network.features(batch.fake, batch.conditions)
        means = ops.abs(ops.mean(real, axis=0) - ops.mean(fake, axis=0))
        spreads = ops.abs(_deviation(real) - _deviation(fake))
        decisions = ops.shape(network(batch.fake, batch.conditions))[0]
        return self.weight * ops.mean(means + spreads) * ops.ones((decisions,))


def _deviation(features):
    return ops.sqrt(ops.var(features, axis=0) + 1e-6)

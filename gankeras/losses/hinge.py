from keras import ops

from gankeras.losses.adversarial_loss import LOSSES, AdversarialLoss


@LOSSES.register("hinge")
class Hinge(AdversarialLoss):
    """Hinge loss: real logits are pushed above 1, fake logits below -1, and no further.

    References:
        - Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, equations 16 and 17.

    Example:
        >>> loss = gankeras.losses.Hinge()
        >>> float(
        ...     loss.discriminator(
        ...         keras.ops.convert_to_tensor([0.5]), keras.ops.convert_to_tensor([-2.0])
        ...     )[0]
        ... )
        0.5
    """

    def discriminator(self, real_logits, fake_logits):
        return ops.relu(1.0 - real_logits) + ops.relu(1.0 + fake_logits)

    def generator(self, real_logits, fake_logits):
        return -fake_logits

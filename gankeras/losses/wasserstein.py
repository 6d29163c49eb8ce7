from gankeras.losses.adversarial_loss import LOSSES, AdversarialLoss


@LOSSES.register("wasserstein")
class Wasserstein(AdversarialLoss):
    """Wasserstein loss: the critic's mean logit on real samples less that on fake ones.

    It needs a critic that is 1-Lipschitz: add `regularizers=[gankeras.regularizers.GradientPenalty()]`, several
    `discriminator_steps`, and no batch normalization in the critic.

    References:
        - Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1; Gulrajani et al. 2017, arXiv:1704.00028, equation 3.

    Example:
        >>> loss = gankeras.losses.Wasserstein()
        >>> real, fake = keras.ops.convert_to_tensor([2.0]), keras.ops.convert_to_tensor([0.5])
        >>> float(loss.discriminator(real, fake)[0])
        -1.5
    """

    def discriminator(self, real_logits, fake_logits):
        return fake_logits - real_logits

    def generator(self, real_logits, fake_logits):
        return -fake_logits

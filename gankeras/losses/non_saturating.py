from keras import ops

from gankeras.losses.adversarial_loss import LOSSES, AdversarialLoss


@LOSSES.register("non_saturating")
class NonSaturating(AdversarialLoss):
    """Logistic loss in which the generator maximizes `log D` instead of minimizing `log(1 - D)`.

    References:
        - Goodfellow et al. 2014, arXiv:1406.2661, section 3 (the non-saturating form is its last paragraph).

    Example:
        >>> loss = gankeras.losses.NonSaturating()
        >>> round(float(loss.generator(None, keras.ops.convert_to_tensor([0.0]))[0]), 4)
        0.6931
    """

    def discriminator(self, real_logits, fake_logits):
        return ops.softplus(-real_logits) + ops.softplus(fake_logits)

    def generator(self, real_logits, fake_logits):
        return ops.softplus(-fake_logits)

from keras import ops

from gankeras.losses.adversarial_loss import LOSSES, AdversarialLoss


@LOSSES.register("relativistic")
class Relativistic(AdversarialLoss):
    """Relativistic pairing loss: each fake is judged against the real sample beside it, of the same condition.

    With R1 and R2 it has a proof of local convergence; a collapsed mode costs the generator, because every real
    sample takes part in its loss.

    References:
        - Jolicoeur-Martineau 2018, arXiv:1807.00734, section 4.1; Huang et al. 2025 (R3GAN), arXiv:2501.05441, equation 2.

    Example:
        >>> loss = gankeras.losses.Relativistic()
        >>> equal = keras.ops.convert_to_tensor([3.0])
        >>> round(float(loss.discriminator(equal, equal)[0]), 4)
        0.6931
    """

    relativistic = True

    def discriminator(self, real_logits, fake_logits):
        return ops.softplus(fake_logits - real_logits)

    def generator(self, real_logits, fake_logits):
        return ops.softplus(real_logits - fake_logits)

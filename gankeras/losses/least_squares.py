from keras import ops

from gankeras.losses.adversarial_loss import LOSSES, AdversarialLoss


@LOSSES.register("least_squares")
class LeastSquares(AdversarialLoss):
    """Least squares: real logits are drawn to 1, fake ones to 0, by half the squared distance.

    A fake far on the wrong side still has a gradient, where the logistic loss has hardly any.

    References:
        - Mao et al. 2017, arXiv:1611.04076, equation 9 (a = 0, b = c = 1).

    Example:
        >>> loss = gankeras.losses.LeastSquares()
        >>> float(loss.generator(None, keras.ops.convert_to_tensor([3.0]))[0])
        2.0
    """

    def discriminator(self, real_logits, fake_logits):
        return 0.5 * ops.square(real_logits - 1.0) + 0.5 * ops.square(fake_logits)

    def generator(self, real_logits, fake_logits):
        return 0.5 * ops.square(fake_logits - 1.0)

import tensorflow as tf

from gankeras.regularizers.regularizer import REGULARIZERS, Regularizer


@REGULARIZERS.register("lecam")
class LeCam(Regularizer):
    """Ties the logits of real samples to the running mean of the fake ones' and the other way round: less is learnt by heart.

    `weight * (real - mean_fake)^2` for each real sample and `weight * (fake - mean_real)^2` for each fake one, summed
    pair by pair.

    Args:
        weight: Factor of the penalty.
        interval: See `Regularizer`.
        decay: Of the running means, a step, in [0, 1).

    Raises:
        ValueError: For a number out of range.

    Example:
        >>> gan = gankeras.testing.toy_gan(trained_steps=2, regularizers=["lecam"])
        >>> sorted(gan.regularizers[0].state)
        ['fake', 'real', 'steps']

    References:
        - Tseng et al. 2021, arXiv:2104.03310, equations 4 and 5 (weight 0.3 and decay 0.99 for BigGAN). Deviation: the
          running means are corrected for their start at 0 (Kingma and Ba 2014, section 3) instead of a late begin.
    """

    def __init__(self, weight: float = 0.3, interval: int = 1, decay: float = 0.99):
        super().__init__(weight, interval)
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must lie in [0, 1). Received: decay={decay!r}.")
        self.decay = float(decay)

    def initial_state(self) -> dict[str, float]:
        return {"real": 0.0, "fake": 0.0, "steps": 0.0}

    def observe(self, state, seen):
        step = 1.0 - self.decay
        return {
            "real": state["real"] + step * (seen.real_logits - state["real"]),
            "fake": state["fake"] + step * (seen.fake_logits - state["fake"]),
            "steps": state["steps"] + 1.0,
        }

    def penalty(self, network, batch):
        # Before the first step both means are 0, and so is this divisor.
        start = tf.maximum(1.0 - self.decay ** self.recall("steps"), 1.0 - self.decay)
        real_mean, fake_mean = self.recall("real") / start, self.recall("fake") / start
        real = network(batch.real, batch.conditions)
        fake = network(batch.fake, batch.conditions)
        squares = tf.square(real - fake_mean) + tf.square(fake - real_mean)
        return self.weight * tf.reshape(squares, (-1,))

    def get_config(self) -> dict:
        return {**super().get_config(), "decay": self.decay}

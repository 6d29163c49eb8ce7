"""The interface of adversarial losses and their registry."""

from gankeras.registry import Registry

LOSSES = Registry("loss")


class AdversarialLoss:
    """What each player wants to make small, one value per discriminator decision (never reduced).

    A new loss subclasses this, writes the two methods and registers itself with `@LOSSES.register("name")`.
    """

    # True: `generator` also looks at the real logits, which costs one more pass of the discriminator.
    relativistic = False

    def discriminator(self, real_logits, fake_logits):
        """The discriminator's loss. Logits: float32, any shape; returns the same shape."""
        raise NotImplementedError(f"{type(self).__name__} must define `discriminator`.")

    def generator(self, real_logits, fake_logits):
        """The generator's loss; `real_logits` is None unless `relativistic`."""
        raise NotImplementedError(f"{type(self).__name__} must define `generator`.")

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "AdversarialLoss":
        """The inverse of `get_config`."""
        return cls(**config)

"""Augmentations that the discriminator sees on real and fake alike, and that pass gradients to the generator."""

from gankeras.core.observer import Observer
from gankeras.registry import Registry

AUGMENTATIONS = Registry("augmentation")


class DifferentiableAugmentation(Observer):
    """A random transformation of encoded samples, drawn anew for each row, that gradients flow through.

    It speaks only operations with an XLA kernel and a second-order gradient (pad, gather, masks): Keras' geometric
    layers have neither.

    Attributes:
        takes_images: Whether samples must be `(height, width, channels)`; `GAN.compile` refuses others then.

    References:
        - Zhao et al. 2020, arXiv:2006.10738 (differentiable augmentation).
    """

    takes_images = False

    def __call__(self, samples, seed):
        """Transforms `samples` `(batch, ...)`; all randomness comes from `seed` (int32 `(2,)`)."""
        raise NotImplementedError(f"{type(self).__name__} must define `__call__`.")

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "DifferentiableAugmentation":
        """The inverse of `get_config`."""
        return cls(**config)

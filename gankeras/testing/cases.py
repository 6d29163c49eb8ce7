"""One tiny instance of every kind of GAN, for the contract battery."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from gankeras.core.codec import IdentityCodec
from gankeras.core.gan import GAN
from gankeras.images import DCGAN, ImageCodec
from gankeras.tables import CTGAN, TableCodec
from gankeras.testing.toy import toy_data, toy_images, toy_networks, toy_table


@dataclass(frozen=True)
class GANCase:
    """A GAN small enough to train in a second.

    Args:
        name: For test ids.
        build: Makes a new, uncompiled GAN; its initial weights are the same each time.
        data: Raw samples (an array or a dict of arrays) and labels (None where there are none).
    """

    name: str
    build: Callable[[], GAN]
    data: tuple[Any, np.ndarray | None]

    def compiled(self, **game: Any) -> GAN:
        """A new GAN, compiled with plain gradient descent unless told otherwise, so that differences stay small."""
        gan = self.build()
        defaults = {
            "generator_optimizer": keras.optimizers.SGD(0.05),
            "discriminator_optimizer": keras.optimizers.SGD(0.05),
        }
        gan.compile(**{**defaults, **game})
        return gan

    def fit(self, gan: GAN, steps: int, **options: Any) -> keras.callbacks.History:
        """`steps` steps of 16 rows."""
        return gan.fit(*self.data, batch_size=16, steps_per_epoch=steps, verbose=0, **options)

    def __str__(self) -> str:
        """The test id."""
        return self.name


def gan_cases() -> list[GANCase]:
    """Plain GANs with and without classes, and every recipe of every domain."""

    def plain(num_classes: int | None) -> Callable[[], GAN]:
        def build() -> GAN:
            keras.utils.set_random_seed(0)
            return GAN(*toy_networks(num_classes), IdentityCodec((2,), num_classes))

        return build

    def dcgan(num_classes: int | None, channels: int = 1) -> Callable[[], GAN]:
        def build() -> GAN:
            keras.utils.set_random_seed(0)
            return DCGAN(ImageCodec((8, 8, channels), num_classes), latent_dim=8, width=4)

        return build

    def ctgan() -> GAN:
        codec = TableCodec("plan").adapt(toy_table(64))
        widths = {"generator_widths": (8,), "discriminator_widths": (8,)}
        return CTGAN(codec, latent_dim=4, pac=2, dropout=0.0, **widths)

    images, labels = toy_images(48)
    return [
        GANCase("gan_unconditional", plain(None), (toy_data(64)[0], None)),
        GANCase("gan", plain(4), toy_data(64)),
        GANCase("dcgan_unconditional", dcgan(None, 3), (np.repeat(images, 3, axis=-1), None)),
        GANCase("dcgan", dcgan(3), (images, labels)),
        GANCase("ctgan", ctgan, (toy_table(64), None)),
    ]

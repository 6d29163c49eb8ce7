"""What an augmentation draws from: kept as given, used as constants."""

import os
from typing import Any

from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.synthesizer import Synthesizer
from gankeras.serving.load import load


class HeldSource:
    """The source as given (`source`), as a synthesizer (`synthesizer`), and that one frozen (`frozen`).

    Args:
        source: A trained GAN, a `Synthesizer`, or the path of a SavedModel.

    Raises:
        ValueError: For anything else, and for an untrained source.
    """

    def __init__(self, source: Any):
        self.path = os.fspath(source) if isinstance(source, str | os.PathLike) else None
        self.source = source
        self.freeze()

    def freeze(self) -> None:
        """Freezes anew, from the GAN as it is now or the newest version at the path."""
        source = self.source
        if self.path is not None:
            source = load(self.path)
        elif isinstance(source, AdversarialModel):
            source = Synthesizer.from_gan(source)
        if not isinstance(source, Synthesizer):
            raise ValueError(
                "`source` must be a trained GAN, a `gankeras.Synthesizer`, or the path of a SavedModel "
                f"that `gankeras.export` wrote. Received: {type(source).__name__}."
            )
        if source.step == 0:
            raise ValueError(
                "`source` is untrained: its samples are noise. Call `fit` first, or load trained "
                "weights. Received: a GAN at step 0."
            )
        self.synthesizer = source
        self.frozen = source.freeze()

"""The interface of regularizers and their registry."""

from typing import Any

from gankeras.core.batch import AdversarialBatch
from gankeras.core.observer import Observer
from gankeras.registry import Registry

REGULARIZERS = Registry("regularizer")


class Regularizer(Observer):
    """A term added to one player's loss, one value per discriminator decision (never reduced).

    Args:
        weight: Factor of the penalty, at least 0.
        interval: The penalty is taken every `interval` steps and multiplied by it ("lazy regularization",
            Karras et al. 2020, arXiv:1912.04958, appendix B), which keeps its mean strength and saves time.

    Raises:
        ValueError: If `weight` is negative or `interval` is below 1.
    """

    player = "discriminator"

    def __init__(self, weight: float = 1.0, interval: int = 1):
        if not weight >= 0:
            raise ValueError(
                f"`weight` must be a number of at least 0. Received: weight={weight!r}."
            )
        if int(interval) != interval or interval < 1:
            raise ValueError(
                f"`interval` must be a whole number of steps, at least 1. Received: interval={interval!r}."
            )
        self.weight = float(weight)
        self.interval = int(interval)

    @property
    def name(self) -> str:
        """The name under which the penalty is logged."""
        return self.registered_as

    def penalty(self, network: Any, batch: AdversarialBatch) -> Any:
        """The penalty, weight included.

        Args:
            network: The discriminator behind its differentiable augmentation, whichever player pays. It offers
                `network(samples, conditions)`, `network.logit_gradients(samples, conditions)` and, where the network has
                an output of that name, `network.features(samples, conditions)`; all are computed once a turn however
                often they are asked for.
            batch: What the turn is played on; the generator's penalties are functions of `batch.fake`.

        Returns:
            Float32 tensor, one value per decision.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `penalty`.")

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return {"weight": self.weight, "interval": self.interval}

    @classmethod
    def from_config(cls, config: dict) -> "Regularizer":
        """The inverse of `get_config`."""
        return cls(**config)

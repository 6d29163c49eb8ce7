"""What a kind of data (images, tables ...) brings along."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DOMAINS: dict[str, "Domain"] = {}


@dataclass(frozen=True)
class Domain:
    """A kind of data; the command line and the reports find what they need through it.

    Args:
        name: "images", "tables" ...
        codec: The codec class.
        recipes: GAN classes by name.
        render: Draws samples into a picture file: `render(samples, path, titles=None)`.
        features: Feature extractors by name.
        baselines: Synthesizer classes to compare with, by name.
        datasets: Functions that load raw data, by name.
    """

    name: str
    codec: type
    recipes: dict[str, type]
    render: Callable[..., Any] | None = None
    features: dict[str, Callable] = field(default_factory=dict)
    baselines: dict[str, type] = field(default_factory=dict)
    datasets: dict[str, Callable] = field(default_factory=dict)

    def __post_init__(self):
        """Registers the domain under its name."""
        DOMAINS[self.name] = self

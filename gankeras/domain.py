"""What a kind of data (images, tables ...) brings along."""

import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DOMAINS: dict[str, "Domain"] = {}


class DataFile:
    """Labelled training data in a file or folder, and a place for synthetic rows beside them.

    Args:
        path: Where the data is.
        target: What says the class, for data in which that has a name; or None.

    Attributes:
        x: The real training rows, as `GAN.fit` and the evaluations take them.
        y: Their class ids `(rows,)`.
        class_names: Names of the classes.
        noun: What to call a row, such as "images".
        sampling_strategy: What the classes are balanced to where nobody says, or None to keep their mix.
        ratio: The synthetic share (or its cap) where nobody says.
    """

    noun = "rows"
    sampling_strategy: str | None = None
    ratio = 0.3
    x: Any
    y: np.ndarray
    class_names: tuple[str, ...]

    def __init__(self, path: str, target: str | None = None):
        raise NotImplementedError(f"{type(self).__name__} must define `__init__`.")

    @staticmethod
    def reads(path: str) -> bool:
        """Whether data at this path is for this class, by its name alone."""
        raise NotImplementedError("A `DataFile` must define `reads`.")

    def check_out(self, out: pathlib.Path) -> None:
        """Raise a `ValueError` if the data cannot be written to a file of this name."""
        raise NotImplementedError(f"{type(self).__name__} must define `check_out`.")

    def check_source(self, source: Any) -> None:
        """Raise a `ValueError` unless a synthesizer draws such rows."""
        raise NotImplementedError(f"{type(self).__name__} must define `check_source`.")

    def make_gan(self, x: Any, y: np.ndarray, seed: int) -> tuple[Any, Any]:
        """A compiled GAN for these rows, and what its `fit` takes."""
        raise NotImplementedError(f"{type(self).__name__} must define `make_gan`.")

    def make_classifier(self) -> Any:
        """The classifier that a plan is made for."""
        raise NotImplementedError(f"{type(self).__name__} must define `make_classifier`.")

    def sample(self, source: Any, labels: np.ndarray, seed: int) -> Any:
        """Synthetic rows of these class ids."""
        return source.sample(len(labels), labels=labels, seed=seed)

    def write(self, fresh: Any, labels: np.ndarray, path: pathlib.Path, out: pathlib.Path) -> None:
        """Write real and synthetic rows, marked one by one, to `path`, which is renamed to `out` afterwards."""
        raise NotImplementedError(f"{type(self).__name__} must define `write`.")


@dataclass(frozen=True)
class Domain:
    """A kind of data; the command line and the reports find what they need through it.

    Args:
        name: "images", "tables" ...
        codec: The codec class.
        recipes: GAN classes by name.
        render: Draws samples into a picture file: `render(samples, path, titles=None)`.
        features: By name, functions `(x, y) -> extractor` of real training rows and labels; an extractor turns raw rows
            into features `(n, d)` and has a `name`.
        baselines: Synthesizer classes to compare with, by name.
        datasets: Functions that load raw data, by name.
        data_file: How labelled data of this kind is read from files and written to them.
    """

    name: str
    codec: type
    recipes: dict[str, type]
    render: Callable[..., Any] | None = None
    features: dict[str, Callable] = field(default_factory=dict)
    baselines: dict[str, type] = field(default_factory=dict)
    datasets: dict[str, Callable] = field(default_factory=dict)
    data_file: type[DataFile] | None = None

    def __post_init__(self):
        """Registers the domain under its name."""
        DOMAINS[self.name] = self

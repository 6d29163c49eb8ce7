"""What a kind of data (images, tables ...) brings along."""

import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DOMAINS: dict[str, "Domain"] = {}


class DataFile:
    """Labelled training data in a file or folder, and a place for synthetic rows beside them.

    Args:
        path: Where the data is.
        target: What says the class, for data in which that has a name; or None.
        data_dir: Folder in which datasets are looked up that are known by name; or None.

    Attributes:
        x: The real training rows, as `GAN.fit` and the evaluations take them.
        y: Their class ids `(rows,)`.
        class_names: Names of the classes.
        noun: What to call a row, such as "images".
        sampling_strategy: What the classes are balanced to where nobody says, or None to keep their mix.
        ratio: The synthetic share (or its cap) where nobody says.
        left_out: Names of columns that stay empty in synthetic rows, known once there is a GAN.
    """

    noun = "rows"
    left_out: tuple[str, ...] = ()
    sampling_strategy: str | None = None
    ratio = 0.3
    x: Any
    y: np.ndarray
    class_names: tuple[str, ...]

    def __init__(self, path: str, target: str | None = None, data_dir: str | None = None):
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


class GivenRows:
    """Real or synthetic rows that anybody made, as `gankeras evaluate` reads and compares them.

    A subclass sets the fields in its constructor, reads such rows, and says what judges them.

    Attributes:
        form: What a path of such rows leads to, in words.
        judge: Name of the function of `gankeras.evaluation` that compares them: no domain imports that.
        options: Which of the command's options, but for those that all kinds of rows have, it takes.
        needs_holdout: Whether nothing can be said without real rows that were not trained on.
        may_repeat: Whether two examples may be equal by chance, so that a holdout keeps such rows.
        no_labels: Why no classifier can be trained, where rows have no class ids.
        added: Whether these rows were made to stand beneath real ones (a file marks them): how many there are of which
            class was chosen, and is no failing.
        name: Name for people.
        x: Raw rows, as classifiers take them.
        y: Class ids int32 `(n,)`, or None.
        class_names: One name a class, or None.
    """

    form = "rows"
    judge = "judge_rows"
    options: tuple[str, ...] = ()
    needs_holdout = False
    may_repeat = False
    added = False
    no_labels = "without class ids on both sides no classifier can be trained"
    name: str
    x: Any
    y: np.ndarray | None
    class_names: tuple[str, ...] | None

    @staticmethod
    def reads(path: str) -> bool:
        """Whether rows at this path are for this class, by its name alone."""
        raise NotImplementedError("A `GivenRows` must define `reads`.")

    @classmethod
    def read(cls, path: str, options: Mapping[str, Any], synthetic: bool = False) -> "GivenRows":
        """The rows at a path; of a file that marks them by `is_synthetic` the real or the synthetic ones alone.

        Raises:
            ValueError: If there is no such thing, or it cannot be read.
        """
        raise NotImplementedError(f"{cls.__name__} must define `read`.")

    def test_part(self) -> "GivenRows | None":
        """Real rows that were read along and kept apart, or None."""
        return None

    def drawn(self, source: Any, num: int, seed: int) -> "GivenRows":
        """Rows that a synthesizer draws, for comparison with these.

        Raises:
            ValueError: If it draws other rows.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `drawn`.")

    def alike(
        self, holdout: "GivenRows | None", synthetic: "GivenRows"
    ) -> tuple["GivenRows", "GivenRows | None", "GivenRows", tuple[str, ...]]:
        """These training rows and the others with the same classes, columns and dtypes.

        Returns:
            Training rows, holdout, synthetic rows, and sentences on what was left out.

        Raises:
            ValueError: If they cannot be compared.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `alike`.")

    def without_labels(self) -> "GivenRows":
        """The same rows with nothing said of classes."""
        raise NotImplementedError(f"{type(self).__name__} must define `without_labels`.")

    def take(self, places: np.ndarray) -> "GivenRows":
        """The rows at these places."""
        raise NotImplementedError(f"{type(self).__name__} must define `take`.")

    @property
    def judged(self) -> Any:
        """The rows as the judge takes them."""
        return self.x if self.y is None else (self.x, self.y)

    def judge_arguments(self, features: Callable | None, options: Mapping) -> dict[str, Any]:
        """What the judge takes beside the three parts and a seed."""
        raise NotImplementedError(f"{type(self).__name__} must define `judge_arguments`.")

    def usual_features(self) -> Callable | None:
        """What rows are compared by where nobody says."""
        return None

    def as_source(self, source: Any = None) -> Any:
        """What draws such rows by class: the source that drew them where it can, or a pick among these rows.

        It serves where some classes have no row, as long as nobody asks for these.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `as_source`.")

    def classifiers(self) -> dict[str, Any]:
        """Classifiers that show whether synthetic rows help, by a name for people; the first one decides."""
        raise NotImplementedError(f"{type(self).__name__} must define `classifiers`.")

    def augmentation(self, seed: int) -> Any:
        """Classical augmentation that suits such rows, or None."""
        return None


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
        given_rows: How rows of this kind, real or synthetic, are read and judged.
    """

    name: str
    codec: type
    recipes: dict[str, type]
    render: Callable[..., Any] | None = None
    features: dict[str, Callable] = field(default_factory=dict)
    baselines: dict[str, type] = field(default_factory=dict)
    datasets: dict[str, Callable] = field(default_factory=dict)
    data_file: type[DataFile] | None = None
    given_rows: type[GivenRows] | None = None

    def __post_init__(self):
        """Registers the domain under its name."""
        DOMAINS[self.name] = self

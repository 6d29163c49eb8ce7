"""Is it like the real data? Every figure beside the same one between real rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gankeras import metrics
from gankeras.core.codec import names_of
from gankeras.core.training_data import num_rows
from gankeras.evaluation.number_types import check_comparable_parts
from gankeras.evaluation.overlap import check_apart
from gankeras.evaluation.rows import check_numbers
from gankeras.metrics.feature_metric import FeatureMetric, extractor_name, flat_features


@dataclasses.dataclass(frozen=True)
class FidelityFigure:
    """One figure and its reference.

    Attributes:
        name: Such as `"precision"` or `"coverage/cat"`.
        value: Of synthetic rows against the holdout, or `None` where it was not computed.
        reference: The same of real training rows against the holdout, or `None`.
        low: Lower end of the value's 95 % interval, or `None` where the figure has none.
        high: Upper end, or `None`.
        reason: Why value or reference was not computed, or `None`.

    Example:
        >>> gankeras.evaluation.FidelityFigure("recall", value=0.5, reference=0.9).reference
        0.9
    """

    name: str
    value: float | None = None
    reference: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclasses.dataclass(frozen=True)
class Fidelity:
    """How like real rows synthetic ones are, in one space of features.

    Attributes:
        extractor: Name of the features; `"raw values"` without.
        rows: How many rows of each part were compared.
        figures: All figures.

    Example:
        >>> found = gankeras.evaluation.Fidelity("raw values", {}, ())
        >>> found.figures
        ()
    """

    extractor: str
    rows: dict[str, int]
    figures: tuple[FidelityFigure, ...]

    def __getitem__(self, name: str) -> FidelityFigure:
        """Return the figure of that name."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        names = ", ".join(figure.name for figure in self.figures)
        raise KeyError(f"There is no figure of that name, but: {names}. Received: {name}")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return dataclasses.asdict(self)


def fidelity(
    train: Any,
    holdout: Any,
    synthetic: Any,
    features: Callable | None = None,
    labels: Sequence[Any] | None = None,
    class_names: Sequence[str] | None = None,
    seed: int = 0,
) -> Fidelity:
    """Compare synthetic rows with a real holdout, and real training rows with the same holdout.

    The second comparison is the reference: what rows as good as real ones would get. Both sides have
    the same number of rows, since most of the figures depend on it.

    Args:
        train: Raw real rows `(n, ...)`: those that the generator was trained on.
        holdout: Raw real rows that it was not trained on.
        synthetic: Raw synthetic rows.
        features: Function of raw rows to features `(n, d)`; None takes the raw values. A table needs
            one, but for the two-sample test, which takes columns as they are.
        labels: Class ids of `train`, `holdout` and `synthetic`: then coverage is told by class too.
        class_names: Names of the classes.
        seed: Of the rows drawn where the sides differ in number, and of the two-sample test.

    Returns:
        A `Fidelity` with the Frechet distance (`"fid"` for Inception-v3's features alone), the kernel
        distance, precision, recall, density, coverage, `"two_sample_auc"`, the nearest-neighbour
        distance ratios `"neighbour_ratio/median"` and `"neighbour_ratio/low"` (against the training
        rows; the reference is the holdout's) and `"coverage/<class>"`. A figure that cannot be
        computed has a `reason`.

    Raises:
        ValueError: For rows of different shapes or kinds of numbers (bytes beside fractions), features
            that are not finite, labels outside the classes, or holdout rows that are training rows.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> train, holdout, made = (rng.normal(size=(80, 2)) for _ in range(3))
        >>> found = gankeras.evaluation.fidelity(train, holdout, made)
        >>> found["two_sample_auc"].low < 0.5 < found["two_sample_auc"].high
        True
    """
    parts = {"train": train, "holdout": holdout, "synthetic": synthetic}
    class_names = names_of(class_names)
    _check_parts(parts, features)
    found = {name: _features(name, rows, features) for name, rows in parts.items()}
    widths = {name: f.shape[1] for name, f in found.items()}
    if len(set(widths.values())) > 1:
        raise ValueError(
            "All three parts must have rows of the same shape: give them the same preparation. "
            f"Received: features of width {widths}"
        )
    ids = _labels(labels, parts, class_names)
    found, ids = _as_many(found, ids, seed)
    figures = _distances(found, features) + _two_sample(found, seed) + _ratios(found)
    if ids is not None:
        figures += _by_class(found, ids, class_names)
    rows = {name: len(f) for name, f in found.items()}
    return Fidelity(extractor_name(features) or _unnamed(features), rows, tuple(figures))


def _as_many(
    found: dict[str, np.ndarray], ids: dict[str, np.ndarray] | None, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray] | None]:
    """As many training rows as synthetic ones."""
    rng = np.random.Generator(np.random.Philox(key=[seed, 0xF1DE]))
    num = min(len(found["train"]), len(found["synthetic"]))
    chosen = {
        name: np.sort(rng.permutation(len(found[name]))[:num]) for name in ("train", "synthetic")
    }
    chosen["holdout"] = np.arange(len(found["holdout"]))
    found = {name: rows[chosen[name]] for name, rows in found.items()}
    return found, ids and {name: y[chosen[name]] for name, y in ids.items()}


def _unnamed(features: Callable | None) -> str:
    return "raw values" if features is None else "unnamed features"


def _check_parts(parts: dict[str, Any], features: Callable | None) -> None:
    check_comparable_parts(parts, features)
    train, holdout = parts["train"], parts["holdout"]
    rows = num_rows(train), num_rows(holdout)
    if 0 in rows:
        raise ValueError(
            f"`train` and `holdout` must have rows. Received: {rows[0]} and {rows[1]} rows"
        )
    check_apart(train, holdout)


def _features(name: str, rows: Any, features: Callable | None) -> np.ndarray:
    check_numbers(name, rows, features)
    found = flat_features(rows, features)
    if found.ndim != 2 or not np.isfinite(found).all():
        bad = "no rows" if found.ndim != 2 else "NaN or infinity"
        raise ValueError(
            f"`{name}` must have rows whose features are finite numbers: look at the rows or at "
            f"`features`. Received: {bad}"
        )
    return found


def _labels(
    labels: Sequence[Any] | None, parts: dict[str, Any], names: Sequence[str] | None
) -> dict[str, np.ndarray] | None:
    if labels is None:
        return None
    found = [np.asarray(y) for y in labels]
    wanted = [num_rows(rows) for rows in parts.values()]
    if [y.shape for y in found] != [(num,) for num in wanted] or any(
        y.dtype.kind not in "iu" for y in found
    ):
        raise ValueError(
            "`labels` are integer class ids of train, holdout and synthetic, one a row. "
            f"Received: {[(y.dtype.name, y.shape) for y in found]} for {wanted} rows"
        )
    ends = [(int(y.min()), int(y.max())) for y in found if len(y)]
    low, high = min(first for first, _ in ends), max(last for _, last in ends)
    if low < 0 or (names is not None and high >= len(names)):
        last = "" if names is None else f" to {len(names) - 1}, one for each of `class_names`"
        raise ValueError(
            f"`labels` must be class ids from 0{last}: number the classes anew, or name all of them. "
            f"Received: labels from {low} to {high}"
        )
    return dict(zip(parts, found, strict=True))


def _both(
    metric: FeatureMetric, found: dict[str, np.ndarray], real: str, other: str
) -> tuple[Any, Any, str | None]:
    """A metric of synthetic rows and of its reference, or why there is none."""
    results = []
    for side in ("synthetic", other):
        metric.reset_state()
        try:
            metric.update_state(found[real], found[side])
            results.append(metric.result())
        except ValueError as error:
            return None, None, str(error)
    return results[0], results[1], None


def _distances(found: dict[str, np.ndarray], features: Callable | None) -> list[FidelityFigure]:
    figures = []
    for kind in (metrics.FrechetDistance, metrics.KernelDistance):
        name = kind._default_name(features)
        value, reference, reason = _both(kind(), found, "holdout", "train")
        figures.append(FidelityFigure(name, value, reference, reason=reason))
    value, reference, reason = _both(metrics.PRDC(), found, "holdout", "train")
    for name in ("precision", "recall", "density", "coverage"):
        pair = (None, None) if reason else (value[name], reference[name])
        figures.append(FidelityFigure(name, *pair, reason=reason))
    return figures


def _two_sample(found: dict[str, np.ndarray], seed: int) -> list[FidelityFigure]:
    metric = metrics.TwoSampleTest(seed=seed)
    value, reference, reason = _both(metric, found, "holdout", "train")
    if reason:
        return [FidelityFigure("two_sample_auc", reason=reason)]
    ends = (value["low"], value["high"])
    return [FidelityFigure("two_sample_auc", value["auc"], reference["auc"], *ends)]


def _ratios(found: dict[str, np.ndarray]) -> list[FidelityFigure]:
    metric = metrics.NearestNeighbourRatio()
    value, reference, reason = _both(metric, found, "train", "holdout")
    return [
        FidelityFigure(f"neighbour_ratio/{name}", reason=reason)
        if reason
        else FidelityFigure(f"neighbour_ratio/{name}", value[name], reference[name])
        for name in ("median", "low")
    ]


def _by_class(
    found: dict[str, np.ndarray], ids: dict[str, np.ndarray], names: Sequence[str] | None
) -> list[FidelityFigure]:
    sides = {}
    for side in ("synthetic", "train"):
        metric = metrics.ClassCoverage()
        try:
            metric.update_state(found["holdout"], found[side], ids["holdout"], ids[side])
            sides[side] = metric.result(), metric.not_computed
        except ValueError as error:
            return [FidelityFigure("coverage/all classes", reason=str(error))]
    (value, missing), (reference, also_missing) = sides["synthetic"], sides["train"]
    figures = []
    for label in sorted({*value, *missing, *reference, *also_missing}):
        name = str(label) if names is None else str(names[label])
        lacks = [(missing, "the class"), (also_missing, "of training rows, the class")]
        reasons = [f"{who} {found[label]}" for found, who in lacks if label in found]
        reason = "; ".join(dict.fromkeys(reasons)) or None
        pair = value.get(label), reference.get(label)
        figures.append(FidelityFigure(f"coverage/{name}", *pair, reason=reason))
    return figures

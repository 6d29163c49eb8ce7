"""The base of metrics that compare two streams of rows by their features."""

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np


def flat_features(rows: Any, features: Callable | None) -> np.ndarray:
    """Features of raw rows, float64 `(n, d)`; without a function the raw values themselves.

    Raises:
        ValueError: If the function does not make finite numbers of every row.
    """
    found = _flat(rows, features).astype(np.float64, copy=False)
    if features is None or not len(found):
        return found
    if found.ndim != 2 or (isinstance(rows, np.ndarray) and len(found) != len(rows)):
        raise ValueError(
            "`features` must make a row of numbers of each row. "
            f"Received: features of shape {found.shape} for rows of {np.shape(rows)}."
        )
    if not np.isfinite(found).all():
        row = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
        raise ValueError(
            "`features` must make finite numbers of every row: look at that row, and at what the function does with "
            f"it. Received: NaN or infinity for row {row} of {len(found):,}."
        )
    return found


def _flat(rows: Any, features: Callable | None) -> np.ndarray:
    """The same, but float32 features stay so."""
    found = np.asarray(rows if features is None else features(rows))
    if found.dtype != np.float32:
        found = found.astype(np.float64)
    return found.reshape(len(found), -1) if found.ndim and len(found) else found


def extractor_name(features: Callable | None) -> str | None:
    """What to call an extractor: its `name`, or that of the function; None for raw values or a lambda."""
    name = getattr(features, "name", None) or getattr(features, "__name__", None)
    return name if isinstance(name, str) and name.isidentifier() else None


class FeatureMetric(keras.metrics.Metric):
    """Compares real with synthetic rows in a space of features; a subclass defines `add` and `value`.

    Rows come in batches, from either side alone or from both. It runs outside the graph: features may come from any
    function.

    Args:
        features: Function of raw rows `(n, ...)` to features `(n, d)`; None takes the raw values themselves.
        name: As in Keras; by default the figure's with the extractor's: `frechet_distance_efficientnet_lite0`. Only with
            Inception-v3's features is it called what papers call it, such as `fid`.

    Raises:
        ValueError: On batches that are empty, hold NaN or infinite features, or differ in width; from `result`, with
            fewer rows than the metric can be computed from.

    Example:
        >>> metric = gankeras.metrics.KernelDistance()
        >>> rng = np.random.default_rng(0)
        >>> metric.update_state(rng.normal(size=(100, 2)), rng.normal(size=(100, 2)))
        >>> metric.update_state(synthetic=rng.normal(size=(50, 2)))
        >>> metric.rows
        {'real': 100, 'synthetic': 150}
    """

    least_rows = 2
    inception_name: str | None = None

    def __init__(self, features: Callable | None = None, name: str | None = None):
        super().__init__(name=name or self._default_name(features))
        self.features = features
        self.reset_state()

    @classmethod
    def _default_name(cls, features: Callable | None) -> str:
        extractor, own = (
            extractor_name(features),
            re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower(),
        )
        if extractor == "inception_v3" and cls.inception_name is not None:
            return cls.inception_name
        return own if extractor is None else f"{own}_{extractor}"

    def reset_state(self) -> None:
        """Forgets all rows."""
        self.rows = {"real": 0, "synthetic": 0}
        self._width: int | None = None
        self.clear()

    def update_state(self, real: Any = None, synthetic: Any = None) -> None:
        """Adds a batch of raw rows to either side, or to both."""
        for side, rows in (("real", real), ("synthetic", synthetic)):
            if rows is not None:
                found = self._checked(side, rows)
                self.add(side, found)
                self.rows[side] += len(found)

    def result(self) -> Any:
        """The figure over all rows so far."""
        if min(self.rows.values()) < self.least_rows:
            raise ValueError(
                f"{type(self).__name__} needs at least {self.least_rows} rows of each side; add more with "
                f"`update_state(real, synthetic)`. Received: {self.rows}."
            )
        return self.value()

    def clear(self) -> None:
        """Drops what `add` collected."""
        raise NotImplementedError(f"{type(self).__name__} must define `clear`.")

    def add(self, side: str, features: np.ndarray) -> None:
        """Takes in float32 or float64 features `(n, d)` of one side."""
        raise NotImplementedError(f"{type(self).__name__} must define `add`.")

    def value(self) -> Any:
        """The figure."""
        raise NotImplementedError(f"{type(self).__name__} must define `value`.")

    def _checked(self, side: str, rows: Any) -> np.ndarray:
        found = _flat(rows, self.features)
        if found.ndim == 0 or len(found) == 0:
            raise ValueError(
                f"{type(self).__name__} got no {side} rows; leave the side out where it has none. "
                f"Received: shape {found.shape}."
            )
        if self._width not in (None, found.shape[1]):
            raise ValueError(
                "Real and synthetic rows must have features of one width: compare rows of the same shape. "
                f"Received: {found.shape[1]} of {side} rows after {self._width}."
            )
        if not np.isfinite(found).all():
            bad = int((~np.isfinite(found).all(axis=1)).sum())
            raise ValueError(
                "Features must be finite numbers: look at the rows or at `features`. "
                f"Received: {bad} of {len(found)} {side} rows with NaN or infinity."
            )
        self._width = found.shape[1]
        return found


class StoredFeatures(FeatureMetric):
    """A metric that needs all features at once."""

    def clear(self) -> None:
        self._parts: dict[str, list[np.ndarray]] = {"real": [], "synthetic": []}

    def add(self, side: str, features: np.ndarray) -> None:
        self._parts[side].append(features.astype(np.float64, copy=False))

    def stored(self, side: str) -> np.ndarray:
        """All features of one side, float64 `(n, d)`."""
        self._parts[side] = [np.concatenate(self._parts[side])]
        return self._parts[side][0]

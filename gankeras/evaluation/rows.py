"""Labelled raw rows, checked once at the door."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gankeras.core.real_rows import check_finite


@dataclasses.dataclass(frozen=True)
class Rows:
    """Raw rows and their class ids.

    Args:
        x: An array, a dict of arrays or a DataFrame, with one row an example; never cast or scaled.
        y: int32 class ids of shape `(rows,)`.
        num_classes: How many classes there are.
    """

    x: Any
    y: np.ndarray
    num_classes: int

    @property
    def counts(self) -> np.ndarray:
        """Rows of each class, int64 `(num_classes,)`."""
        return np.bincount(self.y, minlength=self.num_classes)

    @property
    def arrays(self) -> Any:
        """`x` as tensors can be made of it: a DataFrame becomes a dict of its columns."""
        return _by_column(self.x) if is_frame(self.x) else self.x

    def __len__(self) -> int:
        return len(self.y)

    def equals(self, other: Rows) -> bool:
        """Whether both hold the same rows in the same order."""
        if self is other:
            return True
        mine, theirs = ([r.y, *_columns(r.x)] for r in (self, other))
        return all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))

    def take(self, indices: np.ndarray) -> Rows:
        """Return the rows at these indices."""
        if is_frame(self.x):
            x = self.x.iloc[indices]
        elif isinstance(self.x, Mapping):
            x = {key: column[indices] for key, column in self.x.items()}
        else:
            x = self.x[indices]
        return Rows(x, self.y[indices], self.num_classes)


def check_numbers(name: str, rows: Any, features: Callable | None) -> None:
    """Raise if rows are columns, of which nothing makes numbers.

    Raises:
        ValueError: With the way out.
    """
    if features is None and (is_frame(rows) or isinstance(rows, dict)):
        raise ValueError(
            "Rows of columns need `features=`, a function that makes numbers of them; "
            "`gankeras.evaluation.judge_table` and `two_sample` take them as they are. "
            f"Received: `{name}` of type {type(rows).__name__}"
        )


def is_frame(x: Any) -> bool:
    """Whether `x` is a DataFrame; asked without importing pandas."""
    return hasattr(x, "iloc") and hasattr(x, "columns")


def _by_column(frame: Any) -> dict[str, np.ndarray]:
    return {str(name): _array(frame[name]) for name in frame.columns}


def _array(column: Any) -> np.ndarray:
    """A column as tensors can be made of it: dates as whole numbers, missing text as "", missing numbers as NaN."""
    from pandas.api import types

    if types.is_datetime64_any_dtype(column.dtype) or types.is_timedelta64_dtype(column.dtype):
        return column.astype("int64").to_numpy()
    values = np.asarray(column)
    if values.dtype.kind not in "OUT":
        return values
    if types.is_numeric_dtype(column.dtype):  # a nullable one with missing values, truth values too
        kind = np.float32 if types.is_bool_dtype(column.dtype) else np.float64
        return column.to_numpy(kind, na_value=np.nan)
    return column.astype(object).where(column.notna(), "").to_numpy(object)


def _columns(x: Any) -> list[np.ndarray]:
    x = _by_column(x) if is_frame(x) else x
    return [x[key] for key in sorted(x)] if isinstance(x, Mapping) else [x]


def check_rows(part: Any, name: str, num_classes: int | None = None) -> Rows:
    """Turn `(x, y)` into `Rows`, or say what is wrong with it.

    Args:
        part: `(x, y)` as the user gave it.
        name: What to call it in an error, such as `"train"`.
        num_classes: How many classes there are; counted from `y` where `None`.

    Returns:
        `Rows` with `y` as int32.

    Raises:
        ValueError: If the part is not a pair, is empty, is an array with NaN, or its labels are not class ids.
    """
    if not isinstance(part, (tuple, list)) or len(part) != 2:
        raise ValueError(
            f"`{name}` must be a pair (x, y) of raw rows and class ids. "
            f"Pass `({name}_x, {name}_y)`. Received: {type(part).__name__}"
        )
    x, y = part
    if isinstance(x, Mapping):
        x = {k: np.asarray(v) for k, v in x.items()}
    elif not is_frame(x):
        x = np.asarray(x)
    y = _check_labels(y, name)
    lengths = sorted({len(column) for column in _columns(x)})
    if lengths != [len(y)] or not len(y):
        raise ValueError(
            f"`{name}` must have as many rows as labels, and at least one. "
            f"Received: {lengths} rows and {len(y)} labels"
        )
    expected = "that start at 0" if num_classes is None else f"from 0 to {num_classes - 1}"
    num_classes = int(y.max()) + 1 if num_classes is None else num_classes
    if y.min() < 0 or y.max() >= num_classes:
        raise ValueError(
            f"The labels of `{name}` must be class ids {expected}. Drop the "
            "others, or number the classes anew (and train the GAN with the same numbers). "
            f"Received: labels from {y.min()} to {y.max()}"
        )
    check_finite(x, name)
    return Rows(x, y.astype(np.int32), num_classes)


def _check_labels(y: Any, name: str) -> np.ndarray:
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        raise ValueError(
            f"The labels of `{name}` must be class ids of shape (rows,); these look one-hot. "
            f"Pass `y.argmax(axis=-1)`. Received: labels of shape {y.shape}"
        )
    if y.ndim != 1:
        raise ValueError(
            f"The labels of `{name}` must be class ids of shape (rows,). Pass `y.reshape(-1)`. "
            f"Received: labels of shape {y.shape}"
        )
    if y.dtype.kind not in "iu":
        raise ValueError(
            f"The labels of `{name}` must be integers. Number the classes from 0, for example by "
            "`numpy.unique(y, return_inverse=True)[1]`, or cast whole numbers by "
            f"`y.astype('int32')`. Received: labels of dtype {y.dtype}"
        )
    return y


def check_counts(rows: Rows, name: str = "train") -> None:
    """Raise unless every class has two rows or more.

    Raises:
        ValueError: Naming the classes that have fewer.
    """
    few = np.flatnonzero(rows.counts < 2)
    if few.size:
        found = ", ".join(f"class {c}: {rows.counts[c]}" for c in few[:10])
        raise ValueError(
            f"Every class needs at least two rows in `{name}`. Gather more rows of these classes, "
            f"or leave the classes out and number the others anew. Received: {found}"
        )


def is_imbalanced(counts: np.ndarray, tolerance: float = 1.1) -> bool:
    """Whether the largest class has over `tolerance` times the rows of the smallest one."""
    present = counts[counts > 0]
    return bool(present.max() > tolerance * present.min())


def whole_numbers(wanted: np.ndarray) -> np.ndarray:
    """Round amounts so that their sum is rounded, not each: the largest fractions get what rounding down left over.

    Example:
        >>> whole_numbers(np.array([1.4, 2.3, 3.3])).tolist()
        [2, 2, 3]
    """
    whole = np.floor(wanted).astype(np.int64)
    left = round(float(wanted.sum())) - int(whole.sum())
    whole[np.argsort(whole - wanted, kind="stable")[:left]] += 1
    return whole


def stratified_cut(rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Cut rows in two with the same class mix, each class with at least one row on either side.

    Args:
        rows: Rows with at least two of each class.
        share: Share of the second part.
        seed: Which cut.

    Returns:
        `(rest, cut)`.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, 0x5EED_C07]))
    chosen = np.zeros(len(rows), bool)
    for label in range(rows.num_classes):
        members = np.flatnonzero(rows.y == label)
        num = min(max(1, round(share * len(members))), len(members) - 1)
        chosen[rng.permutation(members)[:num]] = True
    return rows.take(np.flatnonzero(~chosen)), rows.take(np.flatnonzero(chosen))

"""Finds test rows that are also training rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from gankeras.evaluation.rows import is_frame


def drop_overlap(train: tuple[Any, Any], test: tuple[Any, Any]) -> tuple[tuple[Any, Any], int]:
    """Drop the test rows whose `x` equals that of a training row, whatever their labels say.

    Args:
        train: `(x, y)`; `x` an array, a dict of arrays or a DataFrame, with one row an example.
        test: `(x, y)` of the same structure.

    Returns:
        `(test, count)`: the test part without them, in its order, and how many went.

    Raises:
        ValueError: If the two parts differ in structure or in the shape of a row.

    Example:
        >>> train = (np.array([[1.0], [2.0]]), np.array([0, 1]))
        >>> drop = gankeras.evaluation.drop_overlap
        >>> (x, y), count = drop(train, (np.array([[2.0], [3.0]]), np.array([1, 1])))
        >>> x.tolist(), y.tolist(), count
        ([[3.0]], [1], 1)
    """
    known = overlapping(train[0], test[0])
    count = int(known.sum())
    if not count:
        return (test[0], test[1]), 0
    keep = ~known
    x, y = test
    if is_frame(x):
        kept = x.iloc[np.flatnonzero(keep)]
    elif isinstance(x, Mapping):
        kept = {key: np.asarray(column)[keep] for key, column in x.items()}
    else:
        kept = np.asarray(x)[keep]
    return (kept, np.asarray(y)[keep]), count


def check_apart(train_x: Any, holdout_x: Any, chance_repeats: bool = False) -> None:
    """Raise if holdout rows are training rows too.

    Args:
        train_x: Real rows that a source was trained on.
        holdout_x: Real rows that it was not.
        chance_repeats: Whether two examples may be equal by chance, as in tables: then only a holdout of nothing but
            training rows is refused.

    Raises:
        ValueError: With their number.
    """
    known = overlapping(train_x, holdout_x)
    count = int(known.sum())
    if count and (count == len(known) or not chance_repeats):
        raise ValueError(
            "Holdout rows equal to training rows make every reference too good. Drop them: "
            "`gankeras.evaluation.drop_overlap`. "
            f"Received: {count} of {len(known)} holdout rows that are training rows"
        )


def overlapping(train_x: Any, test_x: Any) -> np.ndarray:
    """Return a mask of the test rows that equal a training row."""
    train_columns, test_columns = _columns(train_x), _columns(test_x)
    pairs = [
        (train_columns.get(key), test_columns.get(key)) for key in {**train_columns, **test_columns}
    ]
    if any(a is None or b is None or a.shape[1:] != b.shape[1:] for a, b in pairs):
        shapes = [
            {key: column.shape[1:] for key, column in columns.items()}
            for columns in (train_columns, test_columns)
        ]
        raise ValueError(
            "Training and test rows must have the same columns and shapes to be compared. "
            f"Give both parts the same preparation. Received: {shapes[0]} and {shapes[1]}"
        )
    # A common dtype first: 1 and 1.0 are the same value in other bytes.
    common = [(_common(a, b)) for a, b in pairs]
    train_rows = set(_digests([a for a, _ in common]))
    test_rows = _digests([b for _, b in common])
    return np.fromiter((row in train_rows for row in test_rows), bool, len(test_rows))


def _columns(x: Any) -> dict[str, np.ndarray]:
    if isinstance(x, Mapping) or is_frame(x):
        return {str(key): np.asarray(x[key]) for key in sorted(x)}
    return {"x": np.asarray(x)}


def _common(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if a.dtype.kind in "OUS" or b.dtype.kind in "OUS":
        return a.astype(str), b.astype(str)
    dtype = np.result_type(a, b)
    if a.dtype.kind == b.dtype.kind == "f":
        # The same picture in more digits than the other part keeps.
        dtype = min(a.dtype, b.dtype, key=lambda one: one.itemsize)
    with np.errstate(over="ignore"):
        return _canonical(a.astype(dtype)), _canonical(b.astype(dtype))


def _canonical(column: np.ndarray) -> np.ndarray:
    """Give equal values equal bytes: one zero, one not-a-number."""
    if column.dtype.kind != "f":
        return column
    return np.where(np.isnan(column), np.array(np.nan, column.dtype), column + 0.0)


def _digests(columns: list[np.ndarray]) -> list[bytes]:
    num = len(columns[0]) if columns else 0
    rows = []
    for row in range(num):
        digest = hashlib.blake2b(digest_size=16)
        for column in columns:
            part = column[row]
            # Text has no fixed width: its length keeps ("a", "bc") and ("ab", "c") apart.
            data = repr(part.tolist()).encode() if column.dtype.kind == "U" else part.tobytes()
            digest.update(len(data).to_bytes(8, "little") + data)
        rows.append(digest.digest())
    return rows

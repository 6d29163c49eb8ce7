"""Are two parts of the same kind of numbers? The same picture in another dtype looks like another picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gankeras.core.real_rows import is_array
from gankeras.evaluation.rows import Rows


def common_type(columns: Sequence[np.ndarray]) -> np.dtype | None:
    """Find the dtype in which columns mean the same: that of the first where all are fractions.

    Args:
        columns: Arrays of any shape.

    Returns:
        A dtype, or None where the columns are of different kinds. Whole numbers of several dtypes have the smallest of
        these, if it holds every value: then they are counted in the same steps, which 8 and 16 bits of brightness are not.

    Example:
        >>> small, wide = np.array([0, 255], np.uint8), np.array([0, 65535], np.int64)
        >>> common_type([small, wide // 257]).name, common_type([small, wide])
        ('uint8', None)
    """
    dtypes = [column.dtype for column in columns]
    if len(set(dtypes)) == 1 or all(dtype.kind == "f" for dtype in dtypes):
        return dtypes[0]
    if any(dtype.kind not in "iu" for dtype in dtypes):
        return None
    smallest = min(dtypes, key=lambda dtype: dtype.itemsize)
    limits = np.iinfo(smallest)
    filled = [column for column in columns if column.size]
    held = all(limits.min <= c.min() and c.max() <= limits.max for c in filled)
    return smallest if held else None


def check_same_numbers(parts: Mapping[str, np.ndarray]) -> np.dtype:
    """Return the dtype in which arrays mean the same.

    Raises:
        ValueError: For an array of something else than numbers, or numbers of different kinds.
    """
    for name, x in parts.items():
        if x.dtype.kind not in "biuf":
            raise ValueError(
                f"`{name}` must hold numbers. Tables are for `gankeras.evaluation.judge_table`. "
                f"Received: dtype {x.dtype}"
            )
    common = common_type(list(parts.values()))
    if common is None:
        raise ValueError(
            "All parts must hold the same kind of numbers: whole ones from 0 to 255 beside fractions from 0 to 1, or beside "
            "whole ones from 0 to 65535, are not to be compared. Scale all to one range and dtype. "
            f"Received: {', '.join(f'{name} of {in_words(x)}' for name, x in parts.items())}"
        )
    return common


def check_comparable_parts(parts: Mapping[str, Any], features: Callable | None) -> None:
    """Raise unless arrays can be compared with each other; rows of columns pass.

    Args:
        parts: Raw rows by name.
        features: What makes numbers of them, if anything: it may take rows of any shape, and text.

    Raises:
        ValueError: For pairs `(x, y)`, rows of different shapes, or numbers of different kinds.
    """
    pairs = [name for name, rows in parts.items() if isinstance(rows, tuple)]
    if pairs:
        raise ValueError(
            "Each part must be raw rows alone, one array: pass `x` instead of `(x, y)`. "
            f"Received: a tuple of {len(parts[pairs[0]])} as `{pairs[0]}`"
        )
    if not all(is_array(rows) for rows in parts.values()):
        return
    arrays = {name: np.asarray(rows) for name, rows in parts.items()}
    shapes = {name: x.shape[1:] for name, x in arrays.items()}
    if features is None and len(set(shapes.values())) > 1:
        raise ValueError(
            "All three parts must have rows of the same shape: give them the same preparation. "
            f"Received: {', '.join(f'{name} of {shape}' for name, shape in shapes.items())}"
        )
    if features is None or all(x.dtype.kind in "biuf" for x in arrays.values()):
        check_same_numbers(arrays)


def as_train(rows: Rows, train: Rows, name: str) -> Rows:
    """Return rows that judge, in the dtypes of the training rows.

    Args:
        rows: Rows that judge, of the same structure; DataFrames and text are returned as they are.
        train: The training rows.
        name: What to call `rows` in an error.

    Raises:
        ValueError: For a column whose numbers are of another kind.
    """
    if isinstance(rows.x, Mapping) and isinstance(train.x, Mapping):
        x = {
            key: _as_column(column, train.x[key], f"column `{key}` of `{name}` and `train`")
            if key in train.x
            else column
            for key, column in rows.x.items()
        }
    elif isinstance(rows.x, np.ndarray) and isinstance(train.x, np.ndarray):
        x = _as_column(rows.x, train.x, f"`{name}` and `train`")
    else:
        x = rows.x
    return Rows(x, rows.y, rows.num_classes)


def _as_column(column: np.ndarray, like: np.ndarray, what: str) -> np.ndarray:
    if column.dtype.kind not in "biuf" and like.dtype.kind not in "biuf":
        return column  # text and dates are compared by value
    if common_type([like, column]) is None:
        raise ValueError(
            f"{what} must hold the same kind of numbers, or a classifier is asked about what it never saw. "
            f"Prepare both in the same way, scale and dtype. Received: {in_words(column)} beside {in_words(like)}"
        )
    return column.astype(like.dtype, copy=False)


def in_words(column: np.ndarray) -> str:
    """Say what a column holds, such as `"uint8 from 0 to 255"`."""
    if column.dtype.kind not in "biuf" or not column.size:
        return str(column.dtype)
    return f"{column.dtype} from {column.min():g} to {column.max():g}"

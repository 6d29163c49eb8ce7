"""Are real rows such as a source draws? Distances between rows in two scales look like good news."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf


def check_looks(
    spec: Any,
    arrays: Any,
    name: str,
    *,
    only_shared_columns: bool = False,
    any_precision: bool = False,
) -> None:
    """Raise unless rows have the shapes and dtypes that a source draws.

    Args:
        spec: The source's `element_spec`.
        arrays: Raw rows `(n, ...)`, or a dict of them.
        name: What to call them in an error.
        only_shared_columns: Whether shapes alone are compared, of the columns on both sides: a table's source may make
            the target too, and text in another dtype than pandas holds it.
        any_precision: Whether fractions may be of another precision.

    Raises:
        ValueError: With what was expected and what was found.
    """
    expected = {path: (tuple(s.shape), s.dtype) for path, s in _leaves(spec)}
    found = {path: (column.shape[1:], _dtype(column)) for path, column in _leaves(arrays)}
    if only_shared_columns:
        expected = {
            path: (shape, found[path][1]) for path, (shape, _) in expected.items() if path in found
        }
    same = expected.keys() == found.keys() and all(
        tf.TensorShape(found[path][0]).is_compatible_with(shape)
        and _same_dtype(found[path][1], dtype, any_precision)
        for path, (shape, dtype) in expected.items()
    )
    if not same:
        raise ValueError(
            f"The rows of `{name}` must look as those that the source makes: {_words(expected)}. "
            "Pass the same raw data that the GAN was trained on (a grey image needs its channel "
            f"axis: `x[..., None]`). Received: {_words(found)}"
        )


def check_comparable(spec: Any, rows: Any, name: str) -> None:
    """Raise unless an array of rows looks as what a source draws, to within precision, and holds finite numbers.

    Rows of columns pass: which of them are compared, and how missing values count, is for a function of theirs to say.

    Raises:
        ValueError: With what was expected and what was found.
    """
    if isinstance(spec, dict) or not is_array(rows):
        return
    check_looks(spec, np.asarray(rows), name, any_precision=True)
    check_finite(rows, name)


def check_finite(rows: Any, name: str) -> None:
    """Raise if an array of rows holds NaN or infinity; rows of columns may.

    Raises:
        ValueError: Naming the first such row.
    """
    rows = np.asarray(rows) if is_array(rows) else None
    if rows is None or rows.dtype.kind != "f" or not rows.size:
        return
    bad = np.flatnonzero(~np.isfinite(rows.reshape(len(rows), -1)).all(axis=1))
    if bad.size:
        raise ValueError(
            f"`{name}` must hold finite numbers: drop or repair the rows that do not. "
            f"Received: {bad.size} of {len(rows)} rows with NaN or infinity, the first is row {bad[0]}"
        )


def is_array(rows: Any) -> bool:
    """Whether rows are one array (or become one), and no columns with names."""
    return not isinstance(rows, Mapping) and not hasattr(rows, "iloc")


def _same_dtype(found: tf.DType, expected: tf.DType, any_precision: bool) -> bool:
    return found == expected or (any_precision and found.is_floating and expected.is_floating)


def _leaves(structure: Any) -> list[tuple[str, Any]]:
    if isinstance(structure, dict):
        return [(key, structure[key]) for key in sorted(structure)]
    return [("x", structure)]


def _dtype(column: np.ndarray) -> tf.DType:
    if column.dtype.kind in "OSU":
        return tf.string
    # Dates and durations are whole numbers of their unit.
    return tf.int64 if column.dtype.kind in "mM" else tf.as_dtype(column.dtype)


def _words(leaves: dict[str, tuple[tuple, tf.DType]]) -> str:
    one = list(leaves) == ["x"]
    return ", ".join(
        f"{'' if one else key + ' '}{dtype.name} {tuple(shape)}"
        for key, (shape, dtype) in leaves.items()
    )

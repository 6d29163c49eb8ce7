"""Can a classifier tell synthetic rows from real ones? Of arrays and of tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from gankeras.core.real_rows import is_array
from gankeras.evaluation.number_types import check_comparable_parts
from gankeras.evaluation.overlap import check_apart
from gankeras.evaluation.rows import is_frame
from gankeras.metrics.feature_metric import flat_features
from gankeras.metrics.two_sample_test import LEAST_ROWS, separability


@dataclasses.dataclass(frozen=True)
class TwoSample:
    """How well a classifier tells synthetic from real rows, and real from other real rows.

    Attributes:
        auc: Area under the ROC curve for synthetic rows against the holdout: 0.5 is guessing.
        low: Lower end of its 95 % interval.
        high: Upper end.
        reference: The same area for training rows against the holdout.
        reference_low: Lower end of its interval.
        reference_high: Upper end.
        rows: Rows of each side.

    Example:
        >>> gankeras.evaluation.TwoSample(0.6, 0.55, 0.65, 0.5, 0.45, 0.55, 200).auc
        0.6
    """

    auc: float
    low: float
    high: float
    reference: float
    reference_low: float
    reference_high: float
    rows: int


def two_sample(
    train: Any,
    holdout: Any,
    synthetic: Any,
    features: Callable | None = None,
    estimator: Any = None,
    seed: int = 0,
) -> TwoSample:
    """Test whether a classifier can tell synthetic rows from real ones, beside real from real.

    Args:
        train: Raw real rows: an array, a dict of arrays or a DataFrame.
        holdout: Raw real rows that the generator was not trained on.
        synthetic: Raw synthetic rows.
        features: Function of raw rows to features `(n, d)`; None takes arrays flat, and tables column
            by column (text and categories as categories, missing values as they are).
        estimator: A scikit-learn classifier with `predict_proba` and of such rows; None takes gradient
            boosting.
        seed: Of the rows drawn, the folds and the estimator.

    Returns:
        A `TwoSample`; every comparison has the same number of rows on either side.

    Raises:
        ValueError: For fewer than 40 rows of a part, parts of different columns, shapes or kinds of
            numbers (bytes beside fractions), or holdout rows that are training rows (of tables: all of them).

    Example:
        >>> x, y = gankeras.testing.toy_data(300)
        >>> made = gankeras.testing.toy_gan(trained_steps=2).sample(100)
        >>> gankeras.evaluation.two_sample(x[:100], x[100:200], made).auc > 0.9
        True

    References:
        - See `gankeras.metrics.TwoSampleTest`.
    """
    parts = {"train": train, "holdout": holdout, "synthetic": synthetic}
    check_comparable_parts(parts, features)
    tables = {name: _table(rows, features) for name, rows in parts.items()}
    num = min(len(table) for table in tables.values())
    if num < LEAST_ROWS:
        raise ValueError(
            f"A two-sample test needs at least {LEAST_ROWS} rows of each part. "
            f"Received: { ({name: len(table) for name, table in tables.items()}) }"
        )
    tables = _alike(tables)
    if is_array(train) and is_array(holdout):
        check_apart(train, holdout)
    else:
        check_apart(tables["train"], tables["holdout"], chance_repeats=True)
    rng = np.random.Generator(np.random.Philox(key=[seed, 0x25A]))
    for name, table in tables.items():
        chosen = np.sort(rng.permutation(len(table))[:num])
        tables[name] = table.iloc[chosen] if is_frame(table) else table[chosen]
    found = separability(tables["holdout"], tables["synthetic"], estimator, seed)
    reference = separability(tables["holdout"], tables["train"], estimator, seed)
    return TwoSample(*found, *reference, rows=num)


def _table(rows: Any, features: Callable | None) -> Any:
    if features is None and isinstance(rows, dict):
        import pandas

        rows = pandas.DataFrame({name: list(column) for name, column in rows.items()})
    if features is None and is_frame(rows):
        # scikit-learn wants names of text.
        names = [str(name) for name in rows.columns]
        if len(set(names)) < len(names):
            raise ValueError(
                f"Columns need names of their own, as text too; rename them. Received: {names[:10]}."
            )
        return rows.set_axis(names, axis=1)
    return flat_features(rows, features)


def _alike(tables: dict[str, Any]) -> dict[str, Any]:
    """The same columns in the same order, text and categories over one set of values."""
    frames = [table for table in tables.values() if is_frame(table)]
    shapes = {name: _shape(table) for name, table in tables.items()}
    if len(set(shapes.values())) > 1 or len(frames) not in (0, len(tables)):
        raise ValueError(
            "All three parts must have the same columns: give them the same preparation. "
            f"Received: {shapes}"
        )
    if not frames:
        return tables
    import pandas

    _check_kinds(tables)
    whole = pandas.concat(list(tables.values()), ignore_index=True)
    for name in whole.columns:
        column = whole[name]
        if pandas.api.types.is_datetime64_any_dtype(column):
            whole[name] = column.astype("int64")
        elif not pandas.api.types.is_numeric_dtype(column):
            # Gradient boosting takes 255 categories at most: the rest are one.
            text = column.astype(str)
            common = text.value_counts().index[:250]
            whole[name] = text.where(text.isin(common), "other").astype("category")
    ends = np.cumsum([0, *[len(table) for table in tables.values()]])
    pieces = zip(tables, ends[:-1], ends[1:], strict=True)
    return {name: whole.iloc[a:b] for name, a, b in pieces}


def _shape(table: Any) -> tuple:
    return tuple(sorted(map(str, table.columns))) if is_frame(table) else table.shape[1:]


def _check_kinds(tables: dict[str, Any]) -> None:
    """Raise where a column is numbers in one part and text or dates in another: each value would look new."""
    for column in next(iter(tables.values())).columns:
        kinds = {name: _kind(table[column]) for name, table in tables.items()}
        if len({kind for kind in kinds.values() if kind}) > 1:
            raise ValueError(
                f"Column {column!r} must hold the same kind of values in all three parts: convert it, as by "
                f"`frame.astype(train.dtypes)`. Received: {kinds}"
            )


def _kind(column: Any) -> str | None:
    import pandas

    if column.isna().all():
        return None
    if pandas.api.types.is_numeric_dtype(column):
        return "numbers"
    return "dates" if pandas.api.types.is_datetime64_any_dtype(column) else "text"

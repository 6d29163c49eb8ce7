"""Conditions on columns: checked and encoded, told to the players of a training, and made true in the end."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gankeras import random
from gankeras.core.usual_dtypes import usual_dtype
from gankeras.tables import frames, ordered_columns
from gankeras.tables.category_column import CategoryColumn
from gankeras.tables.numeric_column import NumericColumn

# A stream of a row's randomness, beside those of a synthesizer and of `drawn_conditions`.
TOLD = 13
# Of the rows of a training, chosen for their class. With 0.9 rare values of other columns were followed too seldom.
TARGET_SHARE = 0.75


def encode_conditions(
    codec: Any, labels: Any, conditions: Mapping[str, Any] | None, num: int
) -> dict[str, np.ndarray]:
    """Conditions as users give them, as what the graph takes.

    Args:
        codec: An adapted `TableCodec`.
        labels: Class ids or names of the target, or None.
        conditions: A value for all rows, or one a row, by column.
        num: Rows.

    Returns:
        `codes` int32 `(num, columns)`, the slot asked for or -1, and `numbers` float64 `(num, columns)`, the number
        asked for or NaN.

    Raises:
        ValueError: Naming column and row of what cannot be met.
    """
    asked = _asked(codec, labels, conditions)
    codes = np.full((num, len(codec.columns)), -1, np.int32)
    numbers = np.full((num, len(codec.columns)), np.nan, np.float64)
    for name, values in asked.items():
        index = codec.by_name[name]
        column = codec.columns[index]
        series = _dated(column, _series(name, values, num))
        check = _check_numbers if isinstance(column, NumericColumn) else _check_categories
        check(column, series)
        if num == 0:
            continue
        raw = _raw(column, series)
        slot, place = column.encode(tf.constant(raw, column.raw_dtype))
        codes[:, index] = slot.numpy()
        if isinstance(column, CategoryColumn):
            numbers[:, index] = place.numpy()
        else:
            number = column.as_number(tf.constant(raw, column.raw_dtype)).numpy()
            numbers[:, index] = np.where(series.isna(), np.nan, number)
    if codec.ordered:
        ordered_columns.check_conditions(codec, numbers)
    return {"codes": codes, "numbers": numbers}


def _asked(codec: Any, labels: Any, conditions: Mapping[str, Any] | None) -> dict[str, Any]:
    if conditions is not None and not isinstance(conditions, Mapping):
        raise ValueError(
            f"`conditions` is a dict of values by column, such as {{'sex': 'Female'}}. Received: {conditions!r}."
        )
    asked = dict(conditions or {})
    for name in asked:
        if name in codec.dropped:
            raise ValueError(
                f"Column {name!r} tells every row apart and was left out; no condition on it can be met. "
                f"Received: conditions on {sorted(asked)}."
            )
        if name not in codec.by_name:
            raise ValueError(
                f"Conditions must be on columns of the table: {sorted(codec.by_name)}. Received: {name!r}."
            )
    if labels is None:
        return asked
    if codec.target is None:
        raise ValueError(
            f"This source has no classes; leave `labels` out. Received: labels={labels!r}."
        )
    if codec.target in asked:
        raise ValueError(
            f"`labels` is short for a condition on the target {codec.target!r}; give one of them. "
            f"Received: labels={labels!r} and conditions on {sorted(asked)}."
        )
    asked[codec.target] = _names(codec, labels)
    return asked


def _names(codec: Any, labels: Any) -> Any:
    """Labels as values of the target: ids, where they are whole numbers, and names that the source gives its classes."""
    head = codec.columns[codec.by_name[codec.target]].head
    values = np.asarray(labels)
    ids = {name: number for number, name in enumerate(codec.class_names)}
    if values.dtype.kind in "OU" and all(value in ids for value in values.ravel().tolist()):
        values = np.vectorize(ids.get, otypes=[np.int64])(values)
    if values.dtype.kind not in "iu" or isinstance(labels, bool):
        return labels
    if values.size and (values.min() < 0 or values.max() >= len(head)):
        raise ValueError(
            f"Labels must lie between 0 and {len(head) - 1}. Received: labels={labels!r}."
        )
    return np.array(head, object)[values]


def _series(name: str, values: Any, num: int) -> Any:
    import pandas as pd

    if isinstance(values, Mapping) or np.ndim(values) > 1:
        raise ValueError(
            f"The condition on {name!r} must be one value, or one for each row. Received: {values!r}."
        )
    if np.ndim(values) == 0 or isinstance(values, str):
        values = [values] * max(num, 1)
    series = values if isinstance(values, pd.Series) else pd.Series(values, dtype=_dtype(values))
    series = usual_dtype(series).reset_index(drop=True).infer_objects()
    # One missing value for all dtypes: `pd.NA` compares to nothing.
    if series.dtype == object:
        series = series.where(series.notna(), np.nan)
    if len(series) != max(num, 1) and len(series) != num:
        raise ValueError(
            f"The condition on {name!r} must be one value, or one for each of {num} rows. Received: {len(series)} values."
        )
    return series


def _dtype(values: Any) -> Any:
    # Lists may mix values with missing ones.
    return None if hasattr(values, "dtype") else object


def _check_missing(column: Any, series: Any) -> None:
    if not column.nullable and series.isna().any():
        row = int(np.flatnonzero(series.isna())[0])
        raise ValueError(
            f"Column {column.name!r} is never missing, so no row can lack it. Received: a missing value in row {row} "
            "of its condition."
        )


def _check_categories(column: CategoryColumn, series: Any) -> None:
    _check_missing(column, series)
    vocabulary = _as_given(column, column.vocabulary)
    known = set(vocabulary)
    for row, value in series[series.notna()].items():
        if value not in known:
            listed = ", ".join(repr(v) for v in vocabulary[:20])
            more = f" and {len(known) - 20} more" if len(known) > 20 else ""
            raise ValueError(
                f"Column {column.name!r} has no value {value!r} that enough rows share; it has {listed}{more}. "
                f"Received: {value!r} in row {row} of its condition."
            )


def _check_numbers(column: NumericColumn, series: Any) -> None:
    _check_missing(column, series)
    number = _numbers(column, series)
    low, high = column.low, column.high
    outside = (number < low) | (number > high)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        limits = frames.to_series(
            column.as_raw(tf.constant([low, high], tf.float64), None).numpy(),
            column.dtype,
            column.kind,
            False,
            None,
        ).tolist()
        raise ValueError(
            f"Column {column.name!r} is made between {limits[0]} and {limits[1]}, as the training data were. "
            f"Received: {series.tolist()[row]!r} in row {row} of its condition."
        )
    between = (np.floor(number) != number) & ~np.isnan(number)
    if column.kind != "continuous" and between.any():
        row = int(np.flatnonzero(between)[0])
        steps = "whole numbers" if column.kind == "integer" else "the dates' steps, such as days"
        raise ValueError(
            f"Column {column.name!r} is made in {steps}, as the training data were; ask for such a value. "
            f"Received: {series.tolist()[row]!r} in row {row} of its condition."
        )


def _numbers(column: NumericColumn, series: Any) -> np.ndarray:
    raw = _raw(column, series)
    if column.kind != "datetime":
        # Not by way of the tensor's dtype, which would cut off what stands behind the point.
        return series.to_numpy(np.float64, na_value=np.nan)
    number = column.as_number(tf.constant(raw, column.raw_dtype)).numpy()
    return np.where(series.isna(), np.nan, number)


def _holds_dates(column: Any) -> bool:
    return column.kind == "datetime" or column.dtype.startswith(("datetime64", "timedelta64"))


def _as_given(column: CategoryColumn, categories: list) -> list:
    """Categories as users write them: dates are kept as numbers."""
    if not _holds_dates(column):
        return categories
    raw = np.array(categories, np.int64)
    return frames.to_series(raw, column.dtype, "datetime", False, None).tolist()


def _dated(column: Any, series: Any) -> Any:
    """Values for a column of dates as its dates, read once; other columns' as they are."""
    import pandas as pd

    if not _holds_dates(column):
        return series
    kind = column.dtype if column.dtype[0] in "dt" else "datetime64[us]"
    try:
        dates = pd.to_datetime(series) if kind.startswith("datetime") else pd.to_timedelta(series)
        if "," in kind and dates.dt.tz is None:
            dates = dates.dt.tz_localize(kind.split(",")[1].strip(" ]"))
        return dates.astype(kind)
    except (ValueError, TypeError) as error:
        raise _foreign(column, series, error) from None


def _foreign(column: Any, series: Any, error: Exception) -> ValueError:
    return ValueError(
        f"The condition on {column.name!r} must hold values of dtype {column.dtype}. "
        f"Received: {series.iloc[0]!r}, {error}."
    )


def _raw(column: Any, series: Any) -> np.ndarray:
    try:
        numeric = column.raw_dtype != "string" and not _holds_dates(column)
        if numeric and series.dtype.kind not in "iu":
            series = series.astype("float64")
            if not column.raw_dtype.startswith("float"):
                series = series.fillna(0)
        return frames.to_raw(series, column.kind, column.raw_dtype)
    except (ValueError, TypeError) as error:
        raise _foreign(column, series, error) from None


def settle(
    codec: Any, made: dict[str, tf.Tensor], conditions: dict[str, tf.Tensor] | None
) -> dict[str, tf.Tensor]:
    """Decoded columns with the numbers asked for in their place, and `a <= b` where that was promised."""
    made = dict(made)
    for index, column in enumerate(codec.columns):
        if conditions is None or not isinstance(column, NumericColumn):
            continue
        number = conditions["numbers"][:, index]
        given = ~tf.math.is_nan(number)
        safe = tf.where(given, number, 0.0)
        made[column.name] = tf.where(given, column.as_raw(safe, None), made[column.name])
    return ordered_columns.in_order(codec, made, conditions) if codec.ordered else made


def column_shares(codec: Any) -> np.ndarray:
    """How often each column is the one that a row of training is chosen for: float64 `(columns,)`, summing to 1.

    Samples are mostly asked for by class, so the target has `TARGET_SHARE` and the others the rest.
    """
    shares = np.array([float(width > 1) for width in codec.widths])
    if codec.target is not None:
        target = codec.by_name[codec.target]
        shares[target] = 0.0
        shares[target] = max(shares.sum() * TARGET_SHARE / (1 - TARGET_SHARE), 1.0)
    return shares / shares.sum() if shares.any() else np.full(len(shares), 1 / len(shares))


def reveal(
    codec: Any, data: dict[str, Any], seed: tf.Tensor, pac: int
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Encoded data as whole packs of rows, and what the players are told of each.

    The column that a row was chosen for is always told, since the choice depended on it. Of every second row each other
    column is told too, with a probability drawn anew for the row.

    Args:
        codec: An adapted `TableCodec`.
        data: `samples`, and under `conditions` perhaps `column` and `seed`, int `(n,)`: what each row was chosen for,
            and where its randomness comes from.
        seed: Int32 `(2,)`, for data without these.
        pac: Rows of a pack; the first rows come again where the last pack lacks some.
    """
    encoded, given = data["samples"], data.get("conditions", {})
    rows, width = tf.shape(encoded["codes"])[0], len(codec.columns)
    if given:
        column, seeds = tf.cast(given["column"], tf.int32), given["seed"]
    else:
        ends = tf.constant(np.cumsum(column_shares(codec))[:-1], tf.float32)
        place = random.uniform((rows,), random.fold(seed, 0))
        column = tf.searchsorted(ends, place, side="right")
        bits = random.integers((2, rows), random.fold(seed, 1), 0, np.iinfo(np.int32).max)
        seeds = tf.cast(bits[0], tf.int64) * 2**31 + tf.cast(bits[1], tf.int64)
    size = encoded["codes"].shape[0]
    if size is None or size % pac:
        whole = tf.range((rows + pac - 1) // pac * pac) % rows
        encoded, column, seeds = tf.nest.map_structure(
            lambda part: tf.gather(part, whole), (encoded, column, seeds)
        )
    codes = encoded["codes"]
    drawn = random.uniform_rows(seeds, (width + 1,), TOLD)
    told = drawn[:, 1:] < 2.0 * drawn[:, :1] - 1.0
    told |= tf.range(width)[None, :] == column[:, None]
    condition = codec.one_hot(tf.where(told, codes, -1))
    return codec.expand(encoded), {"condition": condition}

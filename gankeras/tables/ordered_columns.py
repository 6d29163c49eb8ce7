"""Pairs of columns `a <= b`: checked in tables and conditions, and kept in what is made."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.tables import frames

NUMERIC = ("continuous", "integer", "datetime")


def sorted_pairs(ordered: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs in such an order that no column is the smaller one before all below it were.

    Raises:
        ValueError: For pairs that go round in a circle.
    """
    below = {name: {s for s, g in ordered if g == name} for pair in ordered for name in pair}
    place: dict[str, int] = {}
    while len(place) < len(below):
        free = [n for n in below if n not in place and below[n] <= set(place)]
        if not free:
            raise ValueError(
                "`ordered` must not go round in a circle; leave one of its pairs out. "
                f"Received: {[pair for pair in ordered if set(pair) & (set(below) - set(place))]}."
            )
        place |= {name: len(place) + number for number, name in enumerate(free)}
    return sorted(ordered, key=lambda pair: place[pair[0]])


def check_order(
    ordered: list[tuple[str, str]], kept: dict[str, Any], kinds: dict[str, str]
) -> None:
    """Checks the pairs in a table.

    Args:
        ordered: The pairs.
        kept: Columns as Series by name.
        kinds: Their kinds.

    Raises:
        ValueError: Naming the columns, and the first row that breaks the order.
    """
    for small, great in ordered:
        for name in (small, great):
            if kinds.get(name) not in NUMERIC:
                raise ValueError(
                    f"`ordered` compares columns of numbers or dates. Received: {name!r}, which is "
                    f"{kinds.get(name, 'not a column')}."
                )
        a, b = kept[small], kept[great]
        if (kinds[small] == "datetime" or kinds[great] == "datetime") and a.dtype != b.dtype:
            raise ValueError(
                f"`ordered` compares numbers with numbers, and dates of one dtype; convert one of {small!r} and {great!r} "
                f"by `.astype(...)`. Received: {a.dtype} and {b.dtype}."
            )
        broken = (a > b).to_numpy(dtype=bool, na_value=False)
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            raise ValueError(
                f"`ordered` says {small!r} <= {great!r}, which is not so in every row. Correct it, or leave the pair out. "
                f"Received: {a.iloc[row]!r} and {b.iloc[row]!r} in row {row}."
            )


def check_conditions(codec: Any, numbers: np.ndarray) -> None:
    """Checks that conditions leave every column of a pair room between its neighbours and its own limits.

    Args:
        codec: An adapted `TableCodec`.
        numbers: What is asked for, float64 `(rows, columns)`, NaN for nothing.

    Raises:
        ValueError: Naming the first row that contradicts the order.
    """
    pairs = sorted_pairs(codec.ordered)
    lower, upper, given = {}, {}, np.zeros(len(numbers), bool)
    for name in {name for pair in pairs for name in pair}:
        index = codec.by_name[name]
        column = codec.columns[index]
        asked = ~np.isnan(numbers[:, index])
        given |= asked
        lower[name], upper[name] = (
            _absolute(column, np.where(asked, numbers[:, index], limit))
            for limit in (column.low, column.high)
        )
    for small, great in pairs:
        lower[great] = np.maximum(lower[great], lower[small])
    for small, great in reversed(pairs):
        upper[small] = np.minimum(upper[small], upper[great])
    for small, great in pairs:
        broken = given & ((lower[great] > upper[great]) | (lower[small] > upper[small]))
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            raise ValueError(
                f"The codec keeps {small!r} <= {great!r} within the limits of both columns, and these conditions contradict "
                f"that. Received: {_asked(codec, pairs, numbers[row])} in row {row} of the conditions."
            )


def _asked(codec: Any, pairs: list[tuple[str, str]], numbers: np.ndarray) -> dict[str, Any]:
    """What one row's conditions ask of columns that stand in pairs, as users write it."""
    asked = {}
    for name in sorted({name for pair in pairs for name in pair}):
        index = codec.by_name[name]
        column = codec.columns[index]
        if not np.isnan(numbers[index]):
            raw = column.as_raw(tf.constant([numbers[index]], tf.float64), None).numpy()
            asked[name] = frames.to_series(raw, column.dtype, column.kind, False, None).tolist()[0]
    return asked


def _absolute(column: Any, numbers: np.ndarray) -> np.ndarray:
    if column.kind != "datetime":
        return numbers
    return numbers * column.step + column.origin


def in_order(
    codec: Any, made: dict[str, tf.Tensor], conditions: dict[str, tf.Tensor] | None
) -> dict[str, tf.Tensor]:
    """Raw columns `(n,)` with every pair in order: what was asked for stays, and no column leaves its limits."""
    pairs = sorted_pairs(codec.ordered)
    names = sorted({name for pair in pairs for name in pair})
    values, known, fixed, limits = {}, {}, {}, {}
    for name in names:
        index = codec.by_name[name]
        column = codec.columns[index]
        is_date = column.kind == "datetime"
        x = made[name]
        values[name] = x if is_date else tf.cast(x, tf.float64)
        known[name] = x != np.iinfo(np.int64).min if is_date else ~tf.math.is_nan(values[name])
        fixed[name] = tf.zeros_like(known[name])
        if conditions is not None:
            fixed[name] = ~tf.math.is_nan(conditions["numbers"][:, index])
        high = column.as_raw(tf.constant(column.high, tf.float64), None)
        limits[name] = tf.where(fixed[name], values[name], tf.cast(high, values[name].dtype))
    for small, great in reversed(pairs):
        column = codec.columns[codec.by_name[small]]
        limit = column.greatest_to(tf.minimum(limits[small], limits[great]))
        limits[small] = tf.where(fixed[small], limits[small], limit)
    for name in names:
        above = known[name] & ~fixed[name] & (values[name] > limits[name])
        values[name] = tf.where(above, limits[name], values[name])
    for small, great in pairs:
        broken = known[small] & known[great] & ~fixed[great] & (values[small] > values[great])
        raised = codec.columns[codec.by_name[great]].least_from(values[small])
        values[great] = tf.where(broken, raised, values[great])
    return {**made, **{name: tf.cast(values[name], made[name].dtype) for name in names}}

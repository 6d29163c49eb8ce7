"""The columns of a table as parts of a codec, learnt from it."""

import dataclasses
from typing import Any

import numpy as np

from gankeras.tables import frames
from gankeras.tables.category_column import CategoryColumn, fit_categories
from gankeras.tables.numeric_column import NumericColumn, NumericFacts, fit_numeric
from gankeras.tables.ordered_columns import NUMERIC


def fit_columns(kept: dict[str, Any], kinds: dict[str, str], codec: Any) -> list:
    """The columns of a table, in its order, learnt from it."""
    made, numeric = {}, {}
    for name, column in kept.items():
        if kinds[name] in NUMERIC:
            bounds = codec.bounds.get(name, (None, None))
            numeric[name] = _numeric_facts(column, kinds[name], bounds, codec.min_count)
        else:
            made[name] = _category(column, kinds[name], codec)
    fields = fit_numeric(list(numeric.values()), codec.min_count, codec.modes)
    for name, found in zip(numeric, fields, strict=True):
        made[name] = NumericColumn(**found, counts=[])
    return [made[name] for name in kept]


def with_counts(column: NumericColumn, counts: np.ndarray) -> NumericColumn:
    """The column, knowing its rows by slot."""
    return dataclasses.replace(column, counts=[int(count) for count in counts])


def from_json(fields: dict[str, Any]) -> NumericColumn | CategoryColumn:
    """The inverse of a column's `to_json`."""
    fields = dict(fields)
    return {"category": CategoryColumn, "numeric": NumericColumn}[fields.pop("type")](**fields)


def _dtype_of(column: Any) -> str:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return "ordered category" if column.dtype.ordered else "category"
    return str(column.dtype)


def _category(column: Any, kind: str, codec: Any) -> CategoryColumn:
    nullable = bool(column.isna().any())
    raw_dtype = frames.raw_dtype(kind, column, nullable)
    raw = frames.to_raw(column, kind, raw_dtype)[column.notna().to_numpy()]
    import pandas as pd

    found = pd.Series(raw).value_counts(sort=False)
    values, counts = found.index.to_numpy(), found.to_numpy()
    order = np.argsort(values.astype(str) if values.dtype == object else values, kind="stable")
    values, counts = values[order], counts[order]
    is_target = column.name == codec.target
    parts = fit_categories(
        values,
        counts,
        1 if is_target else codec.min_count,
        len(values) if is_target else codec.max_categories,
    )
    if not parts["head"]:
        raise ValueError(
            f"No value of column {column.name!r} is shared by {codec.min_count} rows, so none may be kept. Leave it out "
            f"(types={{{column.name!r}: 'identifier'}}), take another kind, or lower `min_count`. "
            f"Received: {len(values)} values in {len(column)} rows."
        )
    if kind in ("ordinal", "boolean") or is_target:
        parts = _in_order(parts, column)
    levels = None
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = {*parts["head"], *parts["tail"]}
        observed = set(values.tolist())
        levels = [v for v in column.dtype.categories.tolist() if v in known or v not in observed]
        levels += [v for v in (*parts["head"], *parts["tail"]) if v not in levels]
    return CategoryColumn(
        name=column.name,
        kind=kind,
        dtype=_dtype_of(column),
        raw_dtype=raw_dtype,
        nullable=nullable,
        **parts,
        missing=int(column.isna().sum()),
        levels=levels,
    )


def _in_order(parts: dict[str, list], column: Any) -> dict[str, list]:
    """Heads in the order of the dtype, else of the values: class ids then are what a sorted list of names says."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        place = {value: index for index, value in enumerate(column.dtype.categories.tolist())}
        order = sorted(range(len(parts["head"])), key=lambda i: place.get(parts["head"][i], 0))
    else:
        order = sorted(range(len(parts["head"])), key=lambda i: parts["head"][i])
    return {
        **parts,
        "head": [parts["head"][i] for i in order],
        "head_counts": [parts["head_counts"][i] for i in order],
    }


def _numeric_facts(column: Any, kind: str, bounds: tuple, min_count: int) -> NumericFacts:
    present = column.dropna()
    if len(present) < min_count:
        raise ValueError(
            f"Column {column.name!r} has too few values to learn from without keeping a row's own: {min_count} at least. "
            f"Leave it out (types={{{column.name!r}: 'identifier'}}, or drop it), or lower `min_count`. "
            f"Received: {len(present)} values in {len(column)} rows."
        )
    nullable = len(present) < len(column)
    raw_dtype = frames.raw_dtype(kind, column, nullable)
    raw = frames.to_raw(present, kind, raw_dtype)
    origin = 0
    if kind == "datetime":
        origin = int(np.median(raw))
        step = _date_step(raw)
        origin -= origin % step
        numbers = (raw - origin).astype(np.float64) / step
        bounds = tuple(None if b is None else _date_number(b, column, origin, step) for b in bounds)
    else:
        numbers = raw.astype(np.float64)
        step = 1.0 if kind == "integer" else _decimals(numbers)
    _check_bounds(column, numbers, bounds)
    fields = {
        "name": column.name,
        "kind": kind,
        "dtype": _dtype_of(column),
        "raw_dtype": raw_dtype,
        "nullable": nullable,
        "origin": origin,
        "step": step,
    }
    return NumericFacts(numbers, fields, bounds)


def _date_step(raw: np.ndarray) -> int:
    """The coarsest of usual steps that all dates are multiples of, in the column's unit."""
    step = int(np.gcd.reduce(np.unique(np.abs(raw[:100_000]))[:5000])) or 1
    return step


def _date_number(bound: Any, column: Any, origin: int, step: int) -> float:
    import pandas as pd

    try:
        made = pd.Series([bound]).astype(column.dtype)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"`bounds` of column {column.name!r} must be dates as it holds them, {column.dtype}. Received: {bound!r} ({error})."
        ) from None
    return float((int(frames.to_raw(made, "datetime", "int64")[0]) - origin) / step)


def _decimals(numbers: np.ndarray) -> float:
    """0.1 where all values have one decimal, and so on; 0 for more than six."""
    sample = numbers[:: max(1, len(numbers) // 20_000)]
    for digits in range(7):
        if np.allclose(np.round(sample, digits), sample, rtol=1e-7, atol=0):
            return 10.0**-digits
    return 0.0


def _check_bounds(column: Any, numbers: np.ndarray, bounds: tuple) -> None:
    foreign = [bound for bound in bounds if isinstance(bound, str | bool)]
    if foreign:
        raise ValueError(
            f"`bounds` of column {column.name!r} must be numbers, as it holds them. Received: {foreign[0]!r}."
        )
    for bound, outside in zip(
        bounds,
        (
            lambda b: numbers < b,
            lambda b: numbers > b,
        ),
        strict=True,
    ):
        if bound is not None and outside(bound).any():
            row = int(np.flatnonzero(column.notna())[np.flatnonzero(outside(bound))[0]])
            raise ValueError(
                f"Column {column.name!r} leaves its bounds. Correct the value, or widen `bounds`. "
                f"Received: {column.iloc[row]!r} in row {row}."
            )

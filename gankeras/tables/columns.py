"""What the columns of a table are: their kinds, and their parts of a codec."""

import dataclasses
from typing import Any

import numpy as np

from gankeras.tables import frames
from gankeras.tables.category_column import CategoryColumn, fit_categories
from gankeras.tables.numeric_column import NumericColumn, NumericFacts, fit_numeric

NUMERIC = ("continuous", "integer", "datetime")
# A target of numbers with more values than this is no target of classes.
MOST_CLASSES = 1000


def check_settings(codec: Any) -> None:
    """Checks what a codec was made with.

    Raises:
        ValueError: For unknown kinds, bounds the wrong way round, or numbers out of range.
    """
    for name, kind in codec.types.items():
        if kind not in frames.KINDS:
            raise ValueError(
                f"`types` gives each column one of {list(frames.KINDS)}. Received: {kind!r} for column {name!r}."
            )
    if codec.target is not None and codec.types.get(codec.target) in (*NUMERIC, "identifier"):
        raise ValueError(
            "The target holds classes: 'categorical', 'ordinal' or 'boolean'. "
            f"Received: types={{{codec.target!r}: {codec.types[codec.target]!r}}}."
        )
    for name, pair in codec.bounds.items():
        if len(pair) != 2 or (None not in pair and not pair[0] <= pair[1]):
            raise ValueError(
                f"`bounds` gives (least, greatest), either of which may be None. Received: {pair} for column {name!r}."
            )
    if any(len(pair) != 2 or pair[0] == pair[1] for pair in codec.ordered):
        raise ValueError(
            f"`ordered` is a list of pairs of columns (smaller, greater). Received: {codec.ordered}."
        )
    for name, least in (("min_count", 1), ("max_categories", 1), ("modes", 1)):
        if getattr(codec, name) < least:
            raise ValueError(
                f"`{name}` must be at least {least}. Received: {name}={getattr(codec, name)}."
            )


def kinds_of(series: dict[str, Any], target: str | None, types: dict[str, str]) -> dict[str, str]:
    """The kind of each column: as asked for, else found out.

    Raises:
        ValueError: Naming the column, where none fits.
    """
    asked = {**types, **({target: types.get(target, "categorical")} if target else {})}
    if unknown := sorted(set(asked) - set(series)):
        raise ValueError(
            f"The table lacks columns that the codec names: {unknown}. Received: {sorted(series)}."
        )
    kinds = {}
    for name, column in series.items():
        if not column.notna().any():
            raise ValueError(
                f"Column {name!r} holds no value at all; drop it. Received: {len(column)} missing values."
            )
        values = frames.family(name, column)
        if values == "number":
            frames.check_finite(name, column)
        kind = asked.get(name) or frames.infer_kind(name, column)
        if name == target and values == "boolean" and target not in types:
            kind = "boolean"
        wanted = {"continuous": "number", "integer": "number", "datetime": "date"}.get(kind)
        if wanted and values != wanted and (wanted, values) != ("number", "boolean"):
            raise ValueError(
                f"Column {name!r} cannot be {kind!r}: it holds {values}s. Leave it out of `types`, or convert it. "
                f"Received: dtype {column.dtype}, such as {column.dropna().iloc[0]!r}."
            )
        kinds[name] = kind
    if target is not None:
        _check_target(target, series[target])
    return kinds


def _check_target(name: str, column: Any) -> None:
    if column.isna().any():
        row = int(np.flatnonzero(column.isna())[0])
        raise ValueError(
            f"The target {name!r} must be known in every row; drop rows without. "
            f"Received: {int(column.isna().sum())} missing values, the first in row {row}."
        )
    counts = column.value_counts()
    counts = counts[counts > 0]
    if len(counts) < 2:
        raise ValueError(
            f"The target {name!r} needs two classes or more; make the codec without `target`. "
            f"Received: {counts.index[0]!r} in all {len(column)} rows."
        )
    if len(counts) > MOST_CLASSES or (len(counts) > 50 and len(counts) > 0.5 * len(column)):
        raise ValueError(
            f"The target {name!r} must hold classes; make the codec without `target` for numbers. "
            f"Received: {len(counts)} values in {len(column)} rows."
        )
    if counts.min() < 2:
        rare = counts.idxmin()
        row = int(np.flatnonzero(column == rare)[0])
        raise ValueError(
            f"Each class of the target {name!r} needs at least 2 rows. Add rows, or leave it out. "
            f"Received: one row of {rare!r}, row {row}."
        )


def fit_columns(kept: dict[str, Any], kinds: dict[str, str], codec: Any) -> list:
    """The columns of a table, in its order, learnt from it."""
    made, numeric = {}, {}
    for name, column in kept.items():
        if kinds[name] in NUMERIC:
            numeric[name] = _numeric_facts(
                column, kinds[name], codec.bounds.get(name, (None, None))
            )
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
        levels += [v for v in parts["tail"][-1:] if v not in levels]
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


def _numeric_facts(column: Any, kind: str, bounds: tuple) -> NumericFacts:
    present = column.dropna()
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

    value = frames.to_raw(pd.Series([bound]).astype(column.dtype), "datetime", "int64")[0]
    return float((int(value) - origin) / step)


def _decimals(numbers: np.ndarray) -> float:
    """0.1 where all values have one decimal, and so on; 0 for more than six."""
    sample = numbers[:: max(1, len(numbers) // 20_000)]
    for digits in range(7):
        if np.allclose(np.round(sample, digits), sample, rtol=1e-7, atol=0):
            return 10.0**-digits
    return 0.0


def _check_bounds(column: Any, numbers: np.ndarray, bounds: tuple) -> None:
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


def check_columns(series: dict[str, Any], codec: Any) -> None:
    """Checks a table against what the codec was adapted to.

    Raises:
        ValueError: Naming the column, and the row of a value that does not fit.
    """
    names = {column.name for column in codec.columns}
    missing, extra = sorted(names - set(series)), sorted(set(series) - names - set(codec.dropped))
    if missing or extra:
        raise ValueError(
            "The table must have the columns that the codec was adapted to. "
            f"Received: missing {missing}, unknown {extra}."
        )
    for column in codec.columns:
        given = series[column.name]
        values = frames.family(column.name, given)
        expected = _family_of(column)
        if values != expected and (expected, values) not in (
            ("date", "number"),
            ("boolean", "number"),
            ("number", "boolean"),
        ):
            raise ValueError(
                f"Column {column.name!r} must hold {expected}s, as the table that the codec was adapted to. "
                f"Received: {values}s of dtype {given.dtype}, such as {given.dropna().head(1).tolist()}."
            )
        if values == "number":
            frames.check_finite(column.name, given)
        if not column.nullable and given.isna().any():
            row = int(np.flatnonzero(given.isna())[0])
            raise ValueError(
                f"Column {column.name!r} had no missing values when the codec was adapted. Adapt it anew, or fill them. "
                f"Received: a missing value in row {row}."
            )


def _family_of(column: Any) -> str:
    if column.kind == "datetime":
        return "date"
    if isinstance(column, CategoryColumn):
        if column.raw_dtype == "string":
            return "string"
        if column.kind == "boolean":
            return "boolean"
        return "date" if column.dtype.startswith(("datetime64", "timedelta64")) else "number"
    return "number"


def check_order(
    ordered: list[tuple[str, str]], kept: dict[str, Any], kinds: dict[str, str]
) -> None:
    """Checks pairs of columns `a <= b`.

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
        broken = (kept[small] > kept[great]).to_numpy(bool)
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            raise ValueError(
                f"`ordered` says {small!r} <= {great!r}, which is not so in every row. Correct it, or leave the pair out. "
                f"Received: {kept[small].iloc[row]!r} and {kept[great].iloc[row]!r} in row {row}."
            )

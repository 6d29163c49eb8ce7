"""What the columns of a table hold: their kinds, and whether a later table fits."""

from typing import Any

import numpy as np

from gankeras.tables import frames
from gankeras.tables.category_column import CategoryColumn
from gankeras.tables.ordered_columns import NUMERIC

# A target of numbers with more values than this is no target of classes.
MOST_CLASSES = 1000


def kinds_of(
    series: dict[str, Any], target: str | None, types: dict[str, str], bounds: dict[str, tuple]
) -> dict[str, str]:
    """The kind of each column: as asked for, else found out.

    Raises:
        ValueError: Naming the column, where none fits.
    """
    asked = {**types, **({target: types.get(target, "categorical")} if target else {})}
    if unknown := sorted((set(asked) | set(bounds)) - set(series)):
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
        if values == "string":
            frames.check_encodable(name, column)
        kind = asked.get(name) or frames.infer_kind(name, column)
        if name == target and values == "boolean" and target not in types:
            kind = "boolean"
        _check_kind(column, kind, values, name in asked)
        if name in bounds and kind not in NUMERIC:
            raise ValueError(
                f"`bounds` are of numbers or dates, and column {name!r} is {kind}. Leave them out. Received: {bounds[name]}."
            )
        kinds[name] = kind
    if target is not None:
        _check_target(target, series[target])
    return kinds


def _check_kind(column: Any, kind: str, values: str, is_asked: bool) -> None:
    wanted = {"continuous": "number", "integer": "number", "datetime": "date"}.get(kind)
    if wanted and values != wanted and (wanted, values) != ("number", "boolean"):
        raise ValueError(
            f"Column {column.name!r} cannot be {kind!r}: it holds {values}s. Leave it out of `types`, or convert it. "
            f"Received: dtype {column.dtype}, such as {column.dropna().iloc[0]!r}."
        )
    if kind == "identifier" and values == "string" and not is_asked:
        _check_text(column)
    if kind in ("integer", "boolean") and values == "number":
        _check_whole(column, kind)
    if kind != "identifier" and values == "number" and _holds_uint64(column):
        _check_int64(column)
    if kind == "integer" or (kind in ("categorical", "ordinal") and column.hasnans):
        _check_exact(column, values)
    if kind != "identifier" and values == "string":
        _check_empty(column)


def _check_text(column: Any) -> None:
    """Numbers or dates with a few cells that are none would be lost as a column of names."""
    import pandas as pd

    present = column.dropna().astype(str)
    comma = present.str.fullmatch(r"[+-]?[\d.]*\d,\d+")
    thousands = present.str.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
    if thousands.mean() > 0.5 and thousands[comma].all():
        row = int(present.index[thousands][0])
        raise ValueError(
            f"Column {column.name!r} holds text: numbers with commas between the thousands, it seems. Take the commas out "
            "(`pandas.read_csv(..., thousands=',')` does); where they are decimal commas, write points. "
            f"Received: {column.iloc[row]!r} in row {row}."
        )
    found = {
        "numbers": pd.to_numeric(present, errors="coerce").notna(),
        "numbers with a decimal comma": comma,
        "dates": pd.to_datetime(present, errors="coerce", format="ISO8601").notna(),
    }
    what, fits = max(found.items(), key=lambda item: int(item[1].sum()))
    if fits.mean() <= 0.5 or (fits.all() and fits is not comma):
        return
    row = int((present.index if what.endswith("comma") else present.index[~fits.to_numpy()])[0])
    raise ValueError(
        f"Column {column.name!r} holds text, though {int(fits.sum())} of its {len(present)} values are {what}. Correct what "
        "is not, leave it empty, or write decimals with a point; to do without the column, drop it or make it an "
        f"'identifier' by `types`. Received: {column.iloc[row]!r} in row {row}."
    )


def _check_whole(column: Any, kind: str) -> None:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    wanted = np.isin(values, (0, 1)) if kind == "boolean" else np.floor(values) == values
    strange = np.flatnonzero(~wanted & ~np.isnan(values))
    if strange.size:
        other = "0 and 1 alone" if kind == "boolean" else "whole numbers"
        raise ValueError(
            f"Column {column.name!r} cannot be {kind!r}, which takes {other}; give it another kind in `types`. "
            f"Received: {column.iloc[strange[0]]!r} in row {strange[0]}."
        )
    _check_int64(column)


def _holds_uint64(column: Any) -> bool:
    # The raw tensors are int64, in which its upper half would be negative.
    return str(frames.without_levels(column.dropna()).dtype).lower() == "uint64"


def _check_int64(column: Any) -> None:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.abs(values[~np.isnan(values)]).max(initial=0) >= 2.0**63:
        row = int(np.nanargmax(np.abs(values)))
        raise ValueError(
            f"Column {column.name!r} must fit into int64; make it text, or divide it. Received: {column.iloc[row]!r} in row "
            f"{row}."
        )


def _check_exact(column: Any, values: str) -> None:
    """Whole numbers that become others as float64, in which the codec reckons."""
    present = frames.without_levels(column.dropna())
    if values != "number" or present.dtype.kind not in "iu":
        return
    exact = present.to_numpy("int64")
    with np.errstate(invalid="ignore"):  # 2**63 - 1 rounds up to what int64 cannot hold
        lost = np.flatnonzero(exact.astype(np.float64).astype(np.int64) != exact)
    if lost.size:
        row = present.index[lost[0]]
        raise ValueError(
            f"Column {column.name!r} holds whole numbers above 2**53 whose last digits would be lost. Make it text, take the "
            f"least value off all, or say that digits do not matter (types={{{column.name!r}: 'continuous'}}) or that it "
            f"tells rows apart ('identifier'). Received: {int(exact[lost[0]])} in row {row}, and {lost.size} in all."
        )


def _check_empty(column: Any) -> None:
    """An empty text stands for a missing value in tensors, so a column cannot hold both."""
    empty = np.flatnonzero((column == "").to_numpy(bool, na_value=False))
    if empty.size and column.isna().any():
        raise ValueError(
            f"Column {column.name!r} holds empty texts beside missing values, and they would become the same. Give one of "
            f"them a name, such as `frame[{column.name!r}].replace('', '(empty)')`, or make them all missing. "
            f"Received: '' in row {empty[0]}, and a missing value in row {int(np.flatnonzero(column.isna())[0])}."
        )


def _check_target(name: str, column: Any) -> None:
    if column.isna().any():
        row = int(np.flatnonzero(column.isna())[0])
        raise ValueError(
            f"The target {name!r} must be known in every row; drop rows without. "
            f"Received: {int(column.isna().sum())} missing values, the first in row {row}."
        )
    if frames.family(name, column) == "date":
        raise ValueError(
            f"The target {name!r} holds dates; write its classes as words, such as `.dt.strftime('%Y-%m')`. "
            f"Received: {column.iloc[0]!r} in row 0."
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
        frames.check_unit(column.name, given, column.dtype)
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
        if values == "string":
            frames.check_encodable(column.name, given)
        if not column.nullable and given.isna().any():
            row = int(np.flatnonzero(given.isna())[0])
            raise ValueError(
                f"Column {column.name!r} had no missing values when the codec was adapted. Adapt it anew, or fill them. "
                f"Received: a missing value in row {row}."
            )
        _check_fit(column, given, values, column.name == codec.target)


def _check_fit(column: Any, given: Any, values: str, is_target: bool) -> None:
    """Whole numbers that the tensor's dtype can hold, and classes that are known."""
    if is_target:
        strange = given[~given.isin(column.head)]
        if len(strange):
            raise ValueError(
                f"The target {column.name!r} must hold the classes that the codec was adapted to, {column.head[:10]}. Adapt it "
                f"anew, or drop such rows. Received: {strange.iloc[0]!r} in row {strange.index[0]}."
            )
    whole = column.kind == "integer" or "int" in column.raw_dtype
    if values != "number" or column.kind == "datetime" or not whole:
        return
    numbers = given.to_numpy(dtype=np.float64, na_value=np.nan)
    strange = np.floor(numbers) != numbers
    if "int" in column.raw_dtype:
        limits = np.iinfo(column.raw_dtype)
        strange |= (numbers < limits.min) | (numbers > limits.max)
    rows = np.flatnonzero(strange & ~np.isnan(numbers))
    if rows.size:
        raise ValueError(
            f"Column {column.name!r} must hold whole numbers of dtype {column.dtype}, as the table that the codec was adapted "
            f"to. Adapt it anew, or correct the value. Received: {given.iloc[rows[0]]!r} in row {rows[0]}."
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

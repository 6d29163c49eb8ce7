"""Columns as users have them (pandas, NumPy) to arrays that tensors are made of, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gankeras.core.usual_dtypes import usual_dtype

KINDS = (
    "continuous",
    "integer",
    "boolean",
    "categorical",
    "ordinal",
    "datetime",
    "constant",
    "identifier",
)


class RawColumns(dict):
    """Columns that `TableCodec.as_raw` made: arrays by name, in the dtypes of its `element_spec`."""


def as_series(table: Any) -> dict[str, Any]:
    """The columns of a DataFrame or a dict of arrays as pandas Series by name.

    PyArrow's and sparse dtypes become pandas' and NumPy's own for the same values; samples have these then.

    Raises:
        ValueError: For anything else, names that are not strings or come twice, or columns of different lengths.
    """
    import pandas as pd

    if isinstance(table, pd.DataFrame):
        names = list(table.columns)
        if len(set(names)) < len(names):
            twice = sorted({str(n) for n in names if names.count(n) > 1})
            raise ValueError(
                f"Columns need names of their own; rename them. Received twice: {twice}."
            )
        columns = {name: table[name].reset_index(drop=True) for name in names}
    elif isinstance(table, Mapping):
        columns = {name: _series(name, values).rename(name) for name, values in table.items()}
    else:
        raise ValueError(
            "A table is a pandas DataFrame or a dict of one-dimensional arrays by column name. "
            f"Received: {type(table).__name__}."
        )
    foreign = [name for name in columns if not isinstance(name, str)]
    if foreign:
        raise ValueError(
            "Column names must be strings: `frame.columns = [str(name) for name in frame.columns]`. "
            f"Received: {foreign[:5]}."
        )
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"All columns must have the same number of rows. Received: {lengths}.")
    return {name: usual_dtype(column) for name, column in columns.items()}


def _series(name: Any, values: Any) -> Any:
    import pandas as pd

    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    values = values.numpy() if hasattr(values, "numpy") else values
    array = values if hasattr(values, "dtype") else np.asarray(values)
    if array.ndim != 1:
        raise ValueError(
            f"Column {name!r} must be one-dimensional, one value a row. Received: shape {array.shape}."
        )
    if array.dtype.kind == "S" or (array.dtype == object and _all_bytes(array)):
        array = np.array([value.decode("utf-8") for value in array.tolist()], object)
    return pd.Series(array)


def _all_bytes(array: np.ndarray) -> bool:
    return bool(len(array)) and all(isinstance(value, bytes) for value in array)


def family(name: str, column: Any) -> str:
    """What the values are: "boolean", "number", "string" or "date".

    Raises:
        ValueError: For values of mixed or unknown types, with a row that shows it.
    """
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        found = family(name, pd.Series(dtype.categories))
        if found == "date":
            raise ValueError(
                f"Column {name!r} holds dates as categories; make them dates by `.astype({str(dtype.categories.dtype)!r})`, or "
                f"words by `.astype(str)`. Received: dtype category of {dtype.categories.dtype}."
            )
        return found
    if isinstance(dtype, pd.ArrowDtype):
        raise ValueError(
            f"Column {name!r} is of a PyArrow dtype that NumPy has no equal of. Convert it with `.astype('float64')` "
            f"(decimals), or `.astype(str)`. Received: {dtype}."
        )
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_complex_dtype(dtype):
        raise ValueError(f"Column {name!r} holds complex numbers; split them. Received: {dtype}.")
    if pd.api.types.is_numeric_dtype(dtype):
        return "number"
    if dtype.kind in "mM":
        return "date"
    present = column.dropna()
    found = pd.api.types.infer_dtype(present, skipna=True)
    families = {"string": "string", "boolean": "boolean", "empty": "string"}
    if found in families:
        return families[found]
    first = type(present.iloc[0])
    other = next((i for i, v in present.items() if type(v) is not first), None)
    beside = "" if other is None else f" and {column.iloc[other]!r} in row {other}"
    hint = (
        "Convert it with `pd.to_datetime`"
        if found in ("date", "datetime")
        else "Convert it with `.astype(str)` or `pd.to_numeric`"
    )
    raise ValueError(
        f"Column {name!r} must hold one type of value. {hint}. Received: {found} values, such as "
        f"{present.iloc[0]!r} in row {present.index[0]}{beside}."
    )


def check_finite(name: str, column: Any) -> None:
    """Checks a column of numbers for infinities.

    Raises:
        ValueError: Naming the first row with one.
    """
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        raise ValueError(
            f"Column {name!r} must hold finite numbers; make infinite ones missing (NaN). "
            f"Received: {values[row]} in row {row}, and {int(np.isinf(values).sum())} in all."
        )


def check_encodable(name: str, column: Any) -> None:
    """Checks a column of text for what UTF-8 has no bytes for: halves of characters.

    Raises:
        ValueError: Naming the first row with one.
    """
    column = without_levels(column)
    if column.dtype != object:  # pandas' own dtypes of text hold none
        return
    for row, value in column[column.notna()].items():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError(
                f"Column {name!r} must hold text that UTF-8 can: read the file in its own encoding, or mend it by "
                "`value.encode('utf-8', 'replace').decode()`. "
                f"Received: {value!a} in row {row}."
            ) from None


def infer_kind(name: str, column: Any) -> str:
    """The kind of a column, from its dtype and values."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return "ordinal" if column.dtype.ordered else "categorical"
    kind = family(name, column)
    distinct = column.nunique(dropna=True)
    if distinct == 1 and not column.hasnans:
        return "constant"
    if kind == "boolean":
        return "boolean"
    if kind == "date":
        return "datetime"
    present = column.dropna()
    if kind == "string":
        return "identifier" if distinct > 50 and distinct > 0.9 * len(present) else "categorical"
    if _is_whole(present):
        named = name.lower().rsplit("_", 1)[-1] in ("id", "uuid", "key", "index")
        unique = distinct == len(column) and distinct > 50
        counted = unique and float(present.max() - present.min()) == distinct - 1
        return "identifier" if unique and (counted or named) else "integer"
    return "continuous"


def _is_whole(present: Any) -> bool:
    values = present.to_numpy(dtype=np.float64, na_value=np.nan)
    return bool((np.floor(values) == values).all())


def raw_dtype(kind: str, column: Any, nullable: bool) -> str:
    """The tensor's dtype of a column: strings, floats where numbers may be missing, int64 for dates."""
    import pandas as pd

    dtype = column.dtype
    if kind == "datetime":
        return "int64"
    values = pd.Series(dtype.categories) if isinstance(dtype, pd.CategoricalDtype) else column
    what = family("", values)
    if what == "string":
        return "string"
    if what == "date":
        return "int64"
    if what == "boolean":
        return "float32" if nullable else "bool"
    name = str(values.dtype).lower()
    if name in ("float16", "float32") or (name.startswith("float") and name != "float64"):
        return "float32"
    if name.startswith("float") or nullable:
        return "float64"
    return name if name in ("int8", "int16", "int32", "int64", "uint8", "uint16") else "int64"


def check_unit(name: str, column: Any, dtype: str) -> None:
    """Checks values that shall stand for dates of `dtype`: dates that this dtype can hold, or their raw int64.

    Raises:
        ValueError: Naming the column.
    """
    if not dtype.startswith(("datetime64", "timedelta64")):
        return
    kind = column.dtype.kind
    zone = getattr(column.dtype, "tz", None)
    fits = kind in "iu" or (
        kind == ("m" if dtype[0] == "t" else "M") and (zone is not None) == ("," in dtype)
    )
    try:
        if fits:
            in_unit(column, dtype)
            return
        shown = f"dtype {column.dtype}"
    except (ValueError, OverflowError) as error:
        shown = f"{column.dtype}, {error}"
    raise ValueError(
        f"Column {name!r} must hold dates that {dtype} can, as the table that the codec was adapted to. Convert it by "
        f"`.astype({dtype!r})`. Received: {shown}."
    )


def in_unit(column: Any, dtype: str) -> Any:
    """Dates in the unit of `dtype`, whose raw numbers would mean others; all else as it is."""
    is_date = dtype.startswith(("datetime64", "timedelta64")) and column.dtype.kind in "mM"
    return column.dt.as_unit(_unit(dtype)) if is_date else column


def _unit(dtype: str) -> str:
    """The unit of a dtype such as datetime64[us, Europe/Oslo]: us."""
    return dtype.split("[")[1].split(",")[0].rstrip("]")


def without_levels(column: Any) -> Any:
    """A Series of dtype category in the dtype of its categories (float64 for whole numbers beside missing ones)."""
    import pandas as pd

    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    levels = column.dtype.categories.dtype
    return column.astype("float64" if levels.kind in "iu" and column.hasnans else levels)


def to_raw(column: Any, kind: str, dtype: str) -> np.ndarray:
    """A Series as the array that a tensor of `dtype` is made of."""
    column = without_levels(column)
    if kind == "datetime" or column.dtype.kind in "mM":
        if getattr(column.dtype, "tz", None) is not None:
            column = column.dt.tz_convert("UTC").dt.tz_localize(None)
        return column.to_numpy().view(np.int64)
    if dtype == "string":
        return column.astype(object).where(column.notna(), "").to_numpy(object)
    if dtype == "bool":
        return column.to_numpy(bool)
    if dtype.startswith("float"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan).astype(dtype)
    return column.to_numpy(dtype)


def to_series(
    values: np.ndarray, dtype: str, kind: str, nullable: bool, levels: list | None
) -> Any:
    """The inverse of `to_raw`: a Series of the pandas dtype `dtype`."""
    import pandas as pd

    if dtype.startswith(("datetime64", "timedelta64")):
        return _dates(values, dtype)
    values = _objects(values, nullable) if values.dtype.kind == "O" else values
    if kind == "boolean" and values.dtype.kind == "f":
        values = _objects(values == 1, False, np.isnan(values))
    elif values.dtype.kind == "f" and not _holds_fractions(dtype, levels):
        missing = np.isnan(values)
        values = _objects(np.where(missing, 0, values).astype(np.int64), False, missing)
    if dtype in ("category", "ordered category"):
        return pd.Series(pd.Categorical(values, categories=levels, ordered=dtype != "category"))
    return pd.Series(values, dtype=dtype)


def _holds_fractions(dtype: str, levels: list | None) -> bool:
    if levels is not None:
        return any(isinstance(level, float) for level in levels)
    return dtype.lower().startswith("float")


def _dates(values: np.ndarray, dtype: str) -> Any:
    import pandas as pd

    unit = _unit(dtype)
    series = pd.Series(values.view(f"{'m8' if dtype[0] == 't' else 'M8'}[{unit}]"))
    if "," not in dtype:
        return series
    return series.dt.tz_localize("UTC").dt.tz_convert(dtype.split(",")[1].strip(" ]"))


def _objects(values: np.ndarray, nullable: bool, missing: np.ndarray | None = None) -> np.ndarray:
    """Strings, or numbers and truth values that may be missing, as Python objects."""
    found = [v.decode("utf-8") if isinstance(v, bytes) else v for v in values.tolist()]
    if nullable:
        found = [np.nan if value == "" else value for value in found]
    if missing is not None:
        found = [np.nan if gone else v for v, gone in zip(found, missing.tolist(), strict=True)]
    out = np.empty(len(found), object)
    out[:] = found
    return out

"""Data frames of the same columns, read side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from gankeras.core.usual_dtypes import usual_dtype

NUMERIC, CATEGORICAL = "numeric", "categorical"
MISSING = -1


@dataclasses.dataclass(frozen=True)
class Column:
    """One column in several frames.

    Args:
        name: Its name.
        parts: By frame the values `(rows,)`: float64 with NaN for missing ones, or, for a categorical column, int64
            numbers of `categories` with -1 for missing ones.
        categories: The values that occur in any of the frames, sorted as text; None for a numeric column.
    """

    name: Any
    parts: dict[str, np.ndarray]
    categories: tuple | None = None

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers (or moments)."""
        return self.categories is None

    def present(self, part: str) -> np.ndarray:
        """The values of one frame without the missing ones."""
        values = self.parts[part]
        return values[~np.isnan(values)] if self.is_numeric else values[values != MISSING]


def side_by_side(frames: Mapping[str, Any], kinds: Mapping | None = None) -> tuple[Column, ...]:
    """Read frames of the same columns.

    Args:
        frames: DataFrames, or dicts of arrays, by a name for errors such as `"synthetic"`.
        kinds: `"numeric"` or `"categorical"` by column, where it shall not be told by the dtype: numbers, dates and
            durations are numeric, all else (bool as well) is categorical.

    Returns:
        One `Column` each, in the order of the first frame.

    Raises:
        ValueError: For frames without rows, other columns on one side, values that are no numbers in a numeric column,
            or infinite ones.
    """
    import pandas as pd

    read = {name: as_frame(frame, name) for name, frame in frames.items()}
    first, *others = read
    names = list(read[first].columns)
    for other in others:
        differing = set(names) ^ set(read[other].columns)
        if differing:
            raise ValueError(
                f"`{first}` and `{other}` must have the same columns; drop or rename what differs. "
                f"Received: only on one side {sorted(map(str, differing))[:10]}."
            )
    wrong = [name for name in kinds or {} if name not in names]
    if wrong or any(kind not in (NUMERIC, CATEGORICAL) for kind in (kinds or {}).values()):
        raise ValueError(
            f"`kinds` maps names of columns to {NUMERIC!r} or {CATEGORICAL!r}. Received: {dict(kinds)!r}, columns {names[:10]}."
        )
    columns = []
    for name in names:
        series = {part: usual_dtype(frame[name]) for part, frame in read.items()}
        kind = (kinds or {}).get(name) or _kind(series)
        if kind == NUMERIC:
            values = {part: _numbers(one, part) for part, one in series.items()}
            columns.append(Column(name, values))
            continue
        texts = {part: _texts(one) for part, one in series.items()}
        codes, categories = pd.factorize(pd.concat(list(texts.values())), sort=True)
        ends = np.cumsum([len(text) for text in texts.values()])[:-1]
        parts = dict(zip(texts, np.split(codes.astype(np.int64), ends), strict=True))
        columns.append(Column(name, parts, tuple(categories)))
    return tuple(columns)


def as_frame(frame: Any, name: str) -> Any:
    """The DataFrame of a DataFrame or of a dict of arrays.

    Raises:
        ValueError: If it is neither, has no rows or no columns, or one name twice.
    """
    import pandas as pd

    if isinstance(frame, Mapping):
        lengths = {key: len(np.atleast_1d(column)) for key, column in frame.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(
                f"The columns of `{name}` must be equally long. Received: {dict(list(lengths.items())[:10])} rows."
            )
        frame = pd.DataFrame({key: np.asarray(column) for key, column in frame.items()})
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(
            f"`{name}` must be a pandas DataFrame or a dict of arrays. Received: {type(frame).__name__}."
        )
    if not frame.columns.is_unique or not len(frame) or not len(frame.columns):
        raise ValueError(
            f"`{name}` must have rows, and columns of different names. "
            f"Received: {len(frame)} rows, columns {list(frame.columns)[:10]}."
        )
    return frame


def _kind(series: Mapping[str, Any]) -> str:
    from pandas.api import types

    for column in series.values():
        # A column without a single value says nothing about its kind.
        if column.isna().all():
            continue
        dtype = column.dtype
        numeric = types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype)
        moment = types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype)
        return NUMERIC if numeric or moment else CATEGORICAL
    return CATEGORICAL


def _numbers(column: Any, part: str) -> np.ndarray:
    import pandas as pd
    from pandas.api import types

    if types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.tz_localize(None) if column.dt.tz is None else column.dt.tz_convert(None)
        return _seconds(column - pd.Timestamp(0))
    if types.is_timedelta64_dtype(column.dtype):
        return _seconds(column)
    numbers = pd.to_numeric(column, errors="coerce").astype("float64").to_numpy(np.float64)
    wrong = np.flatnonzero((np.isnan(numbers) & ~column.isna().to_numpy()) | np.isinf(numbers))
    if wrong.size:
        raise ValueError(
            f"Column {column.name!r} of `{part}` must hold finite numbers or missing values; clean it, or pass "
            f"`kinds={{{column.name!r}: {CATEGORICAL!r}}}`. Received: {column.iloc[wrong[0]]!r} in row {wrong[0]}."
        )
    return numbers


def _seconds(column: Any) -> np.ndarray:
    # Through the object's own division, which keeps NaT apart from numbers in every resolution.
    return column.dt.total_seconds().to_numpy(np.float64)


def _texts(column: Any) -> Any:
    from pandas.api import types

    # 1 and 1.0 are the same category, whichever frame has missing values beside it.
    if types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype):
        column = column.astype("float64")
    elif types.is_object_dtype(column.dtype):
        numbers = column.map(lambda v: isinstance(v, (int, float)) and not isinstance(v, bool))
        column = column.where(~numbers, column.map(_as_float_text))
    return column.astype(object).where(column.notna(), None).map(str, na_action="ignore")


def _as_float_text(value: Any) -> Any:
    return str(float(value)) if isinstance(value, (int, float)) and value == value else None

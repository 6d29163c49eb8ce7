"""Tables that anybody made, in CSV or Parquet files, with or without a column that says the class."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gankeras.domain import GivenRows
from gankeras.tables.frames import family
from gankeras.tables.learners import boosting, logistic
from gankeras.tables.reading import SUFFIXES, read_table, suffix_of
from gankeras.tables.stored_table import StoredTable
from gankeras.tables.writing import MARK

SHOWN = 10


@dataclasses.dataclass(frozen=True)
class GivenTable(GivenRows):
    """Rows of a table, as they were read.

    Args:
        name: Name for people.
        frame: DataFrame of all columns.
        target: The column that says the class, or None.
        asked: Names that the options of the command say: columns that must be there.
        y: Class ids int32 `(n,)`, once `alike` has found them; or None.
        class_names: One name a class, or None.
        left_out: Columns that these rows lack for a known reason, so that they are not compared.
        added: As in `GivenRows`.
    """

    form = f"a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file"
    judge = "judge_table"
    options = ("target", "hidden", "quasi_identifiers")
    needs_holdout = True
    may_repeat = True
    no_labels = "no column was named that says the class (--target), so no classifier was trained"
    name: str
    frame: Any
    target: str | None = None
    asked: tuple[str, ...] = ()
    y: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    added: bool = False

    @staticmethod
    def reads(path: str) -> bool:
        return suffix_of(pathlib.Path(path)) is not None

    @classmethod
    def read(cls, path: str, options: Mapping[str, Any], synthetic: bool = False) -> GivenTable:
        name = pathlib.Path(path).name
        frame = read_table(pathlib.Path(path)).frame
        left_out: tuple[str, ...] = ()
        added = synthetic and MARK in frame
        if MARK in frame:
            frame = _marked(frame, name, synthetic)
            # `gankeras augment` leaves those columns of synthetic rows empty that no source draws.
            empty = [column for column in frame if frame[column].isna().all()]
            left_out = tuple(empty) if synthetic else ()
            frame = frame.drop(columns=list(left_out))
        target = options.get("target")
        kept = [*frame, *left_out]
        asked = tuple(
            column
            for option in ("hidden", "quasi_identifiers")
            for column in columns_of(options.get(option, ()), kept, option)
        )
        if target is not None and target not in frame:
            raise ValueError(
                f"--target must name a column of {name}. "
                f"Received: --target {target}, columns {_listed(frame)}."
            )
        return cls(name, frame, target, asked, left_out=left_out, added=added)

    @property
    def x(self) -> Any:
        """The rows without their class, as classifiers take them."""
        return self.frame if self.target is None else self.frame.drop(columns=self.target)

    @property
    def judged(self) -> Any:
        return self.frame

    def drawn(self, source: Any, num: int, seed: int) -> GivenTable:
        """Rows in the mix that the source learnt."""
        import pandas as pd

        spec = source.element_spec
        if not isinstance(spec, dict) or not set(spec) <= set(self.frame):
            found = sorted(spec) if isinstance(spec, dict) else f"{spec.dtype.name} {spec.shape}"
            raise ValueError(
                f"The source must draw columns of {self.name}; name the table that it was trained on. "
                f"Received: a source of {found}, a table of {_listed(self.frame)}."
            )
        if self.target is not None and self.target not in spec:
            raise ValueError(
                "--target must name a column that the source draws. "
                f"Received: --target {self.target}, a source of {_listed(spec)}."
            )
        made = source.sample(num, seed=seed)
        frame = made if isinstance(made, pd.DataFrame) else pd.DataFrame(dict(made))
        names = source.class_names if source.target == self.target else None
        lacking = tuple(column for column in self.frame if column not in frame)
        return GivenTable(
            "the source",
            frame,
            self.target,
            self.asked,
            class_names=None if names is None else tuple(names),
            left_out=lacking,
        )

    def alike(
        self, holdout: GivenTable, synthetic: GivenTable
    ) -> tuple[GivenTable, GivenTable, GivenTable, tuple[str, ...]]:
        left_out = list(synthetic.left_out)
        gone = [column for column in self.frame if self.frame[column].isna().all()]
        asked = sorted({*left_out, *gone} & {*self.asked, self.target})
        if asked:
            raise ValueError(
                f"Columns that are named must have values, real and synthetic ones. Received: none in {', '.join(asked)}."
            )
        parts = [self._without(left_out), holdout._without(left_out), synthetic]
        _check_columns(parts)
        parts = [part._without(gone) for part in parts]
        _check_values(parts)
        parts = [part._with_frame(part.frame[list(parts[0].frame)]) for part in parts]
        if self.target is not None:
            parts = _labelled(parts)
        frames = _one_dtype([part.frame for part in parts])
        parts = [part._with_frame(frame) for part, frame in zip(parts, frames, strict=True)]
        said = {"no source draws them": left_out, "the real rows have no value there": gone}
        notes = tuple(f"Not compared, since {why}: {', '.join(n)}." for why, n in said.items() if n)
        return *parts, notes

    def _without(self, columns: list[str]) -> GivenTable:
        return self._with_frame(self.frame.drop(columns=columns, errors="ignore"))

    def _with_frame(self, frame: Any) -> GivenTable:
        return dataclasses.replace(self, frame=frame)

    def without_labels(self) -> GivenTable:
        return dataclasses.replace(self, target=None, y=None, class_names=None)

    def take(self, places: np.ndarray) -> GivenTable:
        y = None if self.y is None else self.y[places]
        return dataclasses.replace(self, frame=self.frame.iloc[places], y=y)

    def judge_arguments(self, features: Callable | None, options: Mapping) -> dict[str, Any]:
        return {
            option: columns_of(options.get(option, ()), self.frame, option)
            for option in ("hidden", "quasi_identifiers")
        }

    def as_source(self, source: Any = None) -> Any:
        if source is not None and source.num_classes is not None and source.target == self.target:
            return source
        return StoredTable(self.x, self.y, self.class_names, self.name)

    def classifiers(self) -> dict[str, Any]:
        return {"gradient boosting": boosting(self.x), "logistic regression": logistic(self.x)}


def columns_of(given: Any, columns: Any, option: str) -> list[str]:
    """Names of columns as an option gives them: repeated, or with commas.

    Args:
        given: What was given, one text or several.
        columns: The columns that there are.
        option: Its name, for the error.

    Raises:
        ValueError: For a name that is no column.
    """
    known = set(columns)
    texts = [given] if isinstance(given, str) else given
    # A name may hold a comma itself.
    parts = [[text] if text in known else text.split(",") for text in texts]
    names = list(dict.fromkeys(name.strip() for part in parts for name in part))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"--{option.replace('_', '-')} must name columns of the table. "
            f"Received: {', '.join(unknown)}; columns {_listed(columns)}."
        )
    return names


def _marked(frame: Any, name: str, synthetic: bool) -> Any:
    marks = frame[MARK]
    if marks.dtype != bool:
        raise ValueError(
            f"Column {MARK!r} of {name} must say True or False in every row. "
            f"Received: {marks.unique().tolist()[:5]}."
        )
    kept = frame[marks == synthetic].drop(columns=MARK).reset_index(drop=True)
    if not len(kept):
        raise ValueError(
            f"{name} has no {'synthetic' if synthetic else 'real'} rows. "
            f"Received: {MARK} = {not synthetic} in all {len(frame)} rows."
        )
    return kept


def _check_columns(parts: list[GivenTable]) -> None:
    train, *others = parts
    for part in others:
        more, fewer = (
            [column for column in one if column not in set(other)]
            for one, other in ((part.frame, train.frame), (train.frame, part.frame))
        )
        if more or fewer:
            raise ValueError(
                f"{part.name} must have the columns of {train.name}; drop or rename what differs. "
                f"Received: only in {part.name} {_listed(more)}, not in it {_listed(fewer)}."
            )


def _check_values(parts: list[GivenTable]) -> None:
    """Each column must hold the same kind of values everywhere; beside text anything is text."""
    train, *others = parts
    for name in train.frame:
        kind = family(name, train.frame[name])
        for part in others:
            column = part.frame[name]
            if column.isna().all():
                raise ValueError(
                    f"Column {name!r} of {part.name} has no value. Drop it from all tables, or mend what made it (of a "
                    f"source, draw more rows by --num). Received: {len(column)} rows without."
                )
            found = family(name, column)
            if found != kind != "string":
                row = _first_other(column, kind)
                raise ValueError(
                    f"Column {name!r} must hold the same kind of values in all tables: {train.name} has a {kind} there, "
                    f"{part.name} a {found}. Received: {column.iloc[row]!r} in row {row} of {part.name}."
                )


def _first_other(column: Any, kind: str) -> int:
    """The first row whose value shows that a column is of another kind."""
    import pandas as pd

    present = column.notna().to_numpy()
    strange = present & pd.to_numeric(column, errors="coerce").isna().to_numpy()
    return int(np.flatnonzero(strange if kind == "number" and strange.any() else present)[0])


def _labelled(parts: list[GivenTable]) -> list[GivenTable]:
    """The parts with class ids, numbered as the source does, or in the order of the training rows' values."""
    train, _, synthetic = parts
    target = train.target
    for part in parts:
        missing = np.flatnonzero(part.frame[target].isna())
        if missing.size:
            raise ValueError(
                f"Column {target!r} of {part.name} must say the class of every row; drop the others, or leave --target "
                f"out. Received: {missing.size} of {len(part.frame)} rows without, the first in row {missing[0]}."
            )
    values = sorted(train.frame[target].unique().tolist())
    if len(values) < 2:
        raise ValueError(
            f"Column {target!r} must have two classes or more. Received: {values} in all rows of {train.name}."
        )
    names = tuple(str(value) for value in values)
    order = synthetic.class_names or names
    if set(order) != set(names):
        raise ValueError(
            "The source and the real rows must have the same classes; judge them without by --no-labels. "
            f"Received: a source of {_listed(order)}, real rows of {_listed(names)}."
        )
    ids = {value: order.index(name) for value, name in zip(values, names, strict=True)}
    found = []
    for part in parts:
        strange = [value for value in part.frame[target].unique().tolist() if value not in ids]
        if strange:
            raise ValueError(
                f"Column {target!r} of {part.name} must hold the classes of {train.name}: drop other rows, or judge "
                f"them without classes by --no-labels. Received: {_listed(strange)} beside {_listed(names)}."
            )
        y = np.array([ids[value] for value in part.frame[target].tolist()], np.int32)
        found.append(dataclasses.replace(part, y=y, class_names=order))
    return found


def _one_dtype(frames: list[Any]) -> list[Any]:
    """The frames with one dtype a column, which holds the values of all of them."""
    import pandas as pd
    from pandas.api import types

    ends = np.cumsum([len(frame) for frame in frames])
    columns = {}
    for name in frames[0]:
        # A column without a single value has a dtype that says nothing.
        told = [frame[name] for frame in frames if frame[name].notna().any()]
        dtype = pd.concat(told or [frames[0][name]]).dtype
        column = pd.concat([frame[name] for frame in frames], ignore_index=True)
        if dtype.kind in "mM":
            column = column.astype(dtype)
        elif types.is_object_dtype(column.dtype):
            column = _plain(column)
        columns[name] = column
    joined = pd.DataFrame(columns)
    return [
        joined.iloc[end - len(frame) : end].reset_index(drop=True)
        for frame, end in zip(frames, ends, strict=True)
    ]


def _plain(column: Any) -> Any:
    """A column of objects as truth values or text, with one kind of missing value."""
    from pandas.api import types

    if types.infer_dtype(column, skipna=True) == "boolean":
        return column.astype("boolean")
    text = column.map(str, na_action="ignore")
    # Before pandas 3 "str" makes words of missing values, so text stays objects.
    has_text = types.is_extension_array_dtype(types.pandas_dtype("str"))
    return text.astype("str") if has_text else text.where(text.notna(), np.nan)


def _listed(names: Any) -> str:
    names = [str(name) for name in names]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) or "none") + more

"""One part of a report: a question, its answer, and the figures and tables that bear it out.

A section is plain data, so any evaluation and any domain can make one; `gankeras.reports` draws it.
Each figure names itself (`caption`) and carries its numbers in words (`alt`), for whoever hears the
page instead of seeing it, and for programs that show text alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gankeras.core.estimate import Result
from gankeras.core.plain import frozen

ROLES = ("comparison", "judged", "shown")


@dataclasses.dataclass(frozen=True)
class Picture:
    """A small bitmap.

    Args:
        png: The bytes of a PNG file in base64.
        alt: What it shows, in a few words.
    """

    png: str
    alt: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of text.

    Args:
        caption: What it lists.
        head: Names of the columns.
        rows: One text a column, row by row.

    Example:
        >>> Table("Rows by class", ["class", "rows"], [["cat", 12]]).rows
        (('cat', '12'),)
    """

    kind: ClassVar[str] = "table"
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self):
        _set(self, "head", tuple(str(name) for name in self.head))
        _set(self, "rows", tuple(tuple(str(cell) for cell in row) for row in self.rows))
        wrong = [row for row in self.rows if len(row) != len(self.head)]
        if wrong:
            raise ValueError(
                f"Each row of a table needs a cell for each of its {len(self.head)} columns. "
                f"Received: {wrong[0]!r}"
            )


@dataclasses.dataclass(frozen=True)
class Measures:
    """The same figures of several things, side by side: synthetic rows beside real ones.

    Args:
        caption: What was measured.
        results: One a column; a figure that a result lacks stays empty.
        meanings: What a figure says, by its name, such as "0 is best".
    """

    kind: ClassVar[str] = "measures"
    caption: str
    results: tuple[Result, ...]
    meanings: dict[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        _set(self, "results", _results(self.results))


@dataclasses.dataclass(frozen=True)
class Intervals:
    """One figure of several things: a dot a seed, the mean, and the interval.

    Args:
        caption: What is compared.
        alt: The numbers in words.
        results: One a row, each with the figure.
        figure: Name of the figure.
        unit: `"%"` for shares, which are shown times 100; else a word, or nothing.
        reference: A value that a line marks, or `None`.
    """

    kind: ClassVar[str] = "intervals"
    caption: str
    alt: str
    results: tuple[Result, ...]
    figure: str
    unit: str = ""
    reference: float | None = None

    def __post_init__(self):
        _set(self, "results", _results(self.results))


@dataclasses.dataclass(frozen=True)
class Bars:
    """Values by group, a bar for each series.

    Args:
        caption: What the bars stand for.
        alt: The numbers in words.
        groups: Names of the groups, such as classes.
        series: Values by name of the series, one a group; `None` where there is none. The last one
            is drawn in the page's accent.
        unit: As in `Intervals`.

    Example:
        >>> Bars("Recall", "cat 90 %", ["cat"], {"real": [0.9]}, "%").series
        {'real': (0.9,)}
    """

    kind: ClassVar[str] = "bars"
    caption: str
    alt: str
    groups: tuple[str, ...]
    series: dict[str, tuple[float | None, ...]]
    unit: str = ""

    def __post_init__(self):
        _set(self, "groups", tuple(str(name) for name in self.groups))
        _set(self, "series", frozen(self.series))
        _check_lengths(self.series, len(self.groups), "group")


@dataclasses.dataclass(frozen=True)
class Scatter:
    """Points in a plane, such as two directions of a space of features.

    Args:
        caption: What the points are.
        alt: The numbers in words: where the clouds lie, and how they spread.
        series: Points `(x, y)` by name. The last series is drawn in the page's accent.
        axes: What the two directions are.
    """

    kind: ClassVar[str] = "scatter"
    caption: str
    alt: str
    series: dict[str, tuple[tuple[float, float], ...]]
    axes: tuple[str, str] = ("", "")

    def __post_init__(self):
        _set(self, "series", frozen(self.series))
        _set(self, "axes", frozen(self.axes))


@dataclasses.dataclass(frozen=True)
class Lines:
    """Values along an axis, such as losses by epoch.

    Args:
        caption: What the lines are.
        alt: The numbers in words.
        x: Where the values stand, ascending.
        series: Values by name, one for each of `x`; `None` leaves a gap.
        x_name: What `x` counts.
    """

    kind: ClassVar[str] = "lines"
    caption: str
    alt: str
    x: tuple[float, ...]
    series: dict[str, tuple[float | None, ...]]
    x_name: str = ""

    def __post_init__(self):
        _set(self, "x", frozen(list(self.x)))
        _set(self, "series", frozen(self.series))
        _check_lengths(self.series, len(self.x), "place of `x`")


@dataclasses.dataclass(frozen=True)
class Item:
    """One entry of a gallery: named lines of pictures or texts, one under the other.

    Args:
        title: What it is, such as a class.
        lines: Pairs of a line's name and its cells; the cells of all lines stand in columns.
    """

    title: str
    lines: tuple[tuple[str, tuple[Picture | str, ...]], ...]

    def __post_init__(self):
        lines = tuple((str(name), tuple(_cell(c) for c in cells)) for name, cells in self.lines)
        _set(self, "lines", lines)


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Things to look at: samples beside the real rows that come nearest to them.

    Args:
        caption: What is shown.
        alt: The numbers in words.
        items: The entries.
    """

    kind: ClassVar[str] = "gallery"
    caption: str
    alt: str
    items: tuple[Item, ...]

    def __post_init__(self):
        items = (i if isinstance(i, Item) else Item(**i) for i in self.items)
        _set(self, "items", tuple(items))


Block = Table | Measures | Intervals | Bars | Scatter | Lines | Gallery
BLOCKS = {c.kind: c for c in (Table, Measures, Intervals, Bars, Scatter, Lines, Gallery)}


@dataclasses.dataclass(frozen=True)
class Section:
    """One part of a report.

    Args:
        title: The question, or what the part is about.
        answer: The answer in one sentence; pages list it at the top. May be empty.
        words: Paragraphs that a reader needs to judge the figures.
        blocks: Figures and tables.
        position: Sections stand in this order. What a page makes of the report's own results: the
            results 20, the classes 30, how it was made 90.

    Example:
        >>> bars = Bars("Rows", "cat 12", ["cat"], {"rows": [12]})
        >>> section = Section("How much is there?", "Little.", blocks=[bars])
        >>> Section.from_dict(section.to_dict()) == section
        True
    """

    title: str
    answer: str = ""
    words: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    position: int = 50

    def __post_init__(self):
        _set(self, "words", tuple(self.words))
        _set(self, "blocks", tuple(self.blocks))

    def to_dict(self) -> dict[str, Any]:
        """Return the section as a dict; each block says its `kind`."""
        data = dataclasses.asdict(self)
        data["blocks"] = [{"kind": b.kind, **dataclasses.asdict(b)} for b in self.blocks]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Section:
        """Make the section that `to_dict` wrote.

        Raises:
            KeyError: For a block of an unknown kind.
            TypeError: For a field that there is not.
        """
        blocks = [dict(block) for block in data.get("blocks", ())]
        made = tuple(BLOCKS[block.pop("kind")](**block) for block in blocks)
        return cls(**{**data, "blocks": made})


def _set(record: Any, field: str, value: Any) -> None:
    # Normalised when made, so that a record equals its own JSON round trip.
    object.__setattr__(record, field, value)


def _results(results: Any) -> tuple[Result, ...]:
    return tuple(r if isinstance(r, Result) else Result.from_dict(r) for r in results)


def _cell(cell: Any) -> Picture | str:
    return Picture(**cell) if isinstance(cell, Mapping) else cell


def _check_lengths(series: dict[str, tuple], length: int, what: str) -> None:
    wrong = {name: len(values) for name, values in series.items() if len(values) != length}
    if wrong:
        raise ValueError(
            f"Each series needs a value for each {what}: {length}. Put None where there is none. "
            f"Received: {wrong}"
        )

"""Blocks of a section -> where each of their marks stands, for the page's template."""

from __future__ import annotations

from typing import Any

from gankeras.core.estimate import Estimate, Result
from gankeras.core.section import Bars, Block, Intervals, Lines, Measures, Scatter, Table
from gankeras.reports import wording
from gankeras.reports.parts import measures_table
from gankeras.reports.scale import Scale


def view(block: Block) -> dict[str, Any]:
    """What the template needs to draw a block.

    Args:
        block: Any block of a section.

    Returns:
        A dict with the `kind` of its drawing, the `block` itself, and places in percent.
    """
    if isinstance(block, Measures):
        block = measures_table(block)
    drawn = {
        Table: _table,
        Intervals: _intervals,
        Bars: _bars,
        Scatter: _scatter,
        Lines: _lines,
    }.get(type(block))
    return {"kind": block.kind, "block": block, **(drawn(block) if drawn else {})}


def _table(table: Table) -> dict[str, Any]:
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.head)
    # The first column names its row, even where the name is a number.
    return {"numeric": [place > 0 and _is_numeric(cells) for place, cells in enumerate(columns)]}


def _is_numeric(cells: tuple[str, ...]) -> bool:
    """Whether a column holds numbers, which stand to the right; empty cells do not matter."""
    starts = [cell.lstrip("+-(")[:1] for cell in cells if cell and cell != "not computed"]
    short = all(len(cell) < 40 for cell in cells)
    return bool(starts) and short and all(start.isdigit() for start in starts)


def _intervals(block: Intervals) -> dict[str, Any]:
    scale = _interval_scale(block)
    rows = [_interval_row(result, block, scale) for result in block.results]
    reference = None if block.reference is None else scale.at(block.reference)
    return {"rows": rows, "reference": reference, "ticks": _ticks(scale, block.unit)}


def _interval_scale(block: Intervals) -> Scale:
    """Span the seeds of all that is compared, and of their intervals what leaves the seeds apart."""
    found = [(r.role, r.figures[block.figure]) for r in block.results if block.figure in r.figures]
    compared = [e for role, e in found if role != "shown"] or [e for _, e in found]
    values = [v for e in compared for v in e.values]
    values += [] if block.reference is None else [block.reference]
    if not values:
        return Scale.of([0.0, 1.0])
    spread = (max(values) - min(values)) or 0.01 * abs(values[0]) or 0.01
    ends = [end for e in compared if e.has_interval for end in _ends(e, block.unit)]
    low, high = min(values) - 0.6 * spread, max(values) + 0.6 * spread
    return Scale.of([*values, *(min(max(end, low), high) for end in ends)])


def _interval_row(result: Result, block: Intervals, scale: Scale) -> dict[str, Any]:
    found: Estimate | None = result.figures.get(block.figure)
    row = {"label": result.label, "role": result.role, "text": "", "off": ""}
    if found is None:
        return {**row, "text": "not computed", "dots": [], "mean": None, "span": None}
    row["text"] = wording.in_unit(found.mean, block.unit)
    if not scale.holds(found.mean):
        row["off"] = "left" if found.mean < scale.low else "right"
        return {**row, "dots": [], "mean": None, "span": None}
    dots = [scale.at(value) for value in found.values if scale.holds(value)]
    span = None
    if found.has_interval:
        ends = _ends(found, block.unit)
        span = [{"at": scale.at(end), "cut": not scale.holds(end)} for end in ends]
    return {**row, "dots": dots, "mean": scale.at(found.mean), "span": span}


def _ends(estimate: Estimate, unit: str) -> tuple[float, float]:
    return wording.ends_of_share(estimate) if unit == "%" else (estimate.low, estimate.high)


def difference(estimate: Estimate) -> dict[str, Any]:
    """The strip below a verdict: an interval of points about zero."""
    scale = Scale.of([0.0, *estimate.values, estimate.low, estimate.high], margin=0.08)
    return {
        "zero": scale.at(0.0),
        "mean": scale.at(estimate.mean),
        "low": scale.at(estimate.low),
        "high": scale.at(estimate.high),
        "dots": [scale.at(value) for value in estimate.values],
        "ticks": [
            {"at": scale.at(tick / 100), "text": f"{tick:+g}" if tick else "0"}
            for tick in Scale(100 * scale.low, 100 * scale.high).ticks()
        ],
    }


def _bars(block: Bars) -> dict[str, Any]:
    values = [v for found in block.series.values() for v in found if v is not None]
    top = 1.0 if block.unit == "%" else max([*values, 0.0]) or 1.0
    last = list(block.series)[-1:]
    groups = []
    for place, name in enumerate(block.groups):
        bars = [
            {
                "name": series,
                "accent": [series] == last,
                "width": round(100 * max(found[place] or 0.0, 0.0) / top, 2),
                "text": wording.in_unit(found[place], block.unit) or "none",
            }
            for series, found in block.series.items()
        ]
        groups.append({"name": name, "bars": bars})
    return {"groups": groups, "legend": _legend(block.series, ("box",))}


def _scatter(block: Scatter) -> dict[str, Any]:
    points = [point for found in block.series.values() for point in found]
    across, up = (Scale.of(p[axis] for p in points) for axis in (0, 1))
    paths = [
        {
            "name": name,
            "accent": index == len(block.series) - 1,
            "path": "".join(f"M{across.at(x):g} {100 - up.at(y):g}h0" for x, y in found),
        }
        for index, (name, found) in enumerate(block.series.items())
    ]
    return {"paths": paths, "legend": _legend(block.series, ("dot",))}


def _lines(block: Lines) -> dict[str, Any]:
    values = [v for found in block.series.values() for v in found if v is not None]
    up, along = Scale.of(values), Scale.of(block.x, margin=0.0)
    paths = []
    for index, (name, found) in enumerate(block.series.items()):
        last = index == len(block.series) - 1
        paths.append({"name": name, "accent": last, "index": index, "path": ""})
        pen_down = False
        for x, value in zip(block.x, found, strict=True):
            if value is not None:
                move = "L" if pen_down else "M"
                paths[-1]["path"] += f"{move}{along.at(x):g} {100 - up.at(value):g}"
            pen_down = value is not None
    return {
        "paths": paths,
        "legend": _legend(block.series, ("line", "line dashed", "line dotted")),
        "rows": [{"at": 100 - up.at(t), "text": wording.number(t)} for t in up.ticks()],
        "columns": [{"at": along.at(t), "text": f"{t:,g}"} for t in along.ticks(6)],
    }


def _legend(series: dict[str, Any], swatches: tuple[str, ...]) -> list[dict[str, Any]]:
    """One entry a series; the last one has the accent, and the first kind of mark."""
    last = len(series) - 1
    return [
        {"name": n, "accent": i == last, "swatch": swatches[0 if i == last else i % len(swatches)]}
        for i, n in enumerate(series)
    ]


def _ticks(scale: Scale, unit: str) -> list[dict[str, Any]]:
    factor = 100 if unit == "%" else 1
    ticks = Scale(factor * scale.low, factor * scale.high).ticks()
    return [{"at": scale.at(t / factor), "text": f"{t:g}"} for t in ticks]

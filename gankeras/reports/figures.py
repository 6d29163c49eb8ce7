"""Report -> one picture."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

from gankeras.core.report import Estimate, Report, Result
from gankeras.reports import wording

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

# Okabe and Ito's colours, told apart by every kind of colour vision; shapes differ as well.
STYLES = {
    "comparison": ("#0072B2", "o", "without a GAN"),
    "judged": ("#D55E00", "D", "with a GAN"),
    "shown": ("#6b6b6b", "s", "not judged"),
}
# What a role stands for in reports that are not about an arm with or without a GAN; and the dashed line.
ROLES = {
    "train_on_synthetic": {
        "comparison": "trained on real rows",
        "judged": "trained on synthetic rows",
        "shown": "tested on synthetic rows",
    }
}
LINES = {"plan": "reference", "train_on_synthetic": "reference"}
INK, PALE = "#222222", "#707070"


def to_figure(report: Report, path: str | os.PathLike | None = None) -> matplotlib.figure.Figure:
    """Draw a report: a dot for each seed, mean and interval of each arm, the verdict as title.

    Args:
        report: Report of an uplift with at least one arm.
        path: Where to write it; the ending says the format. Nothing is written where `None`.

    Returns:
        The matplotlib figure. It belongs to no window and needs no closing.

    Raises:
        ValueError: If the report has no results to draw.

    Example:
        >>> from gankeras.core.report import Estimate, Result
        >>> seeds = Estimate(0.8, (0.79, 0.81), 0.67, 0.93)
        >>> arm = Result("real", "real", "comparison", {"accuracy": seeds})
        >>> report = gankeras.Report("uplift", "accuracy", results=(arm,))
        >>> gankeras.reports.to_figure(report, "uplift.png").axes[0].get_xlabel()
        'accuracy on real test rows, %'
    """
    if not report.results:
        raise ValueError(
            "There is nothing to draw: the report has no results. Draw the report that `uplift` "
            "returned. Received: a report without results"
        )
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = len(report.results)
    height = 0.46 * rows + 2.15
    figure = Figure(figsize=(10.6, height), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    bottom, top = 0.95 / height, 1 - 1.1 / height
    axes = figure.add_axes((0.19, bottom, 0.465, top - bottom))
    _draw_arms(axes, report)
    _draw_reference(axes, report)
    _draw_columns(axes, report)
    _draw_words(figure, report)
    if path is not None:
        figure.savefig(path)
    return figure


def _draw_arms(axes: matplotlib.axes.Axes, report: Report) -> None:
    low, high = _limits(report)
    axes.set_xlim(low, high)
    axes.set_ylim(len(report.results) - 0.5, -0.5)
    for row, result in enumerate(report.results):
        colour, marker, _ = STYLES[result.role]
        found = result.figures[report.headline]
        if row % 2:
            axes.axhspan(row - 0.5, row + 0.5, color="#f6f6f6", zorder=0)
        if not low <= 100 * found.mean <= high:
            _draw_arrow(axes, row, found, colour, (low, high))
            continue
        _draw_interval(axes, row, found, colour, (low, high))
        values = [100 * value for value in found.values]
        axes.plot(values, [row + 0.2] * len(values), "o", color=colour, alpha=0.5, ms=4.5, mew=0)
        mean = 100 * found.mean
        axes.plot(mean, row - 0.1, marker, color=colour, mec="white", mew=0.8, ms=8, zorder=4)
    labels = [textwrap.fill(result.label, 26) for result in report.results]
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0, pad=9, labelsize=10, labelcolor=INK)
    axes.tick_params(axis="x", labelsize=9, labelcolor=INK, color=PALE)
    axes.grid(axis="x", color="#e2e2e2", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PALE)
    figure_name = wording.figure_name(report.headline)
    axes.set_xlabel(f"{figure_name} on {wording.judging_rows(report)}, %", fontsize=9.5, color=INK)


def _draw_arrow(
    axes: matplotlib.axes.Axes,
    row: int,
    found: Estimate,
    colour: str,
    limits: tuple[float, float],
) -> None:
    """Point to where an arm lies that would squeeze all the others into a corner."""
    low, high = limits
    left = 100 * found.mean < low
    edge = low + 0.015 * (high - low) if left else high - 0.015 * (high - low)
    axes.plot(edge, row, "<" if left else ">", color=colour, ms=8, mew=0, zorder=4)
    text, offset = f"{100 * found.mean:.1f}", (9 if left else -9, 0)
    axes.annotate(
        text,
        (edge, row),
        offset,
        textcoords="offset points",
        ha="left" if left else "right",
        va="center",
        fontsize=9,
        color=colour,
    )


def _draw_interval(
    axes: matplotlib.axes.Axes,
    row: int,
    found: Estimate,
    colour: str,
    limits: tuple[float, float],
) -> None:
    if not found.has_interval:
        return
    ends = tuple(100 * end for end in wording.ends_of_share(found))
    inside = [min(max(end, limits[0]), limits[1]) for end in ends]
    axes.plot(
        inside, [row - 0.1] * 2, "-", color=colour, linewidth=2.4, zorder=3, solid_capstyle="butt"
    )
    for end, kept, arrow in zip(ends, inside, "<>", strict=True):
        # An arrow where the interval runs out of the picture, a cap where it ends.
        marker = "|" if end == kept else arrow
        size = 9 if marker == "|" else 6
        axes.plot(
            kept,
            row - 0.1,
            marker,
            color=colour,
            ms=size,
            mew=2 if marker == "|" else 0,
            clip_on=False,
            zorder=3,
        )


def _limits(report: Report) -> tuple[float, float]:
    """Span all seeds of the arms that matter, and as much else as leaves these seeds apart."""
    figures = [(result.role, result.figures[report.headline]) for result in report.results]
    compared = [found for role, found in figures if role != "shown"]
    values = [100 * v for found in compared or [f for _, f in figures] for v in found.values]
    spread = max(max(values) - min(values), 1.0)
    ends = [100 * v for _, found in figures for v in found.values]
    ends += [100 * end for _, e in figures if e.has_interval for end in wording.ends_of_share(e)]
    low = max(min(ends), min(values) - spread)
    high = min(max(ends), max(values) + spread)
    # Of equal values a point at least, or the ticks differ in digits that nobody reads.
    margin = max(0.04 * spread, 0.5 * (1.0 - (high - low)))
    return low - margin, high + margin


def _draw_reference(axes: matplotlib.axes.Axes, report: Report) -> None:
    name = wording.reference(report)
    if name is not None:
        best = 100 * report[name].figures[report.headline].mean
        axes.axvline(best, color="#0072B2", linestyle=(0, (4, 3)), linewidth=1.2, zorder=1)


def _draw_columns(axes: matplotlib.axes.Axes, report: Report) -> None:
    """Write mean, difference and verdict beside each arm."""
    place = axes.get_yaxis_transform()
    columns = ((1.11, "right"), (1.44, "right"), (1.47, "left"))
    heads = ("mean", f"points vs {'reference' if report.kind in LINES else 'best'}", "verdict")
    for (x, align), head in zip(columns, heads, strict=True):
        axes.text(
            x, 1.02, head, transform=axes.transAxes, ha=align, va="bottom", fontsize=8.5, color=PALE
        )
    for row, result in enumerate(report.results):
        cells = _cells(report, result)
        bold = "bold" if result.name == report.decided_by else "normal"
        for (x, align), cell in zip(columns, cells, strict=True):
            axes.text(
                x,
                row,
                cell,
                transform=place,
                ha=align,
                va="center",
                fontsize=9,
                color=INK,
                weight=bold,
            )


def _cells(report: Report, result: Result) -> tuple[str, str, str]:
    mean = wording.percent(result.figures[report.headline].mean)
    comparison = report.comparison(result.name)
    if comparison is not None and not comparison.difference.has_interval:
        return mean, wording.points(comparison.difference.mean), wording.verdict_of(report, result)
    return mean, wording.difference_of(comparison), wording.verdict_of(report, result)


def _draw_words(figure: matplotlib.figure.Figure, report: Report) -> None:
    height = figure.get_figheight()
    title = textwrap.shorten(wording.short_verdict(report), 90)
    figure.text(0.02, 1 - 0.2 / height, title, fontsize=13, weight="bold", color=INK, va="top")
    line = "\n".join(textwrap.wrap(wording.settings_line(report), 150)[:2])
    figure.text(0.02, 1 - 0.5 / height, line, fontsize=8.5, color=PALE, va="top", linespacing=1.3)
    from matplotlib.lines import Line2D

    roles = dict.fromkeys(result.role for result in report.results)
    handles = [
        Line2D(
            [],
            [],
            color=STYLES[role][0],
            marker=STYLES[role][1],
            ms=7,
            linewidth=2.4,
            label=ROLES.get(report.kind, {}).get(role, STYLES[role][2]),
        )
        for role in roles
    ]
    handles.append(
        Line2D(
            [], [], color=PALE, marker="o", ms=4.5, linewidth=0, label=f"one {wording.run(report)}"
        )
    )
    if wording.reference(report) is not None:
        dashes = {"linestyle": (0, (4, 3)), "linewidth": 1.2}
        line = LINES.get(report.kind, "best arm without a GAN")
        handles.append(Line2D([], [], color="#0072B2", label=line, **dashes))
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.01, 0.0),
        ncols=len(handles),
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        handlelength=2.2,
        columnspacing=1.6,
    )

"""What a page or a text shows of a report: its own results as sections, among those it brings along."""

from __future__ import annotations

import dataclasses

from gankeras.core.report import Report, Result
from gankeras.core.section import Bars, Intervals, Measures, Section, Table
from gankeras.reports import wording

RESULTS, CLASSES, RATIOS, OTHERS, MADE = 20, 30, 35, 37, 90


def all_sections(report: Report) -> tuple[Section, ...]:
    """Every section that there is to show, in its order.

    Args:
        report: Any report.

    Returns:
        The report's results, classes, ratios tried and settings, where it has them, among
        `report.sections`; ordered by `position`.

    Example:
        >>> report = Report("uplift", "accuracy", notes=("One seed.",))
        >>> [section.title for section in all_sections(report)]
        ['How it was made']
    """
    own = [_results(report), _classes(report), _ratios(report), _made(report)]
    found = [section for section in own if section is not None] + list(report.sections)
    return tuple(sorted(found, key=lambda section: section.position))


def _results(report: Report) -> Section | None:
    if not report.results:
        return None
    if not report.comparisons:
        table = own_measures(report)
        return table and Section("What was measured", blocks=(table,), position=RESULTS)
    return arms_section(report)


def arms_section(report: Report) -> Section:
    """What every arm reached, as a chart and a table.

    Args:
        report: A report with comparisons.
    """
    figure = wording.figure_name(report.headline)
    against = report[wording.reference(report)]
    head = wording.intervals_head(report)
    chart = Intervals(
        f"{figure.capitalize()} on {wording.judging_rows(report)}: each {wording.run(report)}, mean"
        f"{f', and {head}' if head else ''}; the line is the mean of {against.label}",
        _arms_in_words(report),
        report.results,
        report.headline,
        "%",
        against.figures[report.headline].mean,
    )
    return Section("What each arm reached", blocks=(chart, arms(report)), position=RESULTS)


def own_measures(report: Report) -> Measures | None:
    """The figures of a report without comparisons, but for those that one of its sections shows."""
    blocks = [block for section in report.sections for block in section.blocks]
    shown = {
        name
        for block in blocks
        if isinstance(block, Measures)
        for result in block.results
        for name in result.figures
    }
    left = [
        dataclasses.replace(r, figures={k: v for k, v in r.figures.items() if k not in shown})
        for r in report.results
    ]
    left = [result for result in left if result.figures]
    return Measures("Every figure, beside what it is to be read against", left) if left else None


def _arms_in_words(report: Report) -> str:
    said = []
    for result in report.results:
        found = result.figures[report.headline]
        span = f" ({wording.range_of(found)})" if found.has_interval else ""
        said.append(f"{result.label} {wording.percent(found.mean)}{span}")
    return f"{wording.figure_name(report.headline).capitalize()}: {'; '.join(said)}."


def arms(report: Report) -> Table:
    """The arms of an uplift, or the candidates of a plan, as a table.

    Args:
        report: A report with comparisons.

    Returns:
        A `Table` of the headline figure with its interval, each seed, a second figure, the
        difference to the reference, and the verdict.
    """
    second = wording.second_figure(report)
    versus, interval = f"points {wording.versus(report)}".strip(), wording.intervals_head(report)
    rows = []
    for result in report.results:
        main = result.figures[report.headline]
        rows.append(
            [
                result.label,
                wording.percent(main.mean),
                *([wording.range_of(main)] if interval else []),
                " ".join(f"{100 * value:.1f}" for value in main.values),
                wording.percent(result.figures[second].mean) if second in result.figures else "",
                wording.difference_of(report.comparison(result.name)),
                wording.verdict_of(report, result),
            ]
        )
    figure = wording.figure_name(report.headline)
    head = ["arm", figure, *([interval] if interval else []), f"each {wording.run(report)}"]
    head.append(wording.figure_name(second))
    return Table("All arms", [*head, versus, "verdict"], rows)


def _classes(report: Report) -> Section | None:
    classes, remark = wording.recall_classes(report)
    if not classes:
        return None
    blocks = []
    if report.decided_by is not None:
        pair = (report[wording.reference(report)], report[report.decided_by])
        blocks.append(_recall_bars(pair, classes))
    blocks.append(recall(report, classes))
    return Section("Recall by class", "", (remark,) if remark else (), blocks, CLASSES)


def _recall_bars(pair: tuple[Result, Result], classes: list[str]) -> Bars:
    series = {
        result.label: [result.figures[f"recall/{name}"].mean for name in classes] for result in pair
    }
    before, after = series.values()
    said = [
        f"{name} {wording.percent(a)} before, {wording.percent(b)} after"
        for name, a, b in zip(classes, before, after, strict=True)
    ]
    first, second = (result.label for result in pair)
    alt = f"Recall with {first} before and {second} after: {'; '.join(said)}."
    return Bars("Share of each class's rows that are recognized", alt, classes, series, "%")


def recall(report: Report, classes: list[str]) -> Table:
    """The recall of each class and arm as a table."""
    rows = [
        [name, *(wording.percent(r.figures[f"recall/{name}"].mean) for r in report.results)]
        for name in classes
    ]
    return Table("Recall of every arm", ["class", *(r.label for r in report.results)], rows)


def _ratios(report: Report) -> Section | None:
    table = ratios(report)
    if table is None:
        return None
    return Section("Ratios tried on validation rows", blocks=(table,), position=RATIOS)


def ratios(report: Report) -> Table | None:
    """The mean figure of each ratio that was tried, or `None` where one was given."""
    tried = report.settings.get("ratio_validation")
    if not tried:
        return None
    candidates = list(next(iter(tried.values())))
    rows = []
    for name, means in tried.items():
        chosen = f"{report.settings['ratio'][name]:g}"
        cells = [
            wording.percent(means[c]) + (" (chosen)" if c == chosen else "") for c in candidates
        ]
        rows.append([report[name].label, *cells])
    head = [wording.figure_name(report.headline), *candidates]
    return Table("Mean over the seeds; test rows had no part in it", head, rows)


def _made(report: Report) -> Section | None:
    line = wording.settings_line(report)
    words = ([line] if line else []) + list(report.notes)
    versions = report.settings.get("versions") or {}
    if versions:
        words.append(f"Made with {', '.join(f'{name} {v}' for name, v in versions.items())}.")
    return Section("How it was made", words=words, position=MADE) if words else None


def measures_table(block: Measures) -> Table:
    """The figures of a `Measures` as text: a row a figure, a column a result."""
    names = list(dict.fromkeys(name for r in block.results for name in r.figures))
    rows = []
    for name in names:
        cells = [_measured(result, name) for result in block.results]
        meaning = [block.meanings.get(name, "")] if block.meanings else []
        rows.append([wording.figure_name(name), *cells, *meaning])
    head = ["figure", *(result.label for result in block.results)]
    return Table(block.caption, [*head, *(["how to read it"] if block.meanings else [])], rows)


def _measured(result: Result, name: str) -> str:
    found = result.figures.get(name)
    if found is None:
        return ""
    text = wording.number(found.mean)
    if found.has_interval:
        text += f" ({wording.number(found.low)} to {wording.number(found.high)})"
    return text

"""Report -> Markdown."""

from __future__ import annotations

from gankeras.core.report import Report
from gankeras.reports import wording


def to_markdown(report: Report) -> str:
    """Render a report as Markdown.

    Args:
        report: Report of an uplift.

    Returns:
        A heading, the verdict in words, a table of the arms, the recall of each class and arm,
        the ratios tried, how it was made, and notes.

    Example:
        >>> report = gankeras.Report("uplift", "accuracy", reason="nothing ran")
        >>> print(gankeras.reports.to_markdown(report).splitlines()[2])
        Verdict not computed: nothing ran.
    """
    blocks = [f"## {wording.heading(report)}", _escape(wording.summary(report))]
    if report.results:
        blocks.append(_arms(report))
    classes, remark = wording.recall_classes(report)
    if classes:
        blocks += ["### Recall by class", *([remark] if remark else []), _recall(report, classes)]
    tried = report.settings.get("ratio_validation")
    if tried:
        blocks += ["### Ratios tried on validation rows", _ratios(report, tried)]
    line = wording.settings_line(report)
    if line:
        blocks += ["### How it was made", line]
    if report.notes:
        blocks.append("\n".join(f"- {_escape(note)}" for note in report.notes))
    return "\n\n".join(blocks) + "\n"


def _arms(report: Report) -> str:
    second = wording.second_figure(report)
    against = wording.reference(report)
    versus = "points" if against is None else f"points vs {report[against].label}"
    level = wording.level(report.results[0].figures[report.headline])
    rows = []
    for result in report.results:
        main = result.figures[report.headline]
        rows.append(
            [
                result.label,
                wording.percent(main.mean),
                wording.range_of(main),
                " ".join(f"{100 * value:.1f}" for value in main.values),
                wording.percent(result.figures[second].mean) if second in result.figures else "",
                wording.difference_of(report.comparison(result.name)),
                f"**{wording.verdict_of(report, result)}**"
                if report.comparison(result.name)
                else wording.verdict_of(report, result),
            ]
        )
    head = ["arm", wording.figure_name(report.headline), f"{level} interval", "each seed"]
    return _table([*head, wording.figure_name(second), versus, "verdict"], rows)


def _recall(report: Report, classes: list[str]) -> str:
    rows = [
        [name, *(wording.percent(r.figures[f"recall/{name}"].mean) for r in report.results)]
        for name in classes
    ]
    return _table(["class", *(result.label for result in report.results)], rows)


def _ratios(report: Report, tried: dict[str, dict[str, float]]) -> str:
    ratios = list(next(iter(tried.values())))
    rows = []
    for name, means in tried.items():
        chosen = f"{report.settings['ratio'][name]:g}"
        cells = [wording.percent(means[r]) for r in ratios]
        cells = [f"**{c}**" if r == chosen else c for r, c in zip(ratios, cells, strict=True)]
        rows.append([report[name].label, *cells])
    return _table([wording.figure_name(report.headline), *ratios], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    rule = [":--" if i == 0 or name == "verdict" else "--:" for i, name in enumerate(head)]
    lines = [[_escape(cell) for cell in head], rule]
    lines += [[_escape(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _escape(text: str) -> str:
    # A class may be called "a|b" or "<none>".
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")

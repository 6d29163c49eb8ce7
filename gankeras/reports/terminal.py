"""Report -> plain text for a terminal."""

from __future__ import annotations

import textwrap

from gankeras.core.report import Report
from gankeras.core.section import Measures
from gankeras.reports import parts, wording

LEFT = ("verdict", "how to read it")


def to_text(report: Report, width: int = 100) -> str:
    """Render a report as a table in plain text.

    Args:
        report: Any report.
        width: Columns that paragraphs are wrapped to.

    Returns:
        The verdict in words, a table of the results, the recall of each class, the answer of each
        section with its measures, and notes.

    Example:
        >>> report = gankeras.Report("uplift", "accuracy", reason="nothing ran")
        >>> print(gankeras.reports.to_text(report), end="")
        Verdict not computed: nothing ran.
    """
    blocks = [textwrap.fill(wording.summary(report), width)]
    if report.comparisons:
        blocks.append(_table(_arms(report)))
    elif (measures := parts.own_measures(report)) is not None:
        blocks.append(_table(_measures(measures)))
    recall, remark = _recall(report)
    if recall:
        blocks.append(f"Recall by class{f' ({remark})' if remark else ''}\n{_table(recall)}")
    for section in sorted(report.sections, key=lambda section: section.position):
        if section.answer:
            text = f"{section.title} {section.answer}"
            blocks.append(textwrap.fill(text, width, subsequent_indent="  "))
            found = [block for block in section.blocks if isinstance(block, Measures)]
            blocks += [_table(_measures(block)) for block in found]
    line = wording.settings_line(report)
    if line:
        blocks.append(textwrap.fill(line, width))
    if report.notes:
        notes = [
            textwrap.fill(n, width, initial_indent="- ", subsequent_indent="  ")
            for n in report.notes
        ]
        blocks.append("\n".join(notes))
    return "\n\n".join(blocks) + "\n"


def _arms(report: Report) -> list[list[str]]:
    second = wording.second_figure(report)
    versus, interval = wording.versus(report) or "points", wording.intervals_head(report)
    short = [wording.figure_name(f).removesuffix(" accuracy") for f in (report.headline, second)]
    head = [interval] if interval else []
    rows = [["arm", short[0], *head, short[1], versus, "verdict"]]
    for result in report.results:
        main = result.figures[report.headline]
        rows.append(
            [
                result.label,
                wording.percent(main.mean),
                *([wording.range_of(main)] if interval else []),
                wording.percent(result.figures[second].mean) if second in result.figures else "",
                wording.difference_of(report.comparison(result.name)),
                wording.verdict_of(report, result),
            ]
        )
    return rows


def _measures(block: Measures) -> list[list[str]]:
    table = parts.measures_table(block)
    return [list(table.head), *(list(row) for row in table.rows)]


def _recall(report: Report) -> tuple[list[list[str]], str]:
    """Compare the best arm with a GAN and the best without, class by class."""
    classes, remark = wording.recall_classes(report)
    if not classes or report.decided_by is None:
        return [], remark
    judged, against = report[report.decided_by], report[wording.reference(report)]
    rows = [["class", against.label, judged.label, "points"]]
    for name in classes:
        before, after = (r.figures[f"recall/{name}"].mean for r in (against, judged))
        row = [name, wording.percent(before), wording.percent(after)]
        rows.append([*row, wording.points(after - before)])
    return rows, remark


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        # Words to the left, numbers to the right.
        cells = [
            cell.ljust(w) if i == 0 or head in LEFT else cell.rjust(w)
            for i, (cell, w, head) in enumerate(zip(row, widths, rows[0], strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)

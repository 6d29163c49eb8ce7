"""Report -> Markdown."""

from __future__ import annotations

from gankeras.core.report import VERDICTS, Report
from gankeras.core.section import Measures, Section, Table
from gankeras.reports import parts, wording

LEFT = ("verdict", "how to read it")


def to_markdown(report: Report) -> str:
    """Render a report as Markdown.

    Args:
        report: Any report.

    Returns:
        A heading, the verdict in words, a table of the results, the recall of each class and arm,
        the ratios tried, the report's sections (a figure as the text that carries its numbers),
        how it was made, and notes.

    Example:
        >>> report = gankeras.Report("uplift", "accuracy", reason="nothing ran")
        >>> print(gankeras.reports.to_markdown(report).splitlines()[2])
        Verdict not computed: nothing ran.
    """
    blocks = [f"## {wording.heading(report)}", _escape(wording.summary(report))]
    if report.comparisons:
        blocks.append(_table(parts.arms(report)))
    elif (measures := parts.own_measures(report)) is not None:
        blocks.append(_table(parts.measures_table(measures)))
    classes, remark = wording.recall_classes(report)
    if classes:
        table = _table(parts.recall(report, classes))
        blocks += ["### Recall by class", *([remark] if remark else []), table]
    tried = parts.ratios(report)
    if tried is not None:
        blocks += ["### Ratios tried on validation rows", _table(tried)]
    for section in sorted(report.sections, key=lambda section: section.position):
        blocks += _section(section)
    line = wording.settings_line(report)
    if line:
        blocks += ["### How it was made", line]
    if report.notes:
        blocks.append("\n".join(f"- {_escape(note)}" for note in report.notes))
    return "\n\n".join(blocks) + "\n"


def _section(section: Section) -> list[str]:
    said = [section.title and f"### {_escape(section.title)}", _escape(section.answer)]
    said += [_escape(paragraph) for paragraph in section.words]
    for block in section.blocks:
        if isinstance(block, Measures):
            block = parts.measures_table(block)
        if isinstance(block, Table):
            said.append(_table(block))
        else:
            said.append(f"*{_escape(block.caption)}: {_escape(block.alt)}*")
    return [text for text in said if text]


def _table(table: Table) -> str:
    rule = [":--" if i == 0 or name in LEFT else "--:" for i, name in enumerate(table.head)]
    lines = [[_escape(cell) for cell in table.head], rule]
    lines += [[_emphasised(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _emphasised(cell: str) -> str:
    return f"**{cell}**" if cell in VERDICTS else _escape(cell)


def _escape(text: str) -> str:
    # A class may be called "a|b" or "<none>".
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")

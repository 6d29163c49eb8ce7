"""Report -> one self-contained web page."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import pathlib
from typing import TYPE_CHECKING, Any

from gankeras.core.report import Report
from gankeras.core.written_beside import written_beside
from gankeras.reports import charts, wording
from gankeras.reports.parts import all_sections
from gankeras.version import __version__

if TYPE_CHECKING:
    import jinja2


def to_html(report: Report, path: str | os.PathLike) -> pathlib.Path:
    """Write a report as one web page that needs no network: verdict, figures, tables, pictures.

    It follows the reader's light or dark theme, fits a phone, prints, and every figure has a text that
    carries its numbers. Nothing in it is loaded from anywhere, and a policy in the page forbids it. The
    same report gives the same bytes.

    Args:
        report: Any report; its `sections` are shown among its own results.
        path: The file, written beside and renamed: an error leaves an earlier page as it was.

    Returns:
        The path of the page.

    Raises:
        ValueError: If `path` is a folder, or does not end in `.html` or `.htm`.

    Example:
        >>> report = gankeras.Report("uplift", "accuracy", reason="nothing ran")
        >>> gankeras.reports.to_html(report, "report.html").read_text()[:15]
        '<!doctype html>'
    """
    path = pathlib.Path(path)
    if path.suffix.lower() not in (".html", ".htm") or path.is_dir():
        raise ValueError(
            f"`path` must name an .html file. Pass `report.html`. Received: {os.fspath(path)!r}"
        )
    text = _page(report)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_beside(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
    return path


def _page(report: Report) -> str:
    templates = _templates()
    script = templates.get_template("theme.js").render().strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    sections = [
        {
            "id": f"part-{number}",
            "title": section.title,
            "answer": section.answer,
            "words": section.words,
            "blocks": [charts.view(block) for block in section.blocks],
        }
        for number, section in enumerate(all_sections(report), start=1)
    ]
    page = templates.get_template("page.html.jinja").render(
        heading=wording.heading(report),
        verdict=wording.verdict_words(report),
        summary=wording.summary(report),
        difference=_difference(report),
        answers=[
            {"id": s["id"], "title": s["title"], "text": s["answer"]}
            for s in sections
            if s["answer"]
        ],
        sections=sections,
        style=_safe(templates.get_template("style.css").render().strip()),
        script=_safe(script),
        script_digest=digest,
        version=__version__,
    )
    # HTML has no such character; what a browser makes of one differs from place to place.
    return page.replace("\x00", "\ufffd")


def _difference(report: Report) -> dict[str, Any] | None:
    """The strip that shows the deciding difference about zero, where it has an interval."""
    found = report.comparison(report.decided_by) if report.decided_by else None
    if found is None or not found.difference.has_interval:
        return None
    figure, against = wording.figure_name(found.figure), report[found.reference].label
    level = wording.level(found.difference)
    span = wording.range_of_difference(found.difference)
    return {
        **charts.difference(found.difference),
        "caption": f"{report[found.name].label} less {against}: percentage points of {figure}, each "
        f"run, mean, and {level} interval. The dashed line is no difference.",
        "alt": f"{wording.points(found.difference.mean)} points of {figure} against {against}; "
        f"{level} interval {span}.",
    }


def _safe(text: str) -> Any:
    """Mark a text of our own as HTML: the only ones that are not escaped."""
    from markupsafe import Markup

    return Markup(text)


@functools.cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("gankeras.reports", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

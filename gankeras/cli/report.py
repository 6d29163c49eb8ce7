"""`gankeras report`: the page of what was measured, or of what can be measured without training anything."""

import dataclasses
import os
import pathlib

import rich.console

from gankeras.cli import evaluate
from gankeras.core.report import Report
from gankeras.reports import to_html, to_markdown


def run(settings: evaluate.Settings, out: pathlib.Path | None) -> Report:
    """Draws the page of an earlier `report.json` anew; of anything else, measures all but classifiers first.

    Args:
        settings: The flags; `synthetic` may also be a `report.json`, or a folder with one.
        out: Folder of the results; None for the report's own folder, or `runs/NAME-report`.

    Returns:
        The report.

    Raises:
        ValueError: For a file that is no report, one with more arguments than it takes, or as `evaluate.run`.
    """
    path = pathlib.Path(settings.synthetic)
    file = path / evaluate.MARK if path.is_dir() else path
    if file.suffix != ".json" or not file.is_file():
        return evaluate.run(dataclasses.replace(settings, classifiers=0), out)
    given = dataclasses.asdict(settings)
    usual = dataclasses.asdict(evaluate.Settings(settings.synthetic))
    without_effect = [name for name, value in given.items() if value != usual[name]]
    if without_effect:
        raise ValueError(
            "The page of an earlier report shows what was measured then; nothing but --out goes with it. Leave the others "
            "out, or name the synthetic rows in place of the report. "
            f"Received: {os.fspath(file)!r} with {', '.join(without_effect)}."
        )
    console = rich.console.Console()
    report = Report.from_json(file)
    folder = out or file.parent
    folder.mkdir(parents=True, exist_ok=True)
    page = to_html(report, folder / "report.html")
    if not (folder / "report.md").exists():
        (folder / "report.md").write_text(to_markdown(report), encoding="utf-8")
    console.print(f"Written: {page}", markup=False, highlight=False, soft_wrap=True)
    return report

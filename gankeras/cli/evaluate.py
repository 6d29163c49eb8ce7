"""`gankeras evaluate`: is it like the real data, does it help, does it leak? For anybody's synthetic rows."""

import dataclasses
import pathlib
from typing import Any

import numpy as np
import rich.console
import tensorflow as tf

from gankeras import evaluation
from gankeras.cli.output_folder import Results, check_folder, is_report, output_folder
from gankeras.cli.progress import Progress
from gankeras.cli.question import Question, Settings, ask, named, why_no_classifier
from gankeras.cli.run_folder import source_name
from gankeras.core.report import Report
from gankeras.core.section import Section
from gankeras.domain import GivenRows
from gankeras.evaluation.arms import ARMS
from gankeras.evaluation.memorisation import LEAST_ROWS
from gankeras.evaluation.overlap import overlapping
from gankeras.reports import to_html, to_markdown, to_text
from gankeras.reports.parts import OTHERS, arms_section
from gankeras.reports.wording import summary

MARK = "report.json"
RESULTS = Results(MARK, is_report, (r"report\.md", r"report\.html"))
RATIO = 0.3
CHOSEN = (
    "The synthetic rows were made to stand beneath the real ones, so the shares of their classes may have been chosen, "
    "and not learnt."
)


def run(settings: Settings, out: pathlib.Path | None) -> Report:
    """Measures, prints, and writes `report.json`, `report.md` and `report.html`.

    Args:
        settings: The flags.
        out: Folder of the results, written beside and renamed when all is done; None for `runs/NAME-report`.

    Returns:
        The report.

    Raises:
        ValueError: For rows that cannot be read or compared, options that do not suit them, or a folder that is taken.
        ImportError, OSError: For features whose weights cannot be had.
    """
    console = rich.console.Console()
    tf.get_logger().setLevel("ERROR")
    out = out or pathlib.Path("runs") / f"{source_name(pathlib.Path(settings.synthetic))}-report"
    check_folder(out, RESULTS)
    # Before the results' folder is made, which may lie among what is read.
    with Progress(console) as progress, progress.part("reading"):
        question = ask(settings)
    with output_folder(out, RESULTS) as folder, Progress(console) as progress:
        report = measure(question, settings, progress)
        with progress.part("writing the report"):
            write(report, folder)
    console.print()
    text = to_text(report, width=min(100, console.width))
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"Written: {out / 'report.html'}", markup=False, highlight=False, soft_wrap=True)
    return report


def write(report: Report, folder: pathlib.Path) -> None:
    """Writes a report in its three forms."""
    report.to_json(folder / MARK)
    (folder / "report.md").write_text(to_markdown(report), encoding="utf-8")
    to_html(report, folder / "report.html")


def measure(question: Question, settings: Settings, progress: Progress) -> Report:
    """Compares the rows, and trains classifiers where there are classes and a holdout.

    Args:
        question: What is judged by what.
        settings: The flags.
        progress: Told of every part.

    Returns:
        One report: the uplift with the sections of the rows' judge, or the judge's own.
    """
    train, holdout, synthetic, told = _of_same_classes(question)
    features = _features(question, settings, progress)
    with progress.part("comparing rows"):
        judged = getattr(evaluation, train.judge)(
            train.judged,
            None if holdout is None else holdout.judged,
            synthetic.judged,
            **train.judge_arguments(features, settings.options),
            seed=settings.seed,
        )
    sections = (*judged.sections, *question.sections)
    notes = (*question.notes, *told, *judged.notes)
    reason = why_no_classifier(question, settings)
    if reason is not None:
        return dataclasses.replace(judged, reason=reason, sections=sections, notes=notes)
    first, *others = (
        (name, _uplift(question, settings, build, progress.all_of(f"training {name}")))
        for name, build in train.classifiers().items()
    )
    sections += tuple(_other_section(*other, first[0]) for other in others)
    told = (f"The verdict is that of {first[0]}.",) if others else ()
    return with_rows(first[1], judged, sections, (*told, *notes))


def _features(question: Question, settings: Settings, progress: Progress) -> Any:
    if settings.features is None:
        return question.train.usual_features()
    with progress.part(f"preparing {settings.features}"):
        return question.domain.features[settings.features](question.train.x, question.train.y)


def _of_same_classes(
    question: Question,
) -> tuple[GivenRows, GivenRows | None, GivenRows, tuple[str, ...]]:
    """What the judge compares: added rows of some classes alone stand beside real rows of these."""
    train, holdout, synthetic = question.train, question.holdout, question.synthetic
    if not synthetic.added:
        return train, holdout, synthetic, ()
    kept = () if synthetic.y is None else np.unique(synthetic.y)
    if train.y is None or set(train.y) <= set(kept):
        return train, holdout, synthetic, (CHOSEN,)
    names = ", ".join(named(train, kept))
    parts = [None if rows is None else _of_classes(rows, kept) for rows in (train, holdout)]
    if min(len(rows.y) for rows in parts if rows is not None) < LEAST_ROWS:
        note = f"The synthetic rows are of the class {names} alone, of which there are too few real ones to compare with."
        return train, holdout, synthetic, (note,)
    notes = [
        f"The synthetic rows are of the class {names} alone, and are compared with real rows of it."
    ]
    copies = int(overlapping(_of_classes(train, kept, others=True).x, synthetic.x).sum())
    if copies:
        equal = "equals" if copies == 1 else "equal"
        notes.append(
            f"{copies:,} of {len(synthetic.y):,} synthetic rows {equal} a real row of another class: a copy, under "
            "another label."
        )
    return parts[0], parts[1], synthetic, tuple(notes)


def _of_classes(rows: GivenRows, kept: np.ndarray, others: bool = False) -> GivenRows:
    return rows.take(np.flatnonzero(np.isin(rows.y, kept, invert=others)))


def _mixing(question: Question, settings: Settings) -> dict[str, Any]:
    """How many synthetic rows an arm gets: as many as the file adds, where it says so."""
    synthetic, augmentation = question.synthetic, question.train.augmentation(settings.seed)
    ratio = RATIO if settings.ratio is None else settings.ratio
    asked = {"augmentation": augmentation, "ratio": ratio}
    if not synthetic.added:
        return asked
    num = int(question.train.y.max()) + 1
    real, made = (np.bincount(rows.y, minlength=num) for rows in (question.train, synthetic))
    if settings.ratio is None:
        asked["ratio"] = float(made.sum() / (real.sum() + made.sum()))
    asked["sampling_strategy"] = {int(c): int((real + made)[c]) for c in np.flatnonzero(made)}
    if (made == 0).any():
        # All others ask for rows of every class.
        asked["arms"] = [
            name
            for name, arm in ARMS.items()
            if name != "gan_only"
            and not (arm.mixes and arm.oversamples)
            and (augmentation is not None or not arm.classical)
        ]
    return asked


def _uplift(question: Question, settings: Settings, build: Any, tell: Any) -> Report:
    train, test = question.train, question.test
    return evaluation.uplift(
        question.synthetic.as_source(question.source),
        (train.x, train.y),
        (test.x, test.y),
        build,
        steps=settings.steps,
        seeds=[settings.seed + number for number in range(settings.classifiers)],
        progress=tell,
        **_mixing(question, settings),
    )


def _other_section(name: str, found: Report, first: str) -> Section:
    """What another classifier says than the one that decides."""
    return dataclasses.replace(
        arms_section(found),
        title=f"With {name} in place of {first}?",
        answer=summary(found),
        position=OTHERS,
    )


def with_rows(
    found: Report, judged: Report, sections: tuple[Section, ...], notes: tuple[str, ...]
) -> Report:
    """An uplift that brings along what the rows themselves told."""
    return dataclasses.replace(
        found,
        sections=(*found.sections, *sections),
        notes=(*found.notes, *notes),
        settings={**found.settings, "rows": judged.settings},
    )

"""`gankeras evaluate`: is it like the real data, does it help, does it leak? For anybody's synthetic rows."""

import csv
import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import rich.console
import tensorflow as tf

from gankeras import evaluation
from gankeras.cli.output_folder import output_folder
from gankeras.cli.progress import Progress
from gankeras.cli.run_folder import CONFIG, MODEL, load_source
from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.report import Report
from gankeras.core.section import Section
from gankeras.core.synthesizer import Synthesizer
from gankeras.domain import DOMAINS, Domain, GivenRows
from gankeras.evaluation.overlap import overlapping
from gankeras.evaluation.rows import check_counts, check_rows
from gankeras.reports import to_html, to_markdown, to_text
from gankeras.reports.history import history_section
from gankeras.reports.parts import OTHERS, arms_section
from gankeras.reports.wording import summary
from gankeras.serving.card import facts_of
from gankeras.serving.card_section import card_section

MARK = "report.json"
HISTORY = "history.csv"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the flags of `gankeras evaluate` and `gankeras report` say.

    Args:
        synthetic: A run, a `.keras` file, a SavedModel, or synthetic rows in a folder or file of any domain.
        real: The real rows that it was trained on; None for a run's own.
        holdout: Real rows that it was not trained on; None for the real rows' test part.
        labels: Whether class ids are used where there are some.
        num: Samples drawn of a source.
        classifiers: How many classifiers each arm trains, with a seed each; 0 trains none.
        steps: Steps of each classifier.
        ratio: Synthetic share of each batch.
        seed: Of all that is random.
        features: Name of one of the domain's feature extractors; None for what suits the rows.
        options: Options that not all kinds of rows have (`GivenRows.options`), where they were given.
    """

    synthetic: str
    real: str | None = None
    holdout: str | None = None
    labels: bool = True
    num: int = 1000
    classifiers: int = 3
    steps: int = 1000
    ratio: float = 0.3
    seed: int = 0
    features: str | None = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


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
    out = out or pathlib.Path("runs") / f"{pathlib.Path(settings.synthetic).resolve().stem}-report"
    with output_folder(out, mark=MARK) as folder, Progress(console) as progress:
        with progress.part("reading"):
            question = ask(settings)
        report = measure(question, settings, progress)
        with progress.part("writing the report"):
            write(report, folder)
    console.print()
    text = to_text(report, width=min(100, console.width))
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"Written: {out / 'report.html'}", highlight=False, soft_wrap=True)
    return report


def write(report: Report, folder: pathlib.Path) -> None:
    """Writes a report in its three forms."""
    report.to_json(folder / MARK)
    (folder / "report.md").write_text(to_markdown(report), encoding="utf-8")
    to_html(report, folder / "report.html")


@dataclasses.dataclass(frozen=True)
class Question:
    """What is judged by what.

    Args:
        domain: What kind of rows they are.
        train: The real rows behind the synthetic ones.
        holdout: Real rows that were not, or None.
        test: Those of them that equal no training row: classifiers are tested on them.
        synthetic: The rows that are judged.
        source: What drew them, or None.
        notes: Sentences for the reader.
        sections: What is known of the source.
    """

    domain: Domain
    train: GivenRows
    holdout: GivenRows | None
    test: GivenRows | None
    synthetic: GivenRows
    source: Synthesizer | None
    notes: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()


def ask(settings: Settings) -> Question:
    """Reads all that the command names, and checks that it can be compared.

    Raises:
        ValueError: Where it cannot.
    """
    path = pathlib.Path(settings.synthetic)
    real = _real_path(settings, path)
    domain = _domain_of(real)
    kind, options = domain.given_rows, dict(settings.options)
    _check_settings(domain, settings)
    if not settings.labels:
        options.pop("target", None)
    source, sections = None, ()
    if is_source(path):
        source, sections = _open(path)
        sections += _history(path)
        target = getattr(source, "target", None)
        if settings.labels and target is not None and "target" in kind.options:
            options.setdefault("target", target)
    train = kind.read(real, options)
    train = train if settings.labels else train.without_labels()
    holdout = train.test_part() if settings.holdout is None else None
    if settings.holdout is not None:
        _check_form(domain, settings.holdout)
        holdout = kind.read(settings.holdout, options)
    if source is None:
        _check_form(domain, settings.synthetic)
        synthetic = kind.read(settings.synthetic, options, synthetic=True)
    else:
        synthetic = train.drawn(source, settings.num, settings.seed)
    train, holdout, synthetic, notes = train.alike(holdout, synthetic)
    holdout, test, told = _apart(train, holdout)
    question = Question(domain, train, holdout, test, synthetic, source, (*notes, *told), sections)
    if _why_no_classifier(question, settings) is None:
        check_counts(check_rows((train.x, train.y), "train"))
    return question


def _real_path(settings: Settings, path: pathlib.Path) -> str:
    if settings.real is not None:
        return settings.real
    if not path.exists():
        raise ValueError(f"There is nothing at this path. Received: {settings.synthetic!r}.")
    if (path / CONFIG).is_file():
        return json.loads((path / CONFIG).read_text(encoding="utf-8"))["data"]
    raise ValueError(
        f"Name the real rows too: {_forms()}. Only the folder that `gankeras train` wrote knows its own. "
        f"Received: {settings.synthetic!r} alone."
    )


def _domain_of(path: str) -> Domain:
    for domain in _judging():
        if domain.given_rows.reads(path):
            return domain
    there = "which is none of them" if pathlib.Path(path).exists() else "which is not there"
    raise ValueError(f"Expected real rows in {_forms()}. Received: {path!r}, {there}.")


def _judging() -> list[Domain]:
    return [domain for domain in DOMAINS.values() if domain.given_rows is not None]


def _forms() -> str:
    return ", or ".join(domain.given_rows.form for domain in _judging())


def _check_settings(domain: Domain, settings: Settings) -> None:
    """Options first: they cost nothing to check."""
    for name in settings.options:
        if name not in domain.given_rows.options:
            having = [other.name for other in _judging() if name in other.given_rows.options]
            raise ValueError(
                f"{_flag(name)} is an option for {' and '.join(having)}; leave it out. "
                f"Received: {_flag(name)} with {domain.name}."
            )
    if settings.features is not None and settings.features not in domain.features:
        names = ", ".join(domain.features) or f"nothing: {domain.name} are compared without any"
        raise ValueError(
            f"--features must name an extractor of {domain.name}: {names}. Received: {settings.features!r}."
        )
    if domain.given_rows.needs_holdout and settings.holdout is None:
        raise ValueError(
            f"Judging {domain.name} takes real rows that the synthetic ones were not made from: --holdout FILE. Where "
            "there are none, put a fifth of the real rows aside before a generator is trained on the rest; afterwards "
            "nobody can tell whether it repeats what it saw. Received: no --holdout."
        )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check_form(domain: Domain, path: str) -> None:
    if not domain.given_rows.reads(path):
        what = "is something else" if pathlib.Path(path).exists() else "is not there"
        raise ValueError(
            f"The real rows are {domain.name}, and all others must be {domain.given_rows.form} too. "
            f"Received: {path!r}, which {what}."
        )


def is_source(path: pathlib.Path) -> bool:
    """Whether something there draws rows, rather than being rows."""
    if path.suffix == ".keras":
        return True
    found = (path / MODEL, path / "saved_model.pb")
    return path.is_dir() and (any(f.is_file() for f in found) or any(path.glob("*/saved_model.pb")))


def _open(path: pathlib.Path) -> tuple[Synthesizer, tuple[Section, ...]]:
    source = load_source(path)
    if isinstance(source, AdversarialModel):
        made = Synthesizer.from_gan(source)
        return made, (card_section({"synthetic": True, **facts_of(source, made)}),)
    return source, (card_section(source.card),)


def _apart(
    train: GivenRows, holdout: GivenRows | None
) -> tuple[GivenRows | None, GivenRows | None, tuple[str, ...]]:
    """The holdout, those of its rows that classifiers are tested on, and what was left out."""
    if holdout is None:
        return None, None, ()
    known = overlapping(train.x, holdout.x)
    count = int(known.sum())
    if count == len(known):
        raise ValueError(
            "Every row of the holdout is a training row too; name real rows that the synthetic ones were not made from. "
            f"Received: {count:,} of {len(known):,} rows."
        )
    if not count:
        return holdout, holdout, ()
    test = holdout.take(np.flatnonzero(~known))
    if train.may_repeat:
        note = f"{count:,} of {len(known):,} holdout rows equal a training row; no classifier is tested on them."
        return holdout, test, (note,)
    return test, test, (f"{count:,} holdout rows that are training rows too were left out.",)


def _history(path: pathlib.Path) -> tuple[Section, ...]:
    file = path / HISTORY
    if not file.is_file():
        return ()
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    names = [name for name in (rows[0] if rows else {}) if name != "epoch"]
    logs = {name: [float(row[name]) for row in rows] for name in names}
    section = history_section(logs, [int(row["epoch"]) + 1 for row in rows])
    return () if section is None else (section,)


def measure(question: Question, settings: Settings, progress: Progress) -> Report:
    """Compares the rows, and trains classifiers where there are classes and a holdout.

    Args:
        question: What is judged by what.
        settings: The flags.
        progress: Told of every part.

    Returns:
        One report: the uplift with the sections of the rows' judge, or the judge's own.
    """
    train, holdout, synthetic = question.train, question.holdout, question.synthetic
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
    notes = (*question.notes, *judged.notes)
    reason = _why_no_classifier(question, settings)
    if reason is not None:
        return dataclasses.replace(judged, reason=reason, sections=sections, notes=notes)
    first, *others = (
        (name, _uplift(question, settings, build, progress.all_of(f"training {name}")))
        for name, build in train.classifiers().items()
    )
    sections += tuple(_other_section(*other) for other in others)
    told = (f"The verdict is that of {first[0]}.",) if others else ()
    return with_rows(first[1], judged, sections, (*told, *notes))


def _features(question: Question, settings: Settings, progress: Progress) -> Any:
    if settings.features is None:
        return question.train.usual_features()
    with progress.part(f"preparing {settings.features}"):
        return question.domain.features[settings.features](question.train.x, question.train.y)


def _uplift(question: Question, settings: Settings, build: Any, tell: Any) -> Report:
    train, test = question.train, question.test
    return evaluation.uplift(
        question.synthetic.as_source(question.source),
        (train.x, train.y),
        (test.x, test.y),
        build,
        steps=settings.steps,
        seeds=[settings.seed + number for number in range(settings.classifiers)],
        augmentation=train.augmentation(settings.seed),
        ratio=settings.ratio,
        progress=tell,
    )


def _other_section(name: str, found: Report) -> Section:
    """What another classifier says than the one that decides."""
    return dataclasses.replace(
        arms_section(found), title=f"And with {name}?", answer=summary(found), position=OTHERS
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


def _why_no_classifier(question: Question, settings: Settings) -> str | None:
    train, synthetic = question.train, question.synthetic
    if not settings.classifiers:
        return "no classifier was trained, as asked"
    if train.y is None or synthetic.y is None:
        return train.no_labels
    if question.test is None:
        return "there are no real rows kept apart to test a classifier on (--holdout)"
    counts = np.bincount(synthetic.y, minlength=int(train.y.max()) + 1)
    if (counts == 0).any():
        names = train.class_names or range(len(counts))
        lacking = [str(name) for name, count in zip(names, counts, strict=False) if not count]
        return f"the synthetic rows have none of the class {', '.join(lacking[:10])}"
    return None

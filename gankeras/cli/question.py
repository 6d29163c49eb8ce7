"""What `gankeras evaluate` is asked: the rows that its arguments lead to, checked before anything is measured."""

import csv
import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from gankeras.cli.run_folder import MODEL, data_of, load_source
from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.section import Section
from gankeras.core.synthesizer import Synthesizer
from gankeras.domain import DOMAINS, Domain, GivenRows
from gankeras.evaluation.overlap import overlapping
from gankeras.evaluation.rows import check_counts, check_rows
from gankeras.reports.history import history_section
from gankeras.serving.card import facts_of
from gankeras.serving.card_section import card_section

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
        ratio: Synthetic share of what a classifier is trained on; None for 0.3, or for the share in a file that holds
            real and synthetic rows.
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
    ratio: float | None = None
    seed: int = 0
    features: str | None = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


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
    real, options, read = _real_rows(settings, path)
    domain = _domain_of(real)
    kind = domain.given_rows
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
    notes = (*read, *notes, *told)
    question = Question(domain, train, holdout, test, synthetic, source, notes, sections)
    if why_no_classifier(question, settings) is None:
        check_counts(check_rows((train.x, train.y), "train"))
    return question


def _real_rows(
    settings: Settings, path: pathlib.Path
) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Where the real rows are, the options to read them with, and a sentence on them where nobody named them."""
    options = dict(settings.options)
    if settings.real is not None:
        return settings.real, options, ()
    if not path.exists():
        raise ValueError(f"There is nothing at this path. Received: {settings.synthetic!r}.")
    known = data_of(path)
    if known is not None:
        if known.data_dir is not None:
            options.setdefault("data_dir", known.data_dir)
        return known.data, options, (f"The real rows are those that the run names: {known.data}.",)
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
    # `CSVLogger` adds a validation column to each figure, and writes NA where there is none.
    logs = {
        name: [float("nan" if row[name] == "NA" else row[name]) for row in rows]
        for name in (rows[0] if rows else {})
        if name != "epoch" and any(row[name] != "NA" for row in rows)
    }
    section = history_section(logs, [int(row["epoch"]) + 1 for row in rows])
    return () if section is None else (section,)


def why_no_classifier(question: Question, settings: Settings) -> str | None:
    """Why the question whether the rows help stays open, or None where it can be answered."""
    train, synthetic = question.train, question.synthetic
    if not settings.classifiers:
        return "no classifier was trained, as asked"
    if train.y is None or synthetic.y is None:
        return train.no_labels
    if question.test is None:
        return "there are no real rows kept apart to test a classifier on (--holdout)"
    counts = np.bincount(synthetic.y, minlength=int(train.y.max()) + 1)
    lacking = np.flatnonzero(counts == 0)
    if lacking.size and not synthetic.added:
        return f"the synthetic rows have none of the class {', '.join(named(train, lacking[:10]))}"
    return None


def named(rows: GivenRows, ids: np.ndarray) -> list[str]:
    """The names of these class ids."""
    return [str(rows.class_names[label]) if rows.class_names else str(label) for label in ids]

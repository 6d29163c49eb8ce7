"""`gankeras evaluate`: is it like the real data, does it help, does it leak? For anybody's synthetic rows."""

import csv
import dataclasses
import json
import pathlib
from typing import Any

import numpy as np
import rich.console
import tensorflow as tf

from gankeras.cli.compared_features import compared_features
from gankeras.cli.given_rows import GivenRows, read_rows, read_synthetic
from gankeras.cli.output_folder import output_folder
from gankeras.cli.progress import Progress
from gankeras.cli.run_folder import CONFIG, MODEL, load_source
from gankeras.cli.small_classifier import small_classifier, small_shifts
from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.report import Report
from gankeras.core.section import Section
from gankeras.core.stored_rows import StoredRows
from gankeras.core.synthesizer import Synthesizer
from gankeras.evaluation.judge_rows import judge_rows
from gankeras.evaluation.overlap import drop_overlap
from gankeras.evaluation.uplift import uplift
from gankeras.images.pictures import pictures
from gankeras.reports import to_html, to_markdown, to_text
from gankeras.reports.history import history_section
from gankeras.serving.card import facts_of
from gankeras.serving.card_section import card_section

MARK = "report.json"
HISTORY = "history.csv"
SHIFT = 1 / 14  # of an image's side


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the flags of `gankeras evaluate` and `gankeras report` say.

    Args:
        synthetic: A run, a `.keras` file, a SavedModel, or synthetic rows in a folder of pictures or an `.npz` file.
        real: The real rows that it was trained on; None for a run's own.
        holdout: Real rows that it was not trained on; None for the real rows' test part.
        labels: Whether class ids are used where there are some.
        num: Samples drawn of a source.
        classifiers: How many classifiers each arm trains, with a seed each; 0 trains none.
        steps: Steps of each classifier.
        ratio: Synthetic share of each batch.
        seed: Of all that is random.
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


def run(settings: Settings, out: pathlib.Path | None) -> Report:
    """Measures, prints, and writes `report.json`, `report.md` and `report.html`.

    Args:
        settings: The flags.
        out: Folder of the results, written beside and renamed when all is done; None for `runs/NAME-report`.

    Returns:
        The report.

    Raises:
        ValueError: For rows that cannot be read or compared, or a folder that is taken.
    """
    console = rich.console.Console()
    tf.get_logger().setLevel("ERROR")
    out = out or pathlib.Path("runs") / f"{pathlib.Path(settings.synthetic).resolve().stem}-report"
    with output_folder(out, mark=MARK) as folder, Progress(console) as progress:
        with progress.part("reading"):
            question = _question(settings)
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
        train: The real rows behind the synthetic ones.
        holdout: Real rows that were not, or None.
        synthetic: The rows that are judged.
        source: What draws such rows, or None without classes.
        notes: Sentences for the reader.
        sections: What is known of the source.
    """

    train: GivenRows
    holdout: GivenRows | None
    synthetic: GivenRows
    source: Synthesizer | None
    notes: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()


def _question(settings: Settings) -> Question:
    path = pathlib.Path(settings.synthetic)
    train = read_rows(_real_path(settings, path))
    if not settings.labels:
        train = train.without_labels()
    holdout = train.test_part() if settings.holdout is None else read_rows(settings.holdout)
    holdout = _like(train, holdout)
    holdout, notes = _apart(train, holdout)
    if is_source(path):
        source, sections = _open(path)
        synthetic = _drawn(source, train, settings)
        sections += _history(path)
    else:
        synthetic = _like(train, read_synthetic(path))
        source, sections = None, ()
        if train.y is not None and synthetic.y is not None:
            source = _stored(synthetic, train)
    if train.y is None or synthetic.y is None or (holdout and holdout.y is None):
        train, synthetic = train.without_labels(), synthetic.without_labels()
        holdout = holdout and holdout.without_labels()
        source = None
    return Question(train, holdout, synthetic, source, notes, sections)


def _real_path(settings: Settings, path: pathlib.Path) -> str:
    if settings.real is not None:
        return settings.real
    if not path.exists():
        raise ValueError(f"There is nothing at this path. Received: {settings.synthetic!r}.")
    if (path / CONFIG).is_file():
        return json.loads((path / CONFIG).read_text(encoding="utf-8"))["data"]
    raise ValueError(
        "Name the real rows too: a folder of pictures, an .npz file, or a dataset's name. Only the folder that `gankeras "
        f"train` wrote knows its own. Received: {settings.synthetic!r} alone."
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


def _drawn(source: Synthesizer, train: GivenRows, settings: Settings) -> GivenRows:
    """Samples in the class mix of the training rows."""
    names = None if source.class_names is None else tuple(source.class_names)
    labels = None
    if source.num_classes is not None and train.y is not None:
        if source.num_classes != train.y.max() + 1:
            raise ValueError(
                "The source and the real rows must have the same classes. Received: a source of "
                f"{source.num_classes} classes, real rows of {train.y.max() + 1}."
            )
        order = np.random.default_rng(settings.seed).permutation(train.y)
        labels = np.sort(np.resize(order, settings.num)).astype(np.int32)
    x = source.sample(settings.num, labels, seed=settings.seed)
    if isinstance(x, dict) or not isinstance(x, np.ndarray):
        raise ValueError(
            "This source draws tables; judge them by `gankeras.evaluation.judge_table`. "
            f"Received: {settings.synthetic!r}."
        )
    return GivenRows(settings.synthetic, x, labels, names if labels is not None else None)


def _like(train: GivenRows, rows: GivenRows | None) -> GivenRows | None:
    """The rows with the classes of the training rows, and fractions of one precision."""
    if rows is None:
        return None
    if rows.x.dtype.kind == train.x.dtype.kind == "f":
        rows = dataclasses.replace(rows, x=rows.x.astype(train.x.dtype))
    if train.y is None:
        return rows.without_labels()
    return rows if train.class_names is None else rows.in_the_order_of(train.class_names)


def _apart(train: GivenRows, holdout: GivenRows | None) -> tuple[GivenRows | None, tuple[str, ...]]:
    if holdout is None:
        return None, ()
    if train.x.shape[1:] != holdout.x.shape[1:]:
        raise ValueError(
            "Real training rows and the holdout must have rows of one shape. "
            f"Received: {train.x.shape[1:]} and {holdout.x.shape[1:]}."
        )
    places = np.arange(len(holdout.x))
    (x, places), count = drop_overlap((train.x, None), (holdout.x, places))
    if not count:
        return holdout, ()
    y = None if holdout.y is None else holdout.y[places]
    note = f"{count:,} holdout rows that are training rows too were left out."
    return dataclasses.replace(holdout, x=x, y=y), (note,)


def _stored(synthetic: GivenRows, train: GivenRows) -> Synthesizer | None:
    num = len(train.class_names) if train.class_names else int(train.y.max()) + 1
    counts = np.bincount(synthetic.y, minlength=num)
    if len(counts) != num or (counts == 0).any():
        return None  # `judge_rows` says which class is missing where
    spec = tf.TensorSpec(synthetic.x.shape[1:], synthetic.x.dtype)
    card = {"generator": synthetic.name}
    like = Synthesizer(spec, num, train.class_names, card=card)
    return StoredRows(synthetic.x, synthetic.y, like)


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
        One report: the uplift with the sections of `judge_rows`, or `judge_rows`' own.
    """
    train, holdout, synthetic = question.train, question.holdout, question.synthetic
    with progress.part("comparing rows"):
        judged = judge_rows(
            _pair(train),
            None if holdout is None else _pair(holdout),
            _pair(synthetic),
            compared_features(train.x),
            class_names=train.class_names,
            show=pictures if train.x.ndim == 4 else None,
            seed=settings.seed,
        )
    sections = (*judged.sections, *question.sections)
    notes = (*question.notes, *judged.notes)
    reason = _why_no_classifier(question, settings)
    if reason is not None:
        return dataclasses.replace(judged, reason=reason, sections=sections, notes=notes)
    found = uplift(
        question.source,
        _pair(train),
        _pair(holdout),
        small_classifier(train.x, question.source.num_classes),
        steps=settings.steps,
        seeds=[settings.seed + number for number in range(settings.classifiers)],
        augmentation=small_shifts(train.x, SHIFT, settings.seed),
        ratio=settings.ratio,
        progress=progress.all_of("training classifiers"),
    )
    return with_rows(found, judged, sections, notes)


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
    if not settings.classifiers:
        return "no classifier was trained, as asked"
    if question.train.y is None or question.source is None:
        return "without class ids on both sides no classifier can be trained"
    if question.holdout is None:
        return "there are no real rows kept apart to test a classifier on (--holdout)"
    return None


def _pair(rows: GivenRows) -> Any:
    return rows.x if rows.y is None else (rows.x, rows.y)

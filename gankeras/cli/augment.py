"""`gankeras augment`: a training set with synthetic rows beside the real ones, as a file with a card."""

import dataclasses
import json
import os
import pathlib
from typing import Any

import keras
import numpy as np
import rich.console
import tensorflow as tf

from gankeras.augmentation.held_source import HeldSource
from gankeras.augmentation.policy import plan_additions
from gankeras.cli.augmented_card import augmented_card, card_place, card_to_markdown
from gankeras.cli.output_folder import json_with
from gankeras.cli.progress import Progress, TrainingBar
from gankeras.cli.run_folder import data_of, load_source
from gankeras.domain import DOMAINS, DataFile
from gankeras.evaluation import Plan, plan
from gankeras.reports.wording import summary
from gankeras.serving.card import to_json

PLAN_SPLITS = 3
# Where nobody says how long to train: a small table has few steps a pass, and needs as many steps as a large one.
EPOCHS, LEAST_STEPS = 100, 30


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the flags of `gankeras augment` say.

    Args:
        data: A folder or file of labelled data.
        source: A run, a `.keras` file or a SavedModel; None to train a GAN on the data.
        target: The column that says the class, for tables.
        ratio: Synthetic share of the result; with a `sampling_strategy` the largest one. None for what suits the data.
        sampling_strategy: One of imbalanced-learn's words, "none" to keep the class mix, or None for what suits the data.
        plan: Choose both on held-out rows instead.
        epochs: Passes over the data where a GAN is trained; None for 100, of 30 steps at least.
        seed: Of all that is random.
        data_dir: Folder of prepared TFDS data; None for the run's own, where the source is one.
    """

    data: str
    source: pathlib.Path | None = None
    target: str | None = None
    ratio: float | None = None
    sampling_strategy: str | None = None
    plan: bool = False
    epochs: int | None = None
    seed: int = 0
    data_dir: str | None = None


def run(settings: Settings, out: pathlib.Path) -> None:
    """Writes a file with the real training rows, synthetic ones after them, and `is_synthetic`; and a card beside it.

    Where images have a test part it is copied as it is: synthetic rows belong in training alone.

    Args:
        settings: The flags.
        out: The file, written beside and renamed.

    Raises:
        ValueError: For data that cannot be read, that differs from what the source draws, or a wrong ratio.
    """
    console = rich.console.Console()
    tf.get_logger().setLevel("ERROR")
    if settings.ratio is not None and not 0 <= settings.ratio < 1:
        raise ValueError(f"--ratio must lie in [0, 1): real rows stay. Received: {settings.ratio}.")
    data = _data_file(settings.data)(settings.data, settings.target, _data_dir(settings))
    data.check_out(out)
    _check_place(out, settings.data)
    made: Plan | None = None
    replaced = out.exists()
    with Progress(console) as progress:
        if settings.plan:
            made = _plan(data, settings, progress)
        labels = _added_labels(data, settings) if made is None else made.added_labels()
        source = _source(data, settings, progress) if len(labels) else None
        if source is None:
            fresh = data.x[:0]
        else:
            with progress.part(f"drawing {len(labels)} {data.noun}"):
                fresh = data.sample(source, labels, settings.seed)
        card = augmented_card(out, data, labels, source, made)
        _write(data, fresh, labels, card, out)
    if made is not None:
        console.print(summary(made), markup=False, highlight=False, soft_wrap=True)
    if data.left_out and len(labels):
        told = (
            f"Empty in synthetic rows, since the GAN has no such column: {', '.join(data.left_out)}"
        )
        console.print(told, markup=False, highlight=False, soft_wrap=True)
    told = f"Written: {out}: {len(data.y)} real and {len(labels)} synthetic {data.noun}"
    told += " (in the place of an earlier one)" if replaced else ""
    console.print(told, markup=False, highlight=False, soft_wrap=True)


def _check_place(out: pathlib.Path, data: str) -> None:
    """Before hours of training: whether a file can stand there, and whose file it would replace."""
    folder = next(parent for parent in out.resolve().parents if parent.exists())
    if out.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        found = "a folder" if out.is_dir() else f"{folder}, where no file may be made"
        raise ValueError(
            f"--out must be the name of a file in a folder that may be written to. Received: {out} ({found})."
        )
    if not out.exists():
        return
    if os.path.exists(data) and os.path.samefile(out, data):
        raise ValueError(
            f"--out must be another file: the real data are not written over. Received: {out}."
        )
    card = card_place(out, ".json")
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    if not json_with("file", "rows", "synthetic")(text) or json.loads(text)["file"] != out.name:
        raise ValueError(
            "--out names a file that is there already and was not written by `gankeras augment` (it has no card beside "
            f"it), so it is not written over. Choose another name, or move it away. Received: {out}."
        )


def _data_file(path: str) -> type[DataFile]:
    kinds = [domain.data_file for domain in DOMAINS.values() if domain.data_file is not None]
    found = next((kind for kind in kinds if kind.reads(path)), None)
    if found is None:
        raise ValueError(
            "Expected a folder of images by class, an .npz file, or a .csv, .csv.gz or .parquet file. "
            f"Received: {path!r}."
        )
    return found


def _data_dir(settings: Settings) -> str | None:
    if settings.data_dir is not None or settings.source is None:
        return settings.data_dir
    known = data_of(settings.source)
    return None if known is None else known.data_dir


def _source(data: DataFile, settings: Settings, progress: Progress) -> Any:
    """The synthesizer that was named, or one trained on the data."""
    if settings.source is not None:
        source = HeldSource(load_source(settings.source)).synthesizer
        data.check_source(source)
        return source
    return HeldSource(_trained(data, data.x, data.y, settings, progress, "training")).synthesizer


def _trained(
    data: DataFile, x: Any, y: np.ndarray, settings: Settings, progress: Progress, what: str
) -> Any:
    keras.utils.set_random_seed(settings.seed)
    gan, material = data.make_gan(x, y, settings.seed)
    epochs, steps = training_length(settings.epochs, len(y), gan.default_batch_size)
    bar = TrainingBar(progress, what, epochs * steps)
    gan.fit(material, epochs=epochs, steps_per_epoch=steps, verbose=0, callbacks=[bar])
    return gan


def training_length(epochs: int | None, rows: int, batch_size: int) -> tuple[int, int]:
    """Epochs, and steps of each: passes over the rows as asked for, or what is usual."""
    steps = max(1, rows // batch_size)
    return (EPOCHS, max(LEAST_STEPS, steps)) if epochs is None else (epochs, steps)


def _plan(data: DataFile, settings: Settings, progress: Progress) -> Plan:
    if settings.source is not None:
        raise ValueError(
            "--plan trains GANs of its own, on rows that do not judge them; leave the source out. "
            f"Received: {settings.source}."
        )
    splits = iter(range(1, 1000))

    def make(x: Any, y: np.ndarray) -> Any:
        return _trained(data, x, y, settings, progress, f"training for split {next(splits)}")

    tell = progress.all_of("planning")
    return plan(make, (data.x, data.y), data.make_classifier(), splits=PLAN_SPLITS, progress=tell)


def _added_labels(data: DataFile, settings: Settings) -> np.ndarray:
    y = data.y
    ratio = data.ratio if settings.ratio is None else settings.ratio
    strategy = settings.sampling_strategy or data.sampling_strategy or "none"
    if strategy == "none":
        added = round(len(y) * ratio / (1 - ratio))
        order = np.random.default_rng(settings.seed).permutation(y)
        return np.resize(order, added).astype(np.int32)
    counts = np.bincount(y, minlength=len(data.class_names))
    mix = plan_additions(counts, strategy, ratio)
    added = np.rint(len(y) * mix.ratio / (1 - mix.ratio) * mix.labels).astype(int)
    return np.repeat(np.arange(len(counts)), added).astype(np.int32)


def _write(
    data: DataFile, fresh: Any, labels: np.ndarray, card: dict[str, Any], out: pathlib.Path
) -> None:
    """All files beside their places first; the data takes its place last."""
    out.parent.mkdir(parents=True, exist_ok=True)
    cards = {".json": to_json(card), ".md": card_to_markdown(card)}
    places = {card_place(out, suffix): text for suffix, text in cards.items()}
    beside = {place: place.with_name(f".{place.name}.partial") for place in (*places, out)}
    try:
        data.write(fresh, labels, beside[out], out)
        for place, text in places.items():
            beside[place].write_text(text, encoding="utf-8")
        for place, partial in beside.items():
            os.replace(partial, place)
    finally:
        for partial in beside.values():
            partial.unlink(missing_ok=True)

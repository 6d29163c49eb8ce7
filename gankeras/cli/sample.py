"""`gankeras sample`: synthetic images as files."""

import pathlib
import re
from collections.abc import Sequence

import numpy as np
import rich.console
import rich.progress
import tensorflow as tf

from gankeras.cli.output_folder import Results, output_folder
from gankeras.cli.run_folder import load_source
from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.synthesizer import Synthesizer
from gankeras.images.png_files import write_pngs
from gankeras.serving.card import weight_digest
from gankeras.version import __version__

MARK = "SYNTHETIC.txt"
SAID = "images that a generator drew; none is an observation."
RESULTS = Results(
    MARK,
    lambda text: re.match(rf"\d+ {re.escape(SAID)}", text) is not None,
    (r"([^/]+/)?\d{6,}\.png",),
)
LONGEST_NAME = 200  # of a folder; file systems allow 255 bytes


def run(path: pathlib.Path, num: int, label: str | None, seed: int, out: pathlib.Path) -> None:
    """Draws `num` images and writes each as a PNG with its provenance, in a subfolder a class.

    Args:
        path: A run, a `.keras` file or a SavedModel.
        num: How many.
        label: A class, by name or id; None for the classes' training shares.
        seed: Of what is drawn.
        out: Folder, written beside and renamed when all is done.

    Raises:
        ValueError: For a path that holds no source, an unknown class, or images that PNG cannot hold.
    """
    console = rich.console.Console()
    tf.get_logger().setLevel("ERROR")
    source = load_source(path)
    digest = _digest(source)
    source = Synthesizer.from_gan(source) if isinstance(source, AdversarialModel) else source
    wanted = _labels(source, label, num, seed)
    with output_folder(out, RESULTS) as folder:
        x = source.sample(num, labels=wanted, seed=seed)
        x = x[..., None] if x.ndim == 3 else x
        classes = source.class_names or [str(c) for c in range(source.num_classes or 0)]
        folders = class_folders(classes)
        names, facts = [], []
        for row in range(num):
            about = {
                "Software": f"gankeras {__version__}",
                "Generator": digest,
                "Seed": seed,
                "Row": row,
            }
            where = ""
            if wanted is not None:
                about["Label"] = classes[wanted[row]]
                where = f"{folders[wanted[row]]}/"
            names.append(f"{where}{row:06d}")
            facts.append(about)
        files = write_pngs(x, folder, names, facts)
        for _ in rich.progress.track(files, "writing", total=num, console=console):
            pass
        (folder / MARK).write_text(
            f"{num} {SAID} Weights {digest}, seed {seed}.\n",
            encoding="utf-8",
        )
    console.print(f"Written: {out}", markup=False, highlight=False, soft_wrap=True)


def class_folders(names: Sequence[str]) -> list[str]:
    """A folder's name for each class: its own where that can be one, its number otherwise.

    Example:
        >>> class_folders(["cat", "cat/dog", "..", ""])
        ['cat', 'cat_dog', 'class_2', 'class_3']
    """
    plain = [name.replace("/", "_") for name in names]
    numbers = [f"class_{c}" for c in range(len(plain))]
    taken = {*numbers, *(name for name in plain if plain.count(name) > 1)}
    return [
        name if _is_folder_name(name) and name not in taken - {number} else number
        for name, number in zip(plain, numbers, strict=True)
    ]


def _is_folder_name(name: str) -> bool:
    """Whether all systems take it; one that begins with a point would be hidden, or lead out of the folder."""
    return (
        name[:1] not in ("", ".")
        and name == name.strip()
        and name.isprintable()
        and len(name.encode()) <= LONGEST_NAME
        and not set(name) & set('\\:*?"<>|')
    )


def _digest(source: object) -> str:
    if isinstance(source, AdversarialModel):
        return weight_digest(source.ema_generator.weights)
    return source.card["generator"]["weight_digest"]


def _labels(source: Synthesizer, label: str | None, num: int, seed: int) -> np.ndarray | None:
    if source.num_classes is None:
        if label is not None:
            raise ValueError(
                f"This source has no classes; leave --label out. Received: --label {label}."
            )
        return None
    names = list(source.class_names or [])
    if label is None:
        counts = source.class_counts
        shares = np.ones(source.num_classes) if counts is None else np.asarray(counts, np.float64)
        chosen = np.random.default_rng(seed).choice(
            source.num_classes, num, p=shares / shares.sum()
        )
        return np.sort(chosen).astype(np.int32)
    if label in names:
        return np.full(num, names.index(label), np.int32)
    if label.isascii() and label.isdigit() and int(label) < source.num_classes:
        return np.full(num, int(label), np.int32)
    raise ValueError(
        f"Expected a class by its name, one of {names}, or an id from 0 to {source.num_classes - 1}. "
        f"Received: --label {label}."
    )

"""What `gankeras train` leaves behind, and how the other commands read it."""

import dataclasses
import json
import os
import pathlib
import zipfile
from typing import Any

import keras

from gankeras.cli.output_folder import json_with
from gankeras.serving import load

MODEL = "model.keras"
SAVED_MODEL = "saved_model"
CONFIG = "config.json"
is_config = json_with("data", "recipe", "steps", "class_names", "gankeras")
SUFFIXES = (".npz", ".csv", ".csv.gz", ".parquet", ".keras")


@dataclasses.dataclass(frozen=True)
class RunData:
    """What a run was trained on, as it can be read from here.

    Args:
        data: A path, or a name in TensorFlow Datasets.
        data_dir: Folder of prepared TFDS data, or None.
    """

    data: str
    data_dir: str | None = None


def data_of(run: pathlib.Path) -> RunData | None:
    """The data of a run's configuration; None for a folder without one.

    They were named where `gankeras train` ran, which is the folder of `runs/`: what lies there comes first.

    Raises:
        ValueError: If `gankeras train` did not write the configuration.
    """
    file = run / CONFIG
    if not file.is_file():
        return None
    text = file.read_text(encoding="utf-8", errors="replace")
    if not is_config(text):
        raise ValueError(
            f"{CONFIG} in this folder was not written by `gankeras train`, or is damaged, so that the data behind it are "
            "not known. Name a run, or the real rows too. "
            f"Received: {os.fspath(file)!r} with {text[:80]!r}."
        )
    facts = json.loads(text)
    base = run.resolve().parent.parent

    def found(name: str) -> str:
        return str(base / name) if (base / name).exists() else name

    folder = facts.get("data_dir")
    return RunData(found(facts["data"]), None if folder is None else found(folder))


def load_source(path: str | os.PathLike) -> Any:
    """The GAN of a run, or the synthesizer of a SavedModel.

    Args:
        path: A folder that `gankeras train` wrote, a `.keras` file, or a SavedModel's folder.

    Raises:
        ValueError: If it is none of them, or the file is damaged.
    """
    path = pathlib.Path(path)
    file = path / MODEL if path.is_dir() else path
    if file.suffix == ".keras" and file.is_file():
        if not zipfile.is_zipfile(file):
            raise ValueError(
                "The file is damaged, or was not written by `model.save`; train again, or copy it again. "
                f"Received: {os.fspath(file)!r} of {file.stat().st_size:,} bytes."
            )
        return keras.models.load_model(file)
    if path.is_dir():
        return load(path)
    raise ValueError(
        "Expected the folder of a run (`gankeras train` writes runs/<name>), a .keras file, or a SavedModel's folder. "
        f"Received: {os.fspath(path)!r}, which is none of them."
    )


def source_name(path: pathlib.Path) -> str:
    """What to call a run, model or file of rows: a version and a model within a run have the name of what holds them.

    Example:
        >>> [source_name(pathlib.Path(path)) for path in ("runs/gan-0.5", "made.csv.gz", "a/b.npz")]
        ['gan-0.5', 'made', 'b']
    """
    path = path.resolve()
    if path.name.isdigit() and (path / "saved_model.pb").is_file():
        path = path.parent
    if path.name in (MODEL, SAVED_MODEL) and (path.parent / CONFIG).is_file():
        return path.parent.name
    suffix = max((s for s in SUFFIXES if path.name.endswith(s)), key=len, default="")
    return path.name if path.is_dir() else path.name.removesuffix(suffix) or path.name

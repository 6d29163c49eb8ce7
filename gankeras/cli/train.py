"""`gankeras train`: images in, a run folder out."""

import dataclasses
import json
import os
import pathlib
import re
import shutil

import keras
import numpy as np
import rich.console
import tensorflow as tf

from gankeras.cli.output_folder import Results, check_folder, output_folder
from gankeras.cli.progress import Progress, TrainingBar
from gankeras.cli.run_folder import CONFIG, MODEL, SAVED_MODEL, is_config
from gankeras.domain import DOMAINS
from gankeras.images.codec import ImageCodec
from gankeras.images.datasets import LabelledImages, load_images
from gankeras.images.render import image_grid
from gankeras.layers import AdaptiveAugmentation
from gankeras.serving import export
from gankeras.version import __version__

SHOWN_CLASSES = 20
MOST_EPOCHS = 20
HISTORY, SAMPLES = "history.csv", "samples.png"
CARDS = ("card.json", "card.md")
RESULTS = Results(
    CONFIG,
    is_config,
    (*map(re.escape, (*CARDS, HISTORY, MODEL, SAMPLES)), rf"{SAVED_MODEL}/\d+/.+"),
    "--name",
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the flags of `gankeras train` say."""

    data: str
    recipe: str = "dcgan"
    steps: int = 12_000
    batch_size: int = 64
    flip: bool = False
    data_dir: str | None = None
    download: bool = False
    seed: int = 0


def run(settings: Settings, out: pathlib.Path) -> pathlib.Path:
    """Trains a GAN and writes its run folder: configuration, history, samples, model, SavedModel with card.

    Args:
        settings: The flags.
        out: The run's folder, written beside and renamed when all is done.

    Returns:
        `out`.

    Raises:
        ValueError: For data that cannot be read, an unknown recipe, or a folder that is taken.
    """
    console = rich.console.Console()
    tf.get_logger().setLevel("ERROR")  # its hints are for developers
    recipes = DOMAINS["images"].recipes
    if settings.recipe not in recipes:
        raise ValueError(
            f"There is no recipe of that name. Expected one of {sorted(recipes)}. Received: {settings.recipe!r}."
        )
    _check_apart(settings.data, check_folder(out, RESULTS))
    # Before the run's folder is made, which may lie among what is read.
    with Progress(console) as progress, progress.part(f"reading {settings.data}"):
        images = load_images(settings.data, settings.data_dir, settings.download)
    with output_folder(out, RESULTS) as folder, Progress(console) as progress:
        keras.utils.set_random_seed(settings.seed)
        names = images.class_names
        codec = ImageCodec(images.shape, class_names=names, dtype=images.x_train.dtype.name)
        gan = recipes[settings.recipe](codec, seed=settings.seed)
        views = [AdaptiveAugmentation(["horizontal_flip", "translation"])]
        gan.compile(steps=settings.steps, **({"augment": views} if settings.flip else {}))
        _fit(gan, images, settings, folder, progress)
        with progress.part("drawing samples, exporting"):
            gan.save(folder / MODEL)
            _draw(gan, images, folder / SAMPLES, settings.seed)
            version = pathlib.Path(export(gan, folder / SAVED_MODEL, card={"name": out.name}))
            for card in CARDS:
                shutil.copy(version / card, folder / card)
            facts = {
                **dataclasses.asdict(settings),
                "class_names": names,
                "class_counts": gan.class_counts.tolist(),
                "gankeras": __version__,
            }
            (folder / CONFIG).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    console.print(f"Written: {out}", markup=False, highlight=False, soft_wrap=True)
    return out


def _check_apart(data: str, out: pathlib.Path) -> None:
    """Pictures of a run among the data would be one class more as soon as anybody reads these again."""
    folder = pathlib.Path(data).resolve()
    if folder.is_dir() and folder in out.parents:
        raise ValueError(
            "The run would be written into the folder of the data, where runs/ looks like a class. Run the command from "
            f"another folder, such as the one above: `cd ..; gankeras train {folder.name} ...`. Received: {data!r}, "
            f"and a run in {os.fspath(out)!r}."
        )


class LastStep(keras.callbacks.Callback):
    """Ends the training with this step, be it in the middle of the last epoch: epochs have one length.

    Args:
        steps: Steps of the whole training.
        rows: Images of a step.
    """

    def __init__(self, steps: int, rows: int):
        super().__init__()
        self._steps, self._rows, self._done = steps, rows, 0

    def on_train_begin(self, logs=None):
        # `fit` planned for whole epochs.
        self.model.plan(self._steps * self._rows)

    def on_train_batch_end(self, batch, logs=None):
        self._done += 1
        if self._done == self._steps:
            self.model.stop_training = True


def _fit(
    gan: keras.Model,
    images: LabelledImages,
    settings: Settings,
    folder: pathlib.Path,
    progress: Progress,
) -> None:
    steps = -(-settings.steps // MOST_EPOCHS)
    rows = min(settings.batch_size, len(images.x_train))
    gan.fit(
        images.x_train,
        images.y_train,
        batch_size=settings.batch_size,
        steps_per_epoch=steps,
        epochs=-(-settings.steps // steps),
        verbose=0,
        callbacks=[
            LastStep(settings.steps, rows),
            TrainingBar(progress, "training", settings.steps),
            keras.callbacks.CSVLogger(folder / HISTORY),
        ],
    )


def _draw(gan: keras.Model, images: LabelledImages, path: pathlib.Path, seed: int) -> None:
    names = images.class_names[:SHOWN_CLASSES]
    real = [
        np.resize(images.x_train[images.y_train == c], (4, *images.shape))
        for c in range(len(names))
    ]
    labels = np.repeat(np.arange(len(names)), 8)
    drawn = gan.sample(len(labels), labels=labels, seed=seed)
    groups = {"real": np.stack(real), "synthetic": drawn.reshape(-1, 8, *images.shape)}
    image_grid(groups, path, row_names=names)

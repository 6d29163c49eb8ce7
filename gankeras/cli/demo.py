"""`gankeras demo`: scarce images, a GAN for each seed, and what its samples bought."""

import dataclasses
import pathlib

import keras
import numpy as np
import rich.console
import tensorflow as tf

from gankeras.cli.output_folder import output_folder
from gankeras.cli.progress import Progress, TrainingBar
from gankeras.core.report import Report
from gankeras.evaluation.overlap import drop_overlap
from gankeras.evaluation.uplift import uplift
from gankeras.images.codec import ImageCodec
from gankeras.images.datasets import load_digits, load_tfds
from gankeras.images.dcgan import DCGAN
from gankeras.images.render import image_grid
from gankeras.reports import to_figure, to_markdown, to_text
from gankeras.serving import export, load

ARMS = ("real", "classical", "gan", "gan+classical")
NUM_SEEDS = 3


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the flags of `gankeras demo` say; `None` takes the dataset's own default."""

    dataset: str = "digits"
    per_class: int | None = None
    data_dir: pathlib.Path | None = None
    download: bool = False
    gan_steps: int | None = None
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long each part runs, chosen so that the whole stays a demo.

    Args:
        per_class: Real training images a class.
        gan_steps: Training steps of each GAN.
        classifier_steps: Training steps of each classifier.
        ratio: Share of synthetic images in the batches of the GAN arms.
        shift: Largest shift of the classical augmentation, as a share of the side.
        classifier_width: Channels of the classifier's first layer.
    """

    per_class: int
    gan_steps: int
    classifier_steps: int
    ratio: float
    shift: float
    classifier_width: int


DIGITS = Plan(5, 1000, 600, ratio=0.3, shift=1 / 16, classifier_width=16)
PHOTOS = Plan(50, 3000, 1000, ratio=0.3, shift=2 / 28, classifier_width=32)


def run(settings: Settings, out: pathlib.Path) -> Report:
    """Runs the demo and prints what it found.

    Args:
        settings: The flags.
        out: Folder of the results, written beside and renamed when all is done.

    Returns:
        The report that is printed.

    Raises:
        ValueError: If the dataset cannot be had, has too few images a class, or `out` is taken.
    """
    console = rich.console.Console()
    tf.get_logger().setLevel("ERROR")  # its hints are for developers
    with output_folder(out, mark="report.json") as folder, Progress(console) as progress:
        study = Study(settings, progress)
        report = study.measure()
        study.write(report, folder)
    console.print()
    text = to_text(report, width=min(100, console.width))
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print("Written:")
    for name in ("samples.png", "uplift.png", "report.md", "report.json", study.model_name):
        console.print(f"  {out / name}", highlight=False, soft_wrap=True)
    return report


class Study:
    """The demo's parts, in order: GANs and classifiers for each seed, then what is written."""

    def __init__(self, settings: Settings, progress: Progress):
        is_digits = settings.dataset == "digits"
        plan = DIGITS if is_digits else PHOTOS
        chosen = {"per_class": settings.per_class, "gan_steps": settings.gan_steps}
        self.plan = dataclasses.replace(plan, **{k: v for k, v in chosen.items() if v})
        self.seed = settings.seed
        self.progress = progress
        with progress.part(f"reading {settings.dataset}"):
            if is_digits:
                self.images = load_digits()
            else:
                self.images = load_tfds(settings.dataset, settings.data_dir, settings.download)
        self.images.draw(self.plan.per_class, self.seed)  # raises now rather than in a minute
        self.model_name = f"{settings.dataset}_dcgan"
        self.gans: dict[int, DCGAN] = {}

    def measure(self) -> Report:
        """Trains a GAN and four classifiers a seed, and compares them on real test images."""
        images = self.images
        pool = images.x_train, images.y_train
        with self.progress.part("leaving out test images that the training part holds"):
            test, _ = drop_overlap(pool, (images.x_test, images.y_test))
        return uplift(
            self.source,
            pool,
            test,
            self.build_classifier,
            steps=self.plan.classifier_steps,
            seeds=[self.seed + number for number in range(NUM_SEEDS)],
            augmentation=self.shifts(),
            arms=ARMS,
            ratio=self.plan.ratio,
            progress=self.progress.all_of("training classifiers"),
        )

    def source(self, seed: int) -> tuple[DCGAN, tuple[np.ndarray, np.ndarray]]:
        """Draws this seed's scarce images and trains a GAN on them."""
        x, y = self.images.draw(self.plan.per_class, seed)
        keras.utils.set_random_seed(
            seed
        )  # of the initial weights; the GAN's own seed is for the rest
        codec = ImageCodec(self.images.shape, class_names=self.images.class_names)
        gan = DCGAN(codec, seed=seed)
        steps = self.plan.gan_steps
        gan.compile(steps=steps)
        bar = TrainingBar(self.progress, f"training a GAN, seed {seed}", steps)
        gan.fit(x, y, min(64, len(x)), steps_per_epoch=steps, verbose=0, callbacks=[bar])
        self.gans[seed] = gan
        return gan, (x, y)

    def build_classifier(self) -> keras.Model:
        """A small convolutional classifier that takes raw images."""
        width = self.plan.classifier_width
        model = keras.Sequential(
            [
                keras.Input(self.images.shape),
                keras.layers.Rescaling(1 / 255),
                keras.layers.Conv2D(width, 3, padding="same", activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Conv2D(2 * width, 3, padding="same", activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Flatten(),
                keras.layers.Dense(4 * width, activation="relu"),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(len(self.images.class_names)),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss=loss, metrics=["accuracy"])
        return model

    def shifts(self) -> keras.Layer:
        """The classical augmentation: small shifts, which keep every label."""
        share = self.plan.shift
        return keras.layers.RandomTranslation(
            share, share, fill_mode="constant", seed=self.seed, dtype="float32"
        )

    def write(self, report: Report, folder: pathlib.Path) -> None:
        """Writes the pictures, the report and the SavedModel of the first seed's GAN."""
        with self.progress.part("drawing pictures, writing the report"):
            self.draw_samples(folder / "samples.png")
            to_figure(report, folder / "uplift.png")
            report.to_json(folder / "report.json")
            pictures = "\n![Accuracy of each arm](uplift.png)\n\n![Real and synthetic images](samples.png)\n"
            (folder / "report.md").write_text(to_markdown(report) + pictures, encoding="utf-8")
        with self.progress.part("exporting a SavedModel and loading it again"):
            self.export(report, folder / self.model_name)

    def draw_samples(self, path: pathlib.Path) -> None:
        """Real training images beside samples, a row a class."""
        x, y = self.images.draw(self.plan.per_class, self.seed)
        classes = range(len(self.images.class_names))
        real = np.stack([np.resize(x[y == c], (4, *self.images.shape)) for c in classes])
        labels = np.repeat(classes, 8)
        samples = self.gans[self.seed].sample(len(labels), labels=labels, seed=self.seed)
        groups = {"real": real, "synthetic": samples.reshape(-1, 8, *self.images.shape)}
        image_grid(groups, path, row_names=self.images.class_names)

    def export(self, report: Report, path: pathlib.Path) -> None:
        """Exports the first seed's GAN and shows that what comes back draws the same images.

        Raises:
            RuntimeError: If it does not.
        """
        gan = self.gans[self.seed]
        card = {
            "description": f"The demo's GAN: {self.images.name}, {self.plan.per_class} a class.",
            "figures": {
                f"{c.name} minus {c.reference}, {c.figure}": c.difference.mean
                for c in report.comparisons
            },
        }
        loaded = load(export(gan, path, card=card))
        same = {"num": 4, "labels": 0, "seed": self.seed}
        if not np.array_equal(loaded.sample(**same), gan.sample(**same)):
            raise RuntimeError(
                "The SavedModel draws other images than the GAN it was made from. Please report "
                f"this, with your versions of TensorFlow and Keras. Received: {path}."
            )

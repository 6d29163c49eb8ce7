"""`gankeras demo`: scarce images, a GAN for each seed, and what its samples bought."""

import dataclasses
import pathlib
import re

import keras
import numpy as np
import rich.console
import tensorflow as tf

from gankeras.cli.evaluate import with_rows
from gankeras.cli.loss_curve import LossCurve
from gankeras.cli.output_folder import Results, is_report, output_folder
from gankeras.cli.progress import Progress, TrainingBar
from gankeras.core.report import Report
from gankeras.evaluation.judge_rows import judge_rows
from gankeras.evaluation.memorisation import LEAST_ROWS
from gankeras.evaluation.overlap import drop_overlap
from gankeras.evaluation.uplift import uplift
from gankeras.images.codec import ImageCodec
from gankeras.images.compared_features import compared_features
from gankeras.images.datasets import load_digits, load_tfds
from gankeras.images.dcgan import DCGAN
from gankeras.images.pictures import pictures
from gankeras.images.render import image_grid
from gankeras.images.small_classifier import small_classifier, small_shifts
from gankeras.reports import to_figure, to_html, to_markdown, to_text
from gankeras.reports.history import history_section
from gankeras.serving import export, load
from gankeras.serving.card_section import card_section

ARMS = ("real", "classical", "gan", "gan+classical")
NUM_SEEDS = 3
NUM_JUDGED = 1000
FILES = ("report.html", "report.md", "report.json", "samples.png", "uplift.png")


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


RESULTS = Results("report.json", is_report, (*map(re.escape, FILES), r"[^/]+_dcgan/\d+/.+"))
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
    with output_folder(out, RESULTS) as folder, Progress(console) as progress:
        study = Study(settings, progress)
        report = study.measure()
        report = study.write(report, folder)
    console.print()
    text = to_text(report, width=min(100, console.width))
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print("Written:")
    for name in FILES:
        console.print(f"  {out / name}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"  {out / study.model_name}", markup=False, highlight=False, soft_wrap=True)
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
        self.curves: dict[int, LossCurve] = {}

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
        curve = LossCurve(max(1, steps // 50))
        gan.fit(x, y, min(64, len(x)), steps_per_epoch=steps, verbose=0, callbacks=[bar, curve])
        self.gans[seed] = gan
        self.curves[seed] = curve
        return gan, (x, y)

    def build_classifier(self) -> keras.Model:
        """A small convolutional classifier that takes raw images."""
        names = self.images.class_names
        return small_classifier(self.images.x_train, len(names), self.plan.classifier_width)()

    def shifts(self) -> keras.Layer:
        """The classical augmentation: small shifts, which keep every label."""
        return small_shifts(self.images.x_train, self.plan.shift, self.seed)

    def write(self, report: Report, folder: pathlib.Path) -> Report:
        """Writes the SavedModel of the first seed's GAN, the pictures, and the report with all that these show."""
        with self.progress.part("exporting a SavedModel and loading it again"):
            card = self.export(report, folder / self.model_name)
        with self.progress.part("comparing samples with real images"):
            report = self.with_samples(report, card)
        with self.progress.part("drawing pictures, writing the report"):
            self.draw_samples(folder / "samples.png")
            to_figure(report, folder / "uplift.png")
            report.to_json(folder / "report.json")
            to_html(report, folder / "report.html")
            grids = "\n![Accuracy of each arm](uplift.png)\n\n![Real and synthetic images](samples.png)\n"
            (folder / "report.md").write_text(to_markdown(report) + grids, encoding="utf-8")
        return report

    def with_samples(self, report: Report, card: dict) -> Report:
        """The report with what the samples of the first seed's GAN tell by themselves."""
        images, names = self.images, self.images.class_names
        train = images.draw(self.plan.per_class, self.seed)
        labels = (np.arange(NUM_JUDGED) % len(names)).astype(np.int32)
        curve = self.curves[self.seed]
        more = (history_section(curve.values, curve.steps, "step"), card_section(card))
        sections = tuple(section for section in more if section is not None)
        if len(train[0]) >= LEAST_ROWS:
            test, _ = drop_overlap(train, (images.x_test, images.y_test))
            made = self.gans[self.seed].sample(NUM_JUDGED, labels=labels, seed=self.seed)
            judged = judge_rows(
                train,
                test,
                (made, labels),
                compared_features(train[0]),
                class_names=names,
                show=pictures,
                seed=self.seed,
            )
            note = f"Samples, curves and card are those of the GAN of seed {self.seed}."
            return with_rows(report, judged, (*judged.sections, *sections), (note, *judged.notes))
        return dataclasses.replace(report, sections=sections)

    def draw_samples(self, path: pathlib.Path) -> None:
        """Real training images beside samples, a row a class."""
        x, y = self.images.draw(self.plan.per_class, self.seed)
        classes = range(len(self.images.class_names))
        real = np.stack([np.resize(x[y == c], (4, *self.images.shape)) for c in classes])
        labels = np.repeat(classes, 8)
        samples = self.gans[self.seed].sample(len(labels), labels=labels, seed=self.seed)
        groups = {"real": real, "synthetic": samples.reshape(-1, 8, *self.images.shape)}
        image_grid(groups, path, row_names=self.images.class_names)

    def export(self, report: Report, path: pathlib.Path) -> dict:
        """Exports the first seed's GAN and shows that what comes back draws the same images; returns its card.

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
        return loaded.card

"""`gankeras augment`: a training set with synthetic rows beside the real ones, as a file."""

import os
import pathlib

import numpy as np
import rich.console
import tensorflow as tf

from gankeras.augmentation.held_source import HeldSource
from gankeras.augmentation.policy import plan_additions
from gankeras.cli.run_folder import load_source
from gankeras.images.datasets import load_images


def run(
    data: str,
    path: pathlib.Path,
    ratio: float,
    sampling_strategy: str | None,
    seed: int,
    out: pathlib.Path,
) -> None:
    """Writes an `.npz` file with the real training rows, synthetic ones after them, and `is_synthetic`.

    The test part of the data is copied as it is: synthetic rows belong in training alone.

    Args:
        data: A folder of images, an `.npz` file, or `"digits"`.
        path: A run, a `.keras` file or a SavedModel.
        ratio: Synthetic share of the result; with a `sampling_strategy` the largest one.
        sampling_strategy: One of imbalanced-learn's words, or None to keep the class mix.
        seed: Of what is drawn.
        out: The file, written beside and renamed.

    Raises:
        ValueError: For data that cannot be read, that differs from what the source draws, or a wrong ratio.
    """
    console = rich.console.Console()
    tf.get_logger().setLevel("ERROR")
    if out.suffix != ".npz":
        raise ValueError(f"--out must name an .npz file. Received: {out}.")
    if not 0 <= ratio < 1:
        raise ValueError(f"--ratio must lie in [0, 1): real rows stay. Received: {ratio}.")
    images, source = load_images(data), HeldSource(load_source(path)).synthesizer
    spec = tf.TensorSpec(images.shape, images.x_train.dtype)
    if source.element_spec != spec or source.num_classes != len(images.class_names):
        raise ValueError(
            "The source must draw what the data holds; train it on these images. Received: a source of "
            f"{source.element_spec} in {source.num_classes} classes, data of {spec} in {len(images.class_names)}."
        )
    y = images.y_train
    labels = _added_labels(y, len(images.class_names), ratio, sampling_strategy, seed)
    with console.status(f"drawing {len(labels)} images"):
        fresh = source.sample(len(labels), labels=labels, seed=seed)
    arrays = {
        "x_train": np.concatenate([images.x_train, fresh]),
        "y_train": np.concatenate([y, labels]),
        "is_synthetic": np.arange(len(y) + len(labels)) >= len(y),
        "class_names": np.array(images.class_names),
    }
    if images.x_test is not None:
        arrays |= {"x_test": images.x_test, "y_test": images.y_test}
    _write(out, arrays)
    told = f"Written: {out}: {len(y)} real and {len(labels)} synthetic images"
    console.print(told, highlight=False, soft_wrap=True)


def _write(out: pathlib.Path, arrays: dict[str, np.ndarray]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.partial")
    try:
        with beside.open("wb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)


def _added_labels(
    y: np.ndarray, num_classes: int, ratio: float, strategy: str | None, seed: int
) -> np.ndarray:
    if strategy is None:
        added = round(len(y) * ratio / (1 - ratio))
        return np.resize(np.random.default_rng(seed).permutation(y), added).astype(np.int32)
    mix = plan_additions(np.bincount(y, minlength=num_classes), strategy, ratio)
    added = np.rint(len(y) * mix.ratio / (1 - mix.ratio) * mix.labels).astype(int)
    return np.repeat(np.arange(num_classes), added).astype(np.int32)

"""The arms of an uplift: what a classifier is trained on, batch by batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

import gankeras.random
from gankeras.augmentation.gan_augmentation import GANAugmentation
from gankeras.core.synthesizer import Synthesizer
from gankeras.core.training_data import without_autotune
from gankeras.evaluation.classical import apply_classical
from gankeras.evaluation.rows import Rows, is_frame


@dataclasses.dataclass(frozen=True)
class Arm:
    """One way to feed a classifier.

    Args:
        label: Name for people.
        role: `"comparison"` (has no GAN), `"judged"` or `"shown"`.
        mixes: Whether GAN samples replace a share of each batch.
        classical: Whether the user's `augmentation` is applied.
        oversamples: Whether real rows of smaller classes are repeated until all classes are as large.
        balances: Whether its purpose is class imbalance, so that balanced data leave it out.
    """

    label: str
    role: str
    mixes: bool = False
    classical: bool = False
    oversamples: bool = False
    balances: bool = False


ARMS = {
    "real": Arm("real", "comparison"),
    "classical": Arm("real + classical", "comparison", classical=True),
    "oversampling": Arm("real + oversampling", "comparison", oversamples=True, balances=True),
    "class_weights": Arm("real + class weights", "comparison", balances=True),
    "oversampling+classical": Arm(
        "oversampled + classical",
        "comparison",
        classical=True,
        oversamples=True,
        balances=True,
    ),
    "gan": Arm("real + GAN", "judged", mixes=True),
    "gan+classical": Arm("real + GAN + classical", "judged", mixes=True, classical=True),
    "gan+oversampling+classical": Arm(
        "oversampled + GAN + classical",
        "judged",
        mixes=True,
        classical=True,
        oversamples=True,
        balances=True,
    ),
    "gan_only": Arm("GAN alone", "shown"),
}


@dataclasses.dataclass(frozen=True)
class Feed:
    """How every arm is fed, whatever it is made of.

    Args:
        steps: Optimizer steps.
        batch_size: Rows a step.
        augmentation: The user's classical augmentation, or `None`.
        sampling_strategy: What `GANAugmentation` balances the classes to, or `None`.
    """

    steps: int
    batch_size: int
    augmentation: Callable | None = None
    sampling_strategy: Any = None


@dataclasses.dataclass(frozen=True)
class Draw:
    """What one seed works with: its real training rows and its source of synthetic ones."""

    seed: int
    rows: Rows
    synthesizer: Synthesizer


def batches(
    name: str, feed: Feed, rows: Rows, synthesizer: Synthesizer, ratio: Any, seed: int
) -> tf.data.Dataset:
    """Make the batches of one arm and seed: exactly `feed.steps` of them.

    Args:
        name: Name of the arm.
        feed: Steps, batch size and classical augmentation, the same for every arm.
        rows: The real training rows.
        synthesizer: Where synthetic rows come from; frozen.
        ratio: Synthetic share of each batch in the arms that mix, or a schedule of it.
        seed: Decides the order of the real rows and the synthetic ones.

    Returns:
        A dataset of `(x, y)`, or `(x, y, sample_weight)` for `class_weights`.
    """
    arm = ARMS[name]
    order = row_order(rows, feed, seed, balanced=arm.oversamples)
    dataset = tf.data.Dataset.from_tensor_slices(order)
    with tf.device("cpu"):  # where tf.data runs
        columns = tf.nest.map_structure(tf.constant, (_as_drawn(rows, synthesizer), rows.y))
    dataset = dataset.map(
        lambda indices: tf.nest.map_structure(lambda column: tf.gather(column, indices), columns)
    )
    if name == "gan_only":
        dataset = dataset.enumerate().map(_only_synthetic(synthesizer, feed.batch_size, seed))
    if arm.mixes:
        # Rows that are balanced already keep their mix.
        strategy = None if arm.oversamples else feed.sampling_strategy
        augment = GANAugmentation(synthesizer, ratio=ratio, sampling_strategy=strategy, seed=seed)
        if strategy is not None:
            augment.adapt(rows.y)
        if callable(ratio):
            dataset = dataset.apply(augment.apply_to)
        else:
            dataset = dataset.map(augment, num_parallel_calls=tf.data.AUTOTUNE)
    if arm.classical:
        # One after another: stateful layers repeat and reorder their noise in a parallel map.
        dataset = dataset.map(apply_classical(feed.augmentation))
    if name == "class_weights":
        weights = tf.constant(class_weights(rows), tf.float32)
        dataset = dataset.map(lambda x, y: (x, y, tf.gather(weights, y)))
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_optimization.map_parallelization = False
    return without_autotune(dataset.with_options(options).prefetch(2))


def class_weights(rows: Rows) -> np.ndarray:
    """Weights that make every class count the same, 1 on average over the rows."""
    return len(rows) / (rows.num_classes * rows.counts)


def row_order(rows: Rows, feed: Feed, seed: int, balanced: bool = False) -> np.ndarray:
    """Say which real rows each step sees: a pure function of seed and step.

    Args:
        rows: The real rows.
        feed: Steps and batch size.
        seed: Which order.
        balanced: Repeat the rows of smaller classes until all classes are as large.

    Returns:
        Row indices, int32 `(steps, batch_size)`: one shuffled pass over the rows after another.
    """
    needed = feed.steps * feed.batch_size
    passes, total = [], 0
    for one_pass in _passes(rows, seed, balanced):
        passes.append(one_pass)
        total += len(one_pass)
        if total >= needed:
            break
    order = np.concatenate(passes)[:needed].astype(np.int32)
    return order.reshape(feed.steps, feed.batch_size)


def _passes(rows: Rows, seed: int, balanced: bool) -> Iterator[np.ndarray]:
    number = 0
    while True:
        # Keyed by seed and number of the pass: no state runs from one pass to the next.
        rng = np.random.Generator(np.random.Philox(key=[seed, number]))
        indices = np.arange(len(rows))
        if balanced:
            largest = int(rows.counts.max())
            members = [np.flatnonzero(rows.y == label) for label in range(rows.num_classes)]
            # Shuffled first, so that the rows repeated once more differ from pass to pass.
            indices = np.concatenate([np.resize(rng.permutation(m), largest) for m in members])
        yield rng.permutation(indices)
        number += 1


def _only_synthetic(synthesizer: Synthesizer, batch_size: int, seed: int) -> Callable:
    def draw(step: tf.Tensor, batch: tuple[Any, tf.Tensor]) -> tuple[Any, tf.Tensor]:
        # The labels of the real batch: the class mix of the training data, step by step.
        labels = tf.ensure_shape(batch[1], (batch_size,))
        seeds = gankeras.random.row_seeds(seed, batch_size) + step * batch_size
        drawn, x = synthesizer.draw(seeds, labels), batch[0]
        # A table's source makes the target too, which is in the labels here.
        return {name: drawn[name] for name in x} if isinstance(x, dict) else drawn, labels

    return draw


def _as_drawn(rows: Rows, synthesizer: Synthesizer) -> Any:
    """The rows' arrays; a DataFrame's numbers in the dtypes that the source draws them in."""
    arrays = rows.arrays
    if not is_frame(rows.x):
        return arrays
    spec = synthesizer.element_spec
    return {
        name: column
        if spec[name].dtype == tf.string
        else column.astype(spec[name].dtype.as_numpy_dtype)
        for name, column in arrays.items()
    }

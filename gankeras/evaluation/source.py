"""Turns what the user gives as a source into a frozen synthesizer, one seed at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.codec import names_of
from gankeras.core.real_rows import check_looks
from gankeras.core.synthesizer import Synthesizer
from gankeras.evaluation.rows import Rows, is_frame
from gankeras.serving.load import load


def is_function(source: Any) -> bool:
    """Whether the source is made anew for each seed. A GAN is callable too, and is not."""
    return callable(source) and not isinstance(source, (keras.Layer, Synthesizer))


def synthesizer_of(source: Any) -> Synthesizer:
    """Make a frozen synthesizer of a GAN, a synthesizer or a path of a SavedModel.

    Raises:
        ValueError: If it is something else, untrained, knows no classes, or has two of one name.
    """
    if isinstance(source, AdversarialModel):
        source = Synthesizer.from_gan(source)
    elif isinstance(source, (str, os.PathLike)):
        source = load(source)
    if not isinstance(source, Synthesizer):
        raise ValueError(
            "`source` must be a GAN, a Synthesizer, the path of a SavedModel, or a function "
            "`seed -> GAN` (or `seed -> (GAN, (x_train, y_train))`). "
            f"Received: {type(source).__name__}"
        )
    if source.step == 0:
        raise ValueError(
            "The source is untrained: its samples are noise. Call `gan.fit(x, y)` first. "
            "Received: a GAN at step 0"
        )
    if source.num_classes is None:
        raise ValueError(
            "uplift needs a source that makes samples of a given class, since a classifier is "
            "trained on them. Make the codec with `num_classes=` and fit the GAN with labels. "
            "Received: a source without classes"
        )
    names_of(source.class_names)
    return source.freeze()


def call_source(source: Callable[[int], Any], seed: int) -> tuple[Any, Any]:
    """Call a source function: the source of this seed, and its training part or `None`.

    Raises:
        ValueError: If it returns a tuple of another length than two.
    """
    made = source(seed)
    if not isinstance(made, (tuple, list)):
        return made, None
    if len(made) != 2:
        raise ValueError(
            "A source function returns a GAN, or a pair `(GAN, (x_train, y_train))`. "
            f"Received: {len(made)} values for seed {seed}"
        )
    return made[0], made[1]


def fitted(synthesizer: Synthesizer, rows: Rows) -> Synthesizer:
    """Return the synthesizer, as it makes rows of the shape, dtype and classes of the real ones.

    Grey images may come without their channel, as codecs take them: then synthetic ones have none either.

    Raises:
        ValueError: Naming what differs.
    """
    if synthesizer.num_classes != rows.num_classes:
        raise ValueError(
            f"The source makes {synthesizer.num_classes} classes and `train` has "
            f"{rows.num_classes}. Train the GAN on the same classes as the classifier. "
            f"Received: labels up to {rows.y.max()}"
        )
    spec = synthesizer.element_spec
    if isinstance(rows.x, np.ndarray) and not isinstance(spec, dict):
        shape = tuple(spec.shape)
        if len(shape) == 3 and shape[-1] == 1 and rows.x.shape[1:] == shape[:-1]:
            synthesizer = _WithoutChannel(synthesizer)
    check_looks(
        synthesizer.element_spec, rows.arrays, "train", only_shared_columns=is_frame(rows.x)
    )
    return synthesizer


class _WithoutChannel(Synthesizer):
    """Grey images of another synthesizer, `(height, width)` each."""

    def __init__(self, source: Synthesizer):
        self._source = source
        spec = source.element_spec
        super().__init__(
            tf.TensorSpec(spec.shape[:-1], spec.dtype),
            source.num_classes,
            source.class_names,
            source.class_counts,
            source.step,
            source.card,
        )

    def freeze(self) -> Synthesizer:
        return _WithoutChannel(self._source.freeze())

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> Any:
        return tf.squeeze(self._source.draw(seeds, labels, conditions), -1)


def count_note(synthesizer: Synthesizer, rows: Rows) -> str | None:
    """Say so where the source saw another number of real rows than the classifiers do."""
    if synthesizer.class_counts is None:
        return None
    counts = np.asarray(synthesizer.class_counts)
    if np.array_equal(counts, rows.counts):
        return None
    return (
        f"The source was trained on {int(counts.sum())} real rows and the arms on {len(rows)} "
        "(or on another class mix): whatever it learned from other rows is not the GAN's merit."
    )

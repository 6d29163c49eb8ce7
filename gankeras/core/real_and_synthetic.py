"""Rows to compare at the end of an epoch: real ones, and as many samples under the same labels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.core.codec import check_labels
from gankeras.core.real_rows import check_comparable, check_finite, is_array
from gankeras.metrics.feature_metric import flat_features

LEAST_ROWS = 10


class RealAndSynthetic:
    """Features of fixed real rows, and of samples of a GAN with the same labels and the same seed each time.

    Args:
        x: Raw real rows: an array, or a dict of arrays.
        y: Their class ids, or None.
        features: Function of raw rows to features `(n, d)`; None takes the raw values.
        most: Real rows used at most, drawn evenly.

    Raises:
        ValueError: For fewer than 10 rows, another number of labels, or NaN.
    """

    def __init__(self, x: Any, y: Any, features: Callable | None, most: int):
        if features is None and (isinstance(x, dict) or hasattr(x, "columns")):
            raise ValueError(
                "Rows of columns need `features=`, a function that makes numbers of them, such as `features=gan.features`. "
                f"Received: rows of type {type(x).__name__}."
            )
        rows = len(tf.nest.flatten(x)[0])
        if rows < LEAST_ROWS or (y is not None and len(y) != rows):
            raise ValueError(
                f"`x` and `y` must be at least {LEAST_ROWS} real rows and as many class ids (or None). "
                f"Received: {rows} rows and {'no' if y is None else len(y)} labels."
            )
        chosen = np.sort(np.random.default_rng(0).permutation(rows)[:most])
        self._features = features
        self.y = None if y is None else np.asarray(y)[chosen]
        check_finite(x, "x")
        x = tf.nest.map_structure(lambda part: np.asarray(part)[chosen], x)
        # One is enough to know what they look like.
        self._first = tf.nest.map_structure(lambda part: part[:1], x)
        self.real = flat_features(x, features)

    def check(self, gan: Any) -> None:
        """Raise a `ValueError` unless rows and labels are such as the GAN draws; called before it is trained."""
        codec = gan.codec
        if self.y is not None and codec.num_classes is None:
            raise ValueError(
                "The GAN draws no classes: leave the `y` of the callback out. "
                f"Received: {len(self.y)} labels for a codec without classes."
            )
        if self.y is not None:
            check_labels(self.y, len(self.y), codec.num_classes)
        if is_array(self._first):
            check_comparable(codec.element_spec, codec.as_raw(self._first), "x")

    def synthetic(self, gan: Any) -> np.ndarray:
        """Features of as many samples of the averaged generator."""
        labels = None if self.y is None else self.y.astype(np.int32)
        return flat_features(gan.sample(len(self.real), labels, seed=0), self._features)


def is_due(epoch: int, every: int, epochs: int | None) -> bool:
    """Whether this epoch (counted from 0) is one of every `every`, or the last."""
    return (epoch + 1) % every == 0 or epoch + 1 == epochs


def checked_every(every: int) -> int:
    """`every` as an int.

    Raises:
        ValueError: If it is not a whole number of epochs.
    """
    if int(every) != every or every < 1:
        raise ValueError(
            f"`every` must be a whole number of epochs, at least 1. Received: every={every!r}."
        )
    return int(every)

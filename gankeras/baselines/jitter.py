"""Training rows with noise on them."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras import random
from gankeras.baselines.bootstrap import Bootstrap

NOISE = 3


class Jitter(Bootstrap):
    """Draws training rows with normal noise on each number; results stay within the range of the training rows.

    Args:
        x: Raw numeric training rows `(n, ...)`.
        y: Their class ids `(n,)`, or None.
        scale: Standard deviation of the noise, as a share of the standard deviation of all numbers of `x`.
        class_names: Names of the classes.

    Raises:
        ValueError: For rows that are not numbers, or a negative `scale`.

    Example:
        >>> x, y = gankeras.testing.toy_data(40)
        >>> gankeras.baselines.Jitter(x, y).sample(5, labels=2).shape
        (5, 2)
    """

    def __init__(self, x: Any, y: Any = None, scale: float = 0.1, class_names: Any = None):
        if isinstance(x, dict) or np.asarray(x).dtype.kind not in "fiu":
            raise ValueError(
                "`Jitter` adds noise to numbers: pass one numeric array; for a dict of columns use `Bootstrap`. "
                f"Received: {type(x).__name__ if isinstance(x, dict) else np.asarray(x).dtype}."
            )
        if not scale >= 0:
            raise ValueError(f"`scale` must be at least 0. Received: scale={scale!r}.")
        super().__init__(x, y, class_names)
        values = np.asarray(x, np.float64)
        self._deviation = float(scale * values.std())
        self._low, self._high = float(values.min()), float(values.max())

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> tf.Tensor:
        rows = super().draw(seeds, labels, conditions)
        noise = random.normal_rows(seeds, tuple(rows.shape[1:]), NOISE)
        noisy = tf.cast(rows, tf.float32) + self._deviation * noise
        noisy = tf.clip_by_value(noisy, self._low, self._high)
        return tf.cast(tf.round(noisy) if rows.dtype.is_integer else noisy, rows.dtype)

"""Sample weights of mixed batches: synthetic rows may count less than real ones, or less and less."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.augmentation.modes import Mixed
from gankeras.augmentation.schedules import at_step


def check_weight(weight: Any) -> None:
    """Checks a `synthetic_weight`.

    Raises:
        ValueError: Unless it is None, a number of at least 0, or a function of the step.
    """
    number = isinstance(weight, int | float | np.number) and not isinstance(weight, bool)
    if weight is None or callable(weight) or (number and 0 <= weight < np.inf):
        return
    raise ValueError(
        "`synthetic_weight` is the weight of a synthetic row where a real one has 1: a number of at least 0, or a "
        f"schedule such as `keras.optimizers.schedules.CosineDecay(1.0, steps)`. Received: {weight!r}."
    )


def weigh(
    mixed: Mixed, given: Any, weight: float | Callable | None, step: Any, classes: Any
) -> Any:
    """Sample weights of a mixed batch, or None where it has none.

    A synthetic row has the weight of the row whose place and class it took. Where a class mix gives it another class, it
    has the mean weight of that class's real rows in the batch, or of all rows of the batch where that has none of them.

    Args:
        mixed: The batch.
        given: Weights of the real rows `(batch, ...)`, or None.
        weight: Factor of the synthetic rows; a schedule is asked with `step`. None is a factor of 1.
        step: Batches that came before this one; None where nobody counts.
        classes: How many there are; None without.

    Raises:
        ValueError: For a schedule where nobody counts.
    """
    if given is None and weight is None:
        return None
    if given is None:
        given = tf.ensure_shape(
            tf.ones(tf.shape(mixed.synthetic), tf.float32), mixed.synthetic.shape
        )
    else:
        if weight is not None and not given.dtype.is_floating:
            given = tf.cast(given, tf.float32)
        given = _own_weights(mixed, given, classes)
    if weight is None:
        return given
    weight = tf.cast(at_step(weight, step, "synthetic_weight"), given.dtype)
    return given * tf.where(_beside(mixed.synthetic, given), weight, tf.ones((), given.dtype))


def _own_weights(mixed: Mixed, given: tf.Tensor, classes: Any) -> tf.Tensor:
    """Weights of the rows of the mixed batch, before any factor."""
    placed = given if mixed.origin is None else tf.gather(given, mixed.origin)
    if mixed.before is None:
        return placed
    # As float64, where the mean of equal weights is that weight.
    exact, labels = tf.cast(given, tf.float64), tf.cast(mixed.before, tf.int64)
    sums = tf.math.unsorted_segment_sum(exact, labels, classes)
    counts = tf.math.unsorted_segment_sum(tf.ones_like(exact), labels, classes)
    means = tf.where(counts > 0, sums / tf.maximum(counts, 1), tf.reduce_mean(exact, 0))
    fresh = tf.gather(means, tf.cast(mixed.y, tf.int64))
    if not given.dtype.is_floating:
        fresh = tf.round(fresh)
    return tf.where(_beside(mixed.synthetic, given), tf.cast(fresh, given.dtype), placed)


def _beside(synthetic: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """Which rows are synthetic, in a shape that goes with the weights `(batch, ...)`."""
    return tf.reshape(synthetic, [-1] + [1] * (given.shape.rank - 1))

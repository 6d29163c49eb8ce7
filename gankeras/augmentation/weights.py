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


def weigh(mixed: Mixed, given: Any, weight: float | Callable | None, step: Any) -> Any:
    """Sample weights of a mixed batch, or None where it has none.

    Args:
        mixed: The batch.
        given: Weights of the real rows `(batch, ...)`, or None.
        weight: Factor of the synthetic rows; a schedule is asked with `step`. None leaves them their
            origin's weight.
        step: Batches that came before this one; None where nobody counts.

    Raises:
        ValueError: For a schedule where nobody counts.
    """
    if given is not None and mixed.origin is not None:
        given = tf.gather(given, mixed.origin)
    if weight is None:
        return given
    weight = at_step(weight, step, "synthetic_weight")
    if given is None:
        given = tf.ones(tf.shape(mixed.synthetic), tf.float32)
        given = tf.ensure_shape(given, mixed.synthetic.shape)
    given = given if given.dtype.is_floating else tf.cast(given, tf.float32)
    factor = tf.where(mixed.synthetic, tf.cast(weight, given.dtype), tf.ones((), given.dtype))
    return given * tf.reshape(factor, [-1] + [1] * (given.shape.rank - 1))

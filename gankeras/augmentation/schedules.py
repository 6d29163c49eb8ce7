"""Arguments that may change in the course of a run: a number, or a function of the batch's number."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf


def at_step(value: Any, step: Any, name: str) -> Any:
    """The value for a batch.

    Args:
        value: A number, or a schedule such as Keras' for learning rates.
        step: Batches that came before this one; None where nobody counts.
        name: Of the argument.

    Raises:
        ValueError: For a schedule where nobody counts, or one that cannot be computed in the graph.
    """
    if not callable(value):
        return value
    if step is None:
        raise ValueError(
            f"A schedule as `{name}` needs to know the batch's number, which `dataset.map(augment)` cannot: "
            "use `dataset.repeat().apply(augment.apply_to)`. Received: a batch by itself."
        )
    try:
        return tf.convert_to_tensor(value(step))
    except (TypeError, ValueError, NotImplementedError) as error:
        # Python's `if`, `max` and `math` need a number, and the pipeline's step is a tensor.
        raise ValueError(
            f"A schedule as `{name}` is computed by TensorFlow from the batch's number, an int64 tensor: use Keras' schedules, "
            "or `tf.where`, `tf.maximum` and the like on `tf.cast(step, tf.float32)` in place of Python's `if` and `max`. "
            f"Received: {value!r}, which fails with {type(error).__name__}: {str(error).splitlines()[0]}"
        ) from error


def config_of(value: Any) -> Any:
    """The argument as JSON."""
    if callable(value):
        return keras.saving.serialize_keras_object(value)
    return value.item() if isinstance(value, np.generic) else value


def from_config(config: Any) -> Any:
    """The inverse of `config_of`."""
    return keras.saving.deserialize_keras_object(config) if isinstance(config, dict) else config

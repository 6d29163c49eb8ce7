"""Arguments that may change in the course of a run: a number, or a function of the batch's number."""

from typing import Any

import keras
import numpy as np


def at_step(value: Any, step: Any, name: str) -> Any:
    """The value for a batch.

    Args:
        value: A number, or a schedule such as Keras' for learning rates.
        step: Batches that came before this one; None where nobody counts.
        name: Of the argument.

    Raises:
        ValueError: For a schedule where nobody counts.
    """
    if not callable(value):
        return value
    if step is None:
        raise ValueError(
            f"A schedule as `{name}` needs to know the batch's number, which `dataset.map(augment)` cannot: "
            "use `dataset.repeat().apply(augment.apply_to)`. Received: a batch by itself."
        )
    return value(step)


def config_of(value: Any) -> Any:
    """The argument as JSON."""
    if callable(value):
        return keras.saving.serialize_keras_object(value)
    return value.item() if isinstance(value, np.generic) else value


def from_config(config: Any) -> Any:
    """The inverse of `config_of`."""
    return keras.saving.deserialize_keras_object(config) if isinstance(config, dict) else config

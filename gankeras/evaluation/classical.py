"""The user's own augmentation, called as it wants and with seeds of its own."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.evaluation.foreign_errors import in_short


def apply_classical(augmentation: Callable) -> Callable[[Any, tf.Tensor], tuple[Any, tf.Tensor]]:
    """Make a function of a batch `(x, y)` from a layer, or from a function of `x` or of `(x, y)`.

    Args:
        augmentation: A Keras layer (called on `x` in training mode), a function `x -> x`, or a
            function `(x, y) -> (x, y)`.

    Returns:
        A function `(x, y) -> (x, y)`.
    """
    if isinstance(augmentation, keras.Layer):
        return lambda x, y: (augmentation(x, training=True), y)
    if _num_inputs(augmentation) == 1:
        return lambda x, y: (augmentation(x), y)
    return lambda x, y: tuple(augmentation(x, y))


def _num_inputs(function: Callable) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in parameters if p.kind in positional and p.default is p.empty]
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return 2 if takes_any else max(1, len(needed))


@contextlib.contextmanager
def reseeded(augmentation: Callable | None, seed: int) -> Iterator[None]:
    """Set the seed generators of a layer by `seed`, and give them their old states back after.

    Without it a layer would go on where the arm before left off, and a second call of the same
    evaluation would find other figures.
    """
    variables = augmentation.variables if isinstance(augmentation, keras.Layer) else []
    states = [v for v in variables if v.path.endswith("seed_generator_state")]
    before = [keras.ops.convert_to_numpy(state) for state in states]
    for index, state in enumerate(states):
        word = np.random.SeedSequence([seed, index]).generate_state(1)[0]
        state.assign(np.array([word, 0], np.uint32))
    try:
        yield
    finally:
        for state, value in zip(states, before, strict=True):
            state.assign(value)


def check_classical(augmentation: Callable, x: Any, y: np.ndarray) -> None:
    """Try the augmentation on a few rows.

    Args:
        augmentation: What the user gave.
        x: Raw rows.
        y: Their class ids.

    Raises:
        ValueError: If it fails, or returns another number of rows or something else than rows.
    """
    expected = (
        "`augmentation` must be a Keras layer or a function of `x`, or a function of `(x, y)` "
        "that returns both; it is called on batches and keeps the number of rows. "
    )
    if not callable(augmentation):
        raise ValueError(f"{expected}Received: {augmentation!r}")
    batch = tf.nest.map_structure(tf.constant, (x, y))
    try:
        found = apply_classical(augmentation)(*batch)
    except Exception as error:
        raise ValueError(
            f"{expected}Try it on one batch of the training data. Received: {in_short(error)}"
        ) from error
    sizes = [leaf.shape[0] if leaf.shape.rank else None for leaf in _tensors(found)]
    if len(found) != 2 or any(size != len(y) for size in sizes):
        raise ValueError(f"{expected}Received: {sizes} rows for {len(y)}")


def _tensors(structure: Any) -> list[tf.Tensor]:
    return [tf.convert_to_tensor(leaf) for leaf in tf.nest.flatten(structure)]

"""Parts of the game that remember what the discriminator said of earlier batches."""

import copy
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf


class Verdicts(NamedTuple):
    """What the discriminator said of one batch, over all replicas.

    Args:
        real_logits: Mean logit of the real samples.
        fake_logits: Mean logit of the fake ones.
        real_signs: Mean sign of the real samples' logits, or of real less fake under a relativistic loss: 1 where the
            discriminator is sure of all it was trained on, 0 where it guesses.
        rows: Real samples in the batch.
    """

    real_logits: tf.Tensor
    fake_logits: tf.Tensor
    real_signs: tf.Tensor
    rows: tf.Tensor


class Observer:
    """Base of regularizers and augmentations; one with a state defines `initial_state` and `observe`.

    The GAN keeps the state: it is saved with the model, equal on all replicas, and part of an exact resume.
    """

    logged: tuple[str, ...] = ()
    """Names in the state that training logs, as `<registered name>_<name>`."""

    state: dict[str, Any]
    """Float32 variables by name, once a GAN was compiled with this part."""

    def initial_state(self) -> dict[str, float]:
        """Names and first values of what is remembered; nothing by default."""
        return {}

    def plan(self, images: int) -> dict[str, float]:
        """What changes in the state when `fit` knows that it will show `images` real samples; nothing by default."""
        return {}

    def observe(self, state: dict[str, tf.Tensor], seen: Verdicts) -> dict[str, tf.Tensor]:
        """The state after a turn of the discriminator."""
        raise NotImplementedError(
            f"{type(self).__name__} has a state, so it must define `observe`."
        )

    def recall(self, name: str) -> tf.Tensor:
        """A value of the state; the first one where no GAN was compiled with this part."""
        state = getattr(self, "state", None)
        if state is None:
            return tf.constant(self.initial_state()[name], tf.float32)
        return tf.convert_to_tensor(state[name].value)


def own(part: Any) -> Any:
    """A part for one game alone: a copy where it has a state, which two games must not share."""
    return copy.copy(part) if part.initial_state() else part


class Observers:
    """The observers of one game, and their states.

    Not tracked by Keras, which could not let go of a variable when the GAN is compiled anew: `store` and `load` save.

    Args:
        parts: Regularizers and augmentations, in the order of the game.
    """

    def __init__(self, parts: list[Observer]):
        self._parts: dict[str, Observer] = {}
        for index, part in enumerate(parts):
            if not (initial := part.initial_state()):
                continue
            part.state = {
                key: keras.Variable(
                    value, dtype="float32", trainable=False, aggregation="only_first_replica"
                )
                for key, value in initial.items()
            }
            name = part.registered_as
            self._parts[name if name not in self._parts else f"{name}_{index}"] = part

    @property
    def variables(self) -> dict[str, keras.Variable]:
        """All states by `<name of the part>_<name of the value>`."""
        return {
            f"{name}_{key}": variable
            for name, part in self._parts.items()
            for key, variable in part.state.items()
        }

    @property
    def logged(self) -> dict[str, tf.Tensor]:
        """The values that training logs."""
        return {
            f"{name}_{key}": part.recall(key)
            for name, part in self._parts.items()
            for key in part.logged
        }

    def plan(self, images: int) -> None:
        """Tells every part how long the coming run is."""
        for part in self._parts.values():
            for key, value in part.plan(images).items():
                part.state[key].assign(value)

    def observe(self, logs: dict[str, tf.Tensor], rows: tf.Tensor) -> None:
        """Updates every state by this replica's `logs`, and those of the others."""
        if not self._parts:
            return
        names = ("real_logits", "fake_logits", "real_signs")
        means = tf.stack([tf.cast(logs[name], tf.float32) for name in names])
        context = tf.distribute.get_replica_context()
        if context.num_replicas_in_sync > 1:
            means = context.all_reduce(tf.distribute.ReduceOp.MEAN, means)
            rows = rows * context.num_replicas_in_sync
        finite = tf.reduce_all(tf.math.is_finite(means))
        seen = Verdicts(means[0], means[1], means[2], tf.cast(rows, tf.float32))
        for part in self._parts.values():
            before = {key: tf.convert_to_tensor(v.value) for key, v in part.state.items()}
            for key, value in part.observe(before, seen).items():
                # A batch whose update is skipped leaves no memory either.
                part.state[key].assign(tf.where(finite, value, before[key]))

    def store(self, store: Any) -> None:
        """Writes the states into what Keras saves of a model."""
        for name, variable in self.variables.items():
            store[f"state_{name}"] = keras.ops.convert_to_numpy(variable)

    def load(self, values: dict[str, np.ndarray]) -> None:
        """Takes the states out of `values`; those of parts that this game lacks are dropped."""
        variables = self.variables
        for key in [key for key in values if key.startswith("state_")]:
            value = values.pop(key)
            if (name := key.removeprefix("state_")) in variables:
                variables[name].assign(value)

"""How the game calls a network: dicts by name, and only the keys that the network declares."""

from typing import Any

import keras
import tensorflow as tf


def declared_inputs(network: keras.Model) -> dict[str, Any]:
    """The symbolic inputs of a network by name."""
    return network.input


def call(network: keras.Model, inputs: dict[str, Any], training: bool) -> dict[str, Any]:
    """Calls `network` with the keys it declares; `training` is always said, or BatchNorm would silently not train."""
    outputs = network({name: inputs[name] for name in declared_inputs(network)}, training=training)
    if (
        "samples" in outputs
    ):  # what leaves a generator is float32, in whatever precision it was computed
        outputs = {**outputs, "samples": tf.nest.map_structure(_as_float32, outputs["samples"])}
    return outputs


def _as_float32(tensor: tf.Tensor) -> tf.Tensor:
    return tf.cast(tensor, tf.float32) if tensor.dtype.is_floating else tensor


def check_network(network: Any, role: str, needs: str, gives: str) -> None:
    """Checks that a network speaks the game's dicts.

    Raises:
        TypeError: If it is not a built functional `keras.Model`.
        ValueError: If it lacks the input `needs` or the output `gives`.
    """
    if (
        not isinstance(network, keras.Model)
        or not hasattr(network, "input")
        or not isinstance(network.input, dict)
    ):
        raise TypeError(
            f"The {role} must be a functional `keras.Model` with a dict of inputs and of outputs: "
            f"`keras.Model({{{needs!r}: tensor}}, {{{gives!r}: tensor}})`. Received: {network!r}."
        )
    outputs = network.output
    if needs not in network.input or not isinstance(outputs, dict) or gives not in outputs:
        found = sorted(outputs) if isinstance(outputs, dict) else type(outputs).__name__
        raise ValueError(
            f"The {role} must declare the input {needs!r} and the output {gives!r}. "
            f"Received: inputs {sorted(network.input)}, outputs {found}."
        )

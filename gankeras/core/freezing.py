"""A constant copy of a graph function: no variables, so it travels with a pipeline, its checkpoints and its workers."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

# A private path (TensorFlow has no public one); tests/core/test_synthesizer.py fails first if it moves.
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def freeze(function: Callable, signature: list[tf.TensorSpec]) -> Callable:
    """`function` with every variable it reads replaced by its present value.

    Args:
        function: Takes tensors as `signature` says and returns a nested structure of tensors.
        signature: The specs of its arguments.

    Returns:
        A callable with the same arguments and the same structure of results.
    """
    concrete = tf.function(
        function, input_signature=signature, autograph=False
    ).get_concrete_function()
    structure = concrete.structured_outputs
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)

    def call(*arguments: tf.Tensor) -> Any:
        outputs = frozen(*arguments)
        outputs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
        return tf.nest.pack_sequence_as(structure, outputs)

    return call

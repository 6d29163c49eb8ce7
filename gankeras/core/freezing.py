"""A constant copy of a graph function: no variables, so it travels with a pipeline, its checkpoints and its workers."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

# A private path (TensorFlow has no public one); tests/core/test_synthesizer.py fails first if it moves.
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def freeze(function: Callable, signature: list[tf.TensorSpec]) -> Callable:
    """`function` with every variable it reads replaced by its present value, and without its assertions.

    tf.data counts a call of a graph with an assertion in it as state, and then refuses to checkpoint the iterator.
    Whoever freezes a source to map with it gives it labels of its own.

    Args:
        function: Takes tensors as `signature` says and returns a nested structure of tensors.
        signature: The specs of its arguments.

    Returns:
        A callable with the same arguments and the same structure of results.
    """
    concrete = tf.function(
        function, input_signature=signature, autograph=False
    ).get_concrete_function()
    constant = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    graph = _without_assertions(constant.graph.as_graph_def())
    whole = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=""), [])
    inputs, outputs = (
        [whole.graph.get_tensor_by_name(tensor.name) for tensor in tensors]
        for tensors in (constant.inputs, constant.outputs)
    )
    pruned = whole.prune(inputs, outputs)

    def call(*arguments: tf.Tensor) -> Any:
        return tf.nest.pack_sequence_as(concrete.structured_outputs, pruned(*arguments))

    return call


def _without_assertions(graph: Any) -> Any:
    dropped = {node.name for node in graph.node if node.op == "Assert"}
    kept = tf.compat.v1.GraphDef(versions=graph.versions, library=graph.library)
    for node in graph.node:
        if node.name not in dropped:
            copy = kept.node.add()
            copy.CopyFrom(node)
            inputs = [name for name in node.input if name.removeprefix("^") not in dropped]
            copy.ClearField("input")
            copy.input.extend(inputs)
    return kept

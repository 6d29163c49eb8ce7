"""A loaded model's graph without the assertions of its signatures, for freezing."""

from typing import Any

import tensorflow as tf

# A private path (TensorFlow has no public one); tests/serving/test_load.py fails first if it moves.
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from gankeras.core.synthesizer import Synthesizer


class UncheckedSynthesizer(Synthesizer):
    """Draws as `source` does, and no longer looks at the labels it is given.

    tf.data counts a call of a graph with an assertion in it as state, and then refuses to
    checkpoint the iterator. Whoever freezes a source to map with it gives it labels of its own.

    Args:
        source: A synthesizer whose `draw` takes seeds and, if it has classes, labels.
    """

    def __init__(self, source: Synthesizer):
        super().__init__(
            source.element_spec,
            source.num_classes,
            source.class_names,
            source.class_counts,
            source.step,
            source.card,
        )
        signature = [tf.TensorSpec((None,), tf.int64)]
        if source.num_classes is not None:
            signature.append(tf.TensorSpec((None,), tf.int32))
        traced = tf.function(source.draw, input_signature=signature, autograph=False)
        concrete = traced.get_concrete_function()
        constant = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
        self._structure = concrete.structured_outputs
        self._inputs = [tensor.name for tensor in constant.inputs]
        self._outputs = [tensor.name for tensor in constant.outputs]
        self._graph = _without_assertions(constant.graph.as_graph_def())

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> Any:
        given = [seeds] if labels is None else [seeds, labels]
        outputs = tf.graph_util.import_graph_def(
            self._graph,
            input_map=dict(zip(self._inputs, given, strict=True)),
            return_elements=self._outputs,
            name="loaded",
        )
        return tf.nest.pack_sequence_as(self._structure, outputs)


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

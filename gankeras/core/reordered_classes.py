"""A synthesizer whose classes are numbered in another order."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.core.synthesizer import Synthesizer


class ReorderedClasses(Synthesizer):
    """Draws what another synthesizer draws, with class ids that stand for these names.

    Args:
        source: A synthesizer with the names of its classes.
        class_names: The same names in the order that is wanted.
    """

    def __init__(self, source: Synthesizer, class_names: tuple[str, ...]):
        theirs = list(source.class_names)
        self._ids = np.array([theirs.index(name) for name in class_names], np.int32)
        self._source = source
        counts = source.class_counts
        super().__init__(
            source.element_spec,
            source.num_classes,
            tuple(class_names),
            None if counts is None else np.asarray(counts)[self._ids],
            source.step,
            source.card,
        )

    def freeze(self) -> "ReorderedClasses":
        return ReorderedClasses(self._source.freeze(), self.class_names)

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> Any:
        labels = self.draw_labels(seeds) if labels is None else labels
        return self._source.draw(seeds, tf.gather(tf.constant(self._ids), labels), conditions)

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk


class Marked(gk.Synthesizer):
    """Rows that cannot be mistaken: (-1 - label, a number from the row's seed)."""

    def __init__(self, num_classes=4, class_counts=None, class_names=None, step=1):
        super().__init__(
            tf.TensorSpec((2,), tf.float32), num_classes, class_names, class_counts, step
        )

    def draw(self, seeds, labels=None, conditions=None):
        labels = tf.zeros_like(seeds, tf.int32) if labels is None else labels
        return tf.stack([-1.0 - tf.cast(labels, tf.float32), gk.random.uniform_rows(seeds)], -1)


class Table(gk.Synthesizer):
    """Rows of a table with a number and a text column."""

    def __init__(self):
        spec = {"age": tf.TensorSpec((), tf.int64), "job": tf.TensorSpec((), tf.string)}
        super().__init__(spec, 2, class_counts=np.array([30, 10]))

    def draw(self, seeds, labels=None, conditions=None):
        return {"age": -1 - tf.cast(labels, tf.int64), "job": tf.fill(tf.shape(seeds), "synthetic")}


@pytest.fixture(scope="session")
def marked():
    return Marked


@pytest.fixture(scope="session")
def table():
    return Table


@pytest.fixture(scope="session")
def trained_gan():
    return gk.testing.toy_gan(trained_steps=2)

"""A toy problem whose truth is known: four noisy corners, and sources that know them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk

NOISE = 1.0


class Corners(gk.Synthesizer):
    """Draws from the true distribution; `turned` classes further on it is wrong about labels."""

    def __init__(self, turned: int = 0, **fields):
        super().__init__(tf.TensorSpec((2,), tf.float32), num_classes=4, **fields)
        self.turned = turned

    def draw(self, seeds, labels=None, conditions=None):
        angle = 2 * np.pi * tf.cast(labels + self.turned, tf.float32) / 4
        corner = 2 * tf.stack([tf.cos(angle), tf.sin(angle)], -1)
        return corner + NOISE * gk.random.normal_rows(seeds, (2,))


def corner_rows(y, seed):
    angle = 2 * np.pi * np.asarray(y) / 4
    noise = np.random.default_rng(seed).normal(0, NOISE, (len(y), 2))
    x = 2 * np.stack([np.cos(angle), np.sin(angle)], -1) + noise
    return x.astype("float32"), np.asarray(y, "int32")


@pytest.fixture(scope="session")
def corners():
    return Corners


@pytest.fixture(scope="session")
def rows_like():
    return corner_rows


@pytest.fixture(scope="session")
def scarce():
    """Two rows a class."""
    return corner_rows(np.arange(8) % 4, seed=0)


@pytest.fixture(scope="session")
def test_part():
    return corner_rows(np.arange(1000) % 4, seed=1)


@pytest.fixture(scope="session")
def build():
    def build_classifier():
        hidden = keras.layers.Dense(32, "relu")
        model = keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(4)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.2), loss)  # traces faster than Adam
        return model

    return build_classifier

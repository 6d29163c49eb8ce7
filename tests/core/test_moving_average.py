import keras
import numpy as np
import tensorflow as tf

from gankeras.core import moving_average


def dense(value):
    inputs = keras.Input((1,))
    layer = keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(value))
    return keras.Model(inputs, layer(inputs))


def test_decay_halves_after_the_half_life():
    # Far into a run, batches of 100 with a half-life of 400 images keep 0.5 ** (1 / 4) each.
    keep = moving_average.decay(tf.constant(1_000_000), 100, 400.0)
    np.testing.assert_allclose(keep, 0.5**0.25, rtol=1e-6)


def test_decay_is_short_at_the_start():
    assert float(moving_average.decay(tf.constant(0), 64, 1e6)) == 0.0
    # After 10 steps of 64, a twentieth of 640 images is 32: 0.5 ** (64 / 32).
    np.testing.assert_allclose(moving_average.decay(tf.constant(10), 64, 1e6), 0.25, rtol=1e-6)


def test_no_half_life_copies():
    assert float(moving_average.decay(tf.constant(10**6), 64, 0.0)) == 0.0


def test_update_moves_by_the_share_that_is_not_kept():
    average, network = dense(1.0), dense(2.0)
    moving_average.update(average, network, tf.constant(0.75))
    np.testing.assert_allclose(average.weights[0], [[1.25]])


def test_a_copy_is_frozen_and_apart():
    network = dense(3.0)
    copy = moving_average.copy_network(network)
    network.weights[0].assign([[9.0]])
    assert float(copy.weights[0][0, 0]) == 3.0
    assert not copy.trainable_weights

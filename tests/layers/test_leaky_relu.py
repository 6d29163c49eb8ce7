import keras
import numpy as np
import tensorflow as tf

from gankeras.layers import LeakyReLU

X = tf.constant([-3.0, -1e-30, 0.0, 2.0])


def test_equals_keras_own():
    found = []
    for layer in (LeakyReLU(0.2), keras.layers.LeakyReLU(0.2)):
        with tf.GradientTape() as tape:
            tape.watch(X)
            out = layer(X)
        found.append((out, tape.gradient(out, X)))
    np.testing.assert_array_equal(*[out for out, _ in found])
    np.testing.assert_array_equal(*[gradient for _, gradient in found])


def test_has_no_second_derivative():
    with tf.GradientTape() as outer:
        outer.watch(X)
        with tf.GradientTape() as inner:
            inner.watch(X)
            out = LeakyReLU(0.2)(X)
        slope = inner.gradient(out, X)
    assert outer.gradient(slope, X) is None


def test_keeps_half_precision():
    layer = LeakyReLU(0.5, dtype="mixed_bfloat16")
    assert layer(X).dtype == tf.bfloat16


def test_survives_a_model_file(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, LeakyReLU(0.1)(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.layers[-1].negative_slope == np.float32(0.1)
    np.testing.assert_array_equal(
        again(tf.constant([[-1.0, 0.0, 1.0]])), [[np.float32(-0.1), 0, 1]]
    )

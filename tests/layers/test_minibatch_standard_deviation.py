import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk


def test_by_hand():
    layer = gk.layers.MinibatchStandardDeviation(group_size=2)
    x = np.array([[0.0, 0.0], [2.0, 6.0], [5.0, 5.0], [5.0, 5.0]], "float32")
    # First pair: deviations 1 and 3, mean 2. Second pair: alike.
    np.testing.assert_allclose(layer(x)[:, 2], [2.0, 2.0, 0.0, 0.0], atol=1e-3)
    np.testing.assert_array_equal(layer(x)[:, :2], x)


def test_images_and_a_smaller_last_group():
    layer = gk.layers.MinibatchStandardDeviation()
    x = tf.random.stateless_normal((6, 3, 3, 2), (0, 1))
    y = layer(x)
    assert y.shape == (6, 3, 3, 3) == layer.compute_output_shape(x.shape)
    last = np.concatenate([x[4:], x[:2]]).reshape(4, -1)
    np.testing.assert_allclose(y[5, ..., 2], np.full((3, 3), last.std(axis=0).mean()), rtol=1e-5)
    jitted = tf.function(layer, jit_compile=True)(x)
    np.testing.assert_allclose(jitted, y, atol=1e-5)  # another order of sums


def test_sees_a_collapse():
    layer = gk.layers.MinibatchStandardDeviation()
    same = np.repeat(np.random.default_rng(0).normal(size=(1, 4)), 8, axis=0).astype("float32")
    assert float(tf.reduce_max(layer(same)[:, -1])) < 1e-3


def test_bad_group():
    with pytest.raises(ValueError, match=r"`group_size`.*Received: group_size=1"):
        gk.layers.MinibatchStandardDeviation(1)

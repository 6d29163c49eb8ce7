import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk


def test_contract(tmp_path):
    inputs = keras.Input((5, 4, 2))
    model = keras.Model(inputs, gk.layers.UpsampledConv2D(3, name="up")(inputs))
    assert model.output_shape == (None, 10, 8, 3)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = tf.random.stateless_normal((2, 5, 4, 2), (0, 1))
    assert (again(x).numpy() == model(x).numpy()).all()
    jitted = tf.function(model, jit_compile=True)(x)
    # XLA adds up in another order.
    np.testing.assert_allclose(jitted, model(x), atol=1e-5)


def test_it_is_upsampling_then_convolution_with_the_same_weights():
    x = tf.random.stateless_normal((2, 5, 4, 2), (0, 1))
    ours, plain = gk.layers.UpsampledConv2D(3), keras.layers.Conv2D(3, 3, padding="same")
    plain(keras.layers.UpSampling2D()(x))
    kernel, bias = plain.get_weights()
    ours.build(x.shape)
    ours.set_weights([kernel, bias + 1.0])

    def loss(layer, inputs):
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = layer(inputs(x))
            total = tf.reduce_sum(tf.square(found))
        return found, tape.gradient(total, [x, *[v.value for v in layer.trainable_variables]])

    plain.bias.assign(bias + 1.0)
    found, gradients = loss(ours, lambda v: v)
    expected, expected_gradients = loss(plain, keras.layers.UpSampling2D())
    # Sums of 18 products in another order.
    np.testing.assert_allclose(found, expected, atol=1e-5)
    for ours_part, expected_part in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(ours_part, expected_part, rtol=1e-4, atol=1e-3)


def test_one_pixel_by_hand():
    """A kernel that holds 1 to 9 row by row, over a 2x2 image of zeros but for its first pixel."""
    layer = gk.layers.UpsampledConv2D(1)
    layer.build((None, 2, 2, 1))
    layer.set_weights([np.arange(1.0, 10.0).reshape(3, 3, 1, 1), np.zeros(1)])
    x = np.zeros((1, 2, 2, 1), "float32")
    x[0, 0, 0] = 1.0
    # The upsampled image has ones in its first 2x2 pixels; output (r, c) adds the entries that meet them.
    expected = [
        [5 + 6 + 8 + 9, 4 + 5 + 7 + 8, 4 + 7, 0],
        [2 + 3 + 5 + 6, 1 + 2 + 4 + 5, 1 + 4, 0],
        [2 + 3, 1 + 2, 1, 0],
        [0, 0, 0, 0],
    ]
    np.testing.assert_allclose(layer(x)[0, :, :, 0], expected, atol=1e-5)


@pytest.mark.parametrize("filters", [0, 2.5])
def test_bad_filters(filters):
    with pytest.raises(ValueError, match="Received: filters"):
        gk.layers.UpsampledConv2D(filters)

import keras
import numpy as np
import pytest
import tensorflow as tf

from gankeras.layers import DenseOfParts


def test_equals_dense_on_the_concatenation():
    parts = [
        np.random.default_rng(i).normal(size=(5, w)).astype("float32")
        for i, w in enumerate([3, 4, 2])
    ]
    first = keras.initializers.VarianceScaling(1.0, "fan_in", "uniform", seed=7)
    ours = DenseOfParts(6, kernel_initializer=first)
    theirs = keras.layers.Dense(
        6, kernel_initializer=keras.initializers.VarianceScaling(1.0, "fan_in", "uniform", seed=7)
    )
    whole = np.concatenate(parts, axis=1)
    np.testing.assert_allclose(ours(parts), theirs(whole), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(
        np.concatenate([k.numpy() for k in ours.kernels]), theirs.kernel.numpy()
    )
    assert ours.compute_output_shape([(None, 3), (None, 4), (None, 2)]) == (None, 6)


def test_a_product_by_hand():
    layer = DenseOfParts(1)
    layer.build([(None, 2), (None, 1)])
    for weight, value in zip(layer.weights, ([[1.0], [2.0]], [[3.0]], [0.5]), strict=True):
        weight.assign(value)
    # 1 * 10 + 2 * 20 + 3 * 30 + 0.5
    np.testing.assert_allclose(
        layer([tf.constant([[10.0, 20.0]]), tf.constant([[30.0]])]), [[140.5]]
    )


def test_parts_that_nothing_asks_for_cost_no_gradient():
    inputs = [keras.Input((3,)), keras.Input((4,))]
    hidden = keras.layers.Dense(2)(inputs[0])
    model = keras.Model(inputs, DenseOfParts(5)([hidden, inputs[1]]))

    @tf.function
    def gradients(parts):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in model.trainable_variables])
            out = model(parts)
        return tape.gradient(out, [v.value for v in model.trainable_variables])

    graph = gradients.get_concrete_function([tf.zeros((1, 3)), tf.zeros((1, 4))]).graph
    # Forward three; backward the three kernels and the one part that was learnt.
    assert sum(op.type == "MatMul" for op in graph.get_operations()) == 3 + 3 + 1


def test_survives_a_model_file(tmp_path):
    inputs = [keras.Input((3,)), keras.Input((4,))]
    model = keras.Model(inputs, DenseOfParts(5, kernel_initializer="he_normal")(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    parts = [tf.ones((2, 3)), tf.ones((2, 4))]
    np.testing.assert_array_equal(model(parts), again(parts))


@pytest.mark.parametrize("units", [0, 2.5])
def test_wrong_width(units):
    with pytest.raises(ValueError, match=f"`units` must be a whole number.*Received: {units}"):
        DenseOfParts(units)

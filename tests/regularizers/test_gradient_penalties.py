import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.core.augmented_discriminator import AugmentedDiscriminator


@pytest.fixture
def linear():
    """Logit = 3 a - 4 b: its gradient has length 5 everywhere."""
    samples = keras.Input((2,), name="samples")
    layer = keras.layers.Dense(1, use_bias=False)
    model = keras.Model({"samples": samples}, {"logits": layer(samples)})
    layer.kernel.assign([[3.0], [-4.0]])
    return model


@pytest.fixture
def square():
    """Logit = a^2 + b^2: its gradient at (a, b) is (2 a, 2 b)."""
    samples = keras.Input((2,), name="samples")
    logits = keras.ops.sum(keras.ops.square(samples), axis=-1, keepdims=True)
    return keras.Model({"samples": samples}, {"logits": logits})


def batch_of(real, fake):
    return gk.AdversarialBatch(tf.constant(real), tf.constant(fake), seed=gk.random.fold(0))


def view(network):
    return AugmentedDiscriminator(network, [], gk.random.fold(0))


@pytest.mark.parametrize("regularizer", [gk.regularizers.R1(0.5), gk.regularizers.R2(0.5)])
def test_linear(linear, regularizer):
    batch = batch_of([[1.0, 2.0], [5.0, 6.0]], [[0.0, 0.0], [9.0, 9.0]])
    penalty = regularizer.penalty(view(linear), batch)
    np.testing.assert_allclose(penalty, [0.5 * 0.5 * 25, 0.5 * 0.5 * 25])


def test_r1_looks_at_real_and_r2_at_fake(square):
    batch = batch_of([[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 0.0]])
    network = view(square)
    np.testing.assert_allclose(gk.regularizers.R1(2.0).penalty(network, batch), [4.0, 16.0])
    # A zero gradient gives zero, not NaN.
    np.testing.assert_allclose(gk.regularizers.R2(2.0).penalty(network, batch), [36.0, 0.0])


def test_gradient_penalty_by_hand(linear, square):
    penalty = gk.regularizers.GradientPenalty(10.0)
    batch = batch_of([[1.0, 2.0], [5.0, 6.0]], [[0.0, 0.0], [9.0, 9.0]])
    # A gradient of length 5 everywhere: 10 (5 - 1)^2.
    np.testing.assert_allclose(penalty.penalty(view(linear), batch), [160.0, 160.0], rtol=1e-6)
    # From 0 to (2, 0) the gradient of the square is 4 t long: the place t can be read off.
    many = batch_of([[2.0, 0.0]] * 500, [[0.0, 0.0]] * 500)
    found = np.sqrt(np.asarray(penalty.penalty(view(square), many)) / 10)
    lengths = 1 + found  # or 1 - found, below a length of 1
    assert 0 <= found.min() < 0.05
    assert 3.9 < lengths.max() <= 4.0
    # At the very place where the gradient is 0, the penalty is 10 and its gradient is a number.
    still = batch_of([[0.0, 0.0]], [[0.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(still.real)
        value = penalty.penalty(view(square), still)
    np.testing.assert_allclose(value, [10.0], rtol=1e-4)
    assert np.isfinite(tape.gradient(value, still.real)).all()


def test_a_shrunk_gradient_penalty_meets_the_first_decisions(square):
    real = np.random.default_rng(0).normal(size=(6, 2)).astype("float32")
    batch = batch_of(real, real)  # between a sample and itself there is one place
    lengths = 2 * np.linalg.norm(real, axis=1)
    for shrink, met in ((1, 6), (2, 3), (4, 1), (100, 1)):
        penalty = gk.regularizers.GradientPenalty(10.0, shrink=shrink)
        found = penalty.penalty(view(square), batch)
        np.testing.assert_allclose(found, 10 * (lengths[:met] - 1) ** 2, rtol=1e-4)


def test_a_shrunk_gradient_penalty_keeps_packs_and_conditions_together():
    samples, weights = keras.Input((1,), name="samples"), keras.Input((1,), name="weights")
    packs = keras.ops.reshape(samples * weights, (-1, 2))
    logits = keras.ops.sum(packs, axis=1, keepdims=True)
    model = keras.Model({"samples": samples, "weights": weights}, {"logits": logits})
    conditions = {"weights": tf.constant([[3.0], [4.0], [5.0], [12.0], [9.0], [9.0], [9.0], [9.0]])}
    batch = gk.AdversarialBatch(
        tf.ones((8, 1)), tf.zeros((8, 1)), None, conditions, gk.random.fold(0)
    )
    penalty = gk.regularizers.GradientPenalty(1.0, shrink=2)
    # Two packs of four, whose gradients are (3, 4) and (5, 12) long.
    np.testing.assert_allclose(penalty.penalty(view(model), batch), [16.0, 144.0], rtol=1e-5)


@pytest.mark.parametrize("shrink", [0, 1.5])
def test_wrong_shrink(shrink):
    with pytest.raises(ValueError, match=f"`shrink` must be a whole number.*Received: {shrink}"):
        gk.regularizers.GradientPenalty(shrink=shrink)


def test_wasserstein_gan_trains():
    gan = gk.testing.toy_gan(
        loss="wasserstein", regularizers=["gradient_penalty"], discriminator_steps=2
    )
    history = gan.fit(*gk.testing.toy_data(64), batch_size=32, steps_per_epoch=3, verbose=0).history
    assert np.isfinite(history["gradient_penalty"]).all()
    assert history["skipped_updates"] == [0.0]


def test_second_order_gradient_reaches_the_weights(linear):
    batch = batch_of([[1.0, 2.0]], [[0.0, 0.0]])
    kernel = linear.trainable_variables[0].value
    with tf.GradientTape() as tape:
        penalty = gk.regularizers.R1(1.0).penalty(view(linear), batch)
    # d/dw of |w|^2 / 2 is w.
    np.testing.assert_allclose(tape.gradient(penalty, kernel), [[3.0], [-4.0]])


def test_one_pass_serves_loss_and_penalties(linear):
    calls = []
    layer = linear.layers[-1]
    original = layer.call
    layer.call = lambda *args, **kwargs: calls.append(1) or original(*args, **kwargs)
    batch, network = batch_of([[1.0, 2.0]], [[0.0, 0.0]]), view(linear)
    network(batch.real, {})
    for _ in range(2):
        gk.regularizers.R1().penalty(network, batch)
    assert len(calls) == 1


def test_lazy_interval_keeps_the_mean_strength():
    """At learning rate zero, a penalty every second step times two has the mean of one at every step."""
    means = {}
    for interval in (1, 2):
        gan = gk.testing.toy_gan(
            regularizers=[gk.regularizers.R1(1.0, interval=interval)],
            generator_optimizer=keras.optimizers.SGD(0.0),
            discriminator_optimizer=keras.optimizers.SGD(0.0),
        )
        x, y = gk.testing.toy_data(32)
        # One batch holds all rows, so each step has the same penalty.
        history = gan.fit(x, y, batch_size=32, steps_per_epoch=1, epochs=2, verbose=0).history
        means[interval] = history["r1"]
    np.testing.assert_allclose(means[2], [2 * means[1][0], 0.0], rtol=1e-5)


@pytest.mark.parametrize(
    "arguments", [{"weight": -1.0}, {"weight": float("nan")}, {"interval": 0}, {"interval": 1.5}]
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="Received"):
        gk.regularizers.R1(**arguments)


def test_config_round_trip():
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(gk.regularizers.R2(0.25, interval=8))
    )
    assert type(again) is gk.regularizers.R2
    assert again.get_config() == {
        "weight": 0.25,
        "interval": 8,
    }

"""Adam in one operation is Keras' Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.core.fused_adam import FusedAdam
from gankeras.testing.gan_contract import two_replicas


def moved(kind, steps=6, jit=False, **options):
    """Two weights after some steps down gradients of a fixed seed."""
    rng = np.random.default_rng(0)
    weights = [keras.Variable(rng.normal(size=shape).astype("float32")) for shape in ((5, 3), (4,))]
    optimizer = kind(**options)
    optimizer.build(weights)

    @tf.function(jit_compile=jit)
    def step(gradients):
        optimizer.apply(gradients, weights)

    for _ in range(steps):
        step([tf.constant(rng.normal(size=w.shape), tf.float32) for w in weights])
    return [w.numpy() for w in [*weights, *optimizer.variables]]


@pytest.mark.parametrize(
    "options",
    [
        {"beta_1": 0.5, "beta_2": 0.9},
        {"beta_1": 0.0, "beta_2": 0.99, "epsilon": 1e-3},
        {"learning_rate": keras.optimizers.schedules.CosineDecay(1e-2, 6)},
        {"weight_decay": 0.1, "clipnorm": 0.5},
        {"amsgrad": True},
        {"gradient_accumulation_steps": 2},
    ],
    ids=lambda options: next(iter(options)),
)
def test_it_is_keras_adam(options):
    options = {"learning_rate": 1e-2, **options}
    for mine, theirs in zip(
        moved(FusedAdam, **options), moved(keras.optimizers.Adam, **options), strict=True
    ):
        # Float32 of order one, rounded in another order over six steps.
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_xla_has_the_operation_too():
    for mine, theirs in zip(moved(FusedAdam), moved(FusedAdam, jit=True), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-6)


def test_two_steps_by_hand():
    weight = keras.Variable([1.0])
    optimizer = FusedAdam(0.1, beta_1=0.5, beta_2=0.75, epsilon=0.0)
    # Corrected means of 2: 2 and 4; then of 2 and -4: (.25 * 2 + .5 * -4) / .75 = -2, (.1875 * 4 + .25 * 16) / .4375 = 76 / 7.
    for gradient, expected in ((2.0, 0.9), (-4.0, 0.9 + 0.2 / np.sqrt(76 / 7))):
        optimizer.apply([tf.constant([gradient])], [weight])
        np.testing.assert_allclose(weight.numpy(), [expected], rtol=1e-6)


def test_rows_of_an_embedding_that_were_not_asked_for_stay():
    table = keras.Variable(np.ones((4, 2), "float32"))
    optimizer = FusedAdam(0.1)
    slices = tf.IndexedSlices(tf.ones((3, 2)), tf.constant([1, 3, 1]), tf.constant([4, 2]))
    optimizer.apply([slices], [table])
    np.testing.assert_allclose(table.numpy(), [[1, 1], [0.9, 0.9], [1, 1], [0.9, 0.9]], atol=1e-6)


def test_config_round_trip():
    optimizer = FusedAdam(1e-3, beta_1=0.0, weight_decay=0.1)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is FusedAdam
    assert again.get_config() == optimizer.get_config()


def test_replicas_train_as_with_keras_adam():
    found = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        with two_replicas().scope():
            players = ("generator", "discriminator")
            gan = gk.testing.toy_gan(**{f"{p}_optimizer": kind(2e-4, beta_1=0.5) for p in players})
        gan.fit(*gk.testing.toy_data(64), batch_size=16, steps_per_epoch=3, verbose=0)
        found.append([w.numpy() for w in gan.weights])
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-5)

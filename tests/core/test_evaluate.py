"""`evaluate` and the `val_` figures: all rows, each weighing alike, whatever the step."""

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.testing.gan_contract import two_replicas

X, Y = gk.testing.toy_data(96)


def test_penalties_do_not_depend_on_the_step():
    gan = gk.testing.toy_gan()
    gan.compile(regularizers=[gk.regularizers.R1(1.0, interval=4)])
    found = []
    for step in range(5):
        gan.step_counter.assign(step)
        found.append(gan.evaluate(X, Y, batch_size=96, return_dict=True, verbose=0)["r1"])
    assert found[0] > 0
    # The step is the seed of the latents, which R1 (of real rows) does not look at.
    assert found == [found[0]] * 5


@pytest.mark.parametrize("rows", [64, 65, 96])
def test_every_row_counts_alike(rows):
    gan = gk.testing.toy_gan()
    logits = gan.discriminator({"samples": X[:rows], "labels": Y[:rows]}, training=False)["logits"]
    found = gan.evaluate(X[:rows], Y[:rows], return_dict=True, verbose=0)["real_logits"]
    # Sums of a hundred float32 numbers of order one.
    assert found == pytest.approx(float(tf.reduce_mean(logits)), abs=1e-5)


def test_a_last_batch_that_lacks_a_replica_is_left_out():
    with two_replicas().scope():
        gan = gk.testing.toy_gan()
    found = gan.evaluate(X[:33], Y[:33], batch_size=32, return_dict=True, verbose=0)
    assert np.isfinite(list(found.values())).all()
    with pytest.raises(ValueError, match=r"2 replicas needs a row.*drop_remainder=True.*rows 1"):
        gan.evaluate(tf.data.Dataset.from_tensor_slices((X[:33], Y[:33])).batch(32), verbose=0)
    with pytest.raises(ValueError, match="batch_size=1 for 2 replicas"), two_replicas().scope():
        gan.fit(X, Y, batch_size=1, verbose=0)

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.core.observer import Verdicts


class Fixed:
    """A discriminator whose logits are the samples."""

    def __call__(self, samples, conditions):
        return samples


def test_running_means_by_hand():
    part = gk.regularizers.LeCam(decay=0.9)
    state = {k: tf.constant(v) for k, v in {"real": 1.0, "fake": -1.0, "steps": 2.0}.items()}
    after = part.observe(state, Verdicts(*(tf.constant(v) for v in (3.0, 1.0, 1.0, 8.0))))
    np.testing.assert_allclose([after["real"], after["fake"], after["steps"]], [1.2, -0.8, 3.0])


def test_penalty_by_hand():
    part = gk.regularizers.LeCam(weight=0.5, decay=0.9)
    # After one step the means are a tenth of what was seen: 2 and -4 once corrected.
    part.state = {k: tf.Variable(v) for k, v in {"real": 0.2, "fake": -0.4, "steps": 1.0}.items()}
    for variable in part.state.values():
        variable.value = variable.read_value()
    batch = gk.AdversarialBatch(tf.constant([[1.0], [0.0]]), tf.constant([[2.0], [-1.0]]))
    # (1 + 4)^2 + (2 - 2)^2 and (0 + 4)^2 + (-1 - 2)^2, halved.
    np.testing.assert_allclose(part.penalty(Fixed(), batch), [12.5, 12.5], rtol=1e-5)


def test_replicas_remember_the_same(tmp_path):
    from gankeras.testing.gan_contract import two_replicas

    x, y = gk.testing.toy_data(64)
    found = []
    for strategy in (tf.distribute.get_strategy(), two_replicas()):
        with strategy.scope():
            gan = gk.testing.toy_gan(regularizers=["lecam"])
        gan.sample_latents = lambda num, seed: tf.ones((num, 4))
        gan.fit(x, y, batch_size=32, steps_per_epoch=3, verbose=0)
        found.append({k: float(v.numpy()) for k, v in gan.observers.variables.items()})
    assert found[0]["lecam_steps"] == 3
    for name, value in found[0].items():
        np.testing.assert_allclose(found[1][name], value, atol=2e-5, err_msg=name)  # order of sums


def test_bad_decay():
    with pytest.raises(ValueError, match="`decay`.*Received: decay=1.0"):
        gk.regularizers.LeCam(decay=1.0)

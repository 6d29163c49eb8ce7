import keras
import numpy as np
import pytest

import gankeras as gk

SOFTPLUS = {x: float(np.log1p(np.exp(x))) for x in (-3.0, -1.0, 1.0, 2.0, -2.0, 3.0)}
# Logits: real 1, fake -2. By hand from each paper's formula.
VALUES = {
    "non_saturating": (SOFTPLUS[-1.0] + SOFTPLUS[-2.0], SOFTPLUS[2.0]),
    "hinge": (0.0 + 0.0, 2.0),
    # 0.5 (1 - 1)^2 + 0.5 (-2)^2, and 0.5 (-2 - 1)^2.
    "least_squares": (2.0, 4.5),
    "relativistic": (SOFTPLUS[-3.0], SOFTPLUS[3.0]),
    "wasserstein": (-3.0, 2.0),
}


def test_every_loss_has_its_numbers():
    assert sorted(VALUES) == gk.losses.LOSSES.names()


@pytest.mark.parametrize("name", sorted(VALUES))
def test_values(name):
    loss = gk.losses.LOSSES.get(name)
    real, fake = np.full((3, 1), 1.0, "float32"), np.full((3, 1), -2.0, "float32")
    discriminator, generator = loss.discriminator(real, fake), loss.generator(real, fake)
    assert discriminator.shape == generator.shape == (3, 1)
    # float32 rounding
    np.testing.assert_allclose(discriminator, VALUES[name][0], rtol=1e-6)
    np.testing.assert_allclose(generator, VALUES[name][1], rtol=1e-6)


def test_hinge_inside_the_margin():
    value = gk.losses.Hinge().discriminator(np.float32([0.5]), np.float32([-0.25]))
    assert float(value[0]) == 0.5 + 0.75


@pytest.mark.parametrize("name", sorted(VALUES))
def test_serializes_under_a_stable_name(name):
    loss = gk.losses.LOSSES.get(name)
    config = keras.saving.serialize_keras_object(loss)
    assert config["registered_name"] == f"gankeras>{type(loss).__name__}"
    assert type(keras.saving.deserialize_keras_object(config)) is type(loss)


def test_unknown_name_says_which_are_known():
    with pytest.raises(
        ValueError, match=r"Did you mean 'hinge'.*non_saturating.*Received: 'hingee'"
    ):
        gk.losses.LOSSES.get("hingee")


def test_a_class_instead_of_an_object():
    with pytest.raises(ValueError, match="add parentheses"):
        gk.losses.LOSSES.get(gk.losses.Hinge)

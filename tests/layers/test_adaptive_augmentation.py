"""The probability follows the signs; nothing else does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.core.observer import Verdicts


def seen(signs, rows=100.0):
    return Verdicts(*(tf.constant(v) for v in (0.0, 0.0, signs, rows)))


def test_by_hand():
    part = gk.layers.AdaptiveAugmentation(["cutout"], target=0.6, images=1000)
    state = {"probability": 0.1, "signs": 0.6, "images": 1000.0}
    state = {k: tf.constant(v) for k, v in state.items()}
    up = part.observe(state, seen(1.0))
    # A quarter of the way from 0.6 to 1; 100 of 1,000 images are a tenth of the way from 0 to 1.
    np.testing.assert_allclose(up["signs"], 0.7, rtol=1e-6)
    np.testing.assert_allclose(up["probability"], 0.2, rtol=1e-6)
    down = part.observe(state, seen(-1.0))
    np.testing.assert_allclose(down["probability"], 0.0, atol=1e-7)
    full = part.observe({**up, "probability": tf.constant(0.79)}, seen(1.0))
    np.testing.assert_allclose(full["probability"], 0.8, rtol=1e-6)


def test_speed_follows_the_run():
    part = gk.layers.AdaptiveAugmentation(["cutout"])
    assert part.plan(6000 * 64) == {"images": 38_400.0}
    assert part.plan(1000) == {"images": 20_000.0}
    assert gk.layers.AdaptiveAugmentation(images=500).plan(10**6) == {}


def test_probability_zero_changes_nothing_and_a_half_changes_half():
    part = gk.layers.AdaptiveAugmentation([gk.layers.Cutout(0.9, fill=-5.0)])
    x = tf.ones((400, 8, 8, 1))
    np.testing.assert_array_equal(part(x, gk.random.fold(0)), x)
    part.state = {"probability": keras.Variable(0.5)}
    changed = np.asarray(part(x, gk.random.fold(0)) != x).any(axis=(1, 2, 3)).mean()
    assert 0.4 < changed < 0.6  # 400 draws: a deviation of 0.025


def test_in_a_game_it_rises_where_the_discriminator_is_sure_and_resumes_exactly(tmp_path):
    x, y = gk.testing.toy_images(48)

    def build():
        keras.utils.set_random_seed(0)
        gan = gk.images.DCGAN(gk.images.ImageCodec((8, 8, 1), 3), latent_dim=8, width=4)
        adaptive = gk.layers.AdaptiveAugmentation(
            ["horizontal_flip", "cutout"], images=500, target=0.1
        )
        # A generator that never learns is soon told apart.
        gan.compile(
            augment=[adaptive],
            regularizers=["lecam"],
            generator_optimizer=keras.optimizers.SGD(0.0),
            discriminator_optimizer=keras.optimizers.Adam(3e-3, beta_1=0.0),
        )
        return gan

    def train(gan, steps):
        options = {"batch_size": 16, "steps_per_epoch": steps, "verbose": 0}
        return gan.fit(x, y, **options).history["adaptive_probability"]

    whole, half = build(), build()
    assert 0 < train(whole, 20)[0] < 0.8
    assert float(whole.augment[0].recall("probability")) > 0.1
    train(half, 12)
    half.save(tmp_path / "half.keras")
    resumed = keras.models.load_model(tmp_path / "half.keras")
    train(resumed, 8)
    for name, variable in whole.observers.variables.items():
        assert float(variable.numpy()) == float(resumed.observers.variables[name].numpy()), name
    assert set(whole.observers.variables) == {
        *(f"adaptive_{key}" for key in ("probability", "signs", "images")),
        *(f"lecam_{key}" for key in ("real", "fake", "steps")),
    }
    # Compiled anew for another game, the file's states have no place and are left out.
    weights = tmp_path / "half.weights.h5"
    half.save_weights(weights)
    half.compile(
        augment=[],
        generator_optimizer=keras.optimizers.SGD(0.0),
        discriminator_optimizer=keras.optimizers.Adam(3e-3, beta_1=0.0),
    )
    half.load_weights(weights)
    assert half.observers.variables == {}


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"augmentations": ["spin"]}, "Unknown augmentation"),
        ({"target": 1.0}, "`target`.*Received: target=1.0"),
        ({"images": 0}, "`images`.*Received: images=0"),
        ({"limit": 1.5}, "`limit`.*Received: limit=1.5"),
    ],
)
def test_bad_arguments(arguments, match):
    with pytest.raises(ValueError, match=match):
        gk.layers.AdaptiveAugmentation(**arguments)


def test_two_games_do_not_share_a_state():
    part = gk.layers.AdaptiveAugmentation(["cutout"])
    first, second = (gk.testing.toy_image_gan(trained_steps=0) for _ in range(2))
    for gan in (first, second):
        gan.compile(augment=[part])
    first.augment[0].state["probability"].assign(0.5)
    assert float(second.augment[0].recall("probability")) == 0.0

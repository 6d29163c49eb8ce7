"""Half precision: bfloat16 works as it is, float16 needs scaled losses."""

import keras
import numpy as np
import pytest

import gankeras as gk


@pytest.fixture
def policy():
    before = keras.mixed_precision.global_policy()

    def use(name):
        keras.mixed_precision.set_global_policy(name)

    yield use
    keras.mixed_precision.set_global_policy(before)


def build():
    keras.utils.set_random_seed(0)
    return gk.images.DCGAN(gk.images.ImageCodec((8, 8, 1), 3), latent_dim=8, width=4)


def test_bfloat16_keeps_logits_penalties_and_averages_in_float32(policy):
    policy("mixed_bfloat16")
    gan = build()
    gan.compile()
    x, y = gk.testing.toy_images(48)
    history = gan.fit(x, y, batch_size=16, steps_per_epoch=3, verbose=0).history
    assert np.isfinite([history["r1"], history["real_logits"]]).all()
    assert {w.dtype for w in gan.ema_generator.weights} == {"float32"}
    assert gan.discriminator.output["logits"].dtype == "float32"
    assert gan.generator.output["samples"].dtype == "float32"


def test_float16_is_refused_without_scaled_losses(policy):
    policy("mixed_float16")
    gan = build()
    with pytest.raises(ValueError, match=r"float16 gradients vanish.*LossScaleOptimizer.*Adam"):
        gan.compile()


def test_float16_with_scaled_losses_learns_and_resumes_exactly(policy, tmp_path):
    from gankeras.testing.gan_contract import distance, weights

    policy("mixed_float16")
    x, y = gk.testing.toy_images(48)

    def compiled():
        gan = build()
        scaled = [
            keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(1e-3), initial_scale=1024.0)
            for _ in range(2)
        ]
        gan.compile(generator_optimizer=scaled[0], discriminator_optimizer=scaled[1])
        return gan

    options = {"batch_size": 16, "verbose": 0}
    whole, half = compiled(), compiled()
    start = weights(whole)
    whole.fit(x, y, steps_per_epoch=4, **options)
    assert distance(start, weights(whole)) > 1e-3
    half.fit(x, y, steps_per_epoch=2, **options)
    half.save(tmp_path / "half.keras")
    resumed = keras.models.load_model(tmp_path / "half.keras")
    resumed.fit(x, y, steps_per_epoch=2, **options)
    assert distance(weights(whole), weights(resumed)) == 0


def test_a_recipe_s_default_game_is_the_same_under_xla():
    # Its penalties are lazy and stand behind augmentations: GPUs use XLA unless told otherwise.
    logs = []
    for jit in (False, True):
        gan = gk.testing.toy_image_gan(trained_steps=0)
        gan.compile(jit_compile=jit)
        options = {"batch_size": 16, "steps_per_epoch": 2, "verbose": 0}
        logs.append(gan.fit(*gk.testing.toy_images(48), **options).history)
    assert {r.interval for r in gan.regularizers} == {4}
    for name, values in logs[0].items():
        np.testing.assert_allclose(logs[1][name], values, atol=1e-4, err_msg=name)

import keras
import numpy as np
import pytest

from gankeras.images import DCGAN, ImageCodec
from gankeras.images.dcgan import num_stages


@pytest.mark.parametrize(
    ("side", "stages"), [(3, 1), (8, 1), (24, 2), (28, 2), (32, 2), (47, 2), (48, 3), (64, 3)]
)
def test_grid_of_six_to_eleven_cells(side, stages):
    assert num_stages(side, side) == stages
    assert side < 12 or 6 <= side / 2**stages < 12


@pytest.mark.parametrize("shape", [(8, 8, 1), (13, 9, 3), (5, 30, 2)])
@pytest.mark.parametrize("classes", [None, 2])
def test_any_size_trains_and_samples(shape, classes):
    gan = DCGAN(ImageCodec(shape, classes), latent_dim=4, width=2)
    gan.compile()
    x = np.random.default_rng(0).integers(0, 256, (8, *shape)).astype("uint8")
    y = np.arange(8) % 2 if classes else None
    gan.fit(x, y, batch_size=4, steps_per_epoch=1, verbose=0)
    assert gan.sample(2).shape == (2, *shape)


def test_initial_activations_keep_their_size():
    """He initialization, transposed kernels included: the signal neither dies nor explodes on its way."""
    keras.utils.set_random_seed(0)
    gan = DCGAN(ImageCodec((32, 32, 1)), latent_dim=64, width=16)
    last = gan.generator.layers[-1]
    trunk = keras.Model(gan.generator.input, last.input)
    out = keras.ops.convert_to_numpy(
        trunk({"latents": np.random.default_rng(0).normal(size=(64, 64))})
    )
    # A factor of two: widths are small, and the edges of the image see fewer cells.
    assert 0.5 < np.sqrt((out**2).mean()) < 2.0


def test_config_is_the_constructor():
    gan = DCGAN(ImageCodec((8, 8, 1), 2), latent_dim=4, width=2, seed=5)
    assert {k: gan.get_config()[k] for k in ("latent_dim", "width", "seed")} == {
        "latent_dim": 4,
        "width": 2,
        "seed": 5,
    }


def test_paper_defaults_can_be_replaced_one_by_one():
    gan = DCGAN(ImageCodec((8, 8, 1)), latent_dim=4, width=2)
    gan.compile(loss="hinge", regularizers=[])
    assert gan.adversarial_loss.registered_as == "hinge"
    assert gan.regularizers == []
    assert [view.registered_as for view in gan.augment] == ["adaptive"]
    gan.compile(augment=[])
    assert [r.name for r in gan.regularizers] == ["r1", "r2"]
    assert gan.augment == []


def test_learning_rate_rises_and_falls_with_the_planned_length():
    gan = DCGAN(ImageCodec((8, 8, 1)), latent_dim=4, width=2)
    gan.compile(steps=1000)
    rate = gan.generator_optimizer.get_config()["learning_rate"]["config"]
    schedule = keras.optimizers.schedules.CosineDecay(
        **{k: v for k, v in rate.items() if k != "name"}
    )
    # A straight rise over 100 steps, then half a cosine to a tenth over 1,000.
    values = [float(schedule(step)) for step in (0, 50, 100, 600, 1100, 5000)]
    np.testing.assert_allclose(values, [0, 5e-4, 1e-3, 5.5e-4, 1e-4, 1e-4], rtol=1e-4)
    # No gradient, however sudden, moves a weight by more than 1e-3 / sqrt(1 - 0.9).
    assert gan.generator_optimizer.get_config()["beta_1"] == 0.0
    assert gan.discriminator_optimizer.get_config()["beta_2"] == 0.9
    gan.compile()
    flat = keras.optimizers.schedules.CosineDecay(0.0, 1, 1.0, warmup_target=1e-3, warmup_steps=100)
    assert gan.generator_optimizer.get_config()["learning_rate"]["config"]["alpha"] == 1.0
    np.testing.assert_allclose(
        [float(flat(s)) for s in (50, 100, 9999)], [5e-4, 1e-3, 1e-3], rtol=1e-6
    )


def test_steps_must_be_positive():
    with pytest.raises(ValueError, match="Received: steps=0"):
        DCGAN(ImageCodec((8, 8, 1)), latent_dim=4, width=2).compile(steps=0)


def test_a_shape_alone_is_no_codec():
    with pytest.raises(ValueError, match=r"ImageCodec\(.*Received: \(8, 8, 1\)"):
        DCGAN((8, 8, 1))


def test_first_weights_are_a_function_of_the_seed_alone():
    def first_weights(global_seed, seed):
        keras.utils.set_random_seed(global_seed)
        gan = DCGAN(ImageCodec((8, 8, 1), 3), latent_dim=8, width=4, seed=seed)
        return [w.numpy() for w in (*gan.generator.weights, *gan.discriminator.weights)]

    once, again, other = first_weights(1, 0), first_weights(2, 0), first_weights(1, 3)
    for a, b in zip(once, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert max(np.abs(a - b).max() for a, b in zip(once, other, strict=True)) > 0
    # No two layers of one shape begin alike.
    drawn = [w.ravel()[:16].tobytes() for w in once if w.std() > 0]
    assert len(set(drawn)) == len(drawn)

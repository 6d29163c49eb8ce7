import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk

SEED = gk.random.fold(0)
ALL = [
    gk.layers.Translation(0.25),
    gk.layers.Cutout(0.5),
    gk.layers.HorizontalFlip(),
    gk.layers.Colour(),
]


@pytest.mark.parametrize("augmentation", ALL, ids=lambda a: a.registered_as)
def test_contract(augmentation):
    x = tf.random.stateless_normal((6, 8, 12, 3), (0, 1))
    once, again = augmentation(x, SEED), augmentation(x, SEED)
    assert once.shape == x.shape
    assert (once.numpy() == again.numpy()).all()
    assert (once.numpy() != augmentation(x, gk.random.fold(1)).numpy()).any()
    jitted = tf.function(augmentation, jit_compile=True)(x, SEED)
    # Whole pixels move exactly; colours are products and means that XLA may round in another order.
    np.testing.assert_allclose(jitted, once, atol=1e-6)
    config = keras.saving.serialize_keras_object(augmentation)
    assert keras.saving.deserialize_keras_object(config).get_config() == augmentation.get_config()


@pytest.mark.parametrize("augmentation", ALL, ids=lambda a: a.registered_as)
def test_second_order_gradients_flow(augmentation):
    x = tf.random.stateless_normal((4, 8, 8, 1), (0, 1))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(augmentation(x, SEED) ** 3)
        first = tf.reduce_sum(inner.gradient(y, x) ** 2)
    assert float(tf.reduce_sum(tf.abs(outer.gradient(first, x)))) > 0


def test_translation_shifts_whole_pixels_and_repeats_the_edge():
    ramp = tf.tile(tf.range(8.0)[None, None, :, None], (200, 8, 1, 1))
    out = gk.layers.Translation(0.25)(ramp, SEED).numpy()[..., 0]
    assert (out == out[:, :1]).all(), "rows of a vertical ramp stay equal under any vertical shift"
    shifts = {int(row[4] - 4) for row in out[:, 0]}
    assert shifts == {-2, -1, 0, 1, 2}
    for row in out[:, 0]:
        np.testing.assert_array_equal(row, np.clip(np.arange(8) + row[4] - 4, 0, 7))


def test_translation_moves_along_both_axes():
    point = np.zeros((300, 8, 8, 1), "float32")
    point[:, 4, 4] = 1.0
    found = np.argwhere(
        gk.layers.Translation(0.125)(tf.constant(point), SEED).numpy()[..., 0] == 1.0
    )[:, 1:]
    assert {tuple(p) for p in found.tolist()} == {(r, c) for r in (3, 4, 5) for c in (3, 4, 5)}


def test_cutout_blanks_one_square():
    out = gk.layers.Cutout(0.5, fill=-1.0)(tf.ones((100, 8, 8, 1)), SEED).numpy()[..., 0]
    for image in out:
        rows, columns = np.where(image == -1.0)
        assert 0 < len(rows) <= 16
        assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert max((image == -1.0).sum() for image in out) == 16


def test_flip_mirrors_about_half():
    ramp = tf.tile(tf.range(4.0)[None, None, :, None], (1000, 2, 1, 1))
    mirrored = gk.layers.HorizontalFlip()(ramp, SEED).numpy()[:, 0, 0, 0] == 3.0
    # Five standard errors of a share of one half.
    assert abs(mirrored.mean() - 0.5) < 5 * 0.5 / np.sqrt(1000)


def test_colour_by_hand():
    image = np.zeros((400, 1, 2, 3), "float32")
    image[:, 0, 0] = [0.3, 0.0, -0.3]  # grey 0; the other pixel is 0
    shifts = gk.layers.Colour(0.5, 0.0, 0.0)(tf.constant(image), SEED).numpy() - image
    assert np.ptp(shifts, axis=(1, 2, 3)).max() < 1e-6, "one shift for all values of an image"
    assert shifts.min() >= -0.5
    assert shifts.max() <= 0.5
    assert np.ptp(shifts) > 0.9
    coloured = gk.layers.Colour(0.0, 1.0, 0.0)(tf.constant(image), SEED).numpy()
    factor = coloured[:, 0, 0, 0] / 0.3
    assert 0 <= factor.min() < 0.1
    assert 1.9 < factor.max() <= 2.0
    np.testing.assert_allclose(coloured[:, 0, 0, 2], -coloured[:, 0, 0, 0], atol=1e-6)
    grey = np.array([0.0, 0.8], "float32").reshape(1, 1, 2, 1).repeat(400, 0)
    spread = gk.layers.Colour(0.0, 1.0, 0.5)(tf.constant(grey), SEED).numpy()[:, 0, :, 0]
    np.testing.assert_allclose(spread.mean(1), 0.4, atol=1e-6)
    factor = (spread[:, 1] - spread[:, 0]) / 0.8
    assert 0.5 <= factor.min() < 0.55
    assert 1.45 < factor.max() <= 1.5


@pytest.mark.parametrize(
    "bad", [{"brightness": -1.0}, {"saturation": 1.5}, {"contrast": float("nan")}]
)
def test_bad_colour(bad):
    with pytest.raises(ValueError, match=f"Received: {next(iter(bad))}"):
        gk.layers.Colour(**bad)


@pytest.mark.parametrize("kind", [gk.layers.Translation, gk.layers.Cutout])
@pytest.mark.parametrize("fraction", [-0.1, 1.0])
def test_bad_fraction(kind, fraction):
    with pytest.raises(ValueError, match="Received: fraction"):
        kind(fraction)


def test_dropout_is_a_function_of_its_scope():
    layer = gk.layers.Dropout(0.25)
    x = tf.ones((100, 100))
    with gk.random.seed_scope(SEED):
        first, second = layer(x, training=True).numpy(), layer(x, training=True).numpy()
    with gk.random.seed_scope(SEED):
        assert (layer(x, training=True).numpy() == first).all()
    assert (first != second).any()
    assert set(np.unique(first)) == {0.0, np.float32(1 / 0.75)}
    # Five standard errors of the kept share.
    assert abs((first > 0).mean() - 0.75) < 5 * np.sqrt(0.75 * 0.25 / 1e4)
    assert (layer(x).numpy() == 1).all()


@pytest.mark.parametrize("name", ["translation", "cutout", "horizontal_flip", "colour", "adaptive"])
def test_changes_of_images_are_refused_for_other_samples(name):
    gan = gk.testing.toy_gan()
    with pytest.raises(ValueError, match=r"change images .* samples of shape \(2,\)"):
        gan.compile(augment=[name])


class Noise(gk.layers.DifferentiableAugmentation):
    """One for rows of numbers."""

    def __call__(self, samples, seed):
        return samples + gk.random.normal(tf.shape(samples), seed)


def test_an_own_augmentation_of_other_samples_may_be_adaptive():
    gan = gk.testing.toy_gan()
    gan.compile(augment=[gk.layers.AdaptiveAugmentation([Noise()])])
    x, y = gk.testing.toy_data(400)
    history = gan.fit(x, y, batch_size=32, steps_per_epoch=2, verbose=0).history
    assert np.isfinite(history["generator_loss"]).all()
    (mine,) = gan.augment
    for probability in (0.0, 0.5):
        gan.observers.variables["adaptive_probability"].assign(probability)
        changed = (mine(x, SEED).numpy() != x).any(axis=1).mean()
        # Five standard deviations of a share of 400 rows.
        assert abs(changed - probability) <= 5 * (probability * (1 - probability) / 400) ** 0.5

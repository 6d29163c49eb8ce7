import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.augmentation import (
    DiscriminatorQuantile,
    LabelAgreement,
    NearCopies,
    Outliers,
    draw_bank,
)


class Planted(gk.Synthesizer):
    """Points around a ring's corners; every fifth is a copy of a training row, every seventh bears another's label."""

    def __init__(self, train):
        self._train = tf.constant(train)
        super().__init__(tf.TensorSpec((2,), tf.float32), 4)

    def draw(self, seeds, labels=None, conditions=None):
        wrong = seeds % 7 == 0
        drawn = tf.where(wrong, (labels + 1) % 4, labels)
        angle = 2 * np.pi * tf.cast(drawn, tf.float32) / 4
        x = 2.0 * tf.stack([tf.cos(angle), tf.sin(angle)], -1)
        x += 0.3 * gk.random.normal_rows(seeds, (2,))
        # Class c holds the rows c, c + 4, ... of the toy data.
        copies = tf.gather(self._train, drawn + 4 * tf.cast(seeds % 50, tf.int32))
        return tf.where((seeds % 5 == 0)[:, None], copies, x)


def corner(x):
    """The classifier that knows: minus the distance to each corner."""
    angle = 2 * np.pi * np.arange(4) / 4
    corners = 2.0 * np.stack([np.cos(angle), np.sin(angle)], -1)
    return -np.square(np.asarray(x)[:, None] - corners[None]).sum(-1)


@pytest.fixture(scope="module")
def train():
    return gk.testing.toy_data(256)[0]


def test_label_agreement_drops_wrong_labels_and_keeps_right_ones(train):
    source, labels = Planted(train), np.arange(700) % 4
    x = source.sample(700, labels=labels)
    kept = LabelAgreement(corner).keep(x, labels)
    wrong = np.arange(700) % 7 == 0
    assert kept[wrong].mean() <= 0.05
    assert kept[~wrong].mean() >= 0.90


def test_label_agreement_by_hand():
    logits = np.log([[0.6, 0.4], [0.2, 0.8], [0.5, 0.5]])
    y = np.array([0, 1, 1])
    assert LabelAgreement(lambda x: logits).keep(np.zeros((3, 1)), y).tolist() == [
        True,
        True,
        False,
    ]
    kept = LabelAgreement(lambda x: logits, confidence=0.7).keep(np.zeros((3, 1)), y)
    assert kept.tolist() == [False, True, False]
    # Two classifiers: means (0.35, 0.65), (0.55, 0.45), (0.5, 0.5).
    other = np.array([[0.1, 0.9], [0.9, 0.1], [0.5, 0.5]])
    several = LabelAgreement([lambda x: logits, lambda x: other])
    assert several.keep(np.zeros((3, 1)), y).tolist() == [False, False, False]


def test_label_agreement_takes_a_keras_model_in_inference_mode():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.9), keras.layers.Dense(4)])
    x, y = np.random.default_rng(0).normal(size=(64, 2)), np.arange(64) % 4
    once, again = (LabelAgreement(model).keep(x, y) for _ in range(2))
    np.testing.assert_array_equal(once, again)


def test_near_copies_drops_planted_copies(train):
    source, labels = Planted(train), np.arange(1000) % 4
    x = source.sample(1000, labels=labels)
    kept = NearCopies(train).keep(x, labels)
    copies = np.arange(1000) % 5 == 0
    assert kept[copies].mean() <= 0.01
    assert kept[~copies].mean() >= 0.90


def test_near_copies_by_hand():
    # Nearest other rows at distances 1, 1, 2, 5: their median is 1.5.
    train = np.array([[0.0], [1.0], [3.0], [8.0]])
    filtered = NearCopies(train, quantile=0.5)
    assert filtered.limit == 1.5
    rows = np.array([[0.0], [-1.4], [-1.6], [5.0]])
    assert filtered.keep(rows, None).tolist() == [False, False, True, True]
    doubled = NearCopies(train, quantile=0.5, features=lambda x: 2 * x)
    assert doubled.limit == 3.0


def test_outliers_by_hand():
    # Nearest other rows at distances 1, 1, 2, 5: their median is 1.5.
    train = np.array([[0.0], [1.0], [3.0], [8.0]])
    rows = np.array([[0.0], [-1.4], [-1.6], [5.0]])
    assert Outliers(train, quantile=0.5).keep(rows, None).tolist() == [True, True, False, False]


def test_outliers_drops_noise_images():
    digits = gk.images.datasets.load_digits()
    rng = np.random.default_rng(0)
    outliers = Outliers(digits.x_train)
    noise = rng.integers(0, 256, (500, 8, 8, 1)).astype("uint8")
    shuffled = rng.permuted(digits.x_test[:500].reshape(500, -1), axis=1)
    assert outliers.keep(noise, None).mean() <= 0.01
    assert outliers.keep(shuffled, None).mean() <= 0.05
    assert outliers.keep(digits.x_test, None).mean() >= 0.95


def test_discriminator_quantile_drops_its_share():
    gan = gk.testing.toy_gan(trained_steps=60)
    quantile = DiscriminatorQuantile(0.25, calibration=1024)
    quantile.prepare(gk.Synthesizer.from_gan(gan))
    labels = np.arange(4000) % 4
    kept = quantile.keep(gan.sample(4000, labels=labels), labels)
    for label in range(4):
        # A quarter goes: five standard errors of both samples.
        assert kept[labels == label].mean() == pytest.approx(0.75, abs=5 * 0.433 / 1000**0.5 * 1.41)
    # It is the discriminator's own order.
    logits = gan.discriminator(
        {"samples": gan.sample(4000, labels=labels), "labels": labels}, training=False
    )["logits"]
    logits = logits.numpy()[:, 0]
    for label in range(4):
        mine = labels == label
        assert logits[mine & kept].min() > logits[mine & ~kept].max()


def test_discriminator_quantile_needs_a_discriminator(train):
    with pytest.raises(ValueError, match="only a GAN has one"):
        draw_bank(Planted(train), 40, [DiscriminatorQuantile()], verbose=0)
    gan = gk.testing.toy_gan(trained_steps=1)
    bank = draw_bank(Planted(train), 40, [DiscriminatorQuantile(gan=gan)], verbose=0)
    assert len(bank) == 40


@pytest.mark.parametrize("kind", [NearCopies, Outliers])
def test_training_rows_must_look_as_the_source_s(kind, train):
    source = Planted(train)
    draw_bank(source, 4, [Outliers(train.astype("float64"))], verbose=0)
    for wrong, received in [
        ((255 * train).astype("uint8"), r"uint8 \(2,\)"),
        (train[:, :1], r"float32 \(1,\)"),
    ]:
        with pytest.raises(ValueError, match=rf"`x_train` must look as .*Received: {received}"):
            draw_bank(source, 4, [kind(wrong)], verbose=0)


def test_a_training_row_that_is_no_number_is_named(train):
    broken = train.copy()
    broken[5, 1] = np.nan
    with pytest.raises(ValueError, match="Received: 1 of 256 rows .*the first is row 5"):
        NearCopies(broken)


def test_bad_arguments(train):
    bad = [
        (lambda: LabelAgreement(corner, confidence=1.0), "confidence=1.0"),
        (lambda: LabelAgreement("model"), "classifier"),
        (lambda: LabelAgreement([]), "classifier"),
        (lambda: DiscriminatorQuantile(0.0), "quantile=0.0"),
        (lambda: DiscriminatorQuantile(0.5, calibration=1), "calibration=1"),
        (lambda: NearCopies(train, quantile=1.0), "quantile=1.0"),
        (lambda: NearCopies(train[:1]), "Received: 1"),
        (lambda: Outliers((train, train[:, 0])), "without labels.*Received: a tuple of 2"),
    ]
    for make, received in bad:
        with pytest.raises(ValueError, match=received):
            make()
    with pytest.raises(ValueError, match="one score for each class"):
        LabelAgreement(lambda x: np.zeros((len(x), 1))).keep(np.zeros((3, 1)), np.zeros(3, int))
    with pytest.raises(ValueError, match="one score for each class of the source"):
        LabelAgreement(lambda x: np.zeros((len(x), 2))).keep(np.zeros((3, 1)), np.array([0, 1, 2]))
    unlabelled = gk.testing.toy_gan(None, trained_steps=1)
    with pytest.raises(ValueError, match="must be a GAN.*Received: 3"):
        draw_bank(unlabelled, 10, [DiscriminatorQuantile(gan=3)], verbose=0)
    with pytest.raises(ValueError, match="with classes"):
        draw_bank(unlabelled, 10, [LabelAgreement(corner)], verbose=0)

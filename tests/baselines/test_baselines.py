import builtins

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.baselines import SMOTE, Bootstrap, Jitter


@pytest.fixture(scope="module")
def data():
    x, y = gk.testing.toy_data(75)
    kept = (y != 3) | (np.arange(75) < 16)
    return x[kept], y[kept]


@pytest.mark.parametrize("kind", [Bootstrap, Jitter, SMOTE])
def test_contract(kind, data):
    source = kind(*data)
    assert source.class_counts.tolist() == np.bincount(data[1]).tolist()
    labels = np.arange(40) % 4
    drawn = source.sample(40, labels=labels, seed=1)
    assert (drawn.shape, drawn.dtype) == ((40, 2), np.float32)
    np.testing.assert_array_equal(drawn, kind(*data).sample(40, labels=labels, seed=1))
    np.testing.assert_array_equal(source.sample(7, labels=labels[:7], seed=1), drawn[:7])
    assert (source.sample(40, labels=labels, seed=2) != drawn).any()
    # Rows lie near the corner of their class (deviation 0.1 and some noise).
    angle = 2 * np.pi * labels / 4
    corners = 2 * np.stack([np.cos(angle), np.sin(angle)], -1)
    away = np.linalg.norm(drawn - corners, axis=1)
    assert (away < 1.5).all()
    mixed = gk.GANAugmentation(source, 0.5)(*data)
    assert mixed[0].shape == data[0].shape


def test_bootstrap_draws_training_rows_of_the_class(data):
    x, y = data
    drawn = Bootstrap(x, y).sample(300, labels=np.arange(300) % 4)
    for label in range(4):
        rows = {tuple(row) for row in x[y == label].tolist()}
        assert {tuple(row) for row in drawn[np.arange(300) % 4 == label].tolist()} <= rows


def test_jitter_by_hand():
    x = np.array([[0.0], [100.0]], "float32").repeat(500, 0)
    drawn = Jitter(x, scale=0.1).sample(4000)
    assert drawn.min() >= 0
    assert drawn.max() <= 100
    # Standard deviation of x is 50, so that of the noise is 5, one-sided at the edges: mean |n| = 5 * 0.798 / 2.
    low = drawn[drawn < 50]
    assert low.mean() == pytest.approx(5 * 0.7979 / 2, abs=5 * 5 / np.sqrt(len(low)))
    pixels = Jitter(np.full((4, 2, 2, 1), 7, "uint8"), scale=0.1).sample(3)
    assert pixels.dtype == np.uint8
    assert (pixels == 7).all(), "no deviation, no noise"


def test_smote_goes_between_rows_of_the_class():
    # Two rows a class: every synthetic row is on the line between them.
    x = np.array([[0, 0], [2, 2], [10, 0], [10, 4]], "float32")
    y = np.array([0, 0, 1, 1])
    source = SMOTE(x, y, num=50)
    zero, one = source.sample(50, labels=0), source.sample(50, labels=1)
    np.testing.assert_allclose(zero[:, 0], zero[:, 1], atol=1e-6)
    np.testing.assert_allclose(one[:, 0], 10.0, atol=1e-6)
    assert zero.min() >= 0
    assert zero.max() <= 2
    assert np.ptp(one[:, 1]) > 2
    images = SMOTE((x[:, :, None, None] * 20).astype("uint8"), y, num=5).sample(3)
    assert (images.shape, images.dtype) == ((3, 2, 1, 1), np.uint8)


def test_one_class_is_enough():
    x = np.array([[0.0], [1.0]], "float32")
    assert SMOTE(x, np.zeros(2, int), num=5).sample(3).min() >= 0


def test_columns_of_a_table():
    x = {"age": np.arange(6), "job": np.array(list("abcabc"))}
    source = Bootstrap(x, np.arange(6) % 2)
    assert source.element_spec["job"] == tf.TensorSpec((), tf.string)
    drawn = source.sample(20, labels=1)
    assert set(drawn["age"].tolist()) <= {1, 3, 5}
    assert [chr(97 + a % 3).encode() for a in drawn["age"]] == drawn["job"].tolist()


def test_baselines_stand_in_an_uplift(data):
    import keras

    def build():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    test = gk.testing.toy_data(80, seed=9)
    report = gk.evaluation.uplift(SMOTE(*data), data, test, build, steps=5, seeds=2)
    assert report.verdict in ("helps", "no effect", "hurts")


def test_bad_input(data, monkeypatch):
    x, y = data
    for make, said in [
        (lambda: Bootstrap(x, y.astype("float32") + 0.5), "Received"),
        (lambda: Bootstrap(x, np.where(y == 1, 5, y)), "rows by class"),
        (lambda: Bootstrap(x, y.astype(str)), "integer class ids"),
        (lambda: Bootstrap(x, y, class_names=["a", "b", "b", "c"]), "must be different"),
        (lambda: Bootstrap(x, y, class_names="abcd"), "list of names.*'abcd'"),
        (lambda: Bootstrap(np.where(x == x[3], np.nan, x), y), "`x`.*the first is row 3"),
        (lambda: Jitter(np.where(x == x[3], np.inf, x), y), "`x`.*the first is row 3"),
        (lambda: Jitter({"a": x}), "Received: dict"),
        (lambda: Jitter(x, scale=-1), "scale=-1"),
        (lambda: SMOTE(x, None), "labels"),
        (lambda: SMOTE(x, y, num=0), "num=0"),
        (lambda: SMOTE(x[:5], np.array([0, 0, 1, 1, 2])), "each class needs two"),
    ]:
        with pytest.raises(ValueError, match=said):
            make()
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("imblearn"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"gankeras\[smote\]"):
        SMOTE(x, y)

"""What each arm feeds a classifier, batch by batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.evaluation.arms import ARMS, Feed, batches, class_weights, row_order
from gankeras.evaluation.rows import Rows

FEED = Feed(steps=6, batch_size=10)


@pytest.fixture(scope="module")
def rows():
    """Row i holds i twice, so that a batch says where it comes from."""
    y = np.repeat([0, 1, 2, 3], [9, 3, 3, 3]).astype(np.int32)
    x = np.repeat(np.arange(18, dtype=np.float32)[:, None], 2, axis=1)
    return Rows(x, y, 4)


def stack(dataset):
    return [np.stack(parts) for parts in zip(*dataset.as_numpy_iterator(), strict=True)]


def test_order_is_one_shuffled_pass_after_another(rows):
    order = row_order(rows, FEED, seed=1).reshape(-1)
    assert sorted(order[:18]) == sorted(order[18:36]) == list(range(18))
    assert order[:18].tolist() != order[18:36].tolist()


def test_order_is_a_function_of_seed_and_step(rows):
    longer = row_order(rows, Feed(steps=60, batch_size=10), seed=1)
    np.testing.assert_array_equal(longer[:6], row_order(rows, FEED, seed=1))
    assert (longer[:6] != row_order(rows, FEED, seed=2)).any()


def test_oversampling_shows_every_class_as_often(rows):
    order = row_order(rows, Feed(steps=4, batch_size=9), seed=1, balanced=True).reshape(-1)
    assert np.bincount(rows.y[order]).tolist() == [9, 9, 9, 9]
    assert sorted(order[order < 9]) == list(range(9))


def test_class_weights_count_classes_the_same(rows):
    weights = class_weights(rows)
    np.testing.assert_allclose(weights * rows.counts, 18 / 4)
    _, y, weight = stack(batches("class_weights", FEED, rows, None, None, seed=0))
    np.testing.assert_allclose(weight, weights[y], rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in ARMS if not ARMS[name].classical])
def test_every_arm_gets_the_same_steps_and_batch(name, rows, corners):
    dataset = batches(name, FEED, rows, corners().freeze(), 0.3, seed=0)
    assert int(dataset.cardinality()) == 6
    x, y, *_ = stack(dataset)
    assert x.shape == (6, 10, 2)
    assert y.shape == (6, 10)
    assert dataset.element_spec[0].shape == (10, 2)


def test_real_rows_come_raw_and_in_the_same_order(rows, corners):
    real_x, real_y = stack(batches("real", FEED, rows, None, None, seed=5))
    np.testing.assert_array_equal(rows.y[real_x[..., 0].astype(int)], real_y)
    mixed_x, mixed_y = stack(batches("gan", FEED, rows, corners().freeze(), 0.3, seed=5))
    kept = (mixed_x == real_x).all(-1)
    assert kept.sum(axis=1).tolist() == [7] * 6
    np.testing.assert_array_equal(mixed_y[kept], real_y[kept])


def test_oversampled_rows_keep_their_mix_under_a_strategy(rows, corners):
    feed = Feed(
        steps=8,
        batch_size=9,
        augmentation=lambda x, y: (x, y),
        sampling_strategy="not majority",
    )
    _, plain = stack(batches("oversampling+classical", feed, rows, None, None, seed=5))
    x, y = stack(batches("gan+oversampling+classical", feed, rows, corners().freeze(), 0.3, seed=5))
    # A row of the fixture holds one number twice: a sample does not.
    real = x[..., 0] == x[..., 1]
    assert real.sum(axis=1).tolist() == [6] * 8
    np.testing.assert_array_equal(y[real], plain[real])
    assert np.bincount(plain[:4].ravel()).tolist() == [9, 9, 9, 9]


def test_gan_alone_draws_anew_each_step_with_the_real_labels(rows, corners):
    source = corners().freeze()
    x, y = stack(batches("gan_only", FEED, rows, source, None, seed=5))
    np.testing.assert_array_equal(y, rows.y[row_order(rows, FEED, 5)])
    np.testing.assert_allclose(
        x.reshape(60, 2), source.sample(60, y.reshape(-1), seed=5), atol=1e-6
    )
    assert len(np.unique(x.reshape(60, 2), axis=0)) == 60


def test_uint8_stays_uint8_until_the_augmentation_changes_it():
    images, labels = gk.testing.toy_images(n=12)
    rows = Rows(images, labels, 3)
    feed = Feed(2, 4, augmentation=keras.layers.RandomTranslation(0.1, 0.1))
    assert batches("real", feed, rows, None, None, 0).element_spec[0].dtype == tf.uint8
    assert batches("classical", feed, rows, None, None, 0).element_spec[0].dtype == tf.float32


def test_rows_may_be_dicts():
    rows = Rows({"a": np.arange(4.0), "b": np.array(list("wxyz"))}, np.array([0, 0, 1, 1]), 2)
    x, _ = next(iter(batches("real", Feed(1, 4), rows, None, None, 0)))
    assert sorted(x["b"].numpy().tolist()) == [b"w", b"x", b"y", b"z"]

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import gankeras as gk
from gankeras.core import training_data
from gankeras.core.training_data import PassOrder, digest, without_autotune


def test_a_pass_without_classes_sees_each_row_at_most_once():
    order = PassOrder(None, 10, 3, 0.5, seed=0)
    rows = order(0)
    assert rows.shape == (3, 3)
    assert len(np.unique(rows)) == 9
    assert (rows == order(0)).all()
    assert (rows != order(1)).any()
    assert set(np.concatenate([order(i).ravel() for i in range(20)])) == set(range(10))


def test_the_batch_is_at_most_the_rows():
    assert PassOrder(None, 5, 64, 0.5, seed=0)(3).shape == (1, 5)


@pytest.mark.parametrize(
    ("exponent", "shares"), [(1.0, (90, 10)), (0.0, (50, 50)), (0.5, (75, 25))]
)
def test_tempered_shares(exponent, shares):
    # 90 and 10 rows: their roots stand as 3 to 1.
    labels = np.repeat([0, 1], [90, 10])
    order = PassOrder(labels, 100, 10, exponent, seed=0)
    drawn = labels[order(0).ravel()]
    assert np.bincount(drawn).tolist() == list(shares)
    rare = order(0).ravel()[drawn == 1]
    # A rare class is gone through whole before a row of it comes again.
    assert np.bincount(rare - 90).min() >= shares[1] // 10


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=60), st.integers(1, 40), st.floats(0, 1))
def test_any_labels(labels, batch_size, exponent):
    labels = np.array(labels)
    order = PassOrder(labels, len(labels), batch_size, exponent, seed=1)
    rows = order(5)
    assert rows.shape == (order.steps, min(batch_size, len(labels)))
    assert rows.min() >= 0
    assert rows.max() < len(labels)


def test_digest_tells_values_shapes_dtypes_and_labels_apart():
    x, y = np.zeros((4, 2), "float32"), np.zeros(4, "int64")
    other = x.copy()
    other[0, 0] = 1
    kinds = [
        (x, y),
        (x, None),
        (other, y),
        (x.reshape(2, 4), y),
        (x.astype("float64"), y),
        (x, y + 1),
    ]
    assert len({digest(*kind) for kind in kinds}) == len(kinds)
    assert digest(x, y) == digest(x.copy(), y.copy())


def test_no_pipeline_of_fit_is_tuned_while_it_runs():
    # Or `fit` would end up to a minute after its last step.
    gan, rows = gk.testing.toy_gan(), gk.testing.toy_data(64)
    feed = gan.feed(*rows, 16, 0.5) if isinstance(rows, tuple) else gan.feed(rows, None, 16, 0.5)
    arrays = training_data.from_arrays(feed, training_data.StartingStep())
    own = tf.data.Dataset.from_tensor_slices(rows).batch(16)
    for dataset in (arrays, training_data.from_dataset(own, gan.codec)):
        assert dataset.options().autotune.enabled is False


@pytest.mark.parametrize("enabled", [True, False])
def test_who_asked_for_tuning_keeps_it(enabled):
    options = tf.data.Options()
    options.autotune.enabled = enabled
    dataset = tf.data.Dataset.range(3).with_options(options)
    assert without_autotune(dataset).options().autotune.enabled is enabled

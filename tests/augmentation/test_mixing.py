import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gankeras import random
from gankeras.augmentation import mixing


def over_batches(function, batches):
    """The results of a graph function of a batch's number, stacked."""
    return np.stack(list(tf.data.Dataset.range(batches).map(function).as_numpy_iterator()))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 64 * 49 - 1), st.integers(1, 255))
def test_any_changed_byte_changes_the_key(position, change):
    x = (np.arange(64 * 49) % 251).astype("uint8").reshape(64, 49)
    other = x.copy()
    other.flat[position] ^= np.uint8(change)
    y = tf.zeros((64,), tf.int32)
    assert mixing.content_key(x, y) == mixing.content_key(x.copy(), y)
    assert mixing.content_key(x, y) != mixing.content_key(other, y)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "float32", "float16", "bool"])
def test_key_of_every_dtype(dtype):
    x = np.zeros((4, 3), dtype)
    other = x.copy()
    other[3, 2] = 1
    assert mixing.content_key(x, None) != mixing.content_key(other, None)


def test_key_reads_labels_columns_and_texts():
    table = {"age": tf.constant([1, 2]), "job": tf.constant(["a", "b"])}
    labels = tf.constant([0, 1])
    keys = {
        int(mixing.content_key(table, None)),
        int(mixing.content_key(table, labels)),
        int(mixing.content_key(table, 1 - labels)),
        int(mixing.content_key({**table, "job": tf.constant(["a", "c"])}, labels)),
        int(mixing.content_key({**table, "age": tf.constant([2, 1])}, labels)),
    }
    assert len(keys) == 5


def test_rows_are_chosen_with_the_probabilities_asked_for():
    # 32 rows that go with 1/3, 16 with 1/6, 16 that stay: 13.33 rows, of these 2.67 of the second kind.
    # Over 3,000 batches the standard error of a frequency is at most .5 / sqrt(3000 * 16) = .0023.
    wanted = np.repeat([1 / 3, 1 / 6, 0.0], [32, 16, 16])
    rates = tf.constant(wanted, tf.float32)

    def choose(batch):
        seed = random.fold(0, batch)
        indices = mixing.choose_rows(
            rates, 64, mixing.whole_number(tf.reduce_sum(rates), seed), seed
        )
        return tf.reduce_sum(tf.one_hot(indices, 64), axis=0)

    chosen = over_batches(choose, 3000)
    assert chosen.max() == 1, "a row was chosen twice"
    assert set(chosen.sum(axis=1)) == {13, 14}
    assert chosen.sum(axis=1).mean() == pytest.approx(40 / 3, abs=0.035)  # four standard errors
    frequencies = chosen.mean(axis=0)
    # The race is exact in the limit of many rows; at 64 it is .003 off.
    assert frequencies[:32].mean() == pytest.approx(1 / 3, abs=0.008)
    assert frequencies[32:48].mean() == pytest.approx(1 / 6, abs=0.012)
    assert not frequencies[48:].any()


def test_equal_rates_choose_every_row_alike():
    def choose(batch):
        indices = mixing.choose_rows(None, 10, 3, random.fold(1, batch))
        return tf.reduce_sum(tf.one_hot(indices, 10), axis=0)

    chosen = over_batches(choose, 2000).sum(axis=0)
    # Standard error sqrt(.3 * .7 / 2000) = .01; four of them.
    np.testing.assert_allclose(chosen / 2000, 0.3, atol=0.04)


def test_rows_that_must_stay_come_last():
    for batch in range(20):
        order = mixing.choose_rows(tf.constant([0.0, 0.5, 0.0, 1e-6]), 4, 4, random.fold(0, batch))
        assert set(order.numpy()[:2]) == {1, 3}


def test_a_number_that_rounds_to_one_keeps_the_order(monkeypatch):
    # The largest 24-bit number rounds to 1 in float32; a row of rate 0 must still come last.
    monkeypatch.setattr(mixing.random, "uniform", lambda shape, seed: tf.ones(shape))
    order = mixing.choose_rows(tf.constant([0.0, 0.5, 0.0]), 3, 1, random.fold(0))
    assert order.numpy().tolist() == [1]


@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0, 1.0], [1.0, 0], [0, 0.1, 0, 0.9, 0]])
@pytest.mark.parametrize("count", [1, 7, 20])
def test_labels_keep_their_shares_in_every_batch(shares, count):
    edges = mixing.label_edges(np.array(shares))

    def count_labels(batch):
        labels = mixing.spread_labels(edges, count, random.fold(3, batch))
        return tf.math.bincount(labels, minlength=len(shares), dtype=tf.float32)

    counted = over_batches(count_labels, 400)
    # Systematic sampling: each class gets its share rounded down or up.
    assert (np.abs(counted - count * np.array(shares)) < 1 + 1e-4).all()
    total = counted.sum(axis=0)
    assert not total[np.array(shares) == 0].any()
    np.testing.assert_allclose(total / total.sum(), shares, atol=0.12 / np.sqrt(count))


def test_any_slot_can_get_any_label():
    # The rows surest to go come first; sorted labels would tie them to the first classes.
    edges = mixing.label_edges(np.array([0.5, 0.5]))
    first = over_batches(lambda b: mixing.spread_labels(edges, 4, random.fold(5, b))[0], 200)
    assert np.mean(first) == pytest.approx(0.5, abs=0.15)  # four standard errors of .035


def test_put_rows_by_hand():
    x = tf.constant([[1, 1], [2, 2], [3, 3]])
    fresh = tf.constant([[8, 8], [9, 9]])
    replaced = mixing.put_rows(x, tf.constant([2, 0]), fresh, tf.constant([True, False]))
    assert replaced.numpy().tolist() == [[1, 1], [2, 2], [8, 8]]


def test_row_seeds_differ_and_do_not_depend_on_the_count():
    seed = random.fold(1, 2)
    many = mixing.row_seeds(seed, 50).numpy()
    assert len(set(many)) == 50
    assert (mixing.row_seeds(seed, 3).numpy() == many[:3]).all()
    assert not set(many) & set(mixing.row_seeds(random.fold(1, 3), 50).numpy())


def test_element_seeds_come_from_the_seed_alone():
    def two_iterations(seed, global_seed):
        tf.random.set_seed(global_seed)
        dataset = mixing.element_seeds(seed).take(3)
        return [[int(value) for value in dataset] for _ in range(2)]

    first, again = two_iterations(1, 10), two_iterations(1, 11)
    assert first == again
    assert first[0] != first[1]
    assert len({*first[0], *first[1]}) == 6
    assert two_iterations(2, 10) != first

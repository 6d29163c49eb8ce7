import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gankeras.augmentation import mixing


def over_batches(function, batches):
    """The results of a graph function of a batch's number, stacked."""
    return np.stack(list(tf.data.Dataset.range(batches).map(function).as_numpy_iterator()))


def chances(seed, rows=1):
    return lambda batch: mixing.chances(tf.stack([tf.cast(batch, tf.int32), 0]), seed, rows)


def key(x, y=None):
    return tuple(mixing.content_key(x, y).numpy())


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 64 * 49 - 1), st.integers(1, 255))
def test_any_changed_byte_changes_the_key(position, change):
    x = (np.arange(64 * 49) % 251).astype("uint8").reshape(64, 49)
    other = x.copy()
    other.flat[position] ^= np.uint8(change)
    y = tf.zeros((64,), tf.int32)
    assert key(x, y) == key(x.copy(), y)
    assert all(a != b for a, b in zip(key(x, y), key(other, y), strict=True))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "float32", "float16", "bool"])
def test_key_of_every_dtype(dtype):
    x = np.zeros((4, 3), dtype)
    other = x.copy()
    other[3, 2] = 1
    assert key(x) != key(other)


def test_key_reads_labels_columns_and_texts():
    table = {"age": tf.constant([1, 2]), "job": tf.constant(["a", "b"])}
    labels = tf.constant([0, 1])
    keys = {
        key(table),
        key(table, labels),
        key(table, 1 - labels),
        key({**table, "job": tf.constant(["a", "c"])}, labels),
        key({**table, "age": tf.constant([2, 1])}, labels),
    }
    assert len(keys) == 5


def test_rows_are_chosen_with_the_probabilities_asked_for():
    # 32 rows that go with 1/3, 16 with 1/6, 16 that stay: 13.33 rows, of these 2.67 of the second kind.
    # Over 3,000 batches the standard error of a frequency is at most .5 / sqrt(3000 * 16) = .0023.
    wanted = np.repeat([1 / 3, 1 / 6, 0.0], [32, 16, 16])
    rates = tf.constant(wanted, tf.float32)

    def choose(batch):
        chance = chances(0, 64)(batch)
        count = mixing.whole_number(tf.reduce_sum(rates), chance.rounding)
        indices = mixing.choose_rows(rates, count, chance.race)
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
        indices = mixing.choose_rows(None, 3, chances(1, 10)(batch).race)
        return tf.reduce_sum(tf.one_hot(indices, 10), axis=0)

    chosen = over_batches(choose, 2000).sum(axis=0)
    # Standard error sqrt(.3 * .7 / 2000) = .01; four of them.
    np.testing.assert_allclose(chosen / 2000, 0.3, atol=0.04)


def test_rows_that_must_stay_come_last():
    for batch in range(20):
        order = mixing.choose_rows(tf.constant([0.0, 0.5, 0.0, 1e-6]), 4, chances(0, 4)(batch).race)
        assert set(order.numpy()[:2]) == {1, 3}


def test_numbers_that_round_to_one():
    # A uniform float32 may round to 1; a row of rate 0 must still come last.
    order = mixing.choose_rows(tf.constant([0.0, 0.5, 0.0]), 1, tf.ones(3))
    assert order.numpy().tolist() == [1]


@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0, 1.0], [1.0, 0], [0, 0.1, 0, 0.9, 0]])
@pytest.mark.parametrize("count", [1, 7, 20])
def test_labels_keep_their_shares_in_every_batch(shares, count):
    edges = mixing.label_edges(np.array(shares))

    def count_labels(batch):
        labels = mixing.spread_labels(edges, count, chances(3)(batch).start)
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
    first = over_batches(lambda b: mixing.spread_labels(edges, 4, chances(5)(b).start)[0], 200)
    assert np.mean(first) == pytest.approx(0.5, abs=0.15)  # four standard errors of .035


def test_put_rows_by_hand():
    x = tf.constant([[1, 1], [2, 2], [3, 3]])
    fresh = tf.constant([[8, 8], [9, 9]])
    replaced = mixing.put_rows(x, tf.constant([2, 0]), fresh, tf.constant([True, False]))
    assert replaced.numpy().tolist() == [[1, 1], [2, 2], [8, 8]]


def test_chances_differ_by_key_and_seed_but_not_by_the_number_of_rows():
    base = chances(1, 50)(2)
    for other in (chances(1, 50)(3), chances(2, 50)(2)):
        assert all((a.numpy() != b.numpy()).all() for a, b in zip(base, other, strict=True))
    few = chances(1, 3)(2)
    assert few.rows == base.rows
    assert (
        mixing.row_seeds(base.rows, 3).numpy() == mixing.row_seeds(base.rows, 50).numpy()[:3]
    ).all()
    assert len(set(mixing.row_seeds(base.rows, 50).numpy())) == 50


def test_element_keys_come_from_the_seed_alone():
    def two_iterations(seed, global_seed):
        tf.random.set_seed(global_seed)
        dataset = mixing.element_keys(seed).take(3)
        return [[tuple(value.numpy()) for value in dataset] for _ in range(2)]

    first, again = two_iterations(1, 10), two_iterations(1, 11)
    assert first == again
    assert first[0] != first[1]
    assert len({*first[0], *first[1]}) == 6
    assert two_iterations(2, 10) != first

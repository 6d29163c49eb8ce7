"""Test rows that are training rows are found, whatever their bytes; no others are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gankeras.evaluation import drop_overlap

VALUES = st.sampled_from([0.0, -0.0, 1.0, 2.5, float("nan"), float("inf")])
ROWS = st.integers(1, 8).flatmap(
    lambda n: hnp.arrays(np.float32, (n, 2), elements=VALUES.map(np.float32))
)


def same(a, b):
    return all(p == q or (np.isnan(p) and np.isnan(q)) for p, q in zip(a, b, strict=True))


@settings(max_examples=150, deadline=None)
@given(train=ROWS, test=ROWS)
def test_drops_exactly_the_equal_rows(train, test):
    labels = np.arange(len(test))
    (x, y), count = drop_overlap((train, np.zeros(len(train), int)), (test, labels))
    expected = [i for i, row in enumerate(test) if not any(same(row, other) for other in train)]
    assert y.tolist() == expected
    assert count == len(test) - len(expected)
    np.testing.assert_array_equal(x, test[expected])


@settings(max_examples=30, deadline=None)
@given(train=ROWS, test=ROWS)
def test_is_done_after_once(train, test):
    first, _ = drop_overlap((train, train[:, 0]), (test, test[:, 0]))
    again, count = drop_overlap((train, train[:, 0]), first)
    assert count == 0
    np.testing.assert_array_equal(again[0], first[0])


def test_compares_values_and_not_dtypes():
    train = np.array([[1, 2], [3, 4]], np.uint8)
    test = np.array([[3.0, 4.0], [3.5, 4.0]], np.float32)
    (x, _), count = drop_overlap((train, np.zeros(2)), (test, np.zeros(2)))
    assert count == 1
    assert x.tolist() == [[3.5, 4.0]]


def test_takes_dicts_with_text():
    train = {"name": np.array(["ab", "c"]), "size": np.array([1.0, 2.0])}
    test = {"name": np.array(["c", "ab", "a"], object), "size": np.array([2, 2, 1])}
    (x, y), count = drop_overlap((train, [0, 0]), (test, [5, 6, 7]))
    assert count == 1
    assert x["name"].tolist() == ["ab", "a"]
    assert y.tolist() == [6, 7]


def test_refuses_rows_of_other_shapes():
    images = np.zeros((3, 8, 8, 1), np.uint8)
    with pytest.raises(ValueError, match=r"Received: \{'x': \(8, 8, 1\)\} and \{'x': \(8, 8\)\}"):
        drop_overlap((images, np.zeros(3)), (images[..., 0], np.zeros(3)))


def test_fractions_are_compared_in_the_digits_that_both_have():
    pictures = np.array([[1, 2], [3, 4]]) / 255
    for first, second in (("float32", "float64"), ("float64", "float32")):
        train, test = pictures.astype(first), pictures[:1].astype(second)
        assert drop_overlap((train, np.zeros(2)), (test, np.zeros(1)))[1] == 1

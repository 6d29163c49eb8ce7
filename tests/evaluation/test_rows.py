"""Rows are checked at the door, each error with the way out."""

import numpy as np
import pytest

from gankeras.evaluation.number_types import as_train
from gankeras.evaluation.rows import Rows, check_counts, check_rows, is_imbalanced, stratified_cut

X = np.arange(12, dtype=np.uint8).reshape(6, 2)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (X, "must be a pair"),
        ((X, np.eye(3)[[0, 1, 2, 0, 1, 2]]), r"argmax\(axis=-1\).*Received: .* \(6, 3\)"),
        ((X, np.zeros((6, 1), int)), r"reshape\(-1\)"),
        ((X, np.array([0.0, 1, 2, 0, 1, 2])), "Received: labels of dtype float64"),
        ((X, np.array(list("aabbcc"))), "return_inverse"),
        ((X, np.array([0, 1, 2])), r"Received: \[6\] rows and 3 labels"),
        ((X[:0], np.zeros(0, int)), "at least one"),
        ((X, np.array([0, 1, 2, 0, 1, 3])), "Received: labels from 0 to 3"),
        ((X, np.array([0, 1, -1, 0, 1, 2])), "Received: labels from -1 to 2"),
        ((np.where(X == 5, np.nan, X), np.arange(6) % 3), "1 of 6 rows with NaN.* row 2"),
        (({"a": X, "b": X[:2]}, np.zeros(6, int)), r"\[2, 6\] rows"),
    ],
)
def test_bad_parts(part, message):
    with pytest.raises(ValueError, match=message):
        check_rows(part, "train", num_classes=3)


def test_negative_labels_are_told_that_ids_start_at_0():
    with pytest.raises(ValueError, match="start at 0.*Received: labels from -1 to 0"):
        check_rows((X[:2], np.array([-1, 0])), "train")


def test_keeps_raw_rows_and_counts_classes():
    rows = check_rows((X, np.array([0, 1, 2, 0, 1, 2], np.int64)), "train")
    assert rows.x is X
    assert rows.y.dtype == np.int32
    assert rows.num_classes == 3
    assert rows.counts.tolist() == [2, 2, 2]


def test_names_the_classes_with_fewer_than_two_rows():
    with pytest.raises(ValueError, match="Received: class 1: 1, class 2: 0"):
        check_counts(Rows(X, np.array([0, 0, 1, 0, 0, 0], np.int32), 3))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([50, 50], False), ([50, 54], False), ([50, 60], True), ([0, 50, 50], False)],
)
def test_imbalance(counts, expected):
    assert is_imbalanced(np.array(counts)) is expected


def test_cut_keeps_the_class_mix_and_shares_no_row():
    y = np.repeat([0, 1, 2], [50, 10, 2]).astype(np.int32)
    rows = Rows(np.arange(62), y, 3)
    rest, cut = stratified_cut(rows, 0.2, seed=3)
    assert cut.counts.tolist() == [10, 2, 1]
    assert sorted([*rest.x, *cut.x]) == list(range(62))
    assert rows.y[rest.x].tolist() == rest.y.tolist()
    again, other = stratified_cut(rows, 0.2, seed=3)[1], stratified_cut(rows, 0.2, seed=4)[1]
    assert cut.equals(again)
    assert not cut.equals(other)


def test_columns_of_a_frame_become_arrays_that_tensors_are_made_of():
    import pandas as pd

    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["1970-01-02"] * 2).astype("datetime64[s]"),
            "text": pd.Series(["a", None]),
            "whole": pd.array([1, None], dtype="Int64"),
            "flag": pd.array([True, None], dtype="boolean"),
            "number": [0.5, np.nan],
        }
    )
    arrays = check_rows((frame, [0, 1]), "train").arrays
    assert arrays["day"].tolist() == [86400, 86400]
    assert arrays["text"].tolist() == ["a", ""]
    np.testing.assert_array_equal(arrays["whole"], [1, np.nan])
    np.testing.assert_array_equal(arrays["flag"], [1, np.nan])
    assert [arrays[n].dtype.name for n in ("whole", "flag")] == ["float64", "float32"]
    np.testing.assert_array_equal(arrays["number"], [0.5, np.nan])


def of(*columns):
    return [Rows(np.asarray(c), np.zeros(2, np.int32), 1) for c in columns]


def test_rows_that_judge_take_the_dtype_of_training_rows():
    train, test = of(np.float32([0, 1]), np.float64([0.1, 1.0]))
    assert as_train(test, train, "test").x.dtype == np.float32
    train, test = of(np.uint8([0, 255]), np.int64([7, 255]))
    assert as_train(test, train, "test").x.dtype == np.uint8


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (np.float32([0, 1]), np.uint8([0, 255]), "`test` and `train`.*uint8 from 0 to 255 beside"),
        (np.uint8([0, 255]), np.uint16([0, 65535]), "uint16 from 0 to 65535 beside uint8"),
        (np.uint8([0, 1]), np.array([True, False]), "Received: bool"),
    ],
)
def test_rows_that_judge_in_another_scale_are_refused(train, test, message):
    train, test = of(train, test)
    with pytest.raises(ValueError, match=message):
        as_train(test, train, "test")
    both = [Rows({"a": rows.x, "b": np.array(["x", "y"])}, rows.y, 1) for rows in (train, test)]
    with pytest.raises(ValueError, match=message.replace("`test`", "column `a` of `test`")):
        as_train(both[1], both[0], "test")

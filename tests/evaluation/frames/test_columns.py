import numpy as np
import pandas as pd
import pytest

from gankeras.evaluation.frames.columns import side_by_side


def kinds_of(frame, **more):
    return {c.name: c.is_numeric for c in side_by_side({"real": frame, **more})}


def test_dtypes_tell_the_kind():
    frame = pd.DataFrame(
        {
            "whole": [1, 2],
            "real": [0.5, np.nan],
            "nullable": pd.array([1, None], dtype="Int64"),
            "day": pd.to_datetime(["2020-01-01", None]),
            "span": pd.to_timedelta([1, 2], "D"),
            "flag": [True, False],
            "text": ["a", None],
            "grade": pd.Categorical(["low", "high"]),
        }
    )
    numeric = {"whole", "real", "nullable", "day", "span"}
    assert kinds_of(frame) == {name: name in numeric for name in frame}


def test_moments_are_seconds_in_every_resolution():
    days = pd.Series(["1970-01-01", "1970-01-02", None])
    frames = {
        f"part {i}": {"day": days.astype(f"datetime64[{unit}]").array}
        for i, unit in enumerate(("s", "ns"))
    }
    (column,) = side_by_side({k: pd.DataFrame(v) for k, v in frames.items()})
    for values in column.parts.values():
        np.testing.assert_array_equal(values, [0, 86400, np.nan])


def test_equal_categories_have_one_number_whatever_their_dtype():
    real = pd.DataFrame({"code": [1, 2, 2]})
    made = pd.DataFrame({"code": [1.0, np.nan, 2.0]})
    mixed = pd.DataFrame({"code": pd.Series([2, "x", None], dtype=object)})
    (column,) = side_by_side({"a": real, "b": made, "c": mixed}, {"code": "categorical"})
    assert column.categories == ("1.0", "2.0", "x")
    assert {k: v.tolist() for k, v in column.parts.items()} == {
        "a": [0, 1, 1],
        "b": [0, -1, 1],
        "c": [1, 2, -1],
    }


def test_an_empty_column_takes_the_kind_of_the_other_side():
    nothing = pd.DataFrame({"a": pd.Series([None, None], dtype=object)})
    assert kinds_of(nothing, made=pd.DataFrame({"a": [1.0, 2.0]})) == {"a": True}
    assert kinds_of(nothing) == {"a": False}


WRONG = [
    ({"a": []}, None, "must have rows"),
    ([1, 2], None, "DataFrame or a dict of arrays. Received: list"),
    ({"a": [1, 2], "b": [1]}, None, "equally long"),
    ({"b": [1]}, None, "only on one side"),
    ({"a": ["one"]}, None, "'one' in row 0"),
    ({"a": [1.0, np.inf]}, None, "inf.* in row 1"),
    ({"a": [1.0]}, {"c": "numeric"}, "Received.*'c'"),
    ({"a": [1.0]}, {"a": "text"}, "'text'"),
]


@pytest.mark.parametrize(("made", "kinds", "message"), WRONG)
def test_bad_frames_say_what_is_wrong(made, kinds, message):
    with pytest.raises(ValueError, match=message):
        side_by_side({"real": {"a": [1.0, 2.0]}, "synthetic": made}, kinds)


def test_pyarrow_days_and_durations_are_seconds():
    pytest.importorskip("pyarrow")
    days = pd.Series(pd.to_datetime(["1970-01-02", None]))
    frame = {
        "day": days.astype("date32[pyarrow]"),
        "span": (days - pd.Timestamp(0)).astype("duration[us][pyarrow]"),
    }
    for column in side_by_side({"real": pd.DataFrame(frame)}):
        np.testing.assert_array_equal(column.parts["real"], [86400, np.nan])

"""`a <= b` holds in every row that is made, in chains of pairs, beside bounds and under conditions."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gankeras.tables import TableCodec
from gankeras.tables.ordered_columns import sorted_pairs

ROWS = 400


def chain():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 100, ROWS)
    b = a + rng.integers(0, 50, ROWS)
    return {"a": a, "b": b, "c": b + rng.integers(0, 50, ROWS)}


def made(codec, conditions=None, rows=ROWS):
    """Rows from noise, as far from the data as a generator can be."""
    noise = tf.random.stateless_uniform((rows, *codec.sample_shape), (0, 1), -2.0, 2.0)
    asked = None
    if conditions is not None:
        asked = codec.encode_conditions(None, conditions, rows)
        asked = codec.network_conditions(tf.range(rows, dtype=tf.int64), None, asked)
    return {name: column.numpy() for name, column in codec.decode(noise, asked).items()}


def test_pairs_are_sorted_from_the_smallest_column_up():
    pairs = [("b", "c"), ("x", "c"), ("a", "b")]
    assert sorted_pairs(pairs) == [("x", "c"), ("a", "b"), ("b", "c")]
    with pytest.raises(ValueError, match="circle.*'a'"):
        TableCodec(ordered=[("a", "b"), ("b", "a")])


@pytest.mark.parametrize("ordered", [[("b", "c"), ("a", "b")], [("a", "b"), ("b", "c")]])
@pytest.mark.parametrize("conditions", [None, {"c": 60}, {"a": 60}, {"b": 60}])
def test_a_chain_holds_in_whatever_order_it_is_given(ordered, conditions):
    rows = made(TableCodec(ordered=ordered).adapt(chain()), conditions)
    assert (rows["a"] <= rows["b"]).all()
    assert (rows["b"] <= rows["c"]).all()
    for name, value in (conditions or {}).items():
        assert (rows[name] == value).all()


def test_bounds_hold_too_and_conditions_that_leave_no_room_are_refused():
    rng = np.random.default_rng(1)
    p = rng.uniform(0, 50, ROWS)
    table = {"p": p, "q": p + rng.uniform(0, 10, ROWS)}
    codec = TableCodec(bounds={"p": (0, 100), "q": (0, 60)}, ordered=[("p", "q")]).adapt(table)
    rows = made(codec)
    assert (rows["p"] <= rows["q"]).all()
    assert rows["q"].max() <= 60
    with pytest.raises(ValueError, match="'p' <= 'q'.*contradict.*row 1"):
        codec.encode_conditions(None, {"p": [50, 90]}, 2)


def test_whole_numbers_are_not_cut_below_what_they_must_reach():
    rng = np.random.default_rng(2)
    low = rng.uniform(-9, 0, ROWS).round(1)
    table = {"low": low, "high": np.ceil(low).astype(int) + rng.integers(0, 3, ROWS)}
    rows = made(TableCodec(ordered=[("low", "high")]).adapt(table), {"low": -2.5})
    # -2.5 cast to a whole number is -2, which would do; what is below is raised to -2, not to -3.
    assert rows["high"].min() == -2
    turned = made(
        TableCodec(ordered=[("whole", "any")]).adapt({"whole": -table["high"], "any": -low})
    )
    assert (turned["whole"] <= turned["any"]).all()


def test_columns_keep_their_days_and_decimals():
    rng = np.random.default_rng(3)
    day = np.datetime64("2020-01-01", "us") + rng.integers(0, 60, ROWS).astype("m8[D]")
    low = rng.uniform(0, 5, ROWS).round(3)
    table = {
        "arrived": day + rng.integers(0, 24, ROWS).astype("m8[h]"),
        "left": day + rng.integers(1, 6, ROWS).astype("m8[D]"),
        "low": low,
        "high": (low + rng.uniform(0.1, 5, ROWS)).round(1),
    }
    rows = made(TableCodec(ordered=[("arrived", "left"), ("low", "high")]).adapt(table))
    assert (rows["arrived"] <= rows["left"]).all()
    assert (rows["low"] <= rows["high"]).all()
    # Raised to what stands below, they became moments of a day and 0.873.
    assert (rows["left"] % (24 * 3600 * 10**6) == 0).all()
    assert (rows["high"] == rows["high"].round(1)).all()


def test_bounds_between_two_steps_are_not_rounded_over():
    rng = np.random.default_rng(4)
    start = np.datetime64("2020-01-01", "us")
    table = {
        "x": rng.uniform(0, 9, ROWS).round(1),
        "n": rng.integers(0, 100, ROWS),
        "d": start + rng.integers(0, 90, ROWS).astype("m8[D]"),
    }
    evening = pd.Timestamp("2020-03-30 20:00")
    bounds = {"x": (-0.06, 9.07), "n": (-0.7, 99.7), "d": (None, evening)}
    rows = made(TableCodec(bounds=bounds).adapt(table))
    assert rows["x"].min() >= -0.06
    assert rows["x"].max() <= 9.07
    assert rows["n"].min() >= 0
    assert rows["n"].max() <= 99
    assert rows["d"].max() <= evening.value // 1000


def test_zeros_that_were_rounded_up_bear_no_sign():
    table = {"x": np.random.default_rng(5).uniform(-1, 1, ROWS).round(1) + 0.0}
    rows = made(TableCodec(types={"x": "continuous"}).adapt(table))
    assert (rows["x"] == 0).any()
    assert not np.signbit(rows["x"][rows["x"] == 0]).any()


def test_missing_values_are_in_any_order():
    table = pd.DataFrame(chain()).astype("Int64")
    table.loc[::7, "b"] = pd.NA
    rows = made(TableCodec(ordered=[("a", "b")]).adapt(table))
    known = ~np.isnan(rows["b"])
    assert 0 < known.sum() < ROWS
    assert (rows["a"][known] <= rows["b"][known]).all()


def test_dates_of_two_units_are_refused():
    start = pd.Series(pd.date_range("2020-01-01", periods=ROWS))
    frame = pd.DataFrame(
        {"start": start.astype("datetime64[ns]"), "end": start.astype("datetime64[us]")}
    )
    with pytest.raises(ValueError, match=r"one dtype.*astype.*\[ns\] and datetime64\[us\]"):
        TableCodec(ordered=[("start", "end")]).adapt(frame)
    with pytest.raises(ValueError, match="numbers with numbers"):
        TableCodec(ordered=[("start", "n")]).adapt(frame.assign(n=np.arange(ROWS) % 9))


@settings(max_examples=10, deadline=None)
@given(st.permutations([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("b", "d")]))
def test_any_order_of_pairs_gives_the_same_rows(pairs):
    table = chain()
    table["d"] = table["c"] + 3
    rows = made(TableCodec(ordered=pairs).adapt(table), rows=50)
    for small, great in pairs:
        assert (rows[small] <= rows[great]).all()

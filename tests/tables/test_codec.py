import json
import warnings

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gankeras.tables import TableCodec
from gankeras.tables.category_column import OTHER


def round_trip(codec, frame):
    raw = codec.as_raw(frame)
    encoded = codec.encode_table(raw)
    decoded = codec.decode(codec.expand(tf.nest.map_structure(tf.constant, encoded)))
    nothing = codec.encode_conditions(None, None, len(frame))
    return codec.present({k: v.numpy() for k, v in decoded.items()}, {}, nothing)


def test_dtypes_order_and_values_come_back(everything, adapted):
    frame, codec = everything, adapted
    kinds = {c.name: c.kind for c in codec.columns}
    assert kinds == {
        "age": "integer",
        "weight": "continuous",
        "hours": "continuous",
        "amount": "continuous",
        "city": "categorical",
        "member": "boolean",
        "flag": "boolean",
        "count": "integer",
        "joined": "datetime",
        "zoned": "datetime",
        "wait": "datetime",
        "grade": "ordinal",
        "code": "categorical",
        "source": "constant",
        "income": "categorical",
    }
    back = round_trip(codec, frame)
    assert list(back.columns) == list(frame.columns)
    assert back.dtypes.to_dict() == frame.dtypes.to_dict()
    assert (back.isna() == frame.isna()).all().all()
    for name in ("city", "member", "flag", "grade", "code", "source", "income"):
        # One kind of missing value: pandas 2 has two among objects.
        pd.testing.assert_series_equal(
            *(t[name].where(t[name].notna(), None) for t in (back, frame))
        )
    # The few rows beyond a column's limits are drawn in; all others come back as they were.
    for name in ("age", "count", "joined", "zoned", "wait"):
        assert (back[name] == frame[name]).mean() > 0.95, name
    error = (back["weight"] - frame["weight"]).abs()
    assert error.median() < 1e-3


def test_a_dict_of_arrays_is_a_table():
    table = {
        "a": np.arange(60) % 7,
        "b": np.array(["x", "y", "z"] * 20),
        "c": np.linspace(0, 1, 60),
    }
    codec = TableCodec().adapt(table)
    assert {k: v.dtype for k, v in codec.element_spec.items()} == {
        "a": tf.int64,
        "b": tf.string,
        "c": tf.float64,
    }
    assert codec.num_classes is None
    assert round_trip(codec, table)["b"].tolist() == table["b"].tolist()


def test_config_is_json_and_makes_the_same_codec(everything):
    frame = everything
    codec = TableCodec(target="income", bounds={"age": (0, 120)}).adapt(frame)
    again = TableCodec.from_config(json.loads(json.dumps(codec.get_config())))
    assert again.get_config() == codec.get_config()
    raw = codec.as_raw(frame)
    for key, value in codec.encode_table(raw).items():
        np.testing.assert_array_equal(again.encode_table(raw)[key], value)


def test_point_masses_decimals_and_long_tails():
    rng = np.random.default_rng(0)
    rows = 5000
    table = pd.DataFrame(
        {
            "gain": np.where(rng.random(rows) < 0.9, 0, rng.integers(100, 99_999, rows)),
            "price": np.round(rng.lognormal(3, 1.5, rows), 2),
            "grades": rng.integers(1, 6, rows),
        }
    )
    codec = TableCodec().adapt(table)
    gain, price, grades = codec.columns
    assert gain.points == [0.0]
    assert price.log_scale > 0
    assert price.step == 0.01
    assert grades.points == [1, 2, 3, 4, 5]
    assert not grades.has_value
    back = round_trip(codec, table)
    assert ((back["gain"] == 0) == (table["gain"] == 0)).all()
    assert (back["price"].round(2) == back["price"]).all()


def test_amounts_that_recur_are_points_and_a_grid_is_none():
    """Adult's capital gains: a hundred amounts and nothing between, each mostly of one class."""
    rng = np.random.default_rng(0)
    amounts = np.sort(rng.choice(np.arange(500, 20_000), 40, replace=False))
    rows = 8000
    gain = np.concatenate([np.repeat(amounts, 20), np.zeros(rows - 800, int)])
    length = rng.normal(0.5, 0.05, rows).round(2) + 0.005  # millimetres, read off to ten
    age = rng.integers(17, 90, rows)
    table = {"gain": rng.permutation(gain), "length": length.round(3), "age": age}
    gain_column, length_column, age_column = TableCodec().adapt(table).columns
    assert gain_column.points == [0.0, *amounts.tolist()]
    assert length_column.step == 0.001
    assert length_column.points == []
    assert age_column.points == []


def test_missing_values_are_a_slot_of_their_own_and_never_filled():
    table = {"x": np.where(np.arange(100) % 4 == 0, np.nan, np.arange(100.0))}
    codec = TableCodec().adapt(table)
    encoded = codec.encode_table(codec.as_raw(table))
    column = codec.columns[0]
    missing = encoded["codes"][:, 0] == column.num_slots - 1
    assert (missing == np.isnan(table["x"])).all()
    assert (encoded["values"][missing] == 0).all()
    assert column.counts[-1] == 25


def test_rare_categories_are_folded_and_ten_thousand_take_few_slots():
    rng = np.random.default_rng(0)
    names = np.array([f"name-{i}" for i in range(10_000)], object)
    table = {"name": np.concatenate([np.repeat(names, 6), ["once-only"], ["A"] * 5000])}
    codec = TableCodec(types={"name": "categorical"}, max_categories=50).adapt(table)
    column = codec.columns[0]
    assert column.num_slots == 51
    assert codec.sample_shape == (52,)
    assert "once-only" not in column.vocabulary
    assert len(column.vocabulary) == 10_001
    encoded = codec.encode_table(codec.as_raw(table))
    assert encoded["codes"].nbytes < 1e6
    picks = rng.integers(0, 60_000, 200)
    samples = codec.expand({k: tf.constant(v[picks]) for k, v in encoded.items()})
    decoded = codec.decode(samples)["name"].numpy()
    # A position says which of the others it was.
    assert [v.decode() for v in decoded] == table["name"][picks].tolist()


def test_many_rare_names_become_one():
    table = {"name": np.array(["often"] * 50 + [f"n{i}" for i in range(40)], object)}
    codec = TableCodec(types={"name": "categorical"}).adapt(table)
    assert codec.columns[0].vocabulary == ["often", OTHER]
    assert round_trip(codec, table)["name"].value_counts().to_dict() == {"often": 50, OTHER: 40}


def test_identifiers_are_left_out_with_a_word():
    table = {
        "row_id": np.arange(100, 200),
        "mail": np.array([f"user{i}@example.org" for i in range(100)]),
        "x": np.arange(100) % 10,
    }
    with pytest.warns(UserWarning, match="left out.*row_id.*mail"):
        codec = TableCodec().adapt(table)
    assert [c.name for c in codec.columns] == ["x"]
    assert set(codec.as_raw(table)) == {"x"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TableCodec(types={"row_id": "identifier", "mail": "identifier"}).adapt(table)


def test_kinds_can_be_overridden():
    table = {"zip": np.arange(200) % 30, "x": np.arange(200) % 13}
    codec = TableCodec(types={"zip": "categorical"}, max_categories=200).adapt(table)
    zip_code, x = codec.columns
    assert (zip_code.kind, x.kind) == ("categorical", "integer")
    assert not zip_code.has_value
    with pytest.raises(ValueError, match="No value of column 'zip' is shared by 9 rows"):
        TableCodec(types={"zip": "categorical"}, min_count=9).adapt(table)


def test_bounds_and_order_hold_whatever_is_generated():
    rng = np.random.default_rng(0)
    start = rng.integers(0, 100, 300)
    table = {"start": start, "end": start + rng.integers(0, 50, 300), "age": rng.normal(40, 9, 300)}
    codec = TableCodec(bounds={"age": (0, 120)}, ordered=[("start", "end")]).adapt(table)
    noise = tf.random.stateless_uniform((500, *codec.sample_shape), (0, 1), -2.0, 2.0)
    made = codec.decode(noise)
    assert (made["start"].numpy() <= made["end"].numpy()).all()
    assert codec.columns[2].low == 0
    assert codec.columns[2].high == 120


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.floats(-1e12, 1e12), st.sampled_from([0.0, 1.0, -1e-300])),
        min_size=20,
        max_size=60,
    )
)
def test_any_numbers_stay_within_their_range(values):
    values = np.array([np.nan if v is None else v for v in values])
    if np.isfinite(values).sum() < 5:
        with pytest.raises(ValueError, match="no value at all|too few values"):
            TableCodec(types={"x": "continuous"}).adapt({"x": values})
        return
    codec = TableCodec(types={"x": "continuous"}).adapt({"x": values})
    back = round_trip(codec, {"x": values})["x"].to_numpy()
    assert (np.isnan(back) == np.isnan(values)).all()
    present = back[~np.isnan(back)]
    assert np.isfinite(present).all()
    # Limits are rounded to a hundredth of the span.
    slack = 0.02 * (np.nanmax(values) - np.nanmin(values)) + 1.0
    assert present.min() >= np.nanmin(values) - slack
    assert present.max() <= np.nanmax(values) + slack


def good(rows=40):
    return {
        "x": np.linspace(0, 1, rows),
        "name": np.array(["a", "b"] * (rows // 2), object),
        "y": np.array(["no", "yes"] * (rows // 2), object),
    }


def with_cell(name, row, value):
    table = good()
    column = table[name].astype(object) if not isinstance(value, float) else table[name]
    column[row] = value
    return {**table, name: column}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({**good(), "x": np.full(40, np.nan)}, "'x' holds no value"),
        ({**good(), "name": np.array([None] * 40)}, "'name' holds no value"),
        (with_cell("x", 7, np.inf), "'x' must hold finite numbers.*row 7"),
        (
            {**good(), "x": np.r_[np.full(36, np.nan), np.ones(4)]},
            "'x' has too few values.*4 values",
        ),
        ({**good(), "x": np.r_[np.zeros(39), 2.0**64]}, "'x' must fit into int64.*row 39"),
        ({**good(), "y": pd.date_range("2020", periods=2).repeat(20)}, "target 'y' holds dates"),
        (with_cell("name", 9, 3), "'name' must hold one type of value.*row 9"),
        ({**good(), "y": np.array(["no"] * 40)}, "target 'y' needs two classes"),
        (with_cell("y", 5, None), "target 'y' must be known.*row 5"),
        (with_cell("y", 11, "maybe"), "'y' needs at least 2 rows.*row 11"),
        ({**good(), "y": np.arange(40.0)}, "target 'y' must hold classes|at least 2 rows"),
        ({k: v[:10] for k, v in good().items()}, "at least 20 rows.*10 rows"),
        ({**good(), "x": np.zeros(39)}, "same number of rows"),
        ({**good(), 3: np.zeros(40)}, "names must be strings"),
        ({**good(), "x": np.zeros((40, 2))}, "'x' must be one-dimensional"),
        ({**good(), "x": np.zeros(40, complex)}, "'x' holds complex"),
        ({k: v for k, v in good().items() if k != "y"}, "lacks columns.*'y'"),
        (np.zeros((40, 3)), "A table is a pandas DataFrame or a dict"),
    ],
)
def test_bad_tables_name_column_and_row(table, words):
    with pytest.raises(ValueError, match=words):
        TableCodec(target="y").adapt(table)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"types": {"x": "float"}}, "'float' for column 'x'"),
        ({"types": {"name": "continuous"}}, "'name' cannot be 'continuous'.*strings"),
        ({"types": {"z": "integer"}}, "lacks columns.*'z'"),
        ({"target": "y", "types": {"y": "continuous"}}, "target holds classes"),
        ({"bounds": {"x": (1, 0)}}, "least, greatest"),
        ({"bounds": {"x": (0, 0.5)}}, "'x' leaves its bounds.*row 20"),
        ({"bounds": {"X": (0, 1)}}, "lacks columns.*'X'"),
        ({"bounds": {"name": (0, 1)}}, "numbers or dates.*'name' is categorical"),
        ({"bounds": {"x": 5}}, "least, greatest"),
        ({"bounds": {"x": ("0", 1)}}, "least, greatest"),
        ({"bounds": {"x": ("0", "1")}}, "'x' must be numbers"),
        ({"target": ["y"]}, "`target` is the name of one column"),
        ({"types": {"x": "boolean"}}, "'x' cannot be 'boolean'.*row 1"),
        ({"types": {"x": "integer"}}, "'x' cannot be 'integer'.*row 1"),
        ({"ordered": [("x", "x")]}, "pairs of columns"),
        ({"ordered": [("x", "name")]}, "numbers or dates.*'name'"),
        ({"min_count": 0}, "`min_count` must be at least 1"),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        TableCodec(**settings).adapt(good())


def test_order_that_the_data_break():
    table = {"a": np.arange(30), "b": np.r_[np.arange(29), 3]}
    with pytest.raises(ValueError, match="'a' <= 'b'.*row 29"):
        TableCodec(ordered=[("a", "b")]).adapt(table)


def test_dates_beyond_the_bounds_and_objects_of_python():
    days = pd.date_range("2020-01-01", periods=40)
    with pytest.raises(ValueError, match="'d' leaves its bounds.*row 31"):
        TableCodec(bounds={"d": (None, pd.Timestamp("2020-01-31"))}).adapt(
            pd.DataFrame({"d": days})
        )
    objects = pd.DataFrame({"d": pd.Series([d.date() for d in days], dtype=object)})
    with pytest.raises(ValueError, match="pd.to_datetime.*row 0"):
        TableCodec().adapt(objects)


def test_another_table_is_checked_against_the_first():
    codec = TableCodec(target="y").adapt(good())
    cases = [
        (with_cell("x", 3, np.nan), "'x' had no missing values.*row 3"),
        ({**good(), "x": good()["name"]}, "'x' must hold numbers"),
        ({**good(), "more": np.zeros(40)}, r"unknown \['more'\]"),
        (with_cell("y", 6, "maybe"), "target 'y' must hold the classes.*'maybe' in row 6"),
    ]
    for table, words in cases:
        with pytest.raises(ValueError, match=words):
            codec.as_raw(table)
    with pytest.raises(ValueError, match="adapt"):
        TableCodec().as_raw(good())


def test_dates_of_another_unit_mean_the_same_days():
    days = pd.Series(pd.date_range("2020-01-01", periods=60))
    frame = pd.DataFrame({"d": days.astype("datetime64[ns]"), "x": np.arange(60.0) % 7})
    codec = TableCodec().adapt(frame)
    for unit in ("s", "ms", "us"):
        other = codec.as_raw(frame.assign(d=days.astype(f"datetime64[{unit}]")))
        assert (other["d"] == codec.as_raw(frame)["d"]).all()
    for strange in (days.dt.tz_localize("UTC"), days - days[0], np.arange(60.0)):
        with pytest.raises(ValueError, match=r"'d' must hold dates.*astype\('datetime64\[ns\]'\)"):
            codec.as_raw(frame.assign(d=strange))


def test_whole_numbers_that_do_not_fit_are_refused():
    frame = pd.DataFrame({"n": (np.arange(60) % 50).astype("int8")})
    codec = TableCodec().adapt(frame)
    for value in (300, 2.5):
        changed = frame.astype("float64")
        changed.loc[7, "n"] = value
        with pytest.raises(ValueError, match="'n' must hold whole numbers of dtype int8.*row 7"):
            codec.as_raw(changed)


def test_text_that_should_be_numbers_or_dates_is_not_left_out():
    numbers = [f"{i}.5" for i in range(60)]
    days = [str(d.date()) for d in pd.date_range("2020-01-01", periods=60)]
    cases = [
        ([*numbers[:8], "n/k", *numbers[9:]], "59 of its 60 values are numbers.*'n/k' in row 8"),
        ([n.replace(".", ",") for n in numbers], "decimal comma.*'0,5' in row 0"),
        ([f"{i + 1},000" for i in range(60)], "commas between the thousands.*'1,000' in row 0"),
        ([*days[:3], "2020-02-30", *days[4:]], "59 of its 60 values are dates.*row 3"),
    ]
    for column, words in cases:
        with pytest.raises(ValueError, match=words):
            TableCodec().adapt({"x": np.array(column, object), "y": np.arange(60) % 5})


def test_bounds_of_dates_are_saved():
    days = pd.DataFrame({"d": pd.date_range("2020-01-01", periods=40)})
    codec = TableCodec(bounds={"d": (pd.Timestamp("2019-01-01"), np.datetime64("2021-01-01"))})
    again = TableCodec.from_config(codec.adapt(days).get_config())
    assert again.bounds == {"d": ("2019-01-01 00:00:00", "2021-01-01")}
    assert again.columns[0].low == codec.columns[0].low
    with pytest.raises(ValueError, match="'d' must be dates.*'soon'"):
        TableCodec(bounds={"d": ("soon", None)}).adapt(days)


def test_decimals_come_out_as_written_from_a_graph():
    # A graph turns a division by a constant into a product, which misses the nearest float: 112.32000000000001.
    rng = np.random.default_rng(0)
    codec = TableCodec().adapt({"x": rng.normal(100, 50, 400).round(2)})
    noise = tf.random.stateless_uniform((2000, *codec.sample_shape), (0, 1), -1.0, 1.0)
    made = tf.function(codec.decode)(noise)["x"].numpy()
    assert (made == made.round(2)).all()


def test_categories_that_are_all_rare_keep_their_name():
    names = pd.Categorical([f"n{i // 2}" for i in range(60)])
    codec = TableCodec(types={"c": "categorical"}).adapt(pd.DataFrame({"c": names}))
    made = codec.present({"c": np.array([OTHER.encode()] * 3, object)})
    assert made["c"].tolist() == [OTHER] * 3

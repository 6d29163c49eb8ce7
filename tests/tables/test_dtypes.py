"""Values come back in every dtype, or are refused with column and row; none is silently another."""

import decimal

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from gankeras.tables import TableCodec

ROWS = 60
TURNS = np.arange(ROWS) % 3


def round_trip(column, **settings):
    frame = pd.DataFrame({"c": column, "x": np.arange(ROWS) / 2})
    codec = TableCodec(**settings).adapt(frame)
    encoded = tf.nest.map_structure(tf.constant, codec.encode_table(codec.as_raw(frame)))
    made = codec.decode(codec.expand(encoded))
    return codec.present({name: values.numpy() for name, values in made.items()})["c"]


@pytest.mark.parametrize(
    ("codes", "levels"),
    [(TURNS, [0.25, 0.5, 1.5]), (TURNS - 1, [0.25, 0.5]), (TURNS - 1, [1, 2])],
)
def test_categories_of_numbers(codes, levels):
    column = pd.Series(pd.Categorical.from_codes(codes, levels))
    pd.testing.assert_series_equal(round_trip(column), column, check_names=False)


def test_dates_as_categories_may_be_missing():
    days = pd.Series(pd.to_datetime(["2020-01-01", "2020-02-02", None])).take(TURNS)
    for column in (days, days - pd.Timestamp("2020-01-01")):
        column = column.reset_index(drop=True)
        found = round_trip(column, types={"c": "categorical"})
        pd.testing.assert_series_equal(found, column, check_names=False)


def test_pyarrow_columns_come_as_pandas_has_them():
    arrow = pytest.importorskip("pyarrow")
    column = pd.Series([0.25, 0.75, None] * 20)
    found = round_trip(column.astype("double[pyarrow]"))
    assert found.dtype == "Float64"
    assert found.dropna().tolist() == [0.25, 0.75] * 20
    moments = pd.Series(pd.date_range("2020-01-01", periods=ROWS, freq="h", tz="Europe/Oslo"))
    given = {
        unit: moments.dt.as_unit(unit).convert_dtypes(dtype_backend="pyarrow")
        for unit in ("us", "ns")
    }
    codec = TableCodec().adapt(pd.DataFrame({"t": given["us"]}))
    raw = [codec.as_raw(pd.DataFrame({"t": column}))["t"] for column in given.values()]
    np.testing.assert_array_equal(*raw)
    assert codec.columns[0].dtype == "datetime64[us, Europe/Oslo]"
    days = pd.Series(pd.date_range("2020-01-01", periods=ROWS)).astype("date32[pyarrow]")
    assert round_trip(days).dtype == "datetime64[ms]"
    amounts = pd.Series(
        [decimal.Decimal(n) for n in TURNS.tolist()], dtype=pd.ArrowDtype(arrow.decimal128(10, 2))
    )
    with pytest.raises(ValueError, match="PyArrow dtype that NumPy has no equal of.*decimal128"):
        round_trip(amounts)


def test_sparse_columns_are_dense():
    assert round_trip(pd.Series(pd.arrays.SparseArray(TURNS / 4))).tolist() == (TURNS / 4).tolist()


def test_what_would_become_another_value_is_refused():
    great = pd.Series(2**60 + TURNS)
    cases = {
        r"'' in row 0, and a missing value in row 1": pd.Series(["", None, "v"] * 20),
        rf"last digits.*Received: {2**60 + 1} in row 1, and 40 in all": great,
        r"UTF-8.*'\\ud800' in row 2": pd.Series(["a", "b", "\ud800"] * 20, dtype=object),
    }
    for words, column in cases.items():
        with pytest.raises(ValueError, match=f"'c'.*{words}"):
            round_trip(column)
    with pytest.raises(ValueError, match="last digits"):
        round_trip(great.astype("Int64").mask(TURNS == 0), types={"c": "categorical"})
    assert (round_trip(great, types={"c": "categorical"}) == great).all()
    assert round_trip(pd.Series(["", "v", "w"] * 20)).tolist() == ["", "v", "w"] * 20


def test_conditions_on_great_numbers_keep_their_digits():
    great = pd.DataFrame({"c": 2**60 + TURNS})
    codec = TableCodec(types={"c": "categorical"}).adapt(great)
    codes = [codec.encode_conditions(None, {"c": v}, 1)["codes"][0, 0] for v in great["c"][:3]]
    assert [codec.columns[0].head[code] for code in codes] == [2**60, 2**60 + 1, 2**60 + 2]


def test_names_of_classes_that_are_numbers():
    codec = TableCodec(target="c").adapt({"c": np.array([1, 2, 5])[TURNS]})
    for labels in ("5", ["5", "5"], np.array(["5", "5"])):
        assert codec.encode_conditions(labels, None, 2)["codes"].tolist() == [[2], [2]]
    with pytest.raises(ValueError, match="no value '7'"):
        codec.encode_conditions("7", None, 2)


def test_whole_numbers_above_int64_are_refused_as_any_kind():
    column = pd.Series(np.array([3, 4, 2**63 + 5], np.uint64)[TURNS])
    for kind in ("categorical", "ordinal", "continuous", "integer"):
        with pytest.raises(ValueError, match="'c' must fit into int64.*9223372036854775813.*row 2"):
            round_trip(column, types={"c": kind})
    small = pd.Series(np.array([3, 4, 5], np.uint64)[TURNS])
    assert round_trip(small, types={"c": "categorical"}).tolist() == small.tolist()


@pytest.mark.parametrize("zone", [None, "Europe/Oslo"])
def test_conditions_on_dates_that_are_categories(zone):
    days = pd.Series(pd.to_datetime(["2020-01-01", "2020-07-02", None])).dt.tz_localize(zone)
    frame = pd.DataFrame({"c": days.take(TURNS).reset_index(drop=True), "x": np.arange(ROWS) / 2})
    codec = TableCodec(types={"c": "categorical"}).adapt(frame)
    at = codec.by_name["c"]
    column = codec.columns[at]
    codes = codec.encode_conditions(None, {"c": [days[1], days[1], None]}, 3)["codes"][:, at]
    assert codec.encode_conditions(None, {"c": "2020-07-02"}, 1)["codes"][0, at] == codes[0]
    raw = column.decode(tf.constant(codes), tf.zeros(3)).numpy()
    july = days[1].tz_convert("UTC").tz_localize(None) if zone else days[1]
    assert raw[:2].tolist() == [july.to_datetime64().astype("M8[us]").astype(int)] * 2
    assert codes[2] == column.num_slots - 1
    with pytest.raises(ValueError, match=r"'c' has no value Timestamp\('2020-03-03.*it has Time"):
        codec.encode_conditions(None, {"c": "2020-03-03"}, 1)

"""Files as users have them: what is damaged is named by line and column, what is whole comes back as it was."""

import datetime
import decimal
import gzip

import pandas as pd
import pytest

from gankeras.tables import TableCodec
from gankeras.tables.reading import ReadTable, read_table
from gankeras.tables.writing import write_table

CSV = """age,pay,member,joined,seen,city
31,10.50,true,2020-01-31,2020-01-31 10:00,"Ulm, old"
,7.25,,2020-02-29,,Bonn
44,,false,,2021-05-01 09:30,
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_columns_have_their_types(file):
    frame = read_table(file).frame
    assert [str(dtype) for dtype in frame.dtypes[:3]] == ["Int64", "float64", "boolean"]
    assert all(dtype.kind == "M" for dtype in frame.dtypes[3:5])
    assert frame["city"].tolist()[:2] == ["Ulm, old", "Bonn"]
    assert frame.isna().sum().tolist() == [1, 1, 1, 1, 1, 1]


def test_real_cells_are_not_touched_and_synthetic_ones_look_alike(file, tmp_path):
    table = read_table(file)
    out = tmp_path / "out.csv"
    write_table(table, table.frame.drop(columns="city"), out, out)
    lines, real = out.read_text().splitlines(), CSV.splitlines()
    assert lines[0] == real[0] + ",is_synthetic"
    assert lines[1:4] == [line + ",False" for line in real[1:]]
    assert lines[4:] == [
        "31,10.5,true,2020-01-31,2020-01-31 10:00:00,,True",
        ",7.25,,2020-02-29,,,True",
        "44,,false,,2021-05-01 09:30:00,,True",
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".csv.gz"])
def test_other_formats_hold_the_same(file, tmp_path, suffix):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    table = read_table(file)
    out = tmp_path / f"out{suffix}"
    write_table(table, table.frame.head(1), out, out)
    # One kind of missing value: pandas 2 has two among objects.
    again, before = (t.where(t.notna(), None) for t in (read_table(out).frame, table.frame))
    assert again["is_synthetic"].tolist() == [False, False, False, True]
    pd.testing.assert_frame_equal(
        again.drop(columns="is_synthetic").head(3), before, check_dtype=False
    )


def test_no_synthetic_rows_at_all(tmp_path):
    out = tmp_path / "out.csv"
    write_table(ReadTable(pd.DataFrame({"a": [1]})), pd.DataFrame({"a": []}), out, out)
    assert out.read_text() == "a,is_synthetic\n1,False\n"


DAMAGED = [
    (b"a,b\n1,2\n3\n", r"Line 3 of t.csv is torn: column 'b' is missing.*1 values for 2"),
    (b"a,b\n1,2,3\n", "Line 2 .*nothing belongs after column 'b'"),
    (b'a,b\n1,"two\n', "not whole.*line 2"),
    ("a,stadt\n1,M\xfcnchen\n".encode("latin-1"), r"line 2, column 'stadt'.*0xfc"),
    ("a,b\n1,2\n".encode("utf-16"), "not UTF-8: line 1, the header"),
    (b"a;b\n1;2\n", "separated by commas"),
    (b"a,a\n1,2\n", r"twice \['a'\]"),
    (b"a,\n1,2\n", r"column number \[2\]"),
    (b"a,b\n", "no rows"),
    (b"", "is empty"),
]


@pytest.mark.parametrize(("data", "message"), DAMAGED)
def test_damaged_files_say_where(tmp_path, data, message):
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(ValueError, match=message) as error:
        read_table(tmp_path / "t.csv")
    assert "Received" in str(error.value)


def test_other_files(tmp_path):
    with pytest.raises(ValueError, match="which is not there"):
        read_table(tmp_path / "t.csv")
    (tmp_path / "t.xlsx").touch()
    with pytest.raises(ValueError, match=r"ends with .csv"):
        read_table(tmp_path / "t.xlsx")
    pytest.importorskip("pyarrow")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ValueError, match="not a Parquet file"):
        read_table(tmp_path / "t.parquet")


def test_a_byte_order_mark_and_windows_lines(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress("﻿a,b\r\n1,x\r\n\r\n2,y\r\n".encode()))
    frame = read_table(path).frame
    assert frame["a"].tolist() == [1, 2]
    assert list(frame) == ["a", "b"]


def test_almost_dates_stay_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("day\n2020-01-01\n2020-02-31\n")
    assert read_table(path).frame["day"].tolist() == ["2020-01-01", "2020-02-31"]


@pytest.mark.parametrize("zone", ["Z", "+00:00", "-05:30"])
def test_moments_with_a_time_zone_are_dates_and_come_out_as_they_were(tmp_path, zone):
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    cells = [f"2020-01-{day:02d}T12:00:05{zone}" for day in range(1, 21)]
    path.write_text("when\n" + "\n".join(cells) + "\n")
    table = read_table(path)
    assert table.frame["when"].dt.day.tolist() == list(range(1, 21))
    codec = TableCodec().adapt(table.frame)
    assert codec.columns[0].kind == "datetime"
    rows = codec.present(codec.as_raw(table.frame))
    write_table(table, rows, out, out)
    assert out.read_text().splitlines()[21:] == [f"{cell},True" for cell in cells]


def test_moments_of_two_time_zones_stay_text(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("when\n2020-01-01T12:00Z\n2020-01-02T12:00+02:00\n")
    assert read_table(path).frame["when"].tolist()[0] == "2020-01-01T12:00Z"


def test_codes_with_zeros_in_front_and_marks_of_missing_cells_stay(tmp_path):
    path, out = tmp_path / "codes.csv", tmp_path / "out.csv"
    path.write_text("zip,age,share\n01067,31,0.5\n89073,NA,-0.25\n,44,0\n")
    table = read_table(path)
    assert table.frame["zip"].tolist()[:2] == ["01067", "89073"]
    assert table.frame["zip"].isna().tolist() == [False, False, True]
    assert [str(dtype) for dtype in table.frame.dtypes[1:]] == ["Int64", "float64"]
    write_table(table, table.frame, out, out)
    assert out.read_text().splitlines()[4:] == [
        "01067,31,0.5,True",
        "89073,NA,-0.25,True",
        ",44,0.0,True",
    ]


def test_days_and_decimals_of_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "days.parquet"
    days = [datetime.date(2020, 1, 1), None, datetime.date(2020, 1, 3)]
    amounts = [decimal.Decimal("1.5"), decimal.Decimal("2.25"), None]
    pd.DataFrame({"d": days, "a": amounts}).to_parquet(path)
    frame = read_table(path).frame
    assert frame["d"].dtype.kind == "M"
    assert frame["a"].tolist()[:2] == [1.5, 2.25]


def test_real_rows_of_parquet_are_written_as_they_were(tmp_path):
    pytest.importorskip("pyarrow")
    path, out = tmp_path / "t.parquet", tmp_path / "out.parquet"
    real = pd.DataFrame(
        {
            "id": [2**53 + 1, 2**53 + 3],
            "day": [datetime.date(2020, 1, 1), None],
            "price": [decimal.Decimal("1.50"), decimal.Decimal("2.25")],
        },
        index=pd.Index([7, 9], name="patient"),
    )
    real.to_parquet(path)
    table = read_table(path)
    assert list(table.frame) == ["patient", "id", "day", "price"]
    write_table(table, table.frame[["day", "price"]].head(1), out, out)
    written = pd.read_parquet(out)
    assert written["id"].tolist()[:2] == [2**53 + 1, 2**53 + 3]
    assert written["day"].tolist() == [datetime.date(2020, 1, 1), None, datetime.date(2020, 1, 1)]
    assert [str(price) for price in written["price"]] == ["1.50", "2.25", "1.50"]


def test_whole_numbers_beside_missing_ones_keep_their_digits(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"id,x\n{2**53 + 1},1\n,2\n")
    assert read_table(path).frame["id"][0] == 2**53 + 1
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    column = arrow.array([2**53 + 1, None], arrow.int64())
    parquet.write_table(arrow.table({"id": column}), tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").frame["id"][0] == 2**53 + 1

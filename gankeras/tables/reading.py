"""CSV and Parquet files as typed DataFrames; a damaged file is told from a table before anything is made of it."""

import csv
import dataclasses
import gzip
import io
import pathlib
import re
import zlib
from typing import Any

from gankeras.core.usual_dtypes import usual_dtype

SUFFIXES = (".csv", ".csv.gz", ".parquet")
_CODE = r"[+-]?0\d"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?")


@dataclasses.dataclass(frozen=True)
class ReadTable:
    """A table as it was read.

    Args:
        frame: DataFrame with numbers, truth values, dates and strings.
        text: For CSV, a DataFrame of the cells as they stand in the file; None for Parquet.
        stored: For Parquet, a DataFrame in the dtypes of the file: days and decimals among them; None for CSV.
    """

    frame: Any
    text: Any = None
    stored: Any = None


def suffix_of(path: pathlib.Path) -> str | None:
    """Which of `SUFFIXES` a file's name ends with, or None."""
    return next((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), None)


def read_table(path: pathlib.Path) -> ReadTable:
    """Reads a table from a file.

    Args:
        path: A `.csv` (UTF-8, commas, names in the first line), `.csv.gz` or `.parquet` file.

    Returns:
        A `ReadTable`.

    Raises:
        ValueError: For another suffix, a torn line, another encoding, names that come twice, or no rows; the message
            names line and column.
        ImportError: For Parquet without pyarrow.
    """
    import pandas as pd

    path = pathlib.Path(path)
    suffix = suffix_of(path)
    if suffix is None or not path.is_file():
        raise ValueError(
            f"Expected a file whose name ends with {', '.join(SUFFIXES)}. Received: {str(path)!r}"
            f"{'' if path.exists() else ', which is not there'}."
        )
    if suffix == ".parquet":
        need_parquet()
        stored = _stored(path)
        table = ReadTable(_in_usual_dtypes(stored), stored=stored)
    else:
        data = _unpacked(path) if suffix == ".csv.gz" else path.read_bytes()
        text = _checked_text(data, path.name)
        cells = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        frame = pd.read_csv(io.StringIO(text), low_memory=False)
        table = ReadTable(_typed(frame, cells), cells)
    if not len(table.frame):
        raise ValueError(f"{path.name} has no rows. Received: columns {list(table.frame.columns)}.")
    return table


def _stored(path: pathlib.Path) -> Any:
    """The columns of a Parquet file, an index with names or gaps among them, no value changed."""
    import pandas as pd

    try:
        from pyarrow import parquet, types

        frame = pd.read_parquet(path)
        schema = parquet.read_schema(path)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{path.name} is not a Parquet file that pyarrow can read. Received: {error}."
        ) from error
    for field in schema:
        if (
            types.is_integer(field.type)
            and field.name in frame
            and frame[field.name].dtype == float
        ):
            # Beside missing values pandas makes fractions of whole numbers, above 2**53 other ones.
            exact = pd.read_parquet(path, columns=[field.name], dtype_backend="numpy_nullable")
            frame = frame.assign(**{field.name: exact[field.name].array})
    if not isinstance(frame.index, pd.RangeIndex) or frame.index.name is not None:
        frame = frame.reset_index(allow_duplicates=True)
    _check_header([str(name) for name in frame.columns], path.name)
    return frame


def _in_usual_dtypes(frame: Any) -> Any:
    """Days, decimals and PyArrow's own dtypes, which Parquet holds, as NumPy's and pandas'."""
    import pandas as pd
    from pandas.api import types

    found = {}
    for name in frame:
        column = usual_dtype(frame[name])
        other = types.is_object_dtype(column.dtype) or isinstance(column.dtype, pd.ArrowDtype)
        what = types.infer_dtype(column.astype(object), skipna=True) if other else ""
        if what == "date":
            column = pd.to_datetime(column)
        elif what == "decimal":
            column = column.astype("float64")
        found[name] = column
    return pd.DataFrame(found)


def need_parquet() -> None:
    """Raise unless pandas can read and write Parquet.

    Raises:
        ImportError: With the extra that brings it.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError(
            'Parquet needs pyarrow: `pip install "gankeras[parquet]"`, or use CSV. Received: no such package.'
        ) from error


def _unpacked(path: pathlib.Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path.name} is not a whole gzip file; copy or pack it again. Received: {error}."
        ) from error


def _checked_text(data: bytes, name: str) -> str:
    """The text of a CSV file whose lines all have the fields of the first."""
    text = _decoded(data, name)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    try:
        for fields in reader:
            if not fields:
                continue  # an empty line, as pandas passes over it
            if not header:
                header = fields
                _check_header(header, name)
            elif len(fields) != len(header):
                raise ValueError(_torn(name, reader.line_num, fields, header))
    except csv.Error as error:
        raise ValueError(
            f"{name} is not whole: {error} at line {reader.line_num}. A quote is open, or the file is cut off; mend that "
            f"line. Received: {reader.line_num} lines."
        ) from error
    if not header:
        raise ValueError(
            f"{name} is empty; the first line must name the columns. Received: {len(data)} bytes."
        )
    return text


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        line = data.count(b"\n", 0, error.start) + 1
        header = data.split(b"\n", 1)[0].decode("latin-1").strip().split(",")
        place = data[start : error.start].count(b",")
        column = f"column {header[min(place, len(header) - 1)]!r}" if line > 1 else "the header"
        raise ValueError(
            f"{name} is not UTF-8: line {line}, {column}. Save it as UTF-8, for example "
            f"`iconv -f latin1 -t utf-8 {name}` (or -f utf-16). Received: byte {data[error.start]:#04x} at {error.start}."
        ) from error


def _check_header(header: list[str], name: str) -> None:
    twice = sorted({column for column in header if header.count(column) > 1})
    unnamed = [number for number, column in enumerate(header, 1) if not column.strip()]
    if twice or unnamed:
        raise ValueError(
            f"Every column of {name} needs a name of its own. "
            f"Received: twice {twice}, without a name column number {unnamed}."
        )
    if len(header) == 1 and re.search("[;\t|]", header[0]):
        raise ValueError(
            f"The columns of {name} must be separated by commas. Received: the first line {header[0][:80]!r}."
        )


def _torn(name: str, line: int, fields: list[str], header: list[str]) -> str:
    where = (
        f"column {header[len(fields)]!r} is missing"
        if len(fields) < len(header)
        else f"nothing belongs after column {header[-1]!r} (a comma in a value needs quotes)"
    )
    return (
        f"Line {line} of {name} is torn: {where}. Mend or delete that line. "
        f"Received: {len(fields)} values for {len(header)} columns, {','.join(fields)[:80]!r}."
    )


def _typed(frame: Any, cells: Any) -> Any:
    """Whole numbers, truth values and dates with missing ones in dtypes of their own."""
    import pandas as pd
    from pandas.api import types

    columns = {}
    for name in frame:
        column = frame[name]
        present = column.dropna()
        text = cells[name][column.notna()]
        if types.is_numeric_dtype(column.dtype) and text.str.match(_CODE).any():
            # "01" is a code and no number: it must come out as it went in.
            columns[name] = cells[name].where(column.notna())
        elif types.is_float_dtype(column.dtype) and len(present):
            whole = not text.str.contains("[.eEnN]", regex=True).any()
            columns[name] = _whole_numbers(column, text) if whole else column
        elif types.is_object_dtype(column.dtype) and types.infer_dtype(present) == "boolean":
            columns[name] = column.astype("boolean")
        elif (moments := _moments(column, present)) is not None:
            columns[name] = moments
        else:
            columns[name] = column
    return pd.DataFrame(columns)


def _whole_numbers(column: Any, text: Any) -> Any:
    """The numbers that the cells say: as fractions those above 2**53 became others."""
    import pandas as pd

    numbers = pd.Series(None, index=column.index, dtype=object)
    try:
        numbers[text.index] = [int(cell) for cell in text]
        return numbers.astype("Int64")
    except (ValueError, OverflowError):  # beyond int64
        return column


def _moments(column: Any, present: Any) -> Any:
    """The column as dates, or None where it holds something else."""
    import pandas as pd
    from pandas.api import types

    text = types.is_string_dtype(present.dtype) or types.is_object_dtype(present.dtype)
    if not len(present) or not text:
        return None
    if not all(isinstance(value, str) and _DAY.fullmatch(value) for value in present):
        return None
    try:
        return pd.to_datetime(column, format="ISO8601")
    except ValueError:  # written like a date, but no such day, or of several time zones
        return None

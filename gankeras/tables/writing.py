"""Real and synthetic rows as one file, the real ones cell by cell as they were."""

import decimal
import pathlib
from typing import Any

from gankeras.core.stacked_frames import stacked
from gankeras.tables.reading import ReadTable, need_parquet, suffix_of

MARK = "is_synthetic"


def write_table(real: ReadTable, synthetic: Any, path: pathlib.Path, like: pathlib.Path) -> None:
    """Writes a table with the column `is_synthetic` at its end.

    Args:
        real: The real rows; from CSV to CSV their cells are not touched.
        synthetic: DataFrame of the rows that follow; a column it lacks stays empty.
        path: The file to write.
        like: Its name later on, which says whether it is CSV or Parquet.
    """
    import numpy as np
    import pandas as pd

    suffix = suffix_of(like)
    as_text = real.text is not None and suffix != ".parquet"
    as_stored = real.frame if real.stored is None else real.stored
    first = real.text if as_text else as_stored
    if as_text:
        gone = {name: real.text[name][real.frame[name].isna()] for name in first}
        second = {
            name: cells_of(synthetic[name], real.text[name], next(iter(gone[name]), ""))
            if name in synthetic
            else [""] * len(synthetic)
            for name in first
        }
        second = pd.DataFrame(second, columns=first.columns, dtype=object)
        frame = pd.concat([first, second], ignore_index=True) if len(second) else first.copy()
    else:
        frame = stacked(first, _like(first, synthetic)) if len(synthetic) else first.copy()
    frame[MARK] = np.arange(len(frame)) >= len(first)
    if suffix == ".parquet":
        need_parquet()
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, compression="gzip" if suffix == ".csv.gz" else None)


def _like(real: Any, synthetic: Any) -> Any:
    """Synthetic days and decimals as the objects that stand for real ones."""
    import pandas as pd
    from pandas.api import types

    changed = {}
    for name in synthetic:
        dtype = real[name].dtype
        if not (types.is_object_dtype(dtype) or isinstance(dtype, pd.ArrowDtype)):
            continue
        present = real[name].dropna().astype(object)
        column = synthetic[name]
        what = types.infer_dtype(present)
        if what == "date":
            made = [None if pd.isna(value) else value.date() for value in column]
        elif what == "decimal":
            unit = min(present, key=lambda value: value.as_tuple().exponent)
            made = [None if pd.isna(v) else decimal.Decimal(str(v)).quantize(unit) for v in column]
        else:
            continue
        changed[name] = pd.Series(made, index=column.index, dtype=object)
    return synthetic.assign(**changed)


def cells_of(column: Any, like: Any, missing_cell: str = "") -> list[str]:
    """The values of a column as cells of a CSV file.

    Args:
        column: A Series of any dtype.
        like: The cells of the real rows, which show how truth values and dates are written.
        missing_cell: What stands for a missing value, such as "NA".

    Returns:
        One string a value.
    """
    from pandas.api import types

    sample = next((cell for cell in like if cell), "")
    if types.is_datetime64_any_dtype(column.dtype):
        separator = "T" if "T" in sample else " "
        days = len(sample) == 10

        def write(value: Any) -> str:
            text = str(value.date()) if days else value.isoformat(separator)
            return text.replace("+00:00", "Z") if sample.endswith("Z") else text
    elif types.is_bool_dtype(column.dtype):
        change = {"true": str.lower, "false": str.lower, "TRUE": str.upper, "FALSE": str.upper}

        def write(value: Any) -> str:
            return change.get(sample, str)(str(bool(value)))
    else:
        write = str
    missing = column.isna()
    return [
        missing_cell if gone else write(value) for value, gone in zip(column, missing, strict=True)
    ]

"""PyArrow's and sparse columns in the dtypes that pandas and NumPy have for the same values."""

from typing import Any


def usual_dtype(column: Any) -> Any:
    """A Series whose dtype says what it holds in NumPy's or pandas' own words.

    Args:
        column: Series of any dtype, or of categories of any dtype.

    Returns:
        PyArrow's numbers, truth values and text in pandas' nullable dtypes, its days and moments as datetime64 and
        timedelta64, sparse values dense; all else, such as PyArrow's decimals, as it is.

    Example:
        >>> import pandas as pd
        >>> usual_dtype(pd.Series(pd.arrays.SparseArray([0.0, 0.5]))).dtype
        dtype('float64')
    """
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        return column.sparse.to_dense()
    if isinstance(dtype, pd.CategoricalDtype):
        levels = pd.Series(dtype.categories)
        usual = usual_dtype(levels)
        return column if usual is levels else column.cat.rename_categories(pd.Index(usual))
    if not isinstance(dtype, pd.ArrowDtype):
        return column
    wanted = _equivalent(dtype)
    return column if wanted is None else column.astype(wanted)


def _equivalent(dtype: Any) -> Any:
    import pandas as pd

    plain, kind = dtype.numpy_dtype, dtype.kind
    if kind in "iu":
        return plain.name.replace("int", "Int").replace("u", "U")
    if kind == "f":
        return "Float64" if plain.itemsize == 8 else "Float32"
    if kind == "b":
        return "boolean"
    if kind == "U":
        return "string"
    zone = getattr(dtype.pyarrow_dtype, "tz", None)
    if kind == "M" and zone is not None:
        return pd.DatetimeTZDtype(dtype.pyarrow_dtype.unit, zone)
    return plain if kind in "mM" else None

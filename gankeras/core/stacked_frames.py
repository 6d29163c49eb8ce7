"""DataFrames of real and synthetic rows, one beneath the other."""

from typing import Any


def stacked(real: Any, synthetic: Any) -> Any:
    """Synthetic rows beneath real ones, in the columns and dtypes of these.

    Args:
        real: DataFrame.
        synthetic: DataFrame; a column it lacks stays empty, for which whole numbers and truth values take pandas' nullable
            dtypes: real ones stay what they are. Its values of a column of dtype category that the real rows do not
            name ("(other)", for all that are rare) become categories too.

    Returns:
        A DataFrame.
    """
    import pandas as pd

    first, second = real, synthetic.reindex(columns=real.columns)
    for name, dtype in real.dtypes.items():
        if name not in synthetic:
            dtype = _with_missing(dtype)
            first = first.assign(**{name: first[name].astype(dtype)})
            second = second.assign(**{name: pd.Series(index=second.index, dtype=dtype)})
            continue
        if isinstance(dtype, pd.CategoricalDtype):
            values = second[name].dropna().unique().tolist()
            new = [value for value in values if value not in dtype.categories]
            dtype = pd.CategoricalDtype([*dtype.categories, *new], dtype.ordered)
            first = first.assign(**{name: first[name].astype(dtype)})
        second = second.assign(**{name: second[name].astype(dtype)})
    return pd.concat([first, second], ignore_index=True)


def _with_missing(dtype: Any) -> Any:
    """The dtype of the same values that has room for missing ones."""
    name = str(dtype)
    if getattr(dtype, "kind", "") in "iu" and name.islower():
        return name.replace("int", "Int").replace("u", "U")
    return "boolean" if name == "bool" else dtype

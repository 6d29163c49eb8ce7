"""scikit-learn classifiers that take a table's rows as they are."""

from typing import Any


def boosting(x: Any) -> Any:
    """Gradient boosting on a table's columns, text and missing values included.

    Args:
        x: DataFrame of such rows, which tells numbers from the rest.

    Returns:
        An unfitted pipeline.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    numbers, others = split_columns(x)
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
    )
    columns = ColumnTransformer([("numbers", _floats(), numbers), ("others", codes, others)])
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=150))


def logistic(x: Any) -> Any:
    """Logistic regression on scaled numbers and one-hot categories; what is missing gets the median, and a column that says so.

    Args:
        x: DataFrame of such rows, which tells numbers from the rest.

    Returns:
        An unfitted pipeline.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, others = split_columns(x)
    filled = make_pipeline(
        _floats(), SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )
    shown = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10)
    columns = ColumnTransformer([("numbers", filled, numbers), ("others", shown, others)])
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


def split_columns(x: Any) -> tuple[list[str], list[str]]:
    """The names of a DataFrame's numeric columns (dates too), and of all others."""
    from pandas.api import types

    numbers = [
        name
        for name in x
        if not types.is_bool_dtype(x[name].dtype)
        and (
            types.is_numeric_dtype(x[name].dtype)
            or types.is_datetime64_any_dtype(x[name].dtype)
            or types.is_timedelta64_dtype(x[name].dtype)
        )
    ]
    return numbers, [name for name in x if name not in numbers]


def _floats() -> Any:
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(_as_floats, feature_names_out="one-to-one")


def _as_floats(x: Any) -> Any:
    """Numbers and moments as float64, missing ones NaN."""
    import numpy as np

    if not hasattr(x, "columns"):
        return np.asarray(x, np.float64)
    found = []
    for name in x:
        column = x[name]
        if column.dtype.kind in "mM":
            column = column.astype("int64").astype("float64").where(column.notna())
        found.append(column.to_numpy(np.float64, na_value=np.nan))
    return np.stack(found, axis=1) if found else np.empty((len(x), 0))

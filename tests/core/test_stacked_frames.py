"""Synthetic rows beneath real ones keep the dtypes of these, and no value is lost."""

import numpy as np
import pandas as pd

from gankeras.core.stacked_frames import stacked


def test_dtypes_are_the_real_rows_and_new_categories_stay():
    real = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "c": pd.Categorical(["a", "b"], ordered=True),
            "only": ["x", "y"],
        }
    )
    synthetic = pd.DataFrame({"c": ["(other)", "a"], "n": [3.0, 4.0]})
    found = stacked(real, synthetic)
    assert found["n"].dtype == "Int64"
    assert found["c"].tolist() == ["a", "b", "(other)", "a"]
    assert found["c"].cat.categories.tolist() == ["a", "b", "(other)"]
    assert found["c"].cat.ordered
    assert found["only"].isna().tolist() == [False, False, True, True]
    assert real["c"].cat.categories.tolist() == ["a", "b"]


def test_columns_that_synthetic_rows_lack_keep_the_real_values():
    real = pd.DataFrame({"id": [2**53 + 1], "small": np.uint8([255]), "flag": [True], "n": [0.5]})
    found = stacked(real, pd.DataFrame({"n": [1.5]}))
    assert [str(dtype) for dtype in found.dtypes] == ["Int64", "UInt8", "boolean", "float64"]
    assert found["id"][0] == 2**53 + 1
    assert found.iloc[1].isna().tolist() == [True, True, True, False]

"""Synthetic rows beneath real ones keep the dtypes of these, and no value is lost."""

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

"""Shapes and trends by hand, and against what sdmetrics 0.32.0 printed for the same frames."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gankeras.evaluation import column_shapes, pair_trends
from gankeras.evaluation.frames.similarity import cramers_v, kolmogorov_smirnov, total_variation

NAN = np.nan


def test_shapes_leave_out_missing_values():
    real = {"n": [1.0, 2.0, NAN, NAN], "c": np.array(["a", "b", None, None], object)}
    made = {"n": [2.0, 2.0, 2.0, NAN], "c": np.array(["a", "b", "b", "b"], object)}
    assert column_shapes(real, made).parts == {"n": 0.5, "c": 0.75}


def test_values_equal_but_for_rounding_are_ties():
    assert kolmogorov_smirnov(np.array([2.2]), np.array([2 * 1.1000000000000001])) == 0
    assert kolmogorov_smirnov(np.array([0.3 - 0.2]), np.array([0.2 - 0.1])) == 0


def test_an_empty_column_has_no_score():
    found = column_shapes({"a": [NAN, NAN], "b": [1.0, 2.0]}, {"a": [1.0, 2.0], "b": [1.0, 2.0]})
    assert found.parts == {"b": 1.0}
    assert found.score == 1.0
    assert "missing" in found.skipped["a"]


def test_correlation_trend():
    real = {"a": [1.0, 2.0, 3.0, NAN], "b": [1.0, 2.0, 3.0, 9.0]}
    made = {"a": [1.0, 2.0, 3.0], "b": [3.0, 1.0, 2.0]}  # correlation -0.5 against 1
    assert pair_trends(real, made).parts["a", "b"] == pytest.approx(0.25, abs=1e-12)


def test_pairs_without_a_real_trend_are_skipped():
    real = {"a": [1.0, 2.0, 1.0, 2.0], "b": [1.0, 1.0, 2.0, 2.0], "c": [0.0, 0.0, 0.0, 0.0]}
    found = pair_trends(real, real)
    assert found.score is None
    assert "correlation 0.000" in found.skipped["a", "b"]
    assert "constant" in found.skipped["a", "c"]


def test_contingency_trend():
    real = {"x": list("aabb"), "y": list("ccdd")}  # V = 1
    made = {"x": list("aabb"), "y": list("cddd")}  # one of four cells' quarter moved
    assert pair_trends(real, made).parts["x", "y"] == 0.75


def test_a_numeric_column_meets_a_category_in_bins_of_its_own_range():
    # Bins of 1 from 0 to 10, and one for the maximum and what is missing.
    real = {"n": [0.0, 0.5, 9.0, 10.0], "c": list("aabb")}
    made = {"n": [0.0, 5.0, 90.0, NAN, 100.0], "c": list("aabbb")}
    # Real cells: (0, a) 2/4, (9, b) 1/4, (top, b) 1/4; made: (0, a) 2/5, (9, b) 1/5, (top, b) 2/5.
    assert pair_trends(real, made).parts["n", "c"] == pytest.approx(1 - 0.15, abs=1e-12)


def test_cramers_v_by_hand():
    # Table [[3, 1], [1, 3]]: chi squared 2 of 8 rows.
    a, b = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 1, 0, 1, 1, 1])
    assert cramers_v(a, b) == pytest.approx(0.5, abs=1e-12)
    assert cramers_v(a, np.zeros(8, int)) == 0


def frames():
    """Columns of every kind with trends and missing values; the second table is off."""
    rng = np.random.default_rng(0)

    def make(rows, shift):
        base = rng.normal(size=rows)
        group = np.where(base + shift * rng.normal(size=rows) > 0, "high", "low").astype(object)
        frame = pd.DataFrame(
            {
                "base": base.round(6),
                "near": (base + (0.3 + shift) * rng.normal(size=rows)).round(6),
                "whole": np.floor(3 * base).astype(int),
                "group": group,
                "town": rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]),
                "flag": (base > 0.5) ^ (rng.random(rows) < 0.05 + shift / 10),
            }
        )
        for name in ("near", "group"):
            frame[name] = frame[name].where(rng.random(rows) > 0.1 + shift / 5)
        return frame

    return make(400, 0.0), make(300, 0.4)


# sdmetrics 0.32.0 (pandas 2.3.3) on `frames()`, by benchmarks/table_metrics_equality.py --constants
SDMETRICS_SHAPES = {
    "base": 0.945,
    "near": 0.903093434343,
    "whole": 0.9525,
    "group": 0.988090568729,
    "town": 0.925833333333,
    "flag": 0.985,
}
SDMETRICS_TRENDS = {
    ("base", "near"): 0.944518404293,
    ("base", "whole"): 0.999604820437,
    ("base", "group"): 0.7225,
    ("base", "flag"): 0.786666666667,
    ("near", "whole"): 0.943678581644,
    ("near", "group"): 0.730833333333,
    ("near", "flag"): 0.765833333333,
    ("whole", "group"): 0.694166666667,
    ("whole", "flag"): 0.755,
    ("group", "flag"): 0.8925,
}


def test_equals_sdmetrics():
    real, made = frames()
    shapes, trends = column_shapes(real, made), pair_trends(real, made)
    assert shapes.parts == pytest.approx(SDMETRICS_SHAPES, abs=1e-9)  # the printed digits
    assert trends.parts == pytest.approx(SDMETRICS_TRENDS, abs=1e-9)


columns = st.lists(st.integers(0, 5), min_size=1, max_size=30)


@settings(max_examples=50, deadline=None)
@given(columns, columns)
def test_distances_are_distances(a, b):
    a, b = np.array(a), np.array(b)
    for distance in (kolmogorov_smirnov, total_variation):
        assert 0 <= distance(a, b) <= 1
        assert distance(a, b) == pytest.approx(distance(b, a), abs=1e-12)
        assert distance(a, np.repeat(a, 3)) == pytest.approx(0, abs=1e-12)
    assert kolmogorov_smirnov(a, b) <= total_variation(a, b) + 1e-12


def test_tiny_numbers_are_told_apart():
    charges = np.array([1.6e-19, 3.2e-19, 4.8e-19])
    assert kolmogorov_smirnov(charges, 10 * charges) == 1
    assert kolmogorov_smirnov(charges, np.array([1.6e-19, 3.2e-19, 8e-19])) == pytest.approx(1 / 3)
    assert kolmogorov_smirnov(np.zeros(3), np.zeros(3)) == 0


def test_a_constant_that_is_great_is_one_bin():
    frames = [pd.DataFrame({"z": z, "k": list("xy") * 10}) for z in (2**60, 5)]
    trends = [pair_trends(frame, frame, least_association=-1).parts for frame in frames]
    assert trends[0] == trends[1] == {("z", "k"): 1.0}

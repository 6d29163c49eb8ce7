"""What all metrics of two streams share."""

import numpy as np
import pytest

import gankeras as gk
from gankeras.metrics import PRDC, FrechetDistance, KernelDistance
from gankeras.metrics.feature_metric import flat_features

METRICS = [FrechetDistance(), KernelDistance(subsets=3, subset_size=50), PRDC(k=3)]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(90, 5)), rng.normal(0.5, 2, size=(70, 5))


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_streams_and_resets(metric, rows):
    real, synthetic = rows
    metric.reset_state()
    metric.update_state(real, synthetic)
    whole = metric.result()
    metric.reset_state()
    metric.update_state(real[:20], synthetic)
    metric.update_state(real[20:])
    # Sums in another order.
    assert metric.result() == pytest.approx(whole, rel=1e-9)
    assert metric.rows == {"real": 90, "synthetic": 70}


def test_features_are_asked_for():
    metric = FrechetDistance(lambda x: np.asarray(x)[:, :1])
    metric.update_state(np.array([[0.0, 9.0], [2.0, -9.0]]), np.array([[3.0, 0.0], [5.0, 0.0]]))
    assert float(metric.result()) == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("update", "match"),
    [
        ({"real": np.zeros((0, 2))}, "got no real rows"),
        ({"real": np.array([[np.nan, 1.0]])}, "1 of 1 real rows with NaN"),
        ({"real": np.zeros((3, 2)), "synthetic": np.zeros((3, 4))}, "one width.*4 of synthetic"),
    ],
)
def test_bad_rows(update, match):
    with pytest.raises(ValueError, match=match):
        FrechetDistance().update_state(**update)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_too_few_rows(metric):
    metric.reset_state()
    metric.update_state(np.zeros((1, 2)), np.zeros((9, 2)))
    with pytest.raises(ValueError, match=r"at least \d rows of each side.*'real': 1"):
        metric.result()


@pytest.mark.parametrize(
    ("features", "match"),
    [
        (lambda x: np.where(x > 2, np.nan, x), "finite numbers.*row 2 of 3"),
        (lambda x: x[:2], r"a row of numbers of each row.*\(2, 2\) for rows of \(3, 2\)"),
    ],
)
def test_features_that_a_user_made_badly(features, match):
    with pytest.raises(ValueError, match=match):
        flat_features(np.array([[0, 0], [1, 1], [0, 3.0]]), features)


def test_public_path():
    assert gk.metrics.FrechetDistance is FrechetDistance

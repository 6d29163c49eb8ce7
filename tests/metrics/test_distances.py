"""Frechet and kernel distance by hand, by scipy, and on known truths."""

import numpy as np
import pytest
from scipy import linalg

from gankeras.metrics import FrechetDistance, KernelDistance
from gankeras.metrics.kernel_distance import discrepancy


def frechet(real, synthetic):
    metric = FrechetDistance()
    metric.update_state(real, synthetic)
    return metric.result()


def test_frechet_by_hand():
    # Means 1 and 4, variances 2 and 8: 9 + (sqrt 2 - sqrt 8)^2 = 11.
    found = frechet(np.array([[0.0], [2.0]]), np.array([[2.0], [6.0]]))
    assert found == pytest.approx(11.0)


@pytest.mark.parametrize("rows", [40, 400])
def test_frechet_equals_scipy(rows):
    rng = np.random.default_rng(1)
    mix = rng.normal(size=(60, 60))
    real, synthetic = rng.normal(size=(rows, 60)), rng.normal(0.3, 1, size=(rows, 60)) @ mix / 8
    a, b = np.cov(real, rowvar=False), np.cov(synthetic, rowvar=False)
    # Fewer rows than features leave covariances singular: their root is taken of a shifted matrix.
    root = linalg.sqrtm(a @ b + (1e-10 * np.eye(60) if rows < 60 else 0)).real
    apart = np.square(real.mean(0) - synthetic.mean(0)).sum()
    expected = apart + np.trace(a) + np.trace(b) - 2 * np.trace(root)
    assert frechet(real, synthetic) == pytest.approx(expected, rel=1e-4)


def test_frechet_far_from_zero():
    """Features around 1e6 lose nothing: the moments are taken about their mean."""
    rng = np.random.default_rng(2)
    real, synthetic = rng.normal(size=(500, 3)), rng.normal(size=(500, 3)) + 0.5
    assert frechet(real + 1e6, synthetic + 1e6) == pytest.approx(frechet(real, synthetic), rel=1e-6)


def test_kernel_by_hand():
    # d = 2; k(0, .) = 1; k(x, x) = (2 / 2 + 1)^3 = 8 for (1, 1); k of (1, 1) and (1, -1) = 1.
    real = np.zeros((2, 2))
    synthetic = np.array([[1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    # Off the diagonal: pairs (0, 1), (0, 2), (1, 2) with 1, 8, 1: mean 10 / 3.
    assert discrepancy(real, synthetic) == pytest.approx(1 + 10 / 3 - 2)


def test_kernel_is_zero_on_average_for_equals_and_says_its_spread():
    rng = np.random.default_rng(3)
    metric = KernelDistance(subsets=50, subset_size=200)
    metric.update_state(rng.normal(size=(2000, 8)), rng.normal(size=(2000, 8)))
    alike = metric.result()
    assert abs(alike) < metric.deviation < 0.05
    assert min(alike, 0) == alike or alike < 0.01  # it may be negative: nothing is cut off
    metric.reset_state()
    assert metric.deviation is None
    metric.update_state(rng.normal(size=(2000, 8)), rng.normal(0.5, 1, size=(2000, 8)))
    assert metric.result() > 10 * abs(alike)


def test_kernel_same_seed_same_figure():
    rng = np.random.default_rng(4)
    real, synthetic = rng.normal(size=(300, 3)), rng.normal(size=(300, 3))
    found = []
    for seed in (1, 1, 2):
        metric = KernelDistance(subsets=5, subset_size=50, seed=seed)
        metric.update_state(real, synthetic)
        found.append(metric.result())
    assert found[0] == found[1] != found[2]


def test_bad_subsets():
    with pytest.raises(ValueError, match="`subsets`.*Received: subsets=0"):
        KernelDistance(subsets=0)

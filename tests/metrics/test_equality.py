"""Our figures equal those of torch-fidelity 0.4.0 and scipy 1.17.1 on one seeded input; density and coverage their definition.

`benchmarks/metric_equality.py` compares the same on 10,000 x 2,048 features; the constants come from running its peers
on the input below (torch 2.13.0, double precision).
"""

import numpy as np
import pytest

import gankeras as gk


@pytest.fixture(scope="module")
def sides():
    rng = np.random.RandomState(0)
    real, fake = rng.gamma(2.0, size=(300, 16)), rng.gamma(2.2, size=(250, 16))
    return real, fake, 3 * rng.normal(size=(100, 10))


def figure(metric, real, fake):
    metric.update_state(real[:100], fake[:70])
    metric.update_state(real[100:], fake[70:])
    return metric.result()


def test_frechet_distance(sides):
    # scipy's sqrtm: 2.3641453252831903; torch-fidelity: ...894. Sums in another order, hence 1e-9.
    assert figure(gk.metrics.FrechetDistance(), *sides[:2]) == pytest.approx(
        2.36414532528319, rel=1e-9
    )


@pytest.mark.parametrize("scale", [1.0, 1e-20, 1e18])
@pytest.mark.parametrize("rows", [3000, 150])
def test_frechet_distance_of_float32_features(scale, rows):
    """As in double precision, where variances span twelve orders, squares leave float32, or rows are fewer than columns."""
    rng = np.random.default_rng(0)
    spread = np.logspace(0, -6, 200)
    real, fake = (
        (scale * (7 + spread * rng.normal(size=(rows, 200)))).astype(np.float32) for _ in range(2)
    )
    double = figure(gk.metrics.FrechetDistance(), real.astype(np.float64), fake.astype(np.float64))
    # The features themselves are rounded by 6e-8 of 7; what their products add is no more.
    assert figure(gk.metrics.FrechetDistance(), real, fake) == pytest.approx(double, rel=1e-5)
    assert double > 0


def test_kernel_distance(sides):
    metric = gk.metrics.KernelDistance(subsets=20, subset_size=100, seed=2020)
    assert figure(metric, *sides[:2]) == pytest.approx(12.21454159481559, rel=1e-9)
    assert metric.deviation == pytest.approx(5.298704875646474, rel=1e-9)


def test_precision_and_recall(sides):
    found = figure(gk.metrics.PRDC(k=3), *sides[:2])
    # torch-fidelity's are float32 means: 196 of 250 and 262 of 300.
    assert found["precision"] == pytest.approx(0.7839999794960022, rel=1e-7)
    assert found["recall"] == pytest.approx(0.8733333349227905, rel=1e-7)


def test_inception_score(sides):
    shares = np.exp(sides[2])
    metric = gk.metrics.InceptionScore(lambda rows: rows, splits=4, seed=None)
    metric.update_state(synthetic=shares / shares.sum(1, keepdims=True))
    assert metric.result() == pytest.approx(3.464137158415701, rel=1e-9)
    assert metric.deviation == pytest.approx(0.28788716127343017, rel=1e-9)


@pytest.mark.parametrize("k", [1, 5])
def test_density_and_coverage_as_defined(sides, k):
    """Naeem et al. 2020, equations 5 and 7, row by row: balls of real rows reach to their k-th nearest real row."""
    real, fake, _ = sides
    balls = []
    for i, row in enumerate(real):
        others = np.delete(np.linalg.norm(real - row, axis=1), i)
        balls.append(np.sort(others)[k - 1])
    inside = [
        [np.linalg.norm(f - r) <= ball for f in fake] for r, ball in zip(real, balls, strict=True)
    ]
    found = figure(gk.metrics.PRDC(k=k), real, fake)
    assert found["density"] == pytest.approx(np.sum(inside) / (k * len(fake)), rel=1e-12)
    assert found["coverage"] == pytest.approx(np.mean(np.any(inside, axis=1)), rel=1e-12)

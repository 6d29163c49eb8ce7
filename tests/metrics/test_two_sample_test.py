"""Areas, coverages and ratios worked out by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

import gankeras as gk
from gankeras.metrics.two_sample_test import area


def test_area_and_its_interval_by_hand():
    """Above 2, 4; below 1, 3. Wins .5 and 1, losses 0 and .5 turned: each variance .125 / 2."""
    auc, low, high = area(np.array([2.0, 4.0]), np.array([1.0, 3.0]))
    assert auc == 0.75
    assert low == pytest.approx(0.75 - 1.959964 * (0.125 / 2 + 0.125 / 2) ** 0.5)
    assert high == 1.0
    assert area(np.ones(5), np.ones(7)) == (0.5, 0.5, 0.5)


def test_two_sample_test_streams_and_takes_another_classifier():
    rng = np.random.default_rng(0)
    real, made = rng.normal(size=(80, 2)), rng.normal(2.0, size=(60, 2))
    metric = gk.metrics.TwoSampleTest(estimator=LogisticRegression())
    metric.update_state(real[:40], made)
    with pytest.raises(ValueError, match="at least 40"):
        gk.metrics.TwoSampleTest().result()
    metric.update_state(real[40:])
    found = metric.result()
    assert found["low"] < found["auc"] < found["high"] <= 1
    assert found["auc"] > 0.9


def test_an_estimator_needs_probabilities():
    rng = np.random.default_rng(0)
    metric = gk.metrics.TwoSampleTest(estimator=LinearSVC())
    metric.update_state(rng.normal(size=(50, 2)), rng.normal(size=(50, 2)))
    with pytest.raises(ValueError, match=r"`predict_proba`.*Received: LinearSVC\(\)"):
        metric.result()


def test_class_coverage_by_hand():
    """Class 0: balls of radius 1 around 0, 1 and of 4 around 5; 5.5 lies in the last alone."""
    metric = gk.metrics.ClassCoverage(k=1)
    metric.update_state([[0.0], [1.0], [5.0], [9.0]], None, [0, 0, 0, 2])
    metric.update_state(None, [[5.5], [5.5]], None, [0, 1])
    assert metric.result() == {0: pytest.approx(1 / 3)}
    assert metric.not_computed == {
        1: "needs more than 1 real rows, and has 0",
        2: "needs more than 1 real rows, and has 1",
    }
    with pytest.raises(ValueError, match="integer class id for each real row"):
        metric.update_state([[0.0]], None, [0, 1])
    with pytest.raises(ValueError, match="k=0"):
        gk.metrics.ClassCoverage(k=0)


def test_neighbour_ratios_by_hand():
    metric = gk.metrics.NearestNeighbourRatio()
    metric.update_state([[0.0], [10.0], [10.0]])
    with pytest.raises(ValueError, match="a synthetic one"):
        metric.result()
    # 1 of 9; a copy of a row that is there twice counts as a copy.
    metric.update_state(None, [[1.0], [10.0], [1.0]])
    assert metric.result()["median"] == pytest.approx(1 / 9)
    assert metric.result()["low"] == pytest.approx(0.1 * 1 / 9)


def test_names_say_the_extractor():
    def small_net(rows):
        return rows

    assert gk.metrics.KernelDistance(small_net).name == "kernel_distance_small_net"
    assert gk.metrics.FrechetDistance().name == "frechet_distance"
    assert gk.metrics.FrechetDistance(lambda rows: rows).name == "frechet_distance"
    small_net.name = "inception_v3"
    assert gk.metrics.FrechetDistance(small_net).name == "fid"
    assert gk.metrics.KernelDistance(small_net).name == "kid"
    assert gk.metrics.PRDC(small_net).name == "prdc_inception_v3"
    assert gk.metrics.PRDC(name="mine").name == "mine"

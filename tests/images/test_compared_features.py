import numpy as np
import pytest

from gankeras.evaluation.membership import membership_of
from gankeras.images.compared_features import compared_features
from gankeras.images.datasets import load_digits
from gankeras.metrics.two_sample_test import separability

NUM = 60


def parts(seed):
    """Training rows, a holdout and fresh rows: digits of 16 x 16 pixels among noise, as if drawn from one population."""
    rng = np.random.default_rng(seed)
    images = load_digits()
    x = images.x_test[rng.permutation(len(images.x_test))[: 3 * NUM]].repeat(2, 1).repeat(2, 2)
    x = np.clip(x * 0.6 + rng.normal(50, 30, x.shape), 0, 255).astype("uint8")
    return np.split(x, 3)


def test_few_rows_do_not_shape_what_they_are_compared_by():
    """Nothing tells a training row from other real rows but copies of it."""
    fresh, copied, apart = [], [], []
    for seed in range(5):
        train, holdout, made = parts(seed)
        features = compared_features(train)
        apart.append(separability(features(holdout), features(train), None, seed)[0])
        fresh.append(membership_of(made, train, holdout, features).auc)
        noise = np.random.default_rng(seed).normal(0, 25, made.shape)
        made[: NUM // 2] = np.clip(train + noise, 0, 255).astype("uint8")[: NUM // 2]
        copied.append(membership_of(made, train, holdout, features).auc)
    # A mean of five areas under the curve with 60 rows a side each has a standard deviation of 0.025.
    assert np.mean(apart) == pytest.approx(0.5, abs=0.08)
    assert np.mean(fresh) == pytest.approx(0.5, abs=0.08)
    assert np.mean(copied) > 0.65


def test_components_are_fitted_to_many_rows():
    x = np.random.default_rng(0).integers(0, 256, (2000, 9, 9, 1)).astype("uint8")
    features = compared_features(x)
    assert features.__name__ == "principal_components"
    found = features(x)
    assert found.shape == (2000, 64)
    assert np.abs(np.corrcoef(found.T) - np.eye(64)).max() < 1e-3  # apart from one another

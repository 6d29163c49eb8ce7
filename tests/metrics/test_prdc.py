"""Nearest neighbours and the four shares, against their definitions written out."""

import numpy as np
import pytest

from gankeras.metrics import PRDC, InceptionScore, nearest_distances, neighbours


@pytest.mark.parametrize("block", [2**27, 2000])
def test_nearest_equals_the_definition(block, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", block)
    rng = np.random.default_rng(0)
    queries, rows = rng.normal(100, 1, size=(40, 3)), rng.normal(100, 1, size=(60, 3))
    every = np.linalg.norm(queries[:, None] - rows[None], axis=-1)
    np.testing.assert_allclose(nearest_distances(queries, rows, 4), np.sort(every)[:, :4])
    own = np.linalg.norm(rows[:, None] - rows[None], axis=-1)
    np.testing.assert_allclose(
        nearest_distances(rows, rows, 2, leave_out_itself=True), np.sort(own)[:, 1:3]
    )


def test_too_many_neighbours():
    with pytest.raises(ValueError, match="at most the 2 rows.*Received: k=3"):
        nearest_distances(np.zeros((3, 1)), np.zeros((3, 1)), 3, leave_out_itself=True)


def test_prdc_equals_the_definition():
    rng = np.random.default_rng(1)
    real, synthetic, k = rng.normal(size=(50, 2)), rng.normal(0.7, 1, size=(40, 2)), 3
    metric = PRDC(k=k)
    metric.update_state(real, synthetic)
    found = metric.result()

    def reach(rows):
        return [sorted(np.linalg.norm(rows - row, axis=1))[k] for row in rows]

    real_reach, own_reach = reach(real), reach(synthetic)
    inside = [
        [np.linalg.norm(s - r) <= limit for r, limit in zip(real, real_reach, strict=True)]
        for s in synthetic
    ]
    recalled = [
        any(np.linalg.norm(s - r) <= limit for s, limit in zip(synthetic, own_reach, strict=True))
        for r in real
    ]
    assert found["precision"] == pytest.approx(np.mean([any(row) for row in inside]))
    assert found["recall"] == pytest.approx(np.mean(recalled))
    assert found["density"] == pytest.approx(np.sum(inside) / (k * len(synthetic)))
    assert found["coverage"] == pytest.approx(np.mean(np.any(inside, axis=0)))


def test_known_truths():
    rng = np.random.default_rng(2)
    real = np.concatenate([rng.normal(-10, 1, (200, 2)), rng.normal(10, 1, (200, 2))])

    def of(synthetic):
        metric = PRDC()
        metric.update_state(real, synthetic)
        return metric.result()

    copies = of(real)
    assert copies["precision"] == copies["recall"] == copies["coverage"] == 1.0
    half = of(rng.normal(-10, 1, (400, 2)))  # one of two modes
    assert half["precision"] > 0.9
    assert half["recall"] <= 0.6
    assert half["coverage"] <= 0.6
    noise = of(rng.uniform(-60, 60, (400, 2)))
    assert noise["precision"] < 0.1


def test_inception_score_by_hand():
    sure = np.eye(3)[np.arange(30) % 3]
    metric = InceptionScore(lambda rows: rows, splits=2, seed=None)
    metric.update_state(synthetic=sure)
    assert metric.result() == pytest.approx(3.0)
    assert metric.deviation == pytest.approx(0.0, abs=1e-12)
    metric.reset_state()
    metric.update_state(synthetic=np.full((10, 3), 1 / 3))
    assert metric.result() == pytest.approx(1.0)
    metric.reset_state()
    # exp of the mean of KL((.9, .1) || (.5, .5)) over two rows that mirror each other.
    metric.update_state(synthetic=np.array([[0.9, 0.1], [0.1, 0.9]] * 2))
    expected = np.exp(0.9 * np.log(1.8) + 0.1 * np.log(0.2))
    assert metric.result() == pytest.approx(expected)


def test_inception_score_of_rows_sorted_by_class():
    metric = InceptionScore(lambda rows: rows)
    metric.update_state(synthetic=np.repeat(np.eye(10), 100, axis=0))
    # 10 less what parts of 100 lack of an even mix: chi squared of 9 degrees over 2 * 100 nats, 0.045, so about 9.6.
    assert metric.result() == pytest.approx(9.6, abs=0.1)


@pytest.mark.parametrize("kind", ["floats", "pixels", "float32"])
def test_rows_that_are_repeated_more_than_k_times(kind):
    patterns = np.random.default_rng(0).random((30, 200))
    if kind == "pixels":
        patterns = np.rint(patterns) * 255
    patterns = patterns.astype("float32" if kind == "float32" else "float64")
    metric = PRDC()
    metric.update_state(np.repeat(patterns, 10, axis=0), np.repeat(patterns, 7, axis=0))
    # Every ball has a radius of 0 and holds its copies: 10 of the real balls hold each synthetic row, over k = 5.
    assert metric.result() == {"precision": 1.0, "recall": 1.0, "density": 2.0, "coverage": 1.0}
    assert (nearest_distances(patterns, patterns) == 0).all()


def test_inception_score_bad_input():
    metric = InceptionScore(lambda rows: rows)
    with pytest.raises(ValueError, match="must give probabilities.*sums to 5"):
        metric.update_state(synthetic=np.array([[2.0, 3.0]]))
    with pytest.raises(ValueError, match="each of its 10 splits"):
        metric.result()

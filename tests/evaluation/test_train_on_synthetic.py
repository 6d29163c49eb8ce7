"""Train on synthetic and test on real, the reverse, and the sweep over ratios, on toy problems."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import gankeras as gk
from gankeras.evaluation import ratio_sweep, train_on_synthetic


@pytest.fixture(scope="module")
def train(rows_like):
    return rows_like(np.arange(200) % 4, seed=5)


def test_wrong_labels_show_in_both_directions(corners, train, test_part):
    report = train_on_synthetic(corners(turned=1), train, test_part, LogisticRegression(), seeds=3)
    mean = {r.name: r.figures["accuracy"].mean for r in report.results}
    assert list(mean) == [
        "real to real",
        "synthetic to real",
        "real to synthetic",
        "synthetic to synthetic",
    ]
    assert mean["real to real"] > 0.75
    assert mean["synthetic to synthetic"] > 0.75
    assert mean["synthetic to real"] < 0.2
    assert mean["real to synthetic"] < 0.2
    assert report.verdict == "hurts"
    share = mean["synthetic to real"] / mean["real to real"]
    assert report.settings["share_of_real"] == pytest.approx(share)
    text = gk.reports.to_text(report)
    assert text.startswith("On synthetic rows alone a classifier, trained on synthetic, tested on")
    assert gk.Report.from_json(report.to_json()) == report


def test_fresh_real_rows_teach_what_real_ones_do(corners, train, test_part):
    report = train_on_synthetic(corners(), train, test_part, LogisticRegression(), seeds=4)
    assert report.settings["share_of_real"] == pytest.approx(1, abs=0.03)
    assert "teach?" in gk.reports.to_markdown(report)


def test_keras_classifiers_are_each_trained_once(corners, scarce, test_part, build):
    told = []
    report = train_on_synthetic(
        corners(), scarce, test_part, build, steps=3, seeds=1, progress=lambda *n: told.append(n)
    )
    assert told[-1][1:] == (6, 6)
    assert report.verdict == "not computed"


def test_sweep_compares_each_ratio_with_intervals_that_cover_together(corners, scarce, test_part):
    report = ratio_sweep(
        corners(), scarce, test_part, DecisionTreeClassifier(), [0.2, 0.95], seeds=6
    )
    assert [r.name for r in report.results] == ["real", "gan 0.2", "gan 0.95"]
    levels = sorted(c.difference.level for c in report.comparisons)
    assert levels == [0.95, pytest.approx(0.975)]
    assert report.decided_by == "gan 0.95"
    assert report.verdict == "helps"
    assert gk.reports.to_text(report).startswith("GAN augmentation helps: real + GAN, 95 %")


def test_unknown_settings_and_ratios(corners, scarce, test_part):
    tree = DecisionTreeClassifier()
    with pytest.raises(TypeError, match="stepz"):
        ratio_sweep(corners(), scarce, test_part, tree, stepz=1)
    with pytest.raises(ValueError, match="ratio"):
        ratio_sweep(corners(), scarce, test_part, tree, [0.5, 2])
    with pytest.raises(ValueError, match="test rows that are training rows"):
        train_on_synthetic(corners(), scarce, scarce, tree)

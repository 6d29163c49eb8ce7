"""The planner says add where fresh rows are scarce, none where nothing is gained, and how it knows."""

import numpy as np
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree import DecisionTreeClassifier

import gankeras as gk
from gankeras.core.report import Estimate
from gankeras.evaluation import Plan, plan
from gankeras.evaluation.arms import Feed
from gankeras.evaluation.intervals import (
    coverage,
    estimate,
    estimate_with,
    holm,
    p_value,
    standard_error,
)
from gankeras.evaluation.plan_report import choose, row_variance
from gankeras.evaluation.rows import Rows
from gankeras.evaluation.study import Study
from gankeras.evaluation.trials import mixing


def tree():
    return DecisionTreeClassifier()


@pytest.fixture(scope="module")
def few(rows_like):
    return rows_like(np.arange(32) % 4, seed=0)


@pytest.fixture(scope="module")
def fresh(rows_like):
    return rows_like(np.arange(200) % 4, seed=7)


@pytest.fixture(scope="module")
def helped(corners, few, fresh):
    return plan(corners(), few, tree, fresh, splits=4, candidates=[0.2, 0.9])


def test_an_oracle_is_added(helped):
    assert helped.adds
    assert helped.ratio == 0.9
    assert helped.verdict == "helps"
    assert helped.decided_by == "gan 0.9"
    assert helped.sampling_strategy is None
    assert not helped.settings["source_saw_the_judges"]
    assert sum(helped.shares.values()) == pytest.approx(0.9)
    # Fixed rows and four classifiers: between what three degrees of freedom cover and many.
    assert 0.608 <= helped.comparison("gan 0.9").difference.level <= 0.683
    assert "was not trained on" in " ".join(helped.notes)


def test_a_plan_is_ready_to_use(helped, corners, few):
    layer = helped.augmentation(corners(), seed=3)
    assert isinstance(layer, gk.GANAugmentation)
    assert layer.ratio == 0.9
    x, _ = layer(few[0], few[1])
    assert (x.numpy() != few[0]).any(axis=1).sum() == 29
    assert np.bincount(helped.added_labels()).tolist() == [72] * 4


def test_a_plan_renders_and_survives_json(helped):
    assert Plan.from_json(helped.to_json()) == helped
    text = gk.reports.to_text(helped)
    assert text.startswith("Add samples: real + GAN, 90 % reaches")
    assert "22.5 % 0" in " ".join(text.split())
    assert gk.reports.to_markdown(helped).startswith("## How much to add?")


def test_copies_are_not_added_even_where_they_may_have_seen_the_judges(few, fresh):
    x, y = few
    for source, validation in [
        (lambda x, y: gk.baselines.Bootstrap(x, y), None),
        (gk.baselines.Bootstrap(x, y), fresh),
    ]:
        found = plan(source, few, tree, validation, splits=4)
        assert not found.adds
        assert found.augmentation(gk.baselines.Bootstrap(x, y)) is None
        assert len(found.added_labels()) == 0
        assert gk.reports.summary(found).startswith("Add none: ")


def test_samples_near_the_judges_are_dropped_and_it_is_said(few):
    found = plan(gk.baselines.Bootstrap(*few), few, tree, splits=3, candidates=[0.5])
    assert found.settings["source_saw_the_judges"]
    assert "may be flattered" in " ".join(found.notes)
    gain = found.comparison("gan 0.5").difference
    assert found.adds == (gain.low > 0)


def test_wrong_labels_are_never_added(corners, few, fresh):
    found = plan(corners(turned=1), few, tree, fresh, splits=4, candidates=[0.5, 0.9])
    assert not found.adds
    assert found.verdict == "hurts"
    assert "even the best candidate loses" in gk.reports.summary(found)


def test_rare_classes_are_filled_up(corners, rows_like):
    seen = []

    def source(x, y):
        seen.append(len(y))
        return corners()

    train = rows_like(np.repeat(np.arange(4), [60, 60, 60, 5]), seed=3)
    found = plan(
        source, train, tree, splits=5, candidates=[(0.5, "not majority")], figure="accuracy"
    )
    assert seen == [45 + 45 + 45 + 4] * 5
    assert found.headline == "accuracy"
    assert [r.name for r in found.results] == ["real", "oversampling", "gan 0.5 not majority"]
    assert found["oversampling"].role == "shown"
    labels = mixing("gan", 0.5, "not majority").synthetic_share(np.array([60, 60, 60, 5]))
    assert labels.argmax() == 3


def test_keras_classifiers_and_classical_augmentation(corners, few, fresh, build):
    told = []
    found = plan(
        corners(),
        few,
        build,
        fresh,
        steps=5,
        splits=2,
        augmentation=lambda x: x + 0.0,
        candidates=[0.25],
        progress=lambda *news: told.append(news),
    )
    assert told[-1][1:] == (4 * 2 * 5, 4 * 2 * 5)
    assert found.comparisons[0].reference in ("real", "classical")
    assert [c.name for c in found.comparisons] == ["gan 0.25", "gan+classical 0.25"]


def test_the_most_of_what_gains_more_than_an_error():
    small, middle, large, unsure = (mixing("gan", r) for r in (0.1, 0.25, 0.5, 0.9))
    differences = {
        small: Estimate(0.01, (0.01, 0.01), 0.005, 0.015),
        large: Estimate(0.05, (0.05, 0.05), 0.01, 0.09),
        middle: Estimate(0.04, (0.04, 0.04), 0.01, 0.07),
        unsure: Estimate(0.06, (0.06, 0.06), -0.01, 0.13),
    }
    assert choose(differences) is large
    assert choose({unsure: differences[unsure]}) is None


def test_a_plan_reaches_one_error_to_each_side():
    # One standard error of a normal distribution covers 68.27 %, of one with one degree of freedom half.
    assert coverage(1.0, 1e9) == pytest.approx(0.6827, abs=1e-4)
    assert coverage(1.0, 1) == pytest.approx(0.5)
    found = estimate_with([1.0, 3.0], 0.5, 4, coverage(1.0, 4))
    assert (found.low, found.high) == (pytest.approx(1.5), pytest.approx(2.5))


def test_errors_by_hand():
    # Variance 1 of three values: 1/3 by the seeds, 1/4 more for rows shared by the splits.
    assert standard_error([1.0, 2.0, 3.0], 0.25) == pytest.approx((1 / 3 + 1 / 4) ** 0.5)
    found = estimate_with([1.0, 3.0], 0.5, 1e9, 0.95)
    assert found.high == pytest.approx(2 + 0.5 * 1.959964, abs=1e-5)
    assert not estimate_with([1.0], 0.5, 4, 0.95).has_interval
    assert not estimate_with([1.0, 1.0], 0.0, 4, 0.95).has_interval
    assert estimate_with([0.0, 0.0], 0.0, 4, 0.95).high == 0


def test_holm_widens_the_surest_most():
    sure, unsure = estimate([1.0, 1.1, 1.2]), estimate([-1.0, 1.0, 2.0])
    wide, plain = holm([unsure, sure])[::-1]
    assert (wide.level, plain.level) == (pytest.approx(0.975), 0.95)
    assert plain == unsure
    assert holm([estimate([0.0, 0.0])])[0].low == 0


def test_holm_stops_at_the_first_that_is_not_shown():
    # Two-sided p-values of .040 and .045: the first is held against .025, so neither is shown.
    spread = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    error = np.std(spread, ddof=1) / 5**0.5
    pair = [estimate(spread + error * stats.t.isf(p / 2, 4)) for p in (0.040, 0.045)]
    assert [p_value(one) for one in pair] == pytest.approx([0.040, 0.045])
    found = holm(pair)
    assert [one.level for one in found] == pytest.approx([0.975, 0.975])
    assert all(one.low < 0 for one in found)


def test_variance_of_the_rows_that_judge_by_hand():
    """One of two right against none: the share right of n rows has variance p (1 - p) / n, class by class."""
    rows = Rows(np.zeros(400), np.repeat([0, 1], 200).astype(np.int32), 2)
    right = np.eye(2)[rows.y]
    half = np.where((np.arange(400) % 2 == 0)[:, None], right, 1 - right)
    study = Study(None, Feed(1, 1), (), rows, (), "accuracy", ("a", "b"))
    found = row_variance(study, rows, [half, half], [1 - right, 1 - right])
    # 200 bootstraps know a variance to a tenth.
    assert found == pytest.approx(0.25 / 400, rel=0.3)
    assert row_variance(study, rows, [half], [half]) == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"candidates": [1.5]}, "between 0 and 1"),
        ({"candidates": []}, "at least one"),
        ({"candidates": 0.5}, "must be a list.*Received: 0.5"),
        ({"candidates": ["a"]}, "between 0 and 1.*Received: 'a'"),
        ({"candidates": [(0.5, "most")]}, "sampling_strategy"),
        ({"figure": "f1"}, "average_precision/<class>"),
        ({"splits": 0}, "`splits`|`seeds`"),
    ],
)
def test_wrong_arguments(corners, few, changed, message):
    with pytest.raises(ValueError, match=message):
        plan(corners(), few, tree, **changed)


def test_rows_that_cannot_judge(corners, few, fresh):
    x, y = few
    with pytest.raises(ValueError, match="at least 4 rows each.*class 3: 3"):
        plan(corners(), (x[:15], y[:15]), tree)
    with pytest.raises(ValueError, match="validation rows that are training rows"):
        plan(corners(), few, tree, few)
    with pytest.raises(ValueError, match="`validation` and `train`.*int64 from .* beside float32"):
        plan(corners(), few, tree, (fresh[0].astype("int64"), fresh[1]))
    keep = fresh[1] != 2
    with pytest.raises(ValueError, match="none of class 2"):
        plan(corners(), few, tree, (fresh[0][keep], fresh[1][keep]))
    with pytest.raises(ValueError, match="needs no `validation`"):
        plan(lambda x, y: corners(), few, tree, fresh)


def test_candidates_by_counts_are_told_apart(corners, rows_like, fresh):
    train = rows_like(np.repeat(np.arange(4), [40, 40, 40, 8]), seed=3)
    few, many = (0.5, {3: 12}), (0.9, {3: 400})
    found = plan(corners(), train, tree, fresh, splits=2, candidates=[few, many])
    names = ["gan 0.5 counts 3:12", "gan 0.9 counts 3:400"]
    assert [c.name for c in found.comparisons] == names
    assert found.results[-1].label == "real + GAN, counts 3:400, at most 90 %"
    assert found.sampling_strategy in (None, {3: 12}, {3: 400})
    with pytest.raises(ValueError, match="must differ.*twice"):
        plan(corners(), train, tree, fresh, candidates=[0.5, 0.25, 0.5])


class AlwaysBetter(ClassifierMixin, BaseEstimator):
    """Right where it was given more than the 32 real rows, else about class 0 alone."""

    def fit(self, x, y):
        self.classes_, self.more_ = np.unique(y), len(x) > 32
        self.means_ = np.stack([x[y == c].mean(axis=0) for c in self.classes_])
        return self

    def predict(self, x):
        nearest = np.linalg.norm(x[:, None] - self.means_, axis=-1).argmin(axis=1)
        return nearest if self.more_ else np.zeros(len(x), int)


def test_a_gain_that_all_splits_agree_on_is_taken(corners, few, fresh):
    """Whether or not the splits differ at all: the rows that judge say how sure it is."""
    for source, validation in [(lambda x, y: corners(), None), (corners(), fresh)]:
        found = plan(source, few, AlwaysBetter(), validation, splits=3, candidates=[0.5])
        assert found.adds
        gain = found.comparison("gan 0.5").difference
        assert gain.mean > 0.5
        assert 0 < gain.high - gain.mean < gain.mean


def test_a_plan_speaks_of_splits_and_held_out_rows(helped, tmp_path):
    page = gk.reports.to_html(helped, tmp_path / "plan.html").read_text(encoding="utf-8")
    for text in (page, gk.reports.to_text(helped), gk.reports.to_markdown(helped)):
        assert "test rows" not in text.replace("`uplift` on test rows", "").replace(
            "<code>uplift</code> on test rows", ""
        )
        assert "95 %" not in text
        assert "gains" in text
    assert "on held-out rows: each split" in page
    figure = gk.reports.to_figure(helped)
    assert figure.axes[0].get_xlabel() == "accuracy on held-out rows, %"
    assert figure.texts[0].get_text().startswith("Plan: add real + GAN, 90 %: +")

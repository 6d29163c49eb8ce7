import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gankeras.augmentation import policy

IMBALANCED = [70, 19, 8, 3]
CLOSE = {"rtol": 0, "atol": 1e-12}  # float64, a handful of operations


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("minority", [70, 19, 8, 70]),
        ("not minority", [70, 70, 70, 3]),
        ("not majority", [70, 70, 70, 70]),
        ("auto", [70, 70, 70, 70]),
        ("all", [70, 70, 70, 70]),
        ({2: 35}, [70, 19, 35, 3]),
        ({np.int64(0): np.int64(10)}, [10, 19, 8, 3]),
    ],
)
def test_counts_afterwards(strategy, expected):
    assert policy.target_counts(IMBALANCED, strategy).tolist() == expected


def test_balancing_by_hand():
    # Every class is to hold 1/4: .70 - .25 = .45 goes, .06, .17 and .22 come.
    mix = policy.plan_mix(IMBALANCED, "not majority", 0.5)
    assert mix.ratio == pytest.approx(0.45)
    np.testing.assert_allclose(mix.replaced, [0.45 / 0.70, 0, 0, 0], **CLOSE)
    np.testing.assert_allclose(mix.labels, [0, 6 / 45, 17 / 45, 22 / 45], **CLOSE)
    np.testing.assert_allclose(mix.shares, [0.25] * 4, **CLOSE)
    assert mix.short == ()


def test_two_large_classes_share_the_loss_by_hand():
    # Shares .5, .4, .1 to 1/3 each: 1/6 and 1/15 go, 7/30 in all, and all of it comes as class 2.
    mix = policy.plan_mix([50, 40, 10], "not majority", 1.0)
    assert mix.ratio == pytest.approx(7 / 30)
    np.testing.assert_allclose(mix.replaced, [1 / 3, 1 / 6, 0], **CLOSE)
    np.testing.assert_allclose(mix.labels, [0, 0, 1], **CLOSE)


def test_cap_by_hand():
    # A third of the .45 that is needed: every class goes a third of its way.
    mix = policy.plan_mix(IMBALANCED, "not majority", 0.15)
    assert (mix.ratio, mix.needed) == (pytest.approx(0.15), pytest.approx(0.45))
    np.testing.assert_allclose(mix.shares, [0.55, 0.21, 0.08 + 0.17 / 3, 0.03 + 0.22 / 3], **CLOSE)
    np.testing.assert_allclose(mix.replaced, [0.15 / 0.70, 0, 0, 0], **CLOSE)
    np.testing.assert_allclose(mix.labels, [0, 6 / 45, 17 / 45, 22 / 45], **CLOSE)
    assert mix.short == (1, 2, 3)


def test_small_classes_keep_their_rows_by_hand():
    # {2: 35} of 127 would take shares from classes 1 and 3. They keep .19 and .03; the other .78
    # is divided 70 : 35, so class 0 gives .70 - .52 = .18 and class 2 gains as much.
    mix = policy.plan_mix(IMBALANCED, {2: 35}, 0.5)
    np.testing.assert_allclose(mix.shares, [0.52, 0.19, 0.26, 0.03], **CLOSE)
    np.testing.assert_allclose(mix.replaced, [0.18 / 0.70, 0, 0, 0], **CLOSE)
    assert mix.ratio == pytest.approx(0.18)
    assert mix.short == ()


def test_keeping_a_class_can_make_another_one_short():
    # Shares .45, .31, .24. Asked 45 : 31 : 24 : + class 3 from 0 to 20, of 120: classes 1 (.31 > 1/4)
    # and 0 give; class 2 (.24 < 1/4) keeps, which leaves .76 for 45 : 31 : 20.
    mix = policy.plan_mix([45, 31, 24, 0], {3: 20}, 1.0)
    np.testing.assert_allclose(
        mix.shares, [0.76 * 45 / 96, 0.76 * 31 / 96, 0.24, 0.76 * 20 / 96], **CLOSE
    )


def test_balanced_classes_need_nothing():
    mix = policy.plan_mix([25, 25, 25], "not majority", 0.5)
    assert (mix.ratio, mix.short) == (0.0, ())
    assert not mix.labels.any()
    assert not mix.replaced.any()


def test_majority_cannot_grow_out_of_small_classes():
    mix = policy.plan_mix(IMBALANCED, {0: 500}, 1.0)
    assert (mix.ratio, mix.short) == (0.0, (0,))


def test_ratio_zero_replaces_nothing():
    mix = policy.plan_mix(IMBALANCED, "not majority", 0.0)
    assert (mix.ratio, mix.short) == (0.0, (1, 2, 3))
    assert not mix.replaced.any()


@pytest.mark.parametrize(
    ("rows", "expected"), [(64, 19), (10, 3), (5, 2), (2, 1), (1, 0), (100, 30), (0, 0)]
)
def test_rounded(rows, expected):
    # 5 * .3 = 1.5 and its half goes to the even 2; 64 * .3 = 19.2.
    assert policy.rounded(0.3, rows) == expected


@pytest.mark.parametrize(
    "strategy",
    [
        "majority",
        "",
        {},
        0.5,
        ["minority"],
        {9: 10},
        {-1: 5},
        {0: 0},
        {0: 2.5},
        {True: 3},
        {"a": 3},
    ],
)
def test_wrong_strategy(strategy):
    with pytest.raises(ValueError, match="Received"):
        policy.target_counts(IMBALANCED, strategy)


@pytest.mark.parametrize("counts", [[], [0, 0], [3, -1], [[1, 2]], [np.nan, 2]])
def test_wrong_counts(counts):
    with pytest.raises(ValueError, match="Received"):
        policy.plan_mix(counts, "minority", 0.5)


COUNTS = st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any)


@given(COUNTS, st.data(), st.floats(0, 1))
def test_mix_holds_its_promises(counts, data, ratio):
    entries = st.dictionaries(st.integers(0, len(counts) - 1), st.integers(1, 2000), min_size=1)
    strategy = data.draw(st.sampled_from(policy.WORDS) | entries)
    mix = policy.plan_mix(counts, strategy, ratio)
    now = np.array(counts) / sum(counts)
    assert mix.ratio <= min(ratio, mix.needed) + 1e-12
    assert mix.shares.sum() == pytest.approx(1)
    assert (mix.replaced >= 0).all()
    assert (mix.replaced <= 1).all()
    assert not mix.replaced[now < 1 / len(counts) - 1e-9].any(), "a minority row would go"
    # What goes and what comes add up to the shares afterwards.
    assert (now * mix.replaced).sum() == pytest.approx(mix.ratio, abs=1e-9)
    np.testing.assert_allclose(
        now * (1 - mix.replaced) + mix.ratio * mix.labels, mix.shares, atol=1e-9
    )
    if ratio >= mix.needed > 0:
        assert mix.short == ()
        np.testing.assert_allclose(mix.shares, mix.asked, atol=1e-9)

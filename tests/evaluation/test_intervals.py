"""Intervals against numbers worked out by hand with a table of Student's t."""

import pytest

from gankeras.evaluation.intervals import compare, estimate, holm, p_value


@pytest.mark.parametrize(
    ("values", "mean", "half"),
    [
        # t(2 degrees) = 4.303, standard deviation 1, over the root of 3.
        ([1.0, 2.0, 3.0], 2.0, 4.303 * 1 / 3**0.5),
        # t(1 degree) = 12.706, standard deviation the root of 2, over the root of 2.
        ([0.0, 2.0], 1.0, 12.706),
        # t(4 degrees) = 2.776, standard deviation the root of 2.5, over the root of 5.
        ([1.0, 2.0, 3.0, 4.0, 5.0], 3.0, 2.776 * 0.5**0.5),
    ],
)
def test_t_interval(values, mean, half):
    found = estimate(values)
    assert found.mean == pytest.approx(mean)
    assert found.high - found.mean == pytest.approx(half, rel=2e-4)  # tables give four digits
    assert found.mean - found.low == pytest.approx(half, rel=2e-4)
    assert found.reason is None


def test_other_levels_are_narrower_or_wider():
    # t(2 degrees) at 90 %: 2.920.
    assert estimate([1.0, 2.0, 3.0], level=0.9).high == pytest.approx(2 + 2.920 / 3**0.5, rel=2e-4)


def test_one_value_has_no_interval():
    found = estimate([0.7])
    assert (found.mean, found.low, found.high) == (0.7, None, None)
    assert "one seed" in found.reason


def test_equal_values_have_no_known_spread():
    assert not estimate(
        [0.82 - 0.81, 0.92 - 0.91, 0.32 - 0.31]
    ).has_interval  # rounding is no spread
    nothing = estimate([0.0, 0.0])
    assert (nothing.low, nothing.high) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("judged", "against", "verdict"),
    [
        ([2.0, 3.0, 4.0], [0.0, 0.0, 0.0], "helps"),  # 3 - 2.48 > 0
        ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], "no effect"),  # 2 - 2.48 < 0
        ([0.0, 0.0, 0.0], [2.0, 3.0, 4.0], "hurts"),
        ([1.0, 1.0], [1.0, 1.0], "no effect"),
        ([1.0, 1.0], [0.0, 0.0], "not computed"),  # no spread, and more seeds would show none
        ([5.0], [1.0], "not computed"),
    ],
)
def test_verdict_needs_an_interval_without_zero(judged, against, verdict):
    found = compare("gan", "real", "accuracy", estimate(judged), estimate(against))
    assert found.verdict == verdict
    assert (found.reason is None) == (verdict in ("helps", "hurts"))


def test_comparison_is_paired():
    # The seeds differ by ten, the pairs by one to three.
    judged, against = estimate([11.0, 22.0, 33.0]), estimate([10.0, 20.0, 30.0])
    found = compare("gan", "real", "accuracy", judged, against).difference
    assert found.values == (1.0, 2.0, 3.0)
    assert found.high - found.mean == pytest.approx(4.303 / 3**0.5, rel=2e-4)


def test_comparison_needs_the_same_seeds():
    with pytest.raises(ValueError, match="shorter"):
        compare("gan", "real", "accuracy", estimate([1.0, 2.0]), estimate([1.0]))


def test_differences_that_only_rounding_spreads_are_not_sure():
    equal = estimate([0.9 - 0.8, 0.8 - 0.7, 0.7 - 0.6])
    assert p_value(equal) == 1.0
    # The other one is then the surest of two, at 1 - 0.05 / 2.
    assert holm([equal, estimate([0.02, 0.021, 0.022])])[1].level == pytest.approx(0.975)

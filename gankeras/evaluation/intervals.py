"""Student's t intervals over seeds, and the verdict that one allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gankeras.core.report import Comparison, Estimate


def estimate(values: Sequence[float], level: float = 0.95) -> Estimate:
    """Estimate a mean with Student's t interval.

    Args:
        values: One value a seed.
        level: Coverage of the interval.

    Returns:
        An `Estimate`. One value has no interval, nor has a spread of zero about another mean
        than zero (then the values are too coarse to tell a spread); `reason` says so.

    Example:
        >>> found = estimate([1.0, 2.0, 3.0])
        >>> round(found.mean, 3), round(found.high - found.mean, 3)
        (2.0, 2.484)
    """
    values = tuple(float(value) for value in values)
    num = len(values)
    mean = float(np.mean(values))
    if num < 2:
        return Estimate(mean, values, level=level, reason="one seed has no spread")
    if _are_equal(values):
        if mean == 0.0:
            return Estimate(mean, values, 0.0, 0.0, level)
        reason = (
            "every seed gave the same value, so the spread between seeds is unknown: nothing that "
            "was compared depends on the seed"
        )
        return Estimate(mean, values, level=level, reason=reason)
    half = quantile(num - 1, level) * float(np.std(values, ddof=1)) / float(np.sqrt(num))
    return Estimate(mean, values, mean - half, mean + half, level)


def _are_equal(values: Sequence[float]) -> bool:
    """Whether values are equal but for rounding, which is no spread."""
    return bool(np.ptp(values) <= 1e-9 * np.max(np.abs(values)))


def quantile(degrees: float, level: float) -> float:
    """Return how many standard errors a two-sided t interval reaches to each side."""
    from scipy import special

    return float(special.stdtrit(degrees, 0.5 + level / 2))


def coverage(errors: float, degrees: float) -> float:
    """Return the coverage of a t interval that reaches so many standard errors to each side."""
    from scipy import special

    return float(2 * special.stdtr(degrees, errors) - 1)


def standard_error(values: Sequence[float], overlap: float) -> float:
    """Return the standard error of a mean over splits of the same rows.

    The splits share most of their training rows, so their figures are no independent ones: the
    usual error, `overlap` being 0, is too small.

    Args:
        values: One figure a split, at least two.
        overlap: Rows held out over rows trained on.

    Example:
        >>> round(standard_error([1.0, 2.0, 3.0], 0.25), 3)
        0.764

    References:
        - Nadeau and Bengio 2003, Machine Learning 52, section 3.3 (the corrected resampled t test).
    """
    return float(np.sqrt(np.var(values, ddof=1) * (1 / len(values) + overlap)))


def estimate_with(values: Sequence[float], error: float, degrees: float, level: float) -> Estimate:
    """Estimate a mean whose standard error is known from elsewhere.

    Args:
        values: One value a run.
        error: Standard error of their mean.
        degrees: Degrees of freedom of `error`.
        level: Coverage of the interval.

    Returns:
        An `Estimate`; one value has no interval, nor has an error of 0 about another mean than 0.

    Example:
        >>> found = estimate_with([1.0, 3.0], 1.0, 30, 0.95)
        >>> round(found.high, 2)
        4.04
    """
    plain = estimate(values, level)
    if len(plain.values) < 2 or (error == 0 and plain.mean != 0):
        return plain
    half = quantile(degrees, level) * error
    return Estimate(plain.mean, plain.values, plain.mean - half, plain.mean + half, level)


def holm(differences: Sequence[Estimate], level: float = 0.95) -> list[Estimate]:
    """Widen paired intervals so that together they cover, by Holm's steps.

    Args:
        differences: Estimates of differences over seeds.
        level: Coverage of all together.

    Returns:
        The estimates in their order: of m, the one with the smallest p-value at the level
        1 - (1 - level) / m, the next at 1 - (1 - level) / (m - 1), and so on up to the first that
        is not shown, whose level all others share.

    Example:
        >>> sure, unsure = holm([estimate([1.0, 1.1, 1.2]), estimate([0.0, 1.0, -0.5])])
        >>> round(sure.level, 3), unsure.level
        (0.975, 0.95)

    References:
        - Holm 1979, Scandinavian Journal of Statistics 6, section 3.
    """
    chances = [p_value(difference) for difference in differences]
    found: list[Estimate] = list(differences)
    share, rejected = 1.0 - level, True
    for place, number in enumerate(np.argsort(chances, kind="stable")):
        if rejected:
            share = (1 - level) / (len(chances) - place)
        # What comes after the first that is not shown is not shown either.
        rejected = rejected and chances[number] <= share
        found[number] = estimate(differences[number].values, 1 - share)
    return found


def p_value(difference: Estimate) -> float:
    """Return the two-sided p-value of a mean of 0; 1 where there is no spread to tell it by."""
    from scipy import special

    num = len(difference.values)
    if num < 2 or _are_equal(difference.values):
        return 1.0
    spread = float(np.std(difference.values, ddof=1)) / float(np.sqrt(num))
    return float(2 * special.stdtr(num - 1, -abs(difference.mean) / spread))


def compare(
    name: str, reference: str, figure: str, judged: Estimate, against: Estimate
) -> Comparison:
    """Compare two estimates seed by seed (a paired t interval) and give the verdict.

    Args:
        name: Name of the judged result.
        reference: Name of the result it is compared with.
        figure: Which figure the estimates are of; more is better.
        judged: The judged result's estimate.
        against: The reference's estimate, of the same seeds in the same order.

    Returns:
        A `Comparison`: "helps" or "hurts" where the interval of the difference excludes 0,
        "no effect" where it does not, "not computed" for a single seed, or for seeds that change
        nothing.

    Example:
        >>> compare("gan", "real", "accuracy", estimate([2.0, 4.0]), estimate([1.0, 2.0])).verdict
        'no effect'
    """
    pairs = zip(judged.values, against.values, strict=True)
    difference = estimate([a - b for a, b in pairs], judged.level)
    verdict, reason = verdict_of(difference)
    return Comparison(name, reference, figure, difference, verdict, reason)


def verdict_of(difference: Estimate) -> tuple[str, str | None]:
    """Return the verdict that a difference allows, and why it is no clearer."""
    if len(difference.values) < 2:
        return "not computed", "one seed has no spread: run at least two, better five"
    if not difference.has_interval:
        return "not computed", difference.reason
    if difference.low > 0:
        return "helps", None
    if difference.high < 0:
        return "hurts", None
    return "no effect", "the interval includes 0"

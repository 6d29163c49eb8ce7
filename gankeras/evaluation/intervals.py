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
    if np.ptp(values) <= 1e-9 * np.max(np.abs(values)):
        if mean == 0.0:
            return Estimate(mean, values, 0.0, 0.0, level)
        reason = "every seed gave the same value, so the spread between seeds is unknown"
        return Estimate(mean, values, level=level, reason=reason)
    from scipy import special

    quantile = float(special.stdtrit(num - 1, 0.5 + level / 2))
    half = quantile * float(np.std(values, ddof=1)) / float(np.sqrt(num))
    return Estimate(mean, values, mean - half, mean + half, level)


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
        "no effect" where it does not, "not computed" for a single seed.

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
        return "no effect", difference.reason
    if difference.low > 0:
        return "helps", None
    if difference.high < 0:
        return "hurts", None
    return "no effect", "the interval includes 0"

"""One-dimensional Gaussian mixtures, fitted to many columns at once."""

from dataclasses import dataclass

import numpy as np

MOST_ROWS = 20_000
MOST_POINTS = 1024
ITERATIONS = 100
# Of a column's standard deviation: narrower peaks are point masses and not the mixture's business.
LEAST_WIDTH = 5e-3


@dataclass(frozen=True)
class Mixture:
    """The mixture of one column, its modes from left to right.

    Args:
        weights: Shares `(modes,)`, summing to 1.
        means: `(modes,)`, in the units of the data.
        deviations: Standard deviations `(modes,)`.
    """

    weights: np.ndarray
    means: np.ndarray
    deviations: np.ndarray


def fit_mixtures(columns: list[np.ndarray], modes: int = 10, least_rows: int = 20) -> list[Mixture]:
    """Fits a mixture to each column by expectation and maximization, all columns in one array operation.

    A column is first gathered into at most 1,024 support points (its distinct values, or means of neighbours of
    equal number), so that the cost of a round does not depend on the rows.

    Args:
        columns: Finite values `(rows,)` each, at least one; of more than 20,000 rows, every so many is taken.
        modes: Most modes a column may have. Ones that explain fewer than `least_rows` rows are dropped, so that no
            mode stands for a single row.
        least_rows: See above.

    Returns:
        One `Mixture` a column.

    References:
        - Dempster et al. 1977 (the algorithm). Deviation from Xu et al. 2019, section 4.2: point estimates with
          pruning instead of a variational mixture, which agrees on what matters here and takes milliseconds.
    """
    if not columns:
        return []
    supports = [_support(thinned(column)) for column in columns]
    points, shares = (_padded([support[i] for support in supports]) for i in (0, 1))
    rows = np.array([min(len(column), MOST_ROWS) for column in columns], np.float64)
    centre = (points * shares).sum(1, keepdims=True)
    scale = np.sqrt((shares * (points - centre) ** 2).sum(1, keepdims=True))
    # By the middle of the data where it has a width: a few far values must not flatten the rest.
    middle = _quantile(points, shares, 0.95) - _quantile(points, shares, 0.05)
    scale = np.where(middle > 0, np.minimum(scale, middle), scale)
    scale = np.where(scale > 0, scale, 1.0)
    points = (points - centre) / scale
    start = _start(points, shares, modes)
    weights, means, deviations = _maximize(points, shares, start, ITERATIONS)
    start = (_pruned(weights, rows, least_rows), means, deviations)
    weights, means, deviations = _maximize(points, shares, start, ITERATIONS // 4)
    weights = _pruned(weights, rows, least_rows)
    return [
        _tidy(w, m * s + c, d * s)
        for w, m, d, c, s in zip(weights, means, deviations, centre[:, 0], scale[:, 0], strict=True)
    ]


def thinned(column: np.ndarray) -> np.ndarray:
    """At most 20,000 values, evenly from the whole column."""
    if len(column) <= MOST_ROWS:
        return column
    return column[np.linspace(0, len(column) - 1, MOST_ROWS).astype(np.int64)]


def _support(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Support points and their shares of the rows."""
    values, counts = np.unique(column.astype(np.float64), return_counts=True)
    if len(values) > MOST_POINTS:
        ends = np.cumsum(counts)
        group = np.minimum((ends - 0.5 * counts) * MOST_POINTS // ends[-1], MOST_POINTS - 1)
        group = group.astype(np.int64)
        sums = np.bincount(group, counts, MOST_POINTS)
        values = np.bincount(group, counts * values, MOST_POINTS)[sums > 0] / sums[sums > 0]
        counts = sums[sums > 0]
    return values, counts / counts.sum()


def _padded(parts: list[np.ndarray]) -> np.ndarray:
    padded = np.zeros((len(parts), max(map(len, parts))))
    for row, part in zip(padded, parts, strict=True):
        row[: len(part)] = part
    return padded


def _start(points: np.ndarray, shares: np.ndarray, modes: int) -> tuple:
    """Modes at evenly spread quantiles, each as wide as the way to its neighbours."""
    ends = np.cumsum(shares, axis=1)
    wanted = (np.arange(modes) + 0.5) / modes
    places = np.minimum((ends[:, :, None] < wanted).sum(1), points.shape[1] - 1)
    means = np.take_along_axis(points, places, axis=1)
    gaps = np.gradient(means, axis=1) if modes > 1 else np.ones_like(means)
    deviations = np.maximum(gaps, 0.05)
    return np.full_like(means, 1.0 / modes), means, deviations


def _maximize(points: np.ndarray, shares: np.ndarray, start: tuple, rounds: int) -> tuple:
    weights, means, deviations = start
    x = points[:, :, None]
    for _ in range(rounds):
        with np.errstate(divide="ignore"):
            log = np.log(weights) - np.log(deviations)
        log = log[:, None, :] - 0.5 * ((x - means[:, None, :]) / deviations[:, None, :]) ** 2
        density = np.exp(log - log.max(2, keepdims=True))
        part = density / density.sum(2, keepdims=True) * shares[:, :, None]
        mass = part.sum(1)
        safe = np.maximum(mass, 1e-12)
        alive = mass > 1e-12
        means = np.where(alive, (part * x).sum(1) / safe, means)
        spread = (part * (x - means[:, None, :]) ** 2).sum(1) / safe
        deviations = np.where(alive, np.maximum(np.sqrt(spread), LEAST_WIDTH), deviations)
        weights = np.where(alive, mass, 0.0)
    return weights / weights.sum(1, keepdims=True), means, deviations


def _pruned(weights: np.ndarray, rows: np.ndarray, least_rows: int) -> np.ndarray:
    """Shares without those of modes that too few rows stand behind; the heaviest stays in any case."""
    heaviest = weights == weights.max(1, keepdims=True)
    kept = np.where((weights * rows[:, None] >= least_rows) | heaviest, weights, 0.0)
    return kept / kept.sum(1, keepdims=True)


def _quantile(points: np.ndarray, shares: np.ndarray, level: float) -> np.ndarray:
    place = np.minimum((np.cumsum(shares, axis=1) < level).sum(1), points.shape[1] - 1)
    return np.take_along_axis(points, place[:, None], axis=1)


def _tidy(weights: np.ndarray, means: np.ndarray, deviations: np.ndarray) -> Mixture:
    kept = np.flatnonzero(weights > 0)
    order = kept[np.argsort(means[kept], kind="stable")]
    return Mixture(weights[order], means[order], deviations[order])

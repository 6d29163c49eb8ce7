"""Is a synthetic table like a real one: column by column, and pair by pair?"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from gankeras.evaluation.frames.columns import Column, side_by_side

REAL, SYNTHETIC = "real", "synthetic"
NUM_BINS = 10
TIE_DECIMALS, LEAST_DIGITS, MOST_DECIMALS = 14, 8, 300
LEAST_CORRELATION = 0.5
LEAST_ASSOCIATION = 0.3


@dataclasses.dataclass(frozen=True)
class Similarity:
    """How alike two tables are, from 0 to 1.

    Attributes:
        score: Mean of `parts`, or None where there is none.
        parts: Scores by column, or by pair of columns.
        skipped: Why a column or pair has no score.

    Example:
        >>> gankeras.evaluation.Similarity(0.9, {"age": 0.9}, {}).score
        0.9
    """

    score: float | None
    parts: dict[Any, float]
    skipped: dict[Any, str]


def column_shapes(real: Any, synthetic: Any, kinds: Mapping | None = None) -> Similarity:
    """Compare the distribution of each column.

    A numeric column scores 1 less the Kolmogorov-Smirnov distance, a categorical one 1 less the total variation
    distance; missing values are left out of both. Equal to the "Column Shapes" of sdmetrics 0.32.

    Args:
        real: DataFrame or dict of arrays.
        synthetic: Another with the same columns, of any number of rows.
        kinds: `"numeric"` or `"categorical"` by column, where the dtype does not tell.

    Returns:
        A `Similarity` by column. Print the one of training rows and real holdout rows beside it: sampling alone costs
        some of it.

    Raises:
        ValueError: For frames without rows, of other columns, or with values that are no numbers.

    Example:
        >>> real = {"age": np.array([20, 30, 40, 50]), "sex": np.array(["f", "f", "m", "m"])}
        >>> made = {"age": np.array([20, 30, 40, 41]), "sex": np.array(["f", "m", "m", "m"])}
        >>> gankeras.evaluation.column_shapes(real, made).parts
        {'age': 0.75, 'sex': 0.75}

    References:
        - sdmetrics 0.32, "Quality Report", section "Column Shapes" (written from its documentation).
    """
    return shapes_of(side_by_side({REAL: real, SYNTHETIC: synthetic}, kinds), REAL, SYNTHETIC)


def shapes_of(columns: tuple[Column, ...], real: str, other: str) -> Similarity:
    """The column shapes of two frames that are read already."""
    found, skipped = {}, {}
    for column in columns:
        values = column.present(real), column.present(other)
        if min(map(len, values)) == 0:
            skipped[column.name] = "all values are missing on one side"
        elif column.is_numeric:
            found[column.name] = 1 - kolmogorov_smirnov(*values)
        else:
            found[column.name] = 1 - total_variation(*values)
    return _similarity(found, skipped)


def pair_trends(
    real: Any,
    synthetic: Any,
    kinds: Mapping | None = None,
    least_correlation: float = LEAST_CORRELATION,
    least_association: float = LEAST_ASSOCIATION,
) -> Similarity:
    """Compare how columns go together, pair by pair, where the real ones do.

    Two numeric columns score 1 less half the difference of their correlations; another pair 1 less the total variation
    distance of its contingency tables, missing values a category of their own and a numeric column in ten equal bins of
    each table's range (its largest value falls in with the missing ones, there). A pair without a trend in the real
    table is skipped: it would score high whatever was made.
    Equal to the "Column Pair Trends" of sdmetrics 0.32 for up to 50,000 rows (it draws rows at random above).

    Args:
        real: DataFrame or dict of arrays.
        synthetic: Another with the same columns.
        kinds: `"numeric"` or `"categorical"` by column, where the dtype does not tell.
        least_correlation: Pairs with a real correlation that is not above it, either way, have no trend.
        least_association: The same for Cramer's V of other pairs.

    Returns:
        A `Similarity` by pair `(name, name)`.

    Raises:
        ValueError: For frames without rows, of other columns, or with values that are no numbers.

    Example:
        >>> real = {"a": np.array([1, 2, 3, 4]), "b": np.array([1, 2, 3, 4])}
        >>> made = {"a": np.array([1, 2, 3, 4]), "b": np.array([4, 3, 2, 1])}
        >>> round(gankeras.evaluation.pair_trends(real, made).parts["a", "b"], 6)
        0.0

    References:
        - sdmetrics 0.32, "Quality Report", section "Column Pair Trends" (written from its documentation).
    """
    columns = side_by_side({REAL: real, SYNTHETIC: synthetic}, kinds)
    return trends_of(columns, REAL, SYNTHETIC, least_correlation, least_association)


def trends_of(
    columns: tuple[Column, ...],
    real: str,
    other: str,
    least_correlation: float = LEAST_CORRELATION,
    least_association: float = LEAST_ASSOCIATION,
) -> Similarity:
    """The pair trends of two frames that are read already."""
    values = {column.name: (column.parts[real], column.parts[other]) for column in columns}
    binned = {column.name: _binned(column, (real, other)) for column in columns}
    found, skipped = {}, {}
    for a, b in itertools.combinations(columns, 2):
        pair = a.name, b.name
        if a.is_numeric and b.is_numeric:
            score = _correlation_score(values[a.name], values[b.name], least_correlation)
        else:
            score = _contingency_score(binned[a.name], binned[b.name], least_association)
        if isinstance(score, str):
            skipped[pair] = score
        else:
            found[pair] = score
    return _similarity(found, skipped)


def _similarity(found: dict, skipped: dict) -> Similarity:
    return Similarity(float(np.mean(list(found.values()))) if found else None, found, skipped)


def kolmogorov_smirnov(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference of two empirical distribution functions.

    Example:
        >>> kolmogorov_smirnov(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
        0.5
    """
    # Rounded, or 2 * 1.1 and 2.2 would be no tie; as sdmetrics does, unless that left too little of tiny numbers.
    largest = max(np.abs(x).max() for x in (a, b))
    decimals = LEAST_DIGITS - int(np.floor(np.log10(largest))) if largest > 0 else 0
    decimals = min(max(TIE_DECIMALS, decimals), MOST_DECIMALS)
    a, b = (np.sort(np.round(x, decimals)) for x in (a, b))
    points = np.concatenate([a, b])
    below = [np.searchsorted(x, points, side="right") / len(x) for x in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def total_variation(a: np.ndarray, b: np.ndarray) -> float:
    """Half the summed difference of the shares of each code, 0 or more.

    Example:
        >>> total_variation(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
        0.25
    """
    size = int(max(a.max(), b.max())) + 1
    shares = [np.bincount(x, minlength=size) / len(x) for x in (a, b)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _correlation_score(a: tuple, b: tuple, least: float) -> float | str:
    found = []
    for side, x, y in zip((REAL, SYNTHETIC), a, b, strict=True):
        both = ~np.isnan(x) & ~np.isnan(y)
        found.append(correlation(x[both], y[both]))
        if found[-1] is None:
            return f"one column is constant in the {side} rows where both are known"
        if side == REAL and abs(found[0]) <= least:
            return f"no trend in the real rows: correlation {found[0]:.3f}"
    return 1 - abs(found[0] - found[1]) / 2


def correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Pearson's correlation, or None where one side is constant.

    Example:
        >>> round(correlation(np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0, 2.0])), 6)
        -0.5
    """
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    a, b = a - a.mean(), b - b.mean()
    return float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1))


def _contingency_score(a: tuple, b: tuple, least: float) -> float | str:
    association = cramers_v(a[0], b[0])
    if association <= least:
        return f"no trend in the real rows: association {association:.3f}"
    width = int(max(x.max() for x in b)) + 1
    cells = [x * width + y for x, y in zip(a, b, strict=True)]
    # Numbered anew: two columns of thousands of categories have millions of cells, few of them filled.
    numbers = np.unique(np.concatenate(cells), return_inverse=True)[1]
    return 1 - total_variation(*np.split(numbers, [len(cells[0])]))


def cramers_v(a: np.ndarray, b: np.ndarray) -> float:
    """Association of two columns of codes, from 0 to 1; 0 where one is constant.

    Example:
        >>> cramers_v(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
        1.0
    """
    (_, a), (_, b) = (np.unique(x, return_inverse=True) for x in (a, b))
    rows, columns = int(a.max()) + 1, int(b.max()) + 1
    if min(rows, columns) == 1:
        return 0.0
    cells, counts = np.unique(a * columns + b, return_counts=True)
    expected = np.bincount(a)[cells // columns] * np.bincount(b)[cells % columns]
    # chi squared / n = sum of O^2 / (row total * column total) - 1, over the filled cells alone.
    return float(np.sqrt(max((counts**2 / expected).sum() - 1, 0.0) / (min(rows, columns) - 1)))


def _binned(column: Column, parts: tuple[str, str]) -> tuple[np.ndarray, ...]:
    """Codes from 0 on; the missing ones have the last."""
    if not column.is_numeric:
        last = len(column.categories)
        return tuple(np.where(v < 0, last, v) for v in (column.parts[part] for part in parts))
    codes = []
    for part in parts:
        # As sdmetrics' report does it: each table by its own range, its largest value beside the missing ones.
        present = column.present(part)
        edges = _upper_edges(present) if len(present) else [0.0]
        codes.append(np.searchsorted(edges, column.parts[part], side="right"))
    return tuple(codes)


def _upper_edges(present: np.ndarray) -> np.ndarray:
    try:
        return np.histogram_bin_edges(present, NUM_BINS)[1:]
    except ValueError:
        # Ten bins of that range are less than floats tell apart: one bin, in the middle as a constant column has it.
        ends = np.full(NUM_BINS, np.inf)
        ends[: NUM_BINS // 2] = -np.inf
        return ends

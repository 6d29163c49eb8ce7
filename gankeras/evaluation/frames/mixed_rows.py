"""Rows of mixed columns as points, so that distances between rows mean something."""

from __future__ import annotations

import numpy as np

from gankeras.evaluation.frames.columns import MISSING, Column

MOST_CATEGORIES = 64


def mixed_rows(columns: tuple[Column, ...], part: str, like: str) -> np.ndarray:
    """Rows as points whose Euclidean distance is the root mean square of their differences by column.

    By column two rows differ by 0 to 1: numbers by the share of `like` rows between them (a long tail then counts no
    more than the bulk), categories by 0 or 1, a missing value from a known one by at least 1. Of many categories the
    64 most frequent are told apart, and the others from these.

    Args:
        columns: From `side_by_side`.
        part: The frame to turn into points.
        like: The frame that ranks and frequent categories are taken from.

    Returns:
        Float64 `(rows, d)`.

    Example:
        >>> from gankeras.evaluation.frames.columns import side_by_side
        >>> frame = {"age": np.array([20.0, 30.0, 40.0, np.nan])}
        >>> points = mixed_rows(side_by_side({"a": frame}), "a", "a")
        >>> float(np.linalg.norm(points[0] - points[1]).round(3))
        0.333
    """
    found = [
        _ranks(column, part, like) if column.is_numeric else _indicators(column, part, like)
        for column in columns
    ]
    return np.concatenate(found, axis=1) / np.sqrt(len(columns))


def _ranks(column: Column, part: str, like: str) -> np.ndarray:
    known, values = np.sort(column.present(like)), column.parts[part]
    missing = np.isnan(values)
    below = sum(np.searchsorted(known, values, side) for side in ("left", "right"))
    ranks = np.where(missing, 0.5, below / max(2 * len(known), 1))
    return np.stack([ranks, missing], axis=1)


def _indicators(column: Column, part: str, like: str) -> np.ndarray:
    # The missing ones are the last category.
    last = len(column.categories)
    codes, known = (
        np.where(v == MISSING, last, v) for v in (column.parts[part], column.parts[like])
    )
    counts = np.bincount(known, minlength=last + 1)
    places = np.empty(last + 1, np.int64)
    places[np.argsort(-counts, kind="stable")] = np.arange(last + 1)
    width = min(last + 1, MOST_CATEGORIES + 1)
    found = np.zeros((len(codes), width))
    # Two unequal indicators are the root of two apart.
    found[np.arange(len(codes)), np.minimum(places[codes], width - 1)] = np.sqrt(0.5)
    return found

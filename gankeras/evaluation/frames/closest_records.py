"""Do synthetic rows come too near to training rows?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from gankeras.evaluation.frames.columns import Column, side_by_side
from gankeras.evaluation.frames.mixed_rows import mixed_rows
from gankeras.evaluation.memorisation import LEAST_ROWS, PERCENTILE
from gankeras.metrics.neighbours import nearest_rows


@dataclasses.dataclass(frozen=True)
class ClosestRecords:
    """How near synthetic rows come to training rows, beside how near real rows of a holdout do.

    Attributes:
        median: Median distance of a synthetic row to its closest training row.
        holdout_median: The same of the holdout's rows.
        share: Share of synthetic rows nearer to a training row than all but 1 % of the holdout's rows.
        holdout_share: The same share of the holdout's rows: about 0.01.
        copies: Share of synthetic rows that equal a training row in every column.
        holdout_copies: The same share of the holdout's rows.
        distances: Each synthetic row's distance, `(rows,)`.
        nearest: The number of its closest training row, `(rows,)`.

    Example:
        >>> rows = {"age": np.arange(40.0)}
        >>> new = {"age": np.arange(40.0) + 0.5}
        >>> gankeras.evaluation.closest_records(rows, new, rows).nearest[:3]
        array([0, 1, 2])
    """

    median: float
    holdout_median: float
    share: float
    holdout_share: float
    copies: float
    holdout_copies: float
    distances: np.ndarray
    nearest: np.ndarray


def closest_records(
    train: Any, holdout: Any, synthetic: Any, kinds: Mapping | None = None
) -> ClosestRecords:
    """Measure the distance of each synthetic row to the closest training row.

    A distance is the root mean square over the columns: numbers differ by the share of training rows between them,
    categories by 0 or 1. A smoke test for copies and no more: rows may leak that no distance shows.

    Args:
        train: Real rows that the synthetic ones were made from: a DataFrame or a dict of arrays, at least 20 rows.
        holdout: Real rows of the same population that were not used, at least 20.
        synthetic: Synthetic rows.
        kinds: `"numeric"` or `"categorical"` by column, where the dtype does not tell.

    Returns:
        A `ClosestRecords`.

    Raises:
        ValueError: For too few rows, other columns, or values that are no numbers in a numeric column.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> train, holdout = ({"age": rng.normal(size=100)} for _ in range(2))
        >>> gankeras.evaluation.closest_records(train, holdout, train).copies
        1.0

    References:
        - Gower 1971, Biometrics 27(4), section 3 (differences by column; we take ranks for his ranges, and squares).
        - Yao et al. 2025, arXiv:2505.01524 (why such distances prove nothing).
    """
    columns = side_by_side({"train": train, "holdout": holdout, "synthetic": synthetic}, kinds)
    check_enough(columns, ("train", "holdout"))
    return closest(columns)


def check_enough(columns: tuple[Column, ...], parts: tuple[str, ...]) -> None:
    """Raise for fewer rows in a part than a percentile needs."""
    for part in parts:
        rows = len(columns[0].parts[part])
        if rows < LEAST_ROWS:
            raise ValueError(f"`{part}` must have at least {LEAST_ROWS} rows. Received: {rows}.")


def closest(columns: tuple[Column, ...]) -> ClosestRecords:
    """The figures of frames that are read already: `train`, `holdout` and `synthetic`."""
    points = {
        part: mixed_rows(columns, part, "train") for part in ("train", "holdout", "synthetic")
    }
    distances, nearest = nearest_rows(points["synthetic"], points["train"])
    reference, _ = nearest_rows(points["holdout"], points["train"])
    limit = np.percentile(reference, PERCENTILE)
    known = _keys(columns, "train")
    copies = {part: float(np.isin(_keys(columns, part), known).mean()) for part in points}
    return ClosestRecords(
        median=float(np.median(distances)),
        holdout_median=float(np.median(reference)),
        # Where even the holdout has copies, a copy is as near as can be.
        share=float((distances < limit).mean() if limit > 0 else (distances <= limit).mean()),
        holdout_share=float(
            (reference < limit).mean() if limit > 0 else (reference <= limit).mean()
        ),
        copies=copies["synthetic"],
        holdout_copies=copies["holdout"],
        distances=distances,
        nearest=nearest,
    )


def _keys(columns: tuple[Column, ...], part: str) -> np.ndarray:
    rows = np.stack([column.parts[part].astype(np.float64) for column in columns], axis=1)
    rows = np.where(np.isnan(rows), np.nan, rows + 0.0)  # one zero, one not-a-number
    return np.ascontiguousarray(rows).view(f"V{rows.shape[1] * 8}").ravel()

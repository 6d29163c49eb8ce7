"""Does the synthetic table help to guess what one does not know about a person?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gankeras.evaluation.frames.closest_records import check_enough
from gankeras.evaluation.frames.columns import Column, side_by_side
from gankeras.evaluation.frames.mixed_rows import mixed_rows
from gankeras.metrics.neighbours import nearest_rows

MOST_ROWS = 2000
TOLERANCE = 0.05


@dataclasses.dataclass(frozen=True)
class AttributeInference:
    """How often an attacker who knows the rest of a row guesses the hidden column.

    Attributes:
        train: Share of training rows guessed from the synthetic table.
        holdout: Share of holdout rows guessed from it: what follows from the population, not from one's row.
        from_holdout: Share of training rows guessed from the real holdout rows: what a sample of the population, that
            has nobody's row in it, gives away.
        most_frequent: Share of training rows guessed by always saying the holdout's most frequent value.

    Example:
        >>> gankeras.evaluation.AttributeInference(0.62, 0.61, 0.63, 0.5).excess
        0.01
    """

    train: float
    holdout: float
    from_holdout: float
    most_frequent: float

    @property
    def excess(self) -> float:
        """What being in the training data adds to the guess: `train - holdout`."""
        return round(self.train - self.holdout, 12)


def attribute_inference(
    train: Any,
    holdout: Any,
    synthetic: Any,
    hidden: str,
    known: Sequence[str] | None = None,
    kinds: Mapping | None = None,
    *,
    seed: int = 0,
) -> AttributeInference:
    """Attack a synthetic table: guess a column of real rows from the synthetic row nearest in the columns one knows.

    A number is guessed where at most 5 % of the training rows lie between guess and truth. At most 2,000 rows of a
    table are attacked.

    Args:
        train: Real rows that the synthetic ones were made from: a DataFrame or a dict of arrays, at least 20 rows.
        holdout: Real rows of the same population that were not used, at least 20.
        synthetic: Synthetic rows.
        hidden: The column to guess; rows in which it is missing are left out.
        known: The columns that the attacker knows; all others by default.
        kinds: `"numeric"` or `"categorical"` by column, where the dtype does not tell.
        seed: Decides which rows are attacked.

    Returns:
        An `AttributeInference`; judge `train` beside `holdout` and `from_holdout`.

    Raises:
        ValueError: For unknown columns, too few rows, or a hidden column without values.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> train, holdout = (
        ...     {"a": rng.normal(size=50), "b": rng.integers(0, 9, 50).astype(str)}
        ...     for _ in range(2)
        ... )
        >>> gankeras.evaluation.attribute_inference(train, holdout, train, "b").train
        1.0

    References:
        - Yeom et al. 2018, arXiv:1709.01604, section 5 (the advantage over rows that were not trained on).
    """
    columns = side_by_side({"train": train, "holdout": holdout, "synthetic": synthetic}, kinds)
    check_enough(columns, ("train", "holdout"))
    return infer(columns, hidden, known, seed)


def infer(
    columns: tuple[Column, ...], hidden: str, known: Sequence[str] | None, seed: int
) -> AttributeInference:
    """The figures of frames that are read already: `train`, `holdout` and `synthetic`."""
    by_name = {column.name: column for column in columns}
    known = [name for name in by_name if name != hidden] if known is None else list(known)
    wrong = [name for name in (hidden, *known) if name not in by_name]
    if wrong or hidden in known or not known:
        raise ValueError(
            "`hidden` must be a column, and `known` other columns, at least one. "
            f"Received: hidden={hidden!r}, known={known}, columns {list(by_name)}."
        )
    target, seen = by_name[hidden], tuple(by_name[name] for name in known)
    rng = np.random.Generator(np.random.Philox(key=[seed, 0xA77]))
    given = {part: np.flatnonzero(_is_known(target, part)) for part in target.parts}
    empty = [part for part, rows in given.items() if not rows.size]
    if empty:
        raise ValueError(
            f"The hidden column {hidden!r} has no value in {', '.join(empty)}; choose another. Received: all missing."
        )
    points = {part: mixed_rows(seen, part, "train") for part in target.parts}

    def guessed(victims: str, teacher: str) -> float:
        rows = np.sort(rng.permutation(given[victims])[:MOST_ROWS])
        _, nearest = nearest_rows(points[victims][rows], points[teacher][given[teacher]])
        guesses = target.parts[teacher][given[teacher]][nearest]
        return float(_right(target, guesses, target.parts[victims][rows]).mean())

    values = target.present("holdout")
    common = np.median(values) if target.is_numeric else np.bincount(values).argmax()
    truth = target.present("train")
    return AttributeInference(
        train=guessed("train", "synthetic"),
        holdout=guessed("holdout", "synthetic"),
        from_holdout=guessed("train", "holdout"),
        most_frequent=float(_right(target, np.full(len(truth), common), truth).mean()),
    )


def _is_known(column: Column, part: str) -> np.ndarray:
    values = column.parts[part]
    return ~np.isnan(values) if column.is_numeric else values >= 0


def _right(target: Column, guesses: np.ndarray, truth: np.ndarray) -> np.ndarray:
    if not target.is_numeric:
        return guesses == truth
    known = np.sort(target.present("train"))
    low, high = np.minimum(guesses, truth), np.maximum(guesses, truth)
    between = np.searchsorted(known, high, "left") - np.searchsorted(known, low, "right")
    return (low == high) | (between / len(known) <= TOLERANCE)

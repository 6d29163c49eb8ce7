"""Checks of arguments that several procedures share."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np


def whole(value: Any, name: str) -> int:
    """Return a whole number of at least 1, or raise a `ValueError`."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"`{name}` must be a whole number of at least 1. Received: {value!r}")
    return number


def seeds_of(seeds: Any) -> list[int]:
    """Return the seeds that a number of them, or a list, stands for."""
    found = list(range(whole(seeds, "seeds"))) if np.ndim(seeds) == 0 else list(seeds)
    are_seeds = all(isinstance(seed, (int, np.integer)) and 0 <= seed < 2**31 for seed in found)
    if not found or not are_seeds or len(set(found)) != len(found):
        raise ValueError(
            "`seeds` must be a number of seeds, or a list of different whole numbers from 0 to "
            f"2**31 - 1. Pass `seeds=5`. Received: {seeds!r}"
        )
    return [int(seed) for seed in found]


def ratios_of(ratio: Any, steps: int | None = None) -> list[Any]:
    """Return one ratio, one schedule (over `steps`, which is tried at some) or several ratios as a list."""
    if callable(ratio):
        shares = [float(ratio(int(step))) for step in np.linspace(0, steps or 0, 21)]
        # Schedules compute in float32, which may miss an end by a hair.
        if not all(-1e-6 <= share <= 1 + 1e-6 for share in shares):
            raise ValueError(
                "A schedule of `ratio` must give synthetic shares of a batch from 0 to 1 at every step. "
                f"Received: {min(shares):g} to {max(shares):g} in {steps} steps"
            )
        return [ratio]
    try:
        found = [float(value) for value in np.atleast_1d(ratio)]
    except (TypeError, ValueError):
        found = []
    if not found or any(not 0 <= value <= 1 for value in found) or len(set(found)) != len(found):
        raise ValueError(
            "`ratio` must be the synthetic share of a batch, from 0 to 1, a schedule of it, or several different "
            f"ones to choose from. Pass `ratio=0.3`. Received: {ratio!r}"
        )
    return found


def shown_ratio(ratio: Any, steps: int) -> float | str:
    """Return a ratio as reports have it: a number, or the words for a schedule over `steps`."""
    if not callable(ratio):
        return ratio
    return f"{float(ratio(0)):.2g} at first, {float(ratio(steps)):.2g} at last"

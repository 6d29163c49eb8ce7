"""Arguments of `GANAugmentation`, checked at the edge."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gankeras.augmentation.modes import MODES


def check(ratio: Any, mode: Any, seed: Any) -> None:
    """Checks what does not depend on the source.

    Raises:
        ValueError: With what was expected.
    """
    number = isinstance(ratio, int | float | np.number) and not isinstance(ratio, bool)
    if not callable(ratio) and not (number and 0 <= ratio <= 1):
        raise ValueError(
            "`ratio` is the share of synthetic rows in the output: a number in [0, 1], or a schedule such as "
            f"`keras.optimizers.schedules.CosineDecay(1.0, steps)`. Received: ratio={ratio!r}."
        )
    if mode not in MODES:
        raise ValueError(
            '`mode` must be "replace" (synthetic rows take the place of real ones) or "append" (they follow them). '
            f"Received: mode={mode!r}."
        )
    if mode == "append" and callable(ratio):
        raise ValueError(
            'A schedule as `ratio` needs `mode="replace"`: appended rows are as many in every batch. '
            f"Received: ratio={ratio!r}."
        )
    if mode == "append" and ratio == 1:
        raise ValueError(
            'With `mode="append"` all real rows stay, so the synthetic share is below 1. Received: ratio=1.'
        )
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or not 0 <= seed < 2**31:
        raise ValueError(f"`seed` must be a whole number in [0, 2**31). Received: seed={seed!r}.")


def by_id(strategy: Any, names: tuple[str, ...] | None) -> Any:
    """A `sampling_strategy` with class ids as the keys of a dict.

    Raises:
        ValueError: If a class is named twice.
    """
    if not isinstance(strategy, Mapping):
        return strategy
    ids = {name: label for label, name in enumerate(names or ())}
    found = {ids.get(key, key) if isinstance(key, str) else key: n for key, n in strategy.items()}
    if len(found) < len(strategy):
        raise ValueError(
            "`sampling_strategy` names a class twice, by its name and by its id. "
            f"Received: {dict(strategy)}."
        )
    return found

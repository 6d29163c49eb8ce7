"""What a codec is made with, checked."""

from typing import Any

import numpy as np

from gankeras.tables import frames
from gankeras.tables.ordered_columns import NUMERIC, sorted_pairs


def check_settings(codec: Any) -> None:
    """Checks what a codec was made with.

    Raises:
        ValueError: For unknown kinds, bounds the wrong way round, or numbers out of range.
    """
    if codec.target is not None and not isinstance(codec.target, str):
        raise ValueError(f"`target` is the name of one column. Received: target={codec.target!r}.")
    for name, kind in codec.types.items():
        if kind not in frames.KINDS:
            raise ValueError(
                f"`types` gives each column one of {list(frames.KINDS)}. Received: {kind!r} for column {name!r}."
            )
    if codec.target is not None and codec.types.get(codec.target) in (*NUMERIC, "identifier"):
        raise ValueError(
            "The target holds classes: 'categorical', 'ordinal' or 'boolean'. "
            f"Received: types={{{codec.target!r}: {codec.types[codec.target]!r}}}."
        )
    for name, pair in codec.bounds.items():
        if len(pair) != 2 or (None not in pair and not _rises(pair)):
            raise ValueError(
                "`bounds` gives (least, greatest), numbers or dates, either of which may be None. "
                f"Received: {pair} for column {name!r}."
            )
    if any(len(pair) != 2 or pair[0] == pair[1] for pair in codec.ordered):
        raise ValueError(
            f"`ordered` is a list of pairs of columns (smaller, greater). Received: {codec.ordered}."
        )
    sorted_pairs(codec.ordered)
    for name, least in (("min_count", 1), ("max_categories", 1), ("modes", 1)):
        if getattr(codec, name) < least:
            raise ValueError(
                f"`{name}` must be at least {least}. Received: {name}={getattr(codec, name)}."
            )


def plain_bounds(bounds: dict[str, Any]) -> dict[str, tuple]:
    """Bounds as numbers and text, which a configuration can hold: a date becomes its ISO form."""
    found = {}
    for name, pair in bounds.items():
        whole = isinstance(pair, list | tuple | np.ndarray)
        found[name] = tuple(_plain_bound(bound) for bound in pair) if whole else (pair,)
    return found


def _plain_bound(bound: Any) -> Any:
    bound = bound.item() if isinstance(bound, np.number) else bound
    return bound if bound is None or isinstance(bound, int | float | str) else str(bound)


def _rises(pair: tuple) -> bool:
    try:
        return bool(pair[0] <= pair[1])
    except TypeError:
        return False

"""How many rows share what an outsider may know of a person?"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from gankeras.evaluation.frames.columns import Column, side_by_side

FEW = 5


@dataclasses.dataclass(frozen=True)
class KAnonymity:
    """Sizes of the groups of rows that are equal in the quasi-identifiers.

    Attributes:
        k: Rows of the smallest group.
        groups: How many groups.
        alone: Share of rows that are a group of their own.
        in_few: Share of rows in groups of fewer than five.

    Example:
        >>> gankeras.evaluation.KAnonymity(k=1, groups=3, alone=0.1, in_few=0.4).k
        1
    """

    k: int
    groups: int
    alone: float
    in_few: float


def k_anonymity(frame: Any, quasi_identifiers: Sequence[str]) -> KAnonymity:
    """Count the rows that share each combination of quasi-identifiers.

    It describes a table as it is; values are taken as they stand (round ages before, say), a missing one is a value
    too. A synthetic table with a large k may still leak, one with k = 1 need not: nobody stands behind a synthetic row.

    Args:
        frame: A DataFrame or a dict of arrays.
        quasi_identifiers: Columns that an outsider may know, such as age, sex and region.

    Returns:
        A `KAnonymity`.

    Raises:
        ValueError: For no or unknown columns.

    Example:
        >>> frame = {"sex": np.array(["f", "f", "m"]), "age": np.array([30, 30, 40])}
        >>> gankeras.evaluation.k_anonymity(frame, ["sex", "age"])
        KAnonymity(k=1, groups=2, alone=0.333..., in_few=1.0)

    References:
        - Sweeney 2002, Int. J. Uncertainty, Fuzziness and Knowledge-Based Systems 10(5), definition 3.
    """
    return group_sizes(side_by_side({"frame": frame}), "frame", quasi_identifiers)


def group_sizes(
    columns: tuple[Column, ...], part: str, quasi_identifiers: Sequence[str]
) -> KAnonymity:
    """The figures of a frame that is read already."""
    by_name = {column.name: column for column in columns}
    names = [quasi_identifiers] if isinstance(quasi_identifiers, str) else list(quasi_identifiers)
    if not names or any(name not in by_name for name in names):
        raise ValueError(
            f"`quasi_identifiers` must be columns of the table, at least one. Received: {names}, columns {list(by_name)}."
        )
    # Numbers in place of values: a missing one equals a missing one.
    codes = [np.unique(by_name[name].parts[part], return_inverse=True)[1] for name in names]
    _, group, sizes = np.unique(
        np.stack(codes, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    of_row = sizes[group.ravel()]
    return KAnonymity(
        k=int(sizes.min()),
        groups=len(sizes),
        alone=float((of_row == 1).mean()),
        in_few=float((of_row < FEW).mean()),
    )

"""Rows between neighbouring training rows of one class."""

from typing import Any

import numpy as np

from gankeras.baselines.bootstrap import described
from gankeras.core.stored_rows import StoredRows


class SMOTE(StoredRows):
    """Draws rows between a training row and one of its nearest neighbours of the same class, through imbalanced-learn.

    They are made beforehand, `num` of each class. Needs the extra `gankeras[smote]`.

    Args:
        x: Raw numeric training rows `(n, ...)`.
        y: Their class ids `(n,)`.
        num: Rows made of each class.
        neighbours: How many nearest neighbours are candidates; fewer where a class has fewer other rows.
        class_names: Names of the classes.
        seed: Of what is made.

    Raises:
        ImportError: Without imbalanced-learn.
        ValueError: For rows that are not numbers, or a class with fewer than two rows.

    References:
        - Chawla et al. 2002, arXiv:1106.1813, section 4.2.

    Example:
        >>> x, y = gankeras.testing.toy_data(40)
        >>> gankeras.baselines.SMOTE(x, y, num=50).sample(5, labels=2).shape
        (5, 2)
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        num: int = 1000,
        neighbours: int = 5,
        class_names: Any = None,
        seed: int = 0,
    ):
        try:
            from imblearn.over_sampling import SMOTE as Sampler
        except ImportError as error:
            raise ImportError(
                '`SMOTE` runs through imbalanced-learn: `pip install "gankeras[smote]"`. Received: no such package.'
            ) from error
        if y is None or isinstance(x, dict) or np.asarray(x).dtype.kind not in "fiu":
            raise ValueError(
                "`SMOTE` needs one numeric array and its labels; for other rows use `Bootstrap`. "
                f"Received: x of type {type(x).__name__}, y of type {type(y).__name__}."
            )
        if int(num) != num or num < 1:
            raise ValueError(f"`num` must be a whole number of at least 1. Received: num={num!r}.")
        x, y = np.asarray(x), np.asarray(y)
        like = described(x, y, class_names, "SMOTE")
        counts = like.class_counts
        if counts.min() < 2:
            raise ValueError(
                "`SMOTE` goes from one row to another of its class, so each class needs two. "
                f"Received: rows by class {counts.tolist()}."
            )
        parts = []
        flat = x.reshape(len(x), -1).astype(np.float64)
        for label in range(like.num_classes):
            # Class by class, with the rest as the other class: a rare class' few neighbours bind no other.
            mine = (y == label).astype(np.int64)
            sampler = Sampler(
                sampling_strategy={1: int(counts[label] + num)},
                k_neighbors=int(min(neighbours, counts[label] - 1)),
                random_state=seed,
            )
            parts.append(sampler.fit_resample(*_with_company(flat, mine))[0][-num:])
        made = np.concatenate(parts)
        made = np.rint(made) if x.dtype.kind in "iu" else made
        labels = np.repeat(np.arange(like.num_classes), num)
        super().__init__(made.reshape(-1, *x.shape[1:]).astype(x.dtype), labels, like)


def _with_company(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # imbalanced-learn wants two classes; it never looks at the second.
    if (y == 0).any():
        return x, y
    return np.concatenate([x, x[:1]]), np.append(y, 0)

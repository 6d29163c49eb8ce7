"""What rows are compared by where nobody says."""

from collections.abc import Callable
from typing import Any

import numpy as np

from gankeras.images.codec import ImageCodec
from gankeras.images.features import RandomConvolutions
from gankeras.metrics.feature_metric import flat_features

MOST = 64  # directions: few enough for some hundred rows to fill
WIDEST = 1024  # values of a row whose directions are found as they are
# Components fitted to fewer rows hug these rows: others of the same population look unlike them, and like no members.
LEAST_FITTED = MOST_FITTED = 2000
SEED = 0x64D1


def compared_features(x_train: np.ndarray) -> Callable | None:
    """Features for rows like these: their values where they are few, else their shares of 64 directions.

    The directions are principal components from 2,000 rows on; below, they are random ones, the same for all rows.
    Whole numbers, as pixels are, are taken as shares of the largest one that their type holds.

    Args:
        x_train: Real rows `(n, ...)`, which components are fitted to.

    Returns:
        A function of raw rows to features `(n, d)`; None for values as they are. Images of more than 1,024 values go through
        untrained convolutions first.

    Example:
        >>> from gankeras.images.compared_features import compared_features
        >>> rows = np.zeros((60, 16, 16, 1), "uint8")
        >>> features = compared_features(rows)
        >>> features.__name__, features(rows).shape
        ('random_directions', (60, 64))
    """
    whole = np.issubdtype(x_train.dtype, np.integer)
    largest = np.iinfo(x_train.dtype).max if whole and x_train.ndim == 4 else 1

    def pixels(rows: np.ndarray) -> np.ndarray:
        return flat_features(rows, None) / largest

    if x_train[0].size <= MOST:
        return None if largest == 1 else pixels
    before: Any = pixels
    if x_train[0].size > WIDEST and x_train.ndim == 4:
        before = RandomConvolutions(ImageCodec(x_train.shape[1:], dtype=x_train.dtype.name))
    if len(x_train) < LEAST_FITTED:
        return _random_directions(flat_features(x_train[:1], before).shape[1], before)
    from sklearn.decomposition import PCA

    step = -(-len(x_train) // MOST_FITTED)
    rows = flat_features(x_train[::step], before)
    fitted = PCA(min(MOST, rows.shape[1]), svd_solver="full").fit(rows)

    def principal_components(rows: np.ndarray) -> np.ndarray:
        return fitted.transform(flat_features(rows, before))

    return principal_components


def _random_directions(width: int, before: Callable) -> Callable:
    """Distances stay what they were, about (the lemma of Johnson and Lindenstrauss), whatever rows there are."""
    rng = np.random.Generator(np.random.Philox(key=[SEED, width]))
    directions = rng.normal(size=(width, MOST)) / np.sqrt(MOST)

    def random_directions(rows: np.ndarray) -> np.ndarray:
        return flat_features(rows, before) @ directions

    return random_directions

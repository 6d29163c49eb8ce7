"""What rows are compared by where nobody says."""

from collections.abc import Callable
from typing import Any

import numpy as np

from gankeras.images.codec import ImageCodec
from gankeras.images.features import RandomConvolutions
from gankeras.metrics.feature_metric import flat_features

MOST = 64  # directions: few enough for some hundred rows to fill
WIDEST = 1024  # values of a row whose directions are found as they are
MOST_FITTED = 2000


def compared_features(x_train: np.ndarray) -> Callable | None:
    """Features for rows like these: their values where they are few, else 64 principal components.

    Whole numbers, as pixels are, are taken as shares of the largest one that their type holds.

    Args:
        x_train: Real rows `(n, ...)`, which the components are fitted to.

    Returns:
        A function of raw rows to features `(n, d)`; None for values as they are. Images of more than 1,024 values go through
        untrained convolutions first.
    """
    whole = np.issubdtype(x_train.dtype, np.integer)
    largest = np.iinfo(x_train.dtype).max if whole and x_train.ndim == 4 else 1

    def pixels(rows: np.ndarray) -> np.ndarray:
        return flat_features(rows, None) / largest

    if x_train[0].size <= MOST:
        return None if largest == 1 else pixels
    from sklearn.decomposition import PCA

    before: Any = pixels
    if x_train[0].size > WIDEST and x_train.ndim == 4:
        before = RandomConvolutions(ImageCodec(x_train.shape[1:], dtype=x_train.dtype.name))
    step = -(-len(x_train) // MOST_FITTED)
    rows = flat_features(x_train[::step], before)
    fitted = PCA(min(MOST, *rows.shape), svd_solver="full").fit(rows)

    def principal_components(rows: np.ndarray) -> np.ndarray:
        return fitted.transform(flat_features(rows, before))

    return principal_components

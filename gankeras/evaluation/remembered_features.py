"""Features that are computed once for rows that several procedures ask about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from gankeras.metrics.feature_metric import extractor_name


class RememberedFeatures:
    """An extractor that knows the rows it has seen by their bytes: a network's features cost far more than a digest.

    Args:
        features: Function of raw rows `(n, ...)` to features `(n, d)`.

    Call arguments:
        rows: An array of raw rows.

    Returns:
        What `features` returns.
    """

    def __init__(self, features: Callable):
        self.name = extractor_name(features)
        self._features = features
        self._known: dict[tuple, Any] = {}

    def __call__(self, rows: np.ndarray) -> Any:
        data = np.ascontiguousarray(rows)
        key = (data.shape, data.dtype.str, hashlib.blake2b(data.tobytes()).digest())
        if key not in self._known:
            self._known[key] = self._features(rows)
        return self._known[key]

from collections.abc import Callable
from typing import Any

import numpy as np

from gankeras.metrics.feature_metric import FeatureMetric, StoredFeatures
from gankeras.metrics.neighbours import nearest_distances


class ClassCoverage(StoredFeatures):
    """Coverage class by class: the share of a class's real rows that have a synthetic row of that class nearby.

    Nearby means within the distance to the k-th nearest other real row of the class. Where one class is covered badly the
    coverage over all hardly shows it.

    Args:
        features: See `FeatureMetric`.
        k: Which neighbour the balls reach to.
        name: As in Keras.

    Attributes:
        not_computed: After `result`: by class, why there is no figure.

    Example:
        >>> metric = gankeras.metrics.ClassCoverage(k=1)
        >>> real = np.array([[0.0], [1.0], [9.0]])
        >>> metric.update_state(real, np.array([[0.9], [9.0]]), [0, 0, 1], [0, 1])
        >>> metric.result(), metric.not_computed
        ({0: 1.0}, {1: 'needs more than 1 real rows, and has 1'})

    References:
        - Naeem et al. 2020, arXiv:2002.09797, equation 7, for each class alone.
    """

    def __init__(self, features: Callable | None = None, k: int = 5, name: str | None = None):
        if int(k) != k or k < 1:
            raise ValueError(f"`k` must be a whole number of at least 1. Received: k={k!r}.")
        self.k = int(k)
        super().__init__(features, name)

    def clear(self) -> None:
        super().clear()
        self._labels: dict[str, list[np.ndarray]] = {"real": [], "synthetic": []}
        self.not_computed: dict[int, str] = {}

    def update_state(
        self,
        real: Any = None,
        synthetic: Any = None,
        real_labels: Any = None,
        synthetic_labels: Any = None,
    ) -> None:
        """Adds a batch of raw rows with their class ids to either side, or to both."""
        sides = (("real", real, real_labels), ("synthetic", synthetic, synthetic_labels))
        for side, rows, labels in sides:
            if rows is None:
                continue
            labels = np.asarray(labels)
            if labels.dtype.kind not in "iu" or labels.shape != (len(rows),):
                raise ValueError(
                    f"ClassCoverage needs an integer class id for each {side} row. "
                    f"Received: {labels.dtype} labels of shape {labels.shape} for {len(rows)} rows."
                )
            FeatureMetric.update_state(self, **{side: rows})
            self._labels[side].append(labels)

    def value(self) -> dict[int, float]:
        labels = {side: np.concatenate(parts) for side, parts in self._labels.items()}
        found, self.not_computed = {}, {}
        for label in np.unique(np.concatenate(list(labels.values()))).tolist():
            real, synthetic = (
                self.stored(side)[labels[side] == label] for side in ("real", "synthetic")
            )
            if len(real) <= self.k:
                self.not_computed[label] = (
                    f"needs more than {self.k} real rows, and has {len(real)}"
                )
                continue
            if not len(synthetic):
                self.not_computed[label] = "has no synthetic row"
                continue
            reach = nearest_distances(real, real, self.k, leave_out_itself=True)[:, -1]
            found[label] = float((nearest_distances(real, synthetic)[:, 0] <= reach).mean())
        return found

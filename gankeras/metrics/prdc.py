from collections.abc import Callable

import numpy as np

from gankeras.metrics.feature_metric import StoredFeatures
from gankeras.metrics.neighbours import nearest_squares, squared_distances


class PRDC(StoredFeatures):
    """Precision, recall, density and coverage of synthetic rows: are they real-looking, and do they show all that is real?

    Around each row lies the ball that reaches to its k-th nearest neighbour of the same side. Precision: share of
    synthetic rows in some real row's ball. Recall: share of real rows in some synthetic row's ball. Density: how many
    real balls hold a synthetic row, over k. Coverage: share of real rows whose ball holds a synthetic row.

    Args:
        features: See `FeatureMetric`.
        k: Which neighbour the balls reach to.
        name: As in Keras.

    Example:
        >>> metric = gankeras.metrics.PRDC(k=1)
        >>> metric.update_state(np.array([[0.0], [1.0], [5.0]]), np.array([[0.5], [0.6], [9.5]]))
        >>> {name: round(figure, 3) for name, figure in metric.result().items()}
        {'precision': 0.667, 'recall': 0.667, 'density': 1.333, 'coverage': 0.667}

    References:
        - Kynkaanniemi et al. 2019, arXiv:1904.06991, equations 1 and 2 (precision, recall; they take k = 3).
        - Naeem et al. 2020, arXiv:2002.09797, equations 5 and 7 (density, coverage; they take k = 5).
    """

    def __init__(self, features: Callable | None = None, k: int = 5, name: str | None = None):
        if int(k) != k or k < 1:
            raise ValueError(f"`k` must be a whole number of at least 1. Received: k={k!r}.")
        self.k = int(k)
        self.least_rows = self.k + 1
        super().__init__(features, name)

    def value(self) -> dict[str, float]:
        real, synthetic = self.stored("real"), self.stored("synthetic")
        real_reach = nearest_squares(real, real, self.k, leave_out_itself=True)[:, -1]
        reach = nearest_squares(synthetic, synthetic, self.k, leave_out_itself=True)[:, -1]
        held, recalled, covered = 0, np.zeros(len(real), bool), np.zeros(len(real), bool)
        in_some = np.zeros(len(synthetic), bool)
        for start, squares in squared_distances(real, synthetic):
            part = slice(start, start + len(squares))
            inside = squares <= real_reach[part, None]
            held += int(inside.sum())
            covered[part] = inside.any(axis=1)
            in_some |= inside.any(axis=0)
            recalled[part] = (squares <= reach).any(axis=1)
        return {
            "precision": float(in_some.mean()),
            "recall": float(recalled.mean()),
            "density": held / (self.k * len(synthetic)),
            "coverage": float(covered.mean()),
        }

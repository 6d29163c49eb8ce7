import numpy as np

from gankeras.metrics.feature_metric import StoredFeatures
from gankeras.metrics.neighbours import nearest_distances


class NearestNeighbourRatio(StoredFeatures):
    """How much nearer each synthetic row is to its nearest real row than to the second nearest: 1 is no nearer at all.

    Give the training rows as the real side. Ratios near 0 are rows that stand right beside one training row and far from
    the others, as copies do. Print it beside the figure of real rows from a holdout.

    Args:
        features: See `FeatureMetric`.
        name: As in Keras.

    Example:
        >>> metric = gankeras.metrics.NearestNeighbourRatio()
        >>> metric.update_state(np.array([[0.0], [4.0]]), np.array([[1.0], [2.0]]))
        >>> {name: round(figure, 3) for name, figure in metric.result().items()}
        {'median': 0.667, 'low': 0.367}

    References:
        - Zhao et al. 2021, arXiv:2102.08369, section 4.3 (nearest neighbour distance ratio; they take the 5th percentile).
    """

    def result(self) -> dict[str, float]:
        """`median` of the ratios, and `low`, their 5th percentile."""
        if self.rows["real"] < 2 or not self.rows["synthetic"]:
            raise ValueError(
                "NearestNeighbourRatio needs at least 2 real rows and a synthetic one. "
                f"Received: {self.rows}."
            )
        return self.value()

    def value(self) -> dict[str, float]:
        near, next_near = nearest_distances(self.stored("synthetic"), self.stored("real"), 2).T
        # A copy of a row that is there twice is a copy all the same.
        ratios = np.divide(near, next_near, out=np.zeros_like(near), where=next_near > 0)
        return {"median": float(np.median(ratios)), "low": float(np.percentile(ratios, 5))}

import numpy as np

from gankeras.metrics.feature_metric import FeatureMetric


class FrechetDistance(FeatureMetric):
    """Distance of two normal distributions with the means and covariances of the real and the synthetic features.

    With Inception-v3's features it is known as FID; with any other it must not be called so. Only sums are kept, so
    rows may be streamed. It is biased upwards by few rows: print it beside the distance of real rows from other real
    rows.

    Args:
        features: See `FeatureMetric`.
        name: As in Keras.

    Example:
        >>> metric = gankeras.metrics.FrechetDistance()
        >>> metric.update_state(np.array([[0.0], [2.0]]), np.array([[3.0], [5.0]]))
        >>> float(metric.result())
        9.0

    References:
        - Heusel et al. 2017, arXiv:1706.08500, section 4; the distance is Dowson and Landau 1982, equation 4.
    """

    inception_name = "fid"

    def clear(self) -> None:
        self._sums: dict[str, list] = {}

    def add(self, side: str, features: np.ndarray) -> None:
        if side not in self._sums:
            # Moments about the first batch's mean: far from 0 the square of the mean would swallow the spread.
            self._sums[side] = [features.mean(axis=0), 0.0, 0.0]
        about = features - self._sums[side][0]
        self._sums[side][1] = self._sums[side][1] + about.sum(axis=0)
        self._sums[side][2] = self._sums[side][2] + about.T @ about

    def value(self) -> float:
        (mean, cov), (other_mean, other_cov) = (self._moments(s) for s in ("real", "synthetic"))
        root = self._root(cov)
        # The product of two covariances has the eigenvalues of this symmetric matrix.
        product = root.T @ other_cov @ root
        cross = np.sqrt(np.maximum(np.linalg.eigvalsh((product + product.T) / 2), 0)).sum()
        apart = np.square(mean - other_mean).sum()
        return float(max(apart + np.trace(cov) + np.trace(other_cov) - 2 * cross, 0.0))

    def _root(self, cov: np.ndarray) -> np.ndarray:
        """A matrix `r` with `r @ r.T` equal to `cov`."""
        if self.rows["real"] > len(cov):
            try:
                return np.linalg.cholesky(cov)  # an eighth of what eigenvectors cost
            except np.linalg.LinAlgError:  # features that depend on each other
                pass
        values, vectors = np.linalg.eigh(cov)
        return vectors * np.sqrt(np.maximum(values, 0))

    def _moments(self, side: str) -> tuple[np.ndarray, np.ndarray]:
        origin, total, squares = self._sums[side]
        rows = self.rows[side]
        mean = total / rows
        return origin + mean, (squares - rows * np.outer(mean, mean)) / (rows - 1)

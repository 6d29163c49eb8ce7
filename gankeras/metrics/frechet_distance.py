import numpy as np

from gankeras.metrics.feature_metric import FeatureMetric

# Rows whose products are summed in the features' own precision, before float64 takes over.
CHUNK = 1000
# Where squares of float32 numbers are neither 0 nor infinite.
LEAST, GREATEST = 1e-12, 1e12


class FrechetDistance(FeatureMetric):
    """Distance of two normal distributions with the means and covariances of the real and the synthetic features.

    With Inception-v3's features it is known as FID; with any other it must not be called so. Only sums are kept, so
    rows may be streamed; products of float32 features are summed in float32 within 1,000 rows. It is biased upwards by
    few rows: print it beside the distance of real rows from other real rows.

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
        width = features.shape[1]
        if side not in self._sums:
            # Moments about the first batch's mean: far from 0 the square of the mean would swallow the spread.
            self._sums[side] = [
                features.mean(axis=0, dtype=np.float64).astype(features.dtype),
                np.zeros(width),
                np.zeros((width, width)),
            ]
        origin, total, squares = self._sums[side]
        for first in range(0, len(features), CHUNK):
            part = features[first : first + CHUNK]
            about = part - origin
            if not LEAST < np.abs(about).max() < GREATEST:
                about = part.astype(np.float64) - origin
            total += about.sum(axis=0, dtype=np.float64)
            squares += about.T @ about

    def value(self) -> float:
        (mean, cov), (other_mean, other_cov) = (self._moments(s) for s in ("real", "synthetic"))
        # The product of two covariances has the eigenvalues of this symmetric matrix.
        product = self._turned(cov, other_cov)
        cross = np.sqrt(np.maximum(np.linalg.eigvalsh(product), 0)).sum()
        apart = np.square(mean - other_mean).sum()
        return float(max(apart + np.trace(cov) + np.trace(other_cov) - 2 * cross, 0.0))

    def _turned(self, cov: np.ndarray, other: np.ndarray) -> np.ndarray:
        """`root.T @ other @ root` of a matrix `root` with `root @ root.T` equal to `cov`."""
        from scipy.linalg.blas import dtrmm

        if self.rows["real"] > len(cov):
            try:
                # An eighth of what eigenvectors cost; and a triangle's product costs half of a square's.
                upper = np.linalg.cholesky(cov).T
                right = dtrmm(1.0, upper, other, side=1, trans_a=1)
                return dtrmm(1.0, upper, right, overwrite_b=1)
            except np.linalg.LinAlgError:  # features that depend on each other
                pass
        values, vectors = np.linalg.eigh(cov)
        root = vectors * np.sqrt(np.maximum(values, 0))
        return root.T @ other @ root

    def _moments(self, side: str) -> tuple[np.ndarray, np.ndarray]:
        origin, total, squares = self._sums[side]
        rows = self.rows[side]
        mean = total / rows
        covariance = (squares - rows * np.outer(mean, mean)) / (rows - 1)
        return origin.astype(np.float64) + mean, covariance

from collections.abc import Callable

import numpy as np

from gankeras.metrics.feature_metric import StoredFeatures


class KernelDistance(StoredFeatures):
    """Squared maximum mean discrepancy of real and synthetic features under a cubic kernel: 0 on average where both are alike.

    It is unbiased whatever the number of rows, so small samples can be compared; with Inception-v3's features it is
    known as KID. `result` is the mean over random subsets and `deviation` the spread over these.

    Args:
        features: See `FeatureMetric`.
        subsets: How many random subsets are averaged; None takes all rows at once, and then there is no deviation.
        subset_size: Rows of each side in a subset; at most the rows there are.
        seed: Of the subsets.
        name: As in Keras.

    Raises:
        ValueError: For numbers below 1 (`subset_size` below 2).

    Example:
        >>> metric = gankeras.metrics.KernelDistance(subsets=None)
        >>> metric.update_state(np.array([[0.0], [0.0]]), np.array([[1.0], [1.0]]))
        >>> float(metric.result())  # k(0, 0) = k(0, 1) = 1, k(1, 1) = 8
        7.0

    References:
        - Binkowski et al. 2018, arXiv:1801.01401, section 3 (kernel (x.y / d + 1)^3, unbiased estimate of equation 4).
    """

    inception_name = "kid"

    def __init__(
        self,
        features: Callable | None = None,
        subsets: int | None = 100,
        subset_size: int = 1000,
        seed: int = 2020,
        name: str | None = None,
    ):
        if (subsets is not None and subsets < 1) or subset_size < 2:
            raise ValueError(
                "`subsets` must be at least 1, or None, and `subset_size` at least 2. "
                f"Received: subsets={subsets!r}, subset_size={subset_size!r}."
            )
        self.subsets, self.subset_size, self.seed = subsets, int(subset_size), int(seed)
        super().__init__(features, name)

    def clear(self) -> None:
        super().clear()
        self.deviation: float | None = None

    def value(self) -> float:
        real, synthetic = self.stored("real"), self.stored("synthetic")
        if self.subsets is None:
            return discrepancy(real, synthetic)
        size = min(self.subset_size, len(real), len(synthetic))
        rng = np.random.RandomState(self.seed)
        found = [
            discrepancy(
                real[rng.choice(len(real), size, replace=False)],
                synthetic[rng.choice(len(synthetic), size, replace=False)],
            )
            for _ in range(self.subsets)
        ]
        self.deviation = float(np.std(found))
        return float(np.mean(found))


def discrepancy(real: np.ndarray, synthetic: np.ndarray) -> float:
    """The unbiased estimate for features `(n, d)` and `(m, d)`."""
    width = real.shape[1]

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        values = a @ b.T / width + 1.0
        return values * values * values  # a power takes several times as long

    def within(rows: np.ndarray) -> float:
        values = kernel(rows, rows)
        return (values.sum() - np.trace(values)) / (len(rows) * (len(rows) - 1))

    return float(within(real) + within(synthetic) - 2 * kernel(real, synthetic).mean())

from collections.abc import Callable

import numpy as np

from gankeras.metrics.feature_metric import StoredFeatures


class InceptionScore(StoredFeatures):
    """How sure a classifier is of each synthetic row, and how evenly its answers spread: from 1 to the number of classes.

    It never looks at real rows, so it cannot tell whether samples look like them. With a classifier other than
    Inception-v3 it is the same formula and another number.

    Args:
        classifier: Function of raw rows to probabilities `(n, classes)`.
        splits: Parts that are scored alone and averaged; `deviation` is their spread.
        name: As in Keras.
        seed: Of the order in which rows are parted, since rows sorted by class would make parts of one class each. None
            keeps the order in which they came, as other implementations may.

    Raises:
        ValueError: For `splits` below 1, or outputs that are not probabilities.

    Example:
        >>> metric = gankeras.metrics.InceptionScore(lambda rows: rows, splits=1)
        >>> metric.update_state(synthetic=np.eye(4))
        >>> round(float(metric.result()), 6)
        4.0

    References:
        - Salimans et al. 2016, arXiv:1606.03498, section 4.
    """

    def __init__(
        self,
        classifier: Callable,
        splits: int = 10,
        name: str | None = None,
        seed: int | None = 0,
    ):
        if int(splits) != splits or splits < 1:
            raise ValueError(
                f"`splits` must be a whole number of at least 1. Received: splits={splits!r}."
            )
        self.splits = int(splits)
        self.seed = seed
        super().__init__(classifier, name)

    def clear(self) -> None:
        super().clear()
        self.deviation: float | None = None

    def result(self) -> float:
        """The score of the synthetic rows so far."""
        if self.rows["synthetic"] < self.splits:
            raise ValueError(
                f"InceptionScore needs a synthetic row for each of its {self.splits} splits. Received: {self.rows}."
            )
        return self.value()

    def add(self, side: str, features: np.ndarray) -> None:
        if (features < 0).any() or not np.allclose(features.sum(axis=1), 1.0, atol=1e-3):
            raise ValueError(
                "`classifier` must give probabilities: end it with a softmax. "
                f"Received: a row that sums to {features.sum(axis=1)[0]:.4g}."
            )
        super().add(side, features)

    def value(self) -> float:
        scores, rows = [], self.stored("synthetic")
        if self.seed is not None:
            rows = rows[np.random.default_rng(self.seed).permutation(len(rows))]
        for part in np.array_split(rows, self.splits):
            logs = np.log(np.maximum(part, 1e-300))
            shift = part * (logs - np.log(np.maximum(part.mean(axis=0), 1e-300)))
            scores.append(np.exp(shift.sum(axis=1).mean()))
        self.deviation = float(np.std(scores))
        return float(np.mean(scores))

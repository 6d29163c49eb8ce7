from collections.abc import Callable
from typing import Any

import numpy as np

from gankeras.core.thread_limit import threads_for
from gankeras.metrics.feature_metric import StoredFeatures

FOLDS = 5
LEAST_ROWS = 40


class TwoSampleTest(StoredFeatures):
    """How well a classifier tells synthetic rows from real ones that it has not been trained on: 0.5 is guessing.

    Args:
        features: See `FeatureMetric`.
        estimator: A scikit-learn classifier with `predict_proba`; None takes gradient boosting.
        seed: Of the folds and of the classifier.
        name: As in Keras.

    Example:
        >>> metric = gankeras.metrics.TwoSampleTest()
        >>> rng = np.random.default_rng(0)
        >>> metric.update_state(rng.normal(size=(60, 2)), rng.normal(5, size=(60, 2)))
        >>> metric.result()["auc"] > 0.95
        True

    References:
        - Lopez-Paz and Oquab 2017, arXiv:1610.06545, section 3. Deviations: every row is judged once, by
          cross-validation; the area under the ROC curve in place of accuracy, with DeLong's interval.
        - DeLong et al. 1988, Biometrics 44, equation 5 (variance of the area).
    """

    least_rows = LEAST_ROWS

    def __init__(
        self,
        features: Callable | None = None,
        estimator: Any = None,
        seed: int = 0,
        name: str | None = None,
    ):
        self.estimator, self.seed = estimator, int(seed)
        super().__init__(features, name)

    def value(self) -> dict[str, float]:
        """`auc`, and `low` and `high` of its 95 % interval."""
        auc, low, high = separability(
            self.stored("real"), self.stored("synthetic"), self.estimator, self.seed
        )
        return {"auc": auc, "low": low, "high": high}


def separability(
    real: Any, synthetic: Any, estimator: Any = None, seed: int = 0
) -> tuple[float, float, float]:
    """Area under the ROC curve of a cross-validated classifier of real against synthetic rows.

    Args:
        real: Rows `(n, d)` as the estimator takes them: an array, or a DataFrame.
        synthetic: Rows `(m, d)` likewise.
        estimator: A scikit-learn classifier with `predict_proba`, or None.
        seed: Of the folds and of the estimator.

    Returns:
        The area, and the ends of its 95 % interval.

    Raises:
        ValueError: For an estimator without `predict_proba`.
    """
    if estimator is not None and not hasattr(estimator, "predict_proba"):
        raise ValueError(
            "`estimator` must be a scikit-learn classifier with `predict_proba`, whose probabilities rank the rows; "
            "`sklearn.calibration.CalibratedClassifierCV(estimator)` gives it to one that has none. "
            f"Received: {estimator!r}."
        )
    from sklearn.base import clone
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    y = np.repeat([0, 1], [len(real), len(synthetic)])
    if hasattr(real, "iloc"):
        import pandas

        x = pandas.concat([real, synthetic], ignore_index=True)
    else:
        x = np.concatenate([real, synthetic])
    if estimator is None:
        model = HistGradientBoostingClassifier(
            categorical_features="from_dtype", early_stopping=False, random_state=seed
        )
    else:
        model = clone(estimator)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    with threads_for(len(x)):
        scores = cross_val_predict(model, x, y, cv=folds, method="predict_proba")[:, 1]
    return area(scores[y == 1], scores[y == 0])


def area(above: np.ndarray, below: np.ndarray) -> tuple[float, float, float]:
    """Chance that one of `above` exceeds one of `below` (a tie counts half), with its 95 % interval.

    Example:
        >>> round(area(np.array([1.0, 3.0]), np.array([0.0, 2.0]))[0], 3)
        0.75
    """
    wins = _share_below(above, below)
    losses = 1 - _share_below(below, above)
    variance = np.var(wins, ddof=1) / len(wins) + np.var(losses, ddof=1) / len(losses)
    auc, half = float(wins.mean()), 1.959964 * float(np.sqrt(variance))
    return auc, max(auc - half, 0.0), min(auc + half, 1.0)


def _share_below(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each value the share of the others below it; equal ones count half."""
    others = np.sort(others)
    below, upto = (np.searchsorted(others, values, side) for side in ("left", "right"))
    return (below + upto) / (2 * len(others))

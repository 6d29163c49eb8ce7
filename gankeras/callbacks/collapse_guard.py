import warnings
import zlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from gankeras.core.real_and_synthetic import RealAndSynthetic, checked_every, is_due
from gankeras.metrics import PRDC

FIGURES = ("spread", "coverage")
LEAST_ROWS_A_CLASS = 3  # one of a row or two has no spread to speak of


class CollapseGuard(keras.callbacks.Callback):
    """Stops a training that collapses, and brings back the weights from before.

    After an epoch it compares samples with real rows, class by class. *Spread* is the mean deviation of the samples'
    features over that of the real ones, of the class where it is least; *coverage* is the share of real rows that have
    a sample near, the mean of the classes. Both are logged. Where either falls below its limit for `patience` checks in
    a row after it had been above, training stops, the weights of the check with the best coverage come back, and a
    warning says why (`reason` keeps it).

    What it found so far is part of each checkpoint that is made on the way, so a killed run that
    `keras.callbacks.BackupAndRestore` takes up again is judged as if it had never stopped.

    Args:
        x: Raw real rows, of training or held out.
        y: Their class ids, or None.
        features: Function of raw rows to features `(n, d)`; None takes the raw values.
        every: Epochs from one check to the next; the first and the last are always checked, and in between the log repeats.
        least_spread: Limit of the spread, relative to the best so far, in [0, 1).
        least_coverage: Limit of the coverage, relative to the best so far, in [0, 1).
        patience: Checks in a row below a limit.

    Raises:
        ValueError: For fewer than 10 rows, no class of 3 rows, NaN, a number out of range, or (when training begins) rows of
            another shape or dtype, or labels of other classes, than the GAN draws.

    Example:
        >>> x, y = gankeras.testing.toy_data(128)
        >>> guard = gankeras.callbacks.CollapseGuard(x, y)
        >>> gan = gankeras.testing.toy_gan()
        >>> history = gan.fit(x, y, epochs=2, steps_per_epoch=2, callbacks=[guard], verbose=0)
        >>> sorted(history.history)[:2], guard.reason
        (['coverage', 'discriminator_loss'], None)

    References:
        - Naeem et al. 2020, arXiv:2002.09797, equation 7 (coverage). The limits are ours.
    """

    before_checkpoints = True

    def __init__(
        self,
        x: Any,
        y: Any = None,
        features: Callable | None = None,
        *,
        every: int = 1,
        least_spread: float = 0.3,
        least_coverage: float = 0.5,
        patience: int = 2,
    ):
        super().__init__()
        for name, limit in (("least_spread", least_spread), ("least_coverage", least_coverage)):
            if not 0 <= limit < 1:
                raise ValueError(f"`{name}` must lie in [0, 1). Received: {name}={limit!r}.")
        if int(patience) != patience or patience < 1:
            raise ValueError(
                f"`patience` must be a whole number of at least 1. Received: patience={patience!r}."
            )
        self.every = checked_every(every)
        self.limits = {"spread": float(least_spread), "coverage": float(least_coverage)}
        self.patience = int(patience)
        self.reason: str | None = None
        self._rows = RealAndSynthetic(x, y, features, most=2000)
        _check_class_sizes(self._rows.y)
        self._best: dict[str, float] = {}
        self._last: dict[str, float] | None = None
        self._kept: list[np.ndarray] | None = None
        self._bad_checks = 0
        self._judged: keras.Model | None = None
        # Equal rows know each other again, and two guards keep apart.
        self._name = f"collapse_guard_{zlib.crc32(np.ascontiguousarray(self._rows.real).tobytes())}"
        self._begun = False

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._rows.check(self.model)
        self._last = None
        self.reason, self._bad_checks = None, 0
        if self._judged is not self.model:  # another GAN's best is no measure
            self._judged, self._best, self._kept = self.model, {}, None
        self._begun = False

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if not self._begun:  # a callback that restores a run has had its turn
            self._begun = True
            self._recall()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        # The first epoch too: what monitors a log takes its first value for the best.
        if self._last and not is_due(epoch, self.every, self.params.get("epochs")):
            if logs is not None:
                logs.update(self._last)
            return
        found = self._last = spread_and_coverage(
            self._rows.real, self._rows.synthetic(self.model), self._rows.y
        )
        if logs is not None:
            logs.update(found)
        low = [
            name for name in found if found[name] < self.limits[name] * self._best.get(name, 0.0)
        ]
        self._bad_checks = self._bad_checks + 1 if low else 0
        if not low:
            if found["coverage"] >= self._best.get("coverage", 0.0):
                self._kept = [keras.ops.convert_to_numpy(w) for w in self.model.weights]
            self._best = {name: max(found[name], self._best.get(name, 0.0)) for name in found}
        self._remember()
        if self._bad_checks >= self.patience:
            self._stop(epoch, low, found)

    def on_train_end(self, logs: dict | None = None) -> None:
        self.model.memories.drop(self._name)

    def _remember(self) -> None:
        figures = [
            self._bad_checks,
            *(value[name] for value in (self._best, self._last) for name in FIGURES),
        ]
        self.model.memories.put(self._name, [np.array(figures, np.float64), *self._kept])

    def _recall(self) -> None:
        remembered = self.model.memories.get(self._name)
        if remembered is None:
            return
        figures, *self._kept = remembered
        self._bad_checks = int(figures[0])
        self._best = dict(zip(FIGURES, figures[1:3].tolist(), strict=True))
        self._last = dict(zip(FIGURES, figures[3:].tolist(), strict=True))

    def _stop(self, epoch: int, low: list[str], found: dict[str, float]) -> None:
        figures = ", ".join(
            f"{name} {found[name]:.3f} (best {self._best[name]:.3f})" for name in low
        )
        self.reason = (
            f"Training stopped after epoch {epoch + 1}: the generator collapsed, {figures}. The weights of its best "
            "coverage are back. Try more regularization, or fewer steps."
        )
        self.model.set_weights(self._kept)
        self.model.stop_training = True
        warnings.warn(self.reason, stacklevel=2)


def _check_class_sizes(y: np.ndarray | None) -> None:
    if y is None:
        return
    most = np.unique(y, return_counts=True)[1].max()
    if most < LEAST_ROWS_A_CLASS:
        raise ValueError(
            f"Classes are compared one by one, so that some class needs at least {LEAST_ROWS_A_CLASS} real rows: give more "
            f"rows, or leave `y` out. Received: at most {most} rows of a class."
        )


def spread_and_coverage(
    real: np.ndarray, synthetic: np.ndarray, y: np.ndarray | None
) -> dict[str, float]:
    """Least spread and mean coverage over the classes; row `i` of both sides has class `y[i]`.

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(100, 2))
        >>> spread_and_coverage(rows, rows, None)
        {'spread': 1.0, 'coverage': 1.0}
    """
    classes = [np.arange(len(real))]
    if y is not None:
        classes = [np.flatnonzero(y == label) for label in np.unique(y)]
    spreads, coverages = [], []
    for rows in classes:
        if len(rows) < LEAST_ROWS_A_CLASS:
            continue
        own = real[rows].std(axis=0).mean()
        spreads.append(synthetic[rows].std(axis=0).mean() / max(own, 1e-12))
        metric = PRDC(k=min(5, len(rows) - 1))
        metric.update_state(real[rows], synthetic[rows])
        coverages.append(metric.result()["coverage"])
    return {"spread": float(min(spreads)), "coverage": float(np.mean(coverages))}

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from gankeras.core.kept import Kept
from gankeras.core.real_and_synthetic import RealAndSynthetic, checked_every, is_due
from gankeras.metrics.kernel_distance import discrepancy

LOOKS = 10
MOST_ROWS = 1000
HALVINGS = 10
DEVIATIONS = 2  # of chance, within which two epochs count as equal


class KeepBest(keras.callbacks.Callback):
    """Ends a training with the averaged generator of the latest epoch that was as near to the real rows as any.

    GANs often end worse than they were on the way. The recipes' `fit` does this by itself, with features of their own,
    on `validation_data` where it is given and on the training rows where not; give one here to say which rows and
    features it goes by, or `KeepLast` to do without.

    The distance is the kernel distance of up to 1,000 real rows and as many samples under the same labels and the same
    latents each time; it is logged as `kernel_distance`, NaN where it did not look. Of epochs that chance cannot tell
    apart the latest is kept, since a training mostly still gains what so few rows do not show: those within two
    standard deviations (over random halvings of the real rows) of the smallest distance. What was found is part of the model
    (`gan.kept`) and of each checkpoint that is made on the way, so a killed run that `keras.callbacks.BackupAndRestore`
    takes up again ends as if it had never stopped. Only `sample`, `call` and exports change by it: the players stay as
    they ended.

    Args:
        x: Raw real rows. Held-back ones also notice a generator that learnt its training rows by heart; scarce data are
            rarely rich enough to hold any back, and early in a training both rank the epochs alike.
        y: Their class ids, or None.
        features: Function of raw rows to features `(n, d)`; None takes the raw values.
        every: Epochs from one look to the next; None looks ten times a run, and not at all at a single epoch. The first and
            the last epoch are always looked at; in between, the log repeats the latest look.

    Raises:
        ValueError: For fewer than 10 rows, NaN, a wrong `every`, or (when training begins) rows of another shape or dtype
            than the GAN draws.

    Example:
        >>> x, y = gankeras.testing.toy_data(128)
        >>> best = gankeras.callbacks.KeepBest(x, y)
        >>> gan = gankeras.testing.toy_gan()
        >>> history = gan.fit(x, y, epochs=3, steps_per_epoch=2, callbacks=[best], verbose=0)
        >>> gan.kept.least == min(history.history["kernel_distance"])
        True
        >>> gan.kept.distance <= gan.kept.least + 2 * gan.kept.chance
        True

    References:
        - Binkowski et al. 2018, arXiv:1801.01401, section 4 (the kernel distance, to steer a training by).
    """

    before_checkpoints = True

    def __init__(
        self, x: Any, y: Any = None, features: Callable | None = None, *, every: int | None = None
    ):
        super().__init__()
        self.every = None if every is None else checked_every(every)
        self._last: float | None = None
        self._rows = RealAndSynthetic(x, y, features, MOST_ROWS)
        self.chance = chance_of(self._rows.real)

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._rows.check(self.model)
        self._last = None
        # What an unfinished run left goes on where data and features are known to be the same (equal rows have an equal
        # chance); a callback that restores a run comes later and has its way.
        kept, data = self.model.kept, self.model.data_digest
        if kept is not None and (
            kept.weights is None or data is None or kept.data != data or kept.chance != self.chance
        ):
            self.model.kept = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        epochs = self.params.get("epochs") or 1
        if self.every is None and epochs == 1:
            return
        model = self.model
        # The first epoch too: what monitors a log takes its first value for the best.
        due = model.kept is None or is_due(epoch, self.every or max(1, epochs // LOOKS), epochs)
        if due:
            self._last = discrepancy(self._rows.real, self._rows.synthetic(model))
        elif self._last is None:
            self._last = model.kept.distance  # an unfinished run goes on
        found = self._last
        if logs is not None:
            logs["kernel_distance"] = found
        if not due:
            return
        least = found if model.kept is None else min(found, model.kept.least)
        if found <= least + DEVIATIONS * self.chance:
            weights = [keras.ops.convert_to_numpy(w) for w in model.ema_generator.weights]
            model.kept = Kept(epoch, found, least, self.chance, model.data_digest, weights)

    def on_train_end(self, logs: dict | None = None) -> None:
        kept = self.model.kept
        if kept is not None and kept.weights is not None:
            self.model.ema_generator.set_weights(kept.weights)
            kept.weights = None


def chance_of(real: np.ndarray) -> float:
    """Standard deviation of the distance from one random half of the rows to the other."""
    half = len(real) // 2
    orders = [np.random.default_rng(k).permutation(len(real)) for k in range(HALVINGS)]
    return float(np.std([discrepancy(real[o[:half]], real[o[half : 2 * half]]) for o in orders]))

import json
import os
import pathlib
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import Any

import keras

from gankeras.callbacks.real_and_synthetic import RealAndSynthetic, checked_every, is_due
from gankeras.metrics.kernel_distance import discrepancy


class KeepBest(keras.callbacks.Callback):
    """Keeps the weights of the epoch whose samples were nearest to the real rows, and brings them back at the end.

    GANs often end worse than they were on the way. The distance is the kernel distance of samples and real rows, with
    the same latents each time; it is logged as `kernel_distance`. Weights, both optimizers, and whatever the game
    remembers go to a file, written beside and renamed, so a killed run that `keras.callbacks.BackupAndRestore` takes up
    again (put it before this one) ends as if it had never stopped.

    Args:
        x: Raw real rows, of training or held out.
        y: Their class ids, or None.
        features: Function of raw rows to features `(n, d)`; None takes the raw values.
        every: Epochs from one look to the next.
        path: Where to keep the weights, ending in `.weights.h5`; None takes a temporary folder.

    Raises:
        ValueError: For fewer than 10 rows, or a wrong `every` or `path`.

    Example:
        >>> x, y = gankeras.testing.toy_data(128)
        >>> best = gankeras.callbacks.KeepBest(x, y)
        >>> gan = gankeras.testing.toy_gan()
        >>> history = gan.fit(x, y, epochs=3, steps_per_epoch=2, callbacks=[best], verbose=0)
        >>> best.distance == min(history.history["kernel_distance"])
        True

    References:
        - Binkowski et al. 2018, arXiv:1801.01401, section 4 (the kernel distance, to steer a training by).
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        features: Callable | None = None,
        *,
        every: int = 1,
        path: str | os.PathLike | None = None,
    ):
        super().__init__()
        self.every = checked_every(every)
        self._rows = RealAndSynthetic(x, y, features, most=2000)
        if path is None:
            folder = tempfile.mkdtemp(prefix="gankeras-best-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            path = pathlib.Path(folder) / "best.weights.h5"
        self.path = pathlib.Path(path)
        if not self.path.name.endswith(".weights.h5"):
            raise ValueError(
                f"`path` must end in '.weights.h5', as Keras wants it. Received: path={os.fspath(path)!r}."
            )
        self.distance: float | None = None
        self.epoch: int | None = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.distance = self.epoch = None
        # What this very run kept before it was killed: same data, and no later than where it goes on.
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if 0 < record["step"] <= self.model.step and record["data"] == self.model.data_digest:
            self.distance, self.epoch = record["kernel_distance"], record["epoch"]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if not is_due(epoch, self.every, self.params.get("epochs")):
            return
        found = discrepancy(self._rows.real, self._rows.synthetic(self.model))
        if logs is not None:
            logs["kernel_distance"] = found
        if self.distance is None or found < self.distance:
            self.distance, self.epoch = found, epoch
            self._keep()

    def on_train_end(self, logs: dict | None = None) -> None:
        if self.distance is not None:
            self.model.load_weights(self.path)

    @property
    def _record(self) -> pathlib.Path:
        return self.path.with_suffix(".json")

    def _keep(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f"new-{self.path.name}")
        self.model.save_weights(beside)
        os.replace(beside, self.path)
        record = {
            "kernel_distance": self.distance,
            "epoch": self.epoch,
            "step": self.model.step,
            "data": self.model.data_digest,
        }
        beside = self._record.with_name(f"new-{self._record.name}")
        beside.write_text(json.dumps(record), encoding="utf-8")
        os.replace(beside, self._record)

"""Runs that may be stopped at any moment and started again: the benchmarks' cells are long and machines are shared.

`BackupAndRestore` brings the model back to the end of its last whole epoch, bit for bit; this keeps the seconds.
"""

import json
import pathlib
import shutil
import time

import keras


class Stopwatch(keras.callbacks.Callback):
    """Seconds of all whole epochs, over all interruptions."""

    def __init__(self, path: pathlib.Path):
        super().__init__()
        self.path = path
        self.wall = self.cpu = 0.0
        if path.exists():
            self.wall, self.cpu = json.loads(path.read_text())

    def on_train_begin(self, logs=None):
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        wall, cpu = time.perf_counter(), time.process_time()
        self.wall, self.cpu = self.wall + wall - self._wall, self.cpu + cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        self.path.write_text(json.dumps([self.wall, self.cpu]))

    def costs(self) -> dict:
        return {"wall_seconds": self.wall, "cpu_seconds": self.cpu}


class Interruptible:
    """Callbacks that let a run go on where it was stopped; the folder is removed when it is done."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.stopwatch = Stopwatch(folder / "seconds.json")
        backup = keras.callbacks.BackupAndRestore(folder / "backup", delete_checkpoint=False)
        self.callbacks = [self.stopwatch, backup]

    def done(self) -> dict:
        """What the run cost."""
        shutil.rmtree(self.folder)
        return self.stopwatch.costs()

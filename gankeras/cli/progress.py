"""Progress bars of a command: one bar for every part that takes longer than a moment."""

import contextlib
from collections.abc import Callable, Iterator
from types import TracebackType

import keras
import rich.console
import rich.progress

Advance = Callable[[int], None]


class Progress:
    """Bars one under the other; a finished one stays, with the time it took.

    Args:
        console: Where to draw. Defaults to the terminal.
    """

    def __init__(self, console: rich.console.Console | None = None):
        self._bars = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}", markup=False),
            rich.progress.BarColumn(),
            rich.progress.TaskProgressColumn(),
            rich.progress.TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[str, rich.progress.TaskID] = {}

    def __enter__(self) -> "Progress":
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def update(self, description: str, done: int, total: int | None) -> None:
        """Moves the bar of that description, and draws it where it is new."""
        if description not in self._tasks:
            self._tasks[description] = self._bars.add_task(description, total=total)
        self._bars.update(self._tasks[description], completed=done, total=total)

    def all_of(self, description: str) -> Callable[[str, int, int], None]:
        """One bar for parts that are counted through: it names the part that it has come to."""
        task = None

        def update(part: str, done: int, total: int) -> None:
            nonlocal task
            if done and task is None:
                task = self._bars.add_task(description, total=total)
            if task is not None:
                text = description if done >= total else f"{description} ({part})"
                self._bars.update(task, description=text, completed=done)

        return update

    @contextlib.contextmanager
    def part(self, description: str) -> Iterator[None]:
        """A part of unknown length: the bar pulses until it is done."""
        self.update(description, 0, None)
        yield
        self.update(description, 1, 1)


class TrainingBar(keras.callbacks.Callback):
    """Moves a bar once a step of `fit`.

    Args:
        progress: The bars.
        description: Which bar.
        steps: Steps of the whole training.
    """

    def __init__(self, progress: Progress, description: str, steps: int):
        super().__init__()
        self._progress, self._description, self._steps = progress, description, steps
        self._done = 0

    def on_train_begin(self, logs=None):
        self._progress.update(self._description, 0, self._steps)

    def on_train_batch_end(self, batch, logs=None):
        self._done += 1
        self._progress.update(self._description, self._done, self._steps)

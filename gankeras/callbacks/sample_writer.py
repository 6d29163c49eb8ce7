import importlib.util
import os
import pathlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.real_and_synthetic import checked_every, is_due
from gankeras.core.written_beside import written_beside
from gankeras.domain import DOMAINS


class SampleWriter(keras.callbacks.Callback):
    """Draws the same latents after each epoch, so that one sees how the samples come about.

    Writes `epoch_0001.png` and so on, one row a class.

    Args:
        folder: Where to; it is made where it is missing.
        columns: Samples in a row.
        every: Epochs from one picture to the next.
        render: Draws `{"synthetic": rows x columns of raw samples}` to a path; None takes the domain's own.
        log_dir: Folder of TensorBoard's logs: the pictures are shown there too, beside the scalars of
            `keras.callbacks.TensorBoard(log_dir)`. It needs `pip install "gankeras[tensorboard]"`.

    Raises:
        ImportError: For a `log_dir` without TensorBoard.
        ValueError: For numbers below 1, or (when training begins) a kind of data that nothing draws.

    Example:
        >>> writer = gankeras.callbacks.SampleWriter("pictures", columns=2)
        >>> gan = gankeras.testing.toy_image_gan(trained_steps=0)
        >>> x, y = gankeras.testing.toy_images(48)
        >>> history = gan.fit(x, y, batch_size=16, steps_per_epoch=1, callbacks=[writer], verbose=0)
        >>> writer.paths[0].name
        'epoch_0001.png'
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        columns: int = 8,
        every: int = 1,
        render: Callable | None = None,
        log_dir: str | os.PathLike | None = None,
    ):
        super().__init__()
        if log_dir is not None and importlib.util.find_spec("tensorboard") is None:
            raise ImportError(
                '`log_dir` is for TensorBoard, which is not installed. Run `pip install "gankeras[tensorboard]"`, or leave '
                f"it out. Received: log_dir={os.fspath(log_dir)!r}."
            )
        if int(columns) != columns or columns < 1:
            raise ValueError(
                f"`columns` must be a whole number of at least 1. Received: columns={columns!r}."
            )
        self.folder, self.columns = pathlib.Path(folder), int(columns)
        self.every, self.render = checked_every(every), render
        self.log_dir = None if log_dir is None else pathlib.Path(log_dir)
        self.paths: list[pathlib.Path] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        codec = self.model.codec
        found = [d.render for d in DOMAINS.values() if isinstance(codec, d.codec) and d.render]
        if self.render is None and not found:
            raise ValueError(
                "`SampleWriter` has no way to draw this kind of data; pass `render=`. "
                f"Received: a codec of type {type(codec).__name__}."
            )
        if isinstance(codec.element_spec, dict):
            raise ValueError(
                "`SampleWriter` draws samples that are arrays; look at rows of columns by `gan.sample`. "
                f"Received: a codec of type {type(codec).__name__}."
            )
        self._draw = self.render or found[0]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._board = None
        if self.log_dir is not None:
            self._board = tf.summary.create_file_writer(os.fspath(self.log_dir / "samples"))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if not is_due(epoch, self.every, self.params.get("epochs")):
            return
        classes = self.model.codec.num_classes
        rows = classes or self.columns
        labels = np.repeat(np.arange(rows), self.columns) if classes else None
        samples = self.model.sample(rows * self.columns, labels, seed=0)
        path = self.folder / f"epoch_{epoch + 1:04d}.png"
        with written_beside(path) as beside:
            grid = samples.reshape(rows, self.columns, *samples.shape[1:])
            self._draw({"synthetic": grid}, beside)
        self.paths.append(path)
        if self._board is not None:
            picture = tf.io.decode_png(path.read_bytes())
            with self._board.as_default():
                tf.summary.image("samples", picture[tf.newaxis], step=epoch)

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._board is not None:
            self._board.close()

"""What rows of a table look like to a kernel: numbers of about one, and slots that weigh alike."""

from typing import Any

import numpy as np
import tensorflow as tf

WIDEST = 16  # slots that stand as they are; more are thrown into as many random directions
BATCH = 1000


class ColumnFeatures:
    """Features of table rows by which the epochs of one training are ranked: see `CTGAN.features`.

    Each number within its mode as the codec scales it, and each column's slots as 0 or 1. A column of more than 16 slots
    is thrown into 16 random directions of length one, so that ten thousand categories cost no more than twenty.

    Args:
        codec: The table's adapted codec.
        seed: Of the directions.

    Call arguments:
        rows: A DataFrame or dict of arrays, as the codec takes them.

    Returns:
        Float32 `(n, features)`.

    Example:
        >>> table = {"age": np.arange(60) % 30 + 20, "sex": np.array(["f", "m"] * 30)}
        >>> gan = gankeras.tables.CTGAN(gankeras.tables.TableCodec().adapt(table), pac=2)
        >>> gan.features(table).shape[0]
        60
    """

    name = "columns"

    def __init__(self, codec: Any, seed: int = 0):
        self._codec = codec
        rng = np.random.default_rng(seed)
        self._directions = []
        for width in codec.widths:
            table = np.eye(width)
            if width > WIDEST:
                table = rng.normal(size=(width, WIDEST))
                table /= np.linalg.norm(table, axis=1, keepdims=True)
            self._directions.append(tf.constant(table, tf.float32))
        self._graph = tf.function(self._batch, autograph=False, reduce_retracing=True)

    def __call__(self, rows: Any) -> np.ndarray:
        raw = self._codec.as_raw(rows)
        count = len(next(iter(raw.values())))
        parts = [
            self._graph({name: tf.constant(v[i : i + BATCH]) for name, v in raw.items()})
            for i in range(0, count, BATCH)
        ]
        return np.concatenate([part.numpy() for part in parts])

    def _batch(self, raw: dict[str, tf.Tensor]) -> tf.Tensor:
        encoded = self._codec.encode_samples(raw)
        codes = encoded["codes"]
        slots = [tf.gather(d, codes[:, index]) for index, d in enumerate(self._directions)]
        return tf.concat([tf.cast(encoded["values"], tf.float32), *slots], axis=1)

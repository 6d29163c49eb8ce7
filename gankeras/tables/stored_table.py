"""A table's rows as a source of rows by class."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.core.stored_rows import StoredRows
from gankeras.core.synthesizer import Synthesizer


class StoredTable(Synthesizer):
    """Picks among the rows of a DataFrame, as they are: words, missing values and dates among them.

    It samples DataFrames; tensors it does not draw.

    Args:
        frame: The rows, without the column of their classes.
        labels: Their class ids `(n,)`.
        class_names: One name a class.
        name: What made them, for the card.

    Raises:
        ValueError: Unless every class has a row.
    """

    def __init__(self, frame: Any, labels: np.ndarray, class_names: tuple[str, ...], name: str):
        self._frame = frame
        self._places = StoredRows.of(np.arange(len(frame)), labels, class_names, name)
        spec = {column: tf.TensorSpec((), tf.string) for column in frame}
        super().__init__(spec, len(class_names), class_names, card=self._places.card)

    def freeze(self) -> StoredTable:
        return self

    def sample(
        self, num: int, labels: Any = None, conditions: dict | None = None, seed: int = 0
    ) -> Any:
        places = self._places.sample(num, labels, conditions, seed)
        return self._frame.iloc[places].reset_index(drop=True)

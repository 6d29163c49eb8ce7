"""A table's rows as a source of rows by class."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.core.synthesizer import Synthesizer, check_draw


class StoredTable(Synthesizer):
    """Picks among the rows of a DataFrame, as they are: words, missing values and dates among them.

    No row of a class comes a second time before all others of it came once. It samples DataFrames; tensors it does not
    draw.

    Args:
        frame: The rows, without the column of their classes.
        labels: Their class ids `(n,)`; a class may have no row, and then none can be asked for.
        class_names: One name a class.
        name: What made them, for the card.
    """

    def __init__(self, frame: Any, labels: np.ndarray, class_names: tuple[str, ...], name: str):
        spec = {column: tf.TensorSpec((), tf.string) for column in frame}
        super().__init__(spec, len(class_names), class_names, card={"generator": name})
        self._frame, self._labels = frame, np.asarray(labels)

    def freeze(self) -> StoredTable:
        return self

    def sample(
        self, num: int, labels: Any = None, conditions: dict | None = None, seed: int = 0
    ) -> Any:
        check_draw(num, seed)
        if conditions:
            raise ValueError(
                f"Stored rows know labels alone. Received: conditions {sorted(conditions)}."
            )
        rng = np.random.Generator(np.random.Philox(key=[int(seed), 0x57042D]))
        asked = self._label_ids(labels, num)
        if asked is None:
            asked = np.resize(rng.permutation(self._labels), num)
        places = np.zeros(num, np.int64)
        for label in np.unique(asked):
            members = rng.permutation(np.flatnonzero(self._labels == label))
            if not len(members):
                raise ValueError(
                    f"There are no synthetic rows of the class {self.class_names[label]!r}. "
                    f"Received: labels with {int((asked == label).sum())} of it."
                )
            wanted = asked == label
            places[wanted] = np.resize(members, wanted.sum())
        return self._frame.iloc[places].reset_index(drop=True)

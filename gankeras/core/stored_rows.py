"""A synthesizer that picks among rows it holds."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras import random
from gankeras.core.synthesizer import Synthesizer

# Beside the streams of a generator's latents and labels.
PLACE = 2


class StoredRows(Synthesizer):
    """Rows in memory; `draw` picks one of the asked class for each seed.

    Args:
        samples: Raw rows `(n, ...)`, or a dict of them.
        labels: Their class ids `(n,)`, or None.
        like: A synthesizer of such rows, for all that is known of them and of their classes. A class that it counts 0
            rows of may have none; then none can be asked for.
        may_lack: Whether any class may have no row; classes that nobody asks for then come by these rows' own shares.

    Raises:
        ValueError: Unless every other class of `like`, and no class beside, has a row.
    """

    def __init__(
        self,
        samples: Any,
        labels: np.ndarray | None,
        like: Synthesizer,
        may_lack: bool = False,
    ):
        super().__init__(
            like.element_spec,
            like.num_classes,
            like.class_names,
            like.class_counts,
            like.step,
            like.card,
        )
        rows = len(tf.nest.flatten(samples)[0])
        labels = np.zeros(rows, np.int64) if labels is None else np.asarray(labels, np.int64)
        counts = np.bincount(labels, minlength=like.num_classes or 1)
        needed = np.ones_like(counts) if like.class_counts is None else like.class_counts
        self._shares = counts if may_lack else None
        if (
            len(counts) != (like.num_classes or 1)
            or not rows
            or (not may_lack and ((counts == 0) & (needed > 0)).any())
        ):
            raise ValueError(
                "There must be at least one row of each class, and none of others. "
                f"Received: rows by class {counts.tolist()}, num_classes={like.num_classes}."
            )
        order = np.argsort(labels, kind="stable")
        self.labels = labels[order]
        self.samples = take_rows(samples, order)
        with tf.device("CPU"):  # where tf.data runs
            self._rows = tf.nest.map_structure(tf.constant, self.samples)
        self._counts, self._starts = counts, np.cumsum(counts) - counts

    @property
    def _label_shares(self) -> np.ndarray | None:
        return super()._label_shares if self._shares is None else self._shares

    @staticmethod
    def of(
        samples: np.ndarray, labels: np.ndarray, class_names: Any = None, name: str = "rows"
    ) -> "StoredRows":
        """Rows of an array about which nothing else is known; classes without a row cannot be asked for.

        Args:
            samples: Raw rows `(n, ...)`.
            labels: Their class ids `(n,)`.
            class_names: One name a class; None where the ids have none.
            name: What made them, for the card.

        Raises:
            ValueError: If there is no row, or a class id has no name.
        """
        num = len(class_names) if class_names else int(np.max(labels)) + 1
        spec = tf.TensorSpec(samples.shape[1:], samples.dtype)
        # Samples say nothing of how many real rows there were.
        like = Synthesizer(spec, num, class_names, card={"generator": name})
        return StoredRows(samples, labels, like, may_lack=True)

    def __len__(self) -> int:
        """How many rows it holds."""
        return len(self.labels)

    def freeze(self) -> "StoredRows":
        return self

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> Any:
        if conditions:
            raise ValueError(
                f"Stored rows know labels alone. Received: conditions {sorted(conditions)}."
            )
        if self.num_classes is None:
            labels = tf.zeros_like(seeds, tf.int32)
        elif labels is None:
            labels = self.draw_labels(seeds)
        counts = tf.gather(tf.constant(self._counts, tf.float32), labels)
        if not self._counts.all():
            lacking = np.flatnonzero(self._counts == 0).tolist()
            known = tf.debugging.assert_positive(
                counts, f"There are no rows of the classes {lacking}."
            )
            with tf.control_dependencies([] if known is None else [known]):
                counts = tf.identity(counts)
        places = tf.cast(random.uniform_rows(seeds, (), PLACE) * counts, tf.int64)
        # A number just below 1 times a large count may round up to it.
        places = tf.minimum(places, tf.cast(counts, tf.int64) - 1)
        places += tf.gather(tf.constant(self._starts, tf.int64), labels)
        return tf.nest.map_structure(lambda part: tf.gather(part, places), self._rows)


def take_rows(samples: Any, rows: np.ndarray) -> Any:
    """The rows of an array, or of each array of a dict."""
    return tf.nest.map_structure(lambda part: np.asarray(part)[rows], samples)

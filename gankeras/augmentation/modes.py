"""What becomes of one batch, in the graph: synthetic rows replace some of its rows, or are appended to them."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gankeras.augmentation import mixing, policy
from gankeras.core.synthesizer import Synthesizer


class Mixed(NamedTuple):
    """A batch with synthetic rows.

    Attributes:
        x: Samples.
        y: Labels, or None.
        origin: Int32, for each row the place of the real row that it is, replaces or was modelled on; None where
            rows and places are the same.
        synthetic: Bool, one a row.
        before: Labels of the real rows as they came, where synthetic rows have classes of their own; else None.
    """

    x: Any
    y: Any
    origin: tf.Tensor | None
    synthetic: tf.Tensor
    before: tf.Tensor | None = None


class Mode:
    """How synthetic rows enter a batch.

    Args:
        source: Frozen, what rows are drawn from.
        ratio: Share of synthetic rows in the output; a `mix` was planned under it. A float, or (where rows are
            replaced) a scalar tensor in [0, 1].
        mix: How the classes change, or None to keep the class mix of each batch. Planned without a cap where `ratio` is
            a tensor.
    """

    def __init__(self, source: Synthesizer, ratio: Any, mix: policy.Mix | None):
        self.source, self.ratio, self.mix = source, ratio, mix

    @property
    def idle(self) -> bool:
        """Whether no batch changes."""
        return (not tf.is_tensor(self.ratio) and self.ratio == 0) or (
            self.mix is not None and self.mix.ratio == 0
        )

    def __call__(self, x: Any, y: Any, rows: Any, chances: mixing.Chances) -> Mixed:
        """Mixes a batch.

        Args:
            x: Raw samples.
            y: Their labels, or None.
            rows: How many, an int where it is known.
            chances: The randomness of the batch.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `__call__`.")

    def _draw(
        self, x: Any, y: Any, indices: tf.Tensor, count: Any, chances: mixing.Chances
    ) -> tuple:
        """Fresh rows like `x`, of the classes that the mix asks for, or of those of the rows at `indices`."""
        labels = None
        if self.mix is not None:
            labels = mixing.spread_labels(mixing.label_edges(self.mix.labels), count, chances.start)
        elif y is not None:
            labels = tf.cast(tf.gather(y, indices), tf.int32)
        fresh = self.source.draw(mixing.row_seeds(chances.rows, count), labels)
        # A table's source makes the target too, which `x` may leave to `y`.
        return {name: fresh[name] for name in x} if isinstance(x, dict) else fresh, labels


class Replace(Mode):
    """Synthetic rows take the place of real ones; the batch keeps its size."""

    plan = staticmethod(policy.plan_mix)

    def __call__(self, x: Any, y: Any, rows: Any, chances: mixing.Chances) -> Mixed:
        if self.idle:
            return Mixed(x, y, None, tf.zeros((rows,), tf.bool))
        rates, before = None, None
        if self.mix is None:
            count = _whole_rows(self.ratio, rows, chances.rounding)
        else:
            before = y
            rates = tf.gather(tf.constant(self.mix.replaced, tf.float32), tf.cast(y, tf.int64))
            if tf.is_tensor(self.ratio):
                # As `plan_mix` does under a cap: all classes go the same part of the way.
                rates *= tf.minimum(1.0, self.ratio / np.float32(self.mix.needed))
            # No cap by batch: it would take from batches rich in large classes and give back to none.
            wanted = tf.reduce_sum(rates)
            count = tf.minimum(mixing.whole_number(wanted, chances.rounding), rows)
        is_open = tf.is_tensor(count)
        # Convolutions refuse empty batches, so one row is drawn where none is replaced.
        drawn = tf.maximum(count, 1) if is_open else count
        indices = mixing.choose_rows(rates, drawn, chances.race)
        valid = tf.range(drawn) < count if is_open else None
        fresh, labels = self._draw(x, y, indices, drawn, chances)
        x = tf.nest.map_structure(
            lambda old, new: mixing.put_rows(old, indices, new, valid), x, fresh
        )
        if self.mix is not None:
            y = mixing.put_rows(y, indices, tf.cast(labels, y.dtype), valid)
        changed = tf.ones_like(indices, tf.bool) if valid is None else valid
        return Mixed(x, y, None, tf.scatter_nd(indices[:, None], changed, (rows,)), before)


class Append(Mode):
    """Synthetic rows follow the real ones, all of which stay; every full batch grows by the same number.

    But where that number would round to 0, a batch now and then grows by one row.
    """

    plan = staticmethod(policy.plan_additions)

    def added(self, rows: Any, chance: tf.Tensor | None = None) -> Any:
        """How many rows a batch of `rows` gains: `rows * r / (1 - r)` as `_whole_rows` rounds it."""
        if self.idle:
            return 0
        ratio = self.ratio if self.mix is None else self.mix.ratio
        return _whole_rows(ratio / (1 - ratio), rows, chance)

    def __call__(self, x: Any, y: Any, rows: Any, chances: mixing.Chances) -> Mixed:
        count = self.added(rows, chances.rounding)
        if isinstance(count, int) and count == 0:
            return Mixed(x, y, None, tf.zeros((rows,), tf.bool))
        before = None if self.mix is None else y
        # Whole rounds of the batch first, so that its class mix is kept.
        rest = count % rows
        indices = tf.concat(
            [tf.range(count - rest) % rows, mixing.choose_rows(None, rest, chances.race)], 0
        )
        # Convolutions refuse empty batches, so one row is drawn where none is added.
        drawn = tf.maximum(count, 1) if tf.is_tensor(count) else count
        shown = indices if drawn is count else tf.concat([indices, [0]], 0)[:drawn]
        fresh, labels = self._draw(x, y, shown, drawn, chances)
        x = tf.nest.map_structure(lambda old, new: _append(old, new[:count]), x, fresh)
        if y is not None:
            y = tf.concat([y, tf.cast(labels[:count], y.dtype)], 0)
        origin = tf.concat([tf.range(rows), indices], 0)
        return Mixed(x, y, origin, tf.range(rows + count) >= rows, before)


MODES = {"replace": Replace, "append": Append}


def _append(old: tf.Tensor, new: tf.Tensor) -> tf.Tensor:
    if new.shape.rank > old.shape.rank:  # grey images without their channel
        new = tf.squeeze(new, -1)
    return tf.concat([old, new], 0)


def _whole_rows(part: Any, rows: Any, chance: tf.Tensor | None) -> Any:
    """The nearest whole number to `part * rows`; where that is 0, at times 1, so that the mean is kept.

    Args:
        part: A float or a scalar tensor.
        rows: An int or a scalar tensor.
        chance: Uniform number that decides between 0 and 1; None keeps to the nearest.

    Returns:
        An int where it follows from ints and floats alone, else an int32 tensor.
    """
    if not (tf.is_tensor(part) or tf.is_tensor(rows)):
        nearest = policy.rounded(part, rows)
        if nearest or not part or chance is None:
            return nearest
    # As float64 first: TensorFlow takes Python's floats for float32.
    part = tf.cast(part if tf.is_tensor(part) else np.float64(part), tf.float64)
    wanted = part * tf.cast(rows, tf.float64)
    nearest = tf.cast(tf.round(wanted), tf.int32)
    if chance is None:
        return nearest
    return tf.where(nearest > 0, nearest, mixing.whole_number(tf.cast(wanted, tf.float32), chance))

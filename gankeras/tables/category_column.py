"""A column of categories: names, numbers or truth values, each a slot of its own while they are common enough."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from gankeras.tables.numeric_column import MISSING_DATE

OTHER = "(other)"
# Vocabularies are compared by 62-bit fingerprints: plain operations, where a lookup table would be state.
_BUCKETS = 2**62


@dataclass(frozen=True)
class CategoryColumn:
    """Slots: one for each common category, one for all others together, one for missing values.

    A row in the slot of the others says which of them by a position in [-1, 1] on their cumulative shares, so that a
    column of 10,000 categories takes a hundred slots and one number.

    Args:
        name: Of the column.
        kind: "categorical", "ordinal", "boolean" or "constant".
        dtype: The pandas dtype.
        raw_dtype: Of the tensor.
        nullable: Whether values may be missing: "" for strings, NaN for numbers, the least int64 for dates.
        head: Categories with a slot of their own.
        tail: The others, the commonest first.
        head_counts: Rows of each.
        tail_counts: Rows of each.
        missing: Rows without a value.
        levels: For the dtype category: all categories, in their order.
    """

    has_points: ClassVar[bool] = True

    name: str
    kind: str
    dtype: str
    raw_dtype: str
    nullable: bool
    head: list
    tail: list
    head_counts: list[int]
    tail_counts: list[int]
    missing: int
    levels: list | None = None

    @property
    def has_value(self) -> bool:
        """Whether a number goes with the slot."""
        return bool(self.tail)

    @property
    def counts(self) -> np.ndarray:
        """Training rows by slot."""
        counts = list(self.head_counts)
        if self.tail:
            counts.append(sum(self.tail_counts))
        if self.nullable:
            counts.append(self.missing)
        return np.asarray(counts, np.int64)

    @property
    def num_slots(self) -> int:
        """Width of the one-hot part."""
        return len(self.head) + bool(self.tail) + self.nullable

    @property
    def vocabulary(self) -> list:
        """All categories that it can make."""
        return [*self.head, *self.tail]

    def encode(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Slots int32 `(n,)` and positions float32 `(n,)` (0 where the slot says it all)."""
        keys = self._keys(x)
        with tf.init_scope():  # numbers to sort, even while a graph is traced
            known = self._keys(tf.constant(self.vocabulary, self._value_dtype)).numpy()
        order = np.argsort(known, kind="stable")
        place = tf.minimum(tf.searchsorted(tf.constant(known[order]), keys), len(known) - 1)
        found = tf.equal(tf.gather(tf.constant(known[order]), place), keys)
        index = tf.where(found, tf.gather(tf.constant(order, tf.int32), place), self._unknown())
        slot, position = index, tf.zeros_like(index, tf.float32)
        if self.tail:
            in_tail = index >= len(self.head)
            middles = tf.constant(self._tail_middles(), tf.float32)
            position = tf.where(
                in_tail,
                tf.gather(middles, tf.maximum(index - len(self.head), 0)),
                position,
            )
            slot = tf.minimum(index, len(self.head))
        if self.nullable:
            slot = tf.where(self._is_missing(x), self.num_slots - 1, slot)
            position = tf.where(self._is_missing(x), 0.0, position)
        return slot, position

    def decode(self, slot: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
        """Raw values `(n,)`."""
        index = slot
        if self.tail:
            share = (tf.cast(position, tf.float32) + 1.0) * 0.5
            edges = tf.constant(np.cumsum(self._tail_shares())[:-1], tf.float32)
            behind = tf.searchsorted(edges, share, side="right", out_type=tf.int32)
            index = tf.where(slot == len(self.head), len(self.head) + behind, slot)
        table = self.vocabulary
        if self.nullable:
            index = tf.where(slot == self.num_slots - 1, len(table), index)
            missing = {"string": "", "int64": MISSING_DATE}.get(self.raw_dtype, float("nan"))
            table = [*table, missing]
        return tf.gather(tf.constant(table, self.raw_dtype), index)

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {"type": "category", **asdict(self)}

    @property
    def _value_dtype(self) -> str:
        return "int32" if self.raw_dtype == "bool" else self.raw_dtype

    def _keys(self, x: tf.Tensor) -> tf.Tensor:
        if x.dtype == tf.string:
            return tf.strings.to_hash_bucket_fast(x, _BUCKETS)
        return tf.cast(x, tf.float64 if x.dtype.is_floating else tf.int64)

    def _is_missing(self, x: tf.Tensor) -> tf.Tensor:
        if x.dtype == tf.string:
            return tf.equal(x, "")
        # Of whole numbers dates alone can be missing: others are floats then.
        return tf.math.is_nan(x) if x.dtype.is_floating else tf.equal(x, MISSING_DATE)

    def _unknown(self) -> int:
        """The index of a category that was too rare to be kept."""
        if OTHER in self.tail:
            return len(self.head) + self.tail.index(OTHER)
        return len(self.head) if self.tail else int(np.argmax(self.head_counts))

    def _tail_shares(self) -> np.ndarray:
        return np.asarray(self.tail_counts, np.float64) / sum(self.tail_counts)

    def _tail_middles(self) -> np.ndarray:
        shares = self._tail_shares()
        return 2.0 * (np.cumsum(shares) - 0.5 * shares) - 1.0


def fit_categories(
    values: np.ndarray, counts: np.ndarray, min_count: int, most: int
) -> dict[str, list]:
    """Which categories get a slot, which share one, and which are too rare to be named.

    Args:
        values: The distinct values.
        counts: Rows of each.
        min_count: Rarer ones are not kept by name.
        most: Categories with a slot of their own.

    Returns:
        `head`, `tail`, `head_counts` and `tail_counts` of a `CategoryColumn`.
    """
    order = np.argsort(-counts, kind="stable")
    values, counts = values[order], counts[order]
    kept = counts >= min_count
    named = int(kept.sum())
    rare = int(counts[named:].sum())
    head, tail = list(values[:named][:most]), list(values[:named][most:])
    head_counts, tail_counts = counts[:named][:most].tolist(), counts[:named][most:].tolist()
    if rare >= min_count and values.dtype.kind in "OU":
        tail, tail_counts = [*tail, OTHER], [*tail_counts, rare]
    elif rare and tail:
        tail_counts[0] += rare
    elif rare and head:
        head_counts[0] += rare
    if not head and tail:  # nothing but rare names: the one that stands for all
        head, head_counts, tail, tail_counts = tail[:1], tail_counts[:1], [], []
    return {
        "head": [_plain(value) for value in head],
        "tail": [_plain(value) for value in tail],
        "head_counts": [int(count) for count in head_counts],
        "tail_counts": [int(count) for count in tail_counts],
    }


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value

"""Replacing rows of a batch, in the graph: which rows go, which labels come, and the seeds for both."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras import random

# Streams of a batch's seed.
_ROWS, _LABELS, _DRAWS, _COUNT = 0, 1, 2, 3
_BELOW_ONE = 1 - 2.0**-24


def content_key(x: Any, y: tf.Tensor | None) -> tf.Tensor:
    """An int64 scalar from every byte of a batch: equal batches alone share it."""
    tensors = tf.nest.flatten(x) if y is None else [*tf.nest.flatten(x), y]
    # FarmHash of the bytes where they lie: no serialized copy, some 10 GB a second.
    keys = [tf.fingerprint(tf.reshape(tensor, (1, -1))) for tensor in tensors]
    key = keys[0] if len(keys) == 1 else tf.fingerprint(tf.concat(keys, axis=1))
    return tf.bitcast(key, tf.int64)[0]


def whole_number(value: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """`value` rounded up or down to an int32, at random so that its mean is kept."""
    return tf.cast(tf.floor(value + random.uniform((), random.fold(seed, _COUNT))), tf.int32)


def choose_rows(rates: tf.Tensor | None, rows: Any, count: Any, seed: tf.Tensor) -> tf.Tensor:
    """Picks rows to replace without repetition, as an exponential race with one runner a row.

    Args:
        rates: Float32 `(rows,)`, the probability that a row is picked where `count` is their sum,
            below 1; rows of rate 0 come last. None for equal ones.
        rows: How many rows there are.
        count: How many to pick.
        seed: Of the batch.

    Returns:
        Indices int32 `(count,)`, the surest first.
    """
    numbers = random.uniform((rows,), random.fold(seed, _ROWS))
    if rates is not None:
        # A runner of speed -log(1 - r) arrives before time 1 with probability r. Gumbel noise on
        # log(r), the usual way, would take too few rows of the classes with the largest r.
        numbers = tf.minimum(numbers, _BELOW_ONE)  # log(1) would let no row or every row arrive
        numbers = tf.math.log1p(-rates) / tf.math.log(numbers)  # reciprocal of the arrival time
    return tf.math.top_k(numbers, count).indices


def spread_labels(edges: tf.Tensor, count: Any, seed: tf.Tensor) -> tf.Tensor:
    """Labels int32 `(count,)`, each class within one row of its share of them.

    Args:
        edges: From `label_edges`.
        count: How many.
        seed: Of the batch.
    """
    start = random.uniform((), random.fold(seed, _LABELS))
    steps = tf.range(tf.cast(count, tf.float32)) / tf.cast(count, tf.float32)
    # Equal steps from a random start, around the circle: systematic sampling.
    return tf.searchsorted(edges, tf.math.mod(start + steps, 1.0), side="right", out_type=tf.int32)


def label_edges(shares: np.ndarray) -> np.ndarray:
    """Upper edge of each class on the unit line, float32 `(num_classes,)`."""
    edges = np.cumsum(shares)
    # Rounding must not open a gap below 1 that belongs to no class.
    edges[np.flatnonzero(shares)[-1] :] = 2.0
    return edges.astype(np.float32)


def row_seeds(seed: tf.Tensor, count: Any) -> tf.Tensor:
    """Int64 `(count,)`, one a synthetic row, from all 64 bits of the batch's seed."""
    base = tf.bitcast(random.fold(seed, _DRAWS), tf.int64)
    return base + tf.range(tf.cast(count, tf.int64), dtype=tf.int64)


def put_rows(x: tf.Tensor, indices: tf.Tensor, fresh: tf.Tensor, valid: tf.Tensor | None) -> Any:
    """`x` with rows exchanged; a row that is not valid stays."""
    shape = tf.concat([tf.shape(fresh)[:1], tf.shape(x)[1:]], 0)  # a grey channel may be missing
    fresh = tf.ensure_shape(tf.reshape(fresh, shape), [fresh.shape[0], *x.shape[1:]])
    if valid is not None:
        there = tf.reshape(valid, [-1] + [1] * (x.shape.rank - 1))
        fresh = tf.where(there, fresh, tf.gather(x, indices))
    return tf.tensor_scatter_nd_update(x, indices[:, None], fresh)


def element_seeds(seed: int) -> tf.data.Dataset:
    """Endless int64 seeds, other ones in each iteration.

    As `Dataset.random(seed, rerandomize_each_iteration=True)`, which would also
    depend on `tf.random.set_seed`.
    """
    variant = tf.raw_ops.RandomDatasetV2(
        seed=tf.constant(seed, tf.int64),
        seed2=tf.constant(0x67616E, tf.int64),  # not 0: two zeros ask for an arbitrary seed
        seed_generator=tf.raw_ops.DummySeedGenerator(),
        rerandomize_each_iteration=True,
        output_types=[tf.int64],
        output_shapes=[tf.TensorShape([])],
    )
    return tf.data.experimental.from_variant(variant, tf.TensorSpec((), tf.int64))

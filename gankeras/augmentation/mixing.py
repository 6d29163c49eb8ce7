"""Replacing rows of a batch, in the graph: which rows go, which labels come, and the seeds for both.

Everything here runs once a batch on the CPU, where an operation costs some microseconds however small
it is: hence one call of the random generator a batch.
"""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gankeras import random

_BELOW_ONE = 1 - 2.0**-24


class Chances(NamedTuple):
    """The randomness of one batch.

    Attributes:
        rounding: Uniform number in (0, 1) that decides between two whole numbers of rows; None takes the nearest one.
        start: Uniform number in (0, 1] where the labels start on their circle.
        race: Uniform numbers in (0, 1], one a row.
        rows: Int64 scalar, the seed of the first synthetic row.
    """

    rounding: tf.Tensor | None
    start: tf.Tensor
    race: tf.Tensor
    rows: tf.Tensor


def content_key(x: Any, y: tf.Tensor | None) -> tf.Tensor:
    """An int32 key of shape `(2,)` from every byte of a batch: equal batches alone share it."""
    tensors = tf.nest.flatten(x) if y is None else [*tf.nest.flatten(x), y]
    # FarmHash of the bytes where they lie: no serialized copy, some 10 GB a second.
    keys = [tf.fingerprint(tf.reshape(tensor, (1, -1))) for tensor in tensors]
    key = keys[0] if len(keys) == 1 else tf.fingerprint(tf.concat(keys, axis=1))
    return tf.bitcast(tf.reshape(key, (2, 4)), tf.int32)


def chances(key: tf.Tensor, seed: int, rows: Any) -> Chances:
    """The randomness of a batch of `rows` from its key and the seed of the layer."""
    salt = np.random.SeedSequence(seed).generate_state(2).view(np.int32)
    seeded = tf.bitwise.bitwise_xor(tf.cast(key, tf.int32), salt)
    numbers = random.uniform((rows + 2,), seeded)
    return Chances(numbers[0], numbers[1], numbers[2:], tf.bitcast(seeded, tf.int64))


def whole_number(value: tf.Tensor, chance: tf.Tensor) -> tf.Tensor:
    """`value` rounded up or down to an int32, at random so that its mean is kept."""
    return tf.cast(tf.floor(value + chance), tf.int32)


def choose_rows(rates: tf.Tensor | None, count: Any, race: tf.Tensor) -> tf.Tensor:
    """Picks rows to replace without repetition, as an exponential race with one runner a row.

    Args:
        rates: Float32 `(rows,)`, the probability that a row is picked where `count` is their sum,
            below 1; rows of rate 0 come last. None for equal ones.
        count: How many to pick.
        race: Uniform numbers `(rows,)`.

    Returns:
        Indices int32 `(count,)`, the surest first.
    """
    if rates is not None:
        # A runner of speed -log(1 - r) arrives before time 1 with probability r. Gumbel noise on
        # log(r), the usual way, would take too few rows of the classes with the largest r.
        race = tf.minimum(race, _BELOW_ONE)  # log(1) would let no row or every row arrive
        race = tf.math.log1p(-rates) / tf.math.log(race)  # reciprocal of the arrival time
    return tf.math.top_k(race, count).indices


def spread_labels(edges: tf.Tensor, count: Any, start: tf.Tensor) -> tf.Tensor:
    """Labels int32 `(count,)`, each class within one row of its share of them.

    Args:
        edges: From `label_edges`.
        count: How many.
        start: Uniform number.
    """
    steps = tf.range(tf.cast(count, tf.float32)) / tf.cast(count, tf.float32)
    # Equal steps from a random start, around the circle: systematic sampling.
    return tf.searchsorted(edges, tf.math.mod(start + steps, 1.0), side="right", out_type=tf.int32)


def label_edges(shares: np.ndarray) -> np.ndarray:
    """Upper edge of each class on the unit line, float32 `(num_classes,)`."""
    edges = np.cumsum(shares)
    # Rounding must not open a gap below 1 that belongs to no class.
    edges[np.flatnonzero(shares)[-1] :] = 2.0
    return edges.astype(np.float32)


def row_seeds(first: tf.Tensor, count: Any) -> tf.Tensor:
    """Int64 `(count,)`, one a synthetic row."""
    return first + tf.range(tf.cast(count, tf.int64), dtype=tf.int64)


def put_rows(x: tf.Tensor, indices: tf.Tensor, fresh: tf.Tensor, valid: tf.Tensor | None) -> Any:
    """`x` with rows exchanged; a row that is not valid stays."""
    if fresh.shape.rank > x.shape.rank:  # grey images without their channel
        fresh = tf.squeeze(fresh, -1)
    if valid is not None:
        there = tf.reshape(valid, [-1] + [1] * (x.shape.rank - 1))
        fresh = tf.where(there, fresh, tf.gather(x, indices))
    return tf.tensor_scatter_nd_update(x, indices[:, None], fresh)


def element_keys(seed: int) -> tf.data.Dataset:
    """Endless int64 keys of shape `(2,)`, 32 bits each, other ones in each iteration.

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
    numbers = tf.data.experimental.from_variant(variant, tf.TensorSpec((), tf.int64))
    return numbers.batch(2, drop_remainder=True)

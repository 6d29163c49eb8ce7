"""Randomness as a pure function of counters: no generator object, nothing to save, nothing shared by replicas.

Floats are built from integer bits (Box-Muller for normals), since TensorFlow's float samplers give different numbers
with and without XLA while the bits agree.
"""

import contextlib
import threading
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

_INV_24_BITS = 2.0**-24
_scope = threading.local()  # replicas trace in threads of their own


def fold(seed: int | tf.Tensor, *counters: int | tf.Tensor) -> tf.Tensor:
    """Derives a seed from a seed and counters such as a step, a stream or a replica.

    Args:
        seed: An int, an int scalar tensor, or a `(2,)` int tensor from an earlier `fold`.
        *counters: Ints or int scalar tensors; each one changes the result.

    Returns:
        An int32 tensor of shape `(2,)`.

    Example:
        >>> gankeras.random.fold(7, 0, 3).shape
        TensorShape([2])
    """
    seed = tf.convert_to_tensor(seed)
    if seed.shape.rank == 0:
        wide = tf.cast(seed, tf.int64)
        seed = tf.stack(
            [
                tf.bitwise.bitwise_and(wide, 0x7FFFFFFF),
                tf.bitwise.right_shift(wide, tf.constant(31, tf.int64)),
            ]
        )
    seed = tf.cast(seed, tf.int32)
    for counter in counters:
        seed = tf.random.experimental.stateless_fold_in(
            seed, tf.cast(counter, tf.int32), alg="philox"
        )
    return seed


def replica() -> tf.Tensor | int:
    """The index of the replica that runs this code, 0 outside a strategy."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


@contextlib.contextmanager
def seed_scope(seed: tf.Tensor) -> Iterator[None]:
    """While a network is traced: gives its random layers their seeds, one after another."""
    outer = getattr(_scope, "state", None)
    _scope.state = [seed, 0]
    try:
        yield
    finally:
        _scope.state = outer


def scoped_seed() -> tf.Tensor:
    """The next seed of the scope.

    Raises:
        RuntimeError: Outside a `seed_scope`.
    """
    state = getattr(_scope, "state", None)
    if state is None:
        raise RuntimeError(
            "A gankeras layer was asked for randomness outside the game. It takes its seed from the GAN that trains it: "
            "use it in a generator or discriminator, or a `keras.layers` one elsewhere. Received: no seed scope."
        )
    state[1] += 1
    return fold(state[0], state[1])


def uniform(shape, seed: tf.Tensor) -> tf.Tensor:
    """Uniform float32 numbers in the open interval (0, 1)."""
    bits = tf.random.stateless_uniform(
        shape, seed, minval=None, maxval=None, dtype=tf.uint32, alg="philox"
    )
    return _unit(bits)


def normal(shape, seed: tf.Tensor) -> tf.Tensor:
    """Standard normal float32 numbers, by Box and Muller (1958)."""
    pair = uniform(tf.concat([[2], shape], 0), seed)
    return _box_muller(pair[0], pair[1])


def gumbel(shape, seed: tf.Tensor) -> tf.Tensor:
    """Standard Gumbel float32 numbers: `argmax(logits + gumbel)` draws a category."""
    return -tf.math.log(-tf.math.log(uniform(shape, seed)))


def integers(shape, seed: tf.Tensor, minval: int | tf.Tensor, maxval: int | tf.Tensor) -> tf.Tensor:
    """Int32 numbers in [minval, maxval)."""
    return tf.random.stateless_uniform(shape, seed, minval, maxval, dtype=tf.int32, alg="philox")


def row_seeds(seed: int | tf.Tensor, num: int | tf.Tensor) -> tf.Tensor:
    """One seed a row: row `i` is the same whatever `num` is.

    Args:
        seed: An int in [0, 2**31), or an int scalar tensor.
        num: How many rows.

    Returns:
        An int64 tensor of shape `(num,)`.

    Example:
        >>> gankeras.random.row_seeds(1, 2).numpy().tolist()
        [4294967296, 4294967297]
    """
    base = tf.bitwise.left_shift(tf.cast(seed, tf.int64), tf.constant(32, tf.int64))
    return base + tf.range(tf.cast(num, tf.int64), dtype=tf.int64)


def uniform_rows(seeds: tf.Tensor, shape: tuple[int, ...] = (), stream: int = 0) -> tf.Tensor:
    """Uniform float32 numbers in (0, 1), shape `(n, *shape)`: each row a function of its own seed alone."""
    size = int(np.prod(shape, dtype=np.int64))
    return tf.reshape(_unit(_row_bits(seeds, size, stream)), (-1, *shape))


def normal_rows(seeds: tf.Tensor, shape: tuple[int, ...] = (), stream: int = 0) -> tf.Tensor:
    """Standard normal float32 numbers, shape `(n, *shape)`: each row a function of its own seed alone."""
    size = int(np.prod(shape, dtype=np.int64))
    bits = _row_bits(seeds, 2 * size, stream)
    values = _box_muller(_unit(bits[:, :size]), _unit(bits[:, size:]))
    return tf.reshape(values, (-1, *shape))


def _unit(bits: tf.Tensor) -> tf.Tensor:
    top = tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32)
    # The largest would round up to 1, whose logarithm makes a Gumbel number infinite.
    return tf.minimum((top + 0.5) * _INV_24_BITS, 1.0 - _INV_24_BITS)


def _box_muller(radius: tf.Tensor, angle: tf.Tensor) -> tf.Tensor:
    return tf.sqrt(-2.0 * tf.math.log(radius)) * tf.cos((2.0 * np.pi) * angle)


def _row_bits(seeds: tf.Tensor, size: int, stream: int) -> tf.Tensor:
    # A counter hash rather than one stateless_normal a row: map_fn is several times slower.
    seeds = tf.cast(seeds, tf.int64)
    low = tf.cast(tf.bitwise.bitwise_and(seeds, 0xFFFFFFFF), tf.uint32)
    high = tf.cast(tf.bitwise.right_shift(seeds, tf.constant(32, tf.int64)), tf.uint32)
    # Two words a row: with one, rows would share all their numbers by the birthday bound at some 50,000 rows.
    first = _mix(_mix(low + tf.constant(stream * 0x85EBCA6B % 2**32, tf.uint32)) ^ high)
    second = _mix(_mix(high ^ tf.constant(0xC2B2AE35, tf.uint32)) + low)
    columns = tf.constant(
        (np.arange(1, size + 1, dtype=np.uint64) * 0x9E3779B9 % 2**32).astype(np.uint32)
    )
    return _mix(_mix(first[:, None] + columns[None, :]) ^ second[:, None])


def _mix(x: tf.Tensor) -> tf.Tensor:
    # "lowbias32" of C. Wellons' hash prospector: every input bit reaches every output bit.
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ tf.bitwise.right_shift(x, tf.constant(shift, tf.uint32))) * tf.constant(
            factor, tf.uint32
        )
    return x ^ tf.bitwise.right_shift(x, tf.constant(16, tf.uint32))

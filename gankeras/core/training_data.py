"""What `GAN.fit` makes of raw data: batches whose order is a function of seed and step, checked before the first step."""

import hashlib
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.codec import Codec

LEAST_ROWS_A_CLASS = 2
AHEAD_BYTES = 2**26


class PassOrder:
    """Which rows each batch of a pass over the data holds: a pure function of seed and pass, so that resuming is exact.

    Classes are drawn with tempered shares `p(c) ~ n_c ** exponent`: 1 keeps the data's shares, 0 makes all equal, and
    0.5 between them lets rare classes be seen without being learnt by heart.

    Args:
        labels: Class ids, or None.
        rows: Rows of the data.
        batch_size: Rows of a batch, at most `rows`; what is left over in a pass waits for the next.
        exponent: See above.
        seed: Int.
    """

    def __init__(
        self, labels: np.ndarray | None, rows: int, batch_size: int, exponent: float, seed: int
    ):
        self.batch_size = min(batch_size, rows)
        self.steps = rows // self.batch_size
        self._seed = seed
        labels = np.zeros(rows, np.int64) if labels is None else labels
        self._members = [np.flatnonzero(labels == c) for c in np.unique(labels)]
        shares = np.array([len(m) for m in self._members], np.float64) ** exponent
        self._quota = self.steps * self.batch_size * shares / shares.sum()

    def __call__(self, index: int) -> np.ndarray:
        """Row numbers of pass `index`, int64 `(steps, batch_size)`; another order may add arrays of that shape."""
        rng = np.random.default_rng([self._seed, int(index)])
        counts = np.floor(self._quota).astype(np.int64)
        # The rows that rounding left over go to classes drawn anew each pass.
        left = self.steps * self.batch_size - counts.sum()
        rest = self._quota - counts
        if left:
            counts[
                np.argsort(-(rest + rng.random(len(rest)) * (rest > 0)), kind="stable")[:left]
            ] += 1
        order = np.concatenate(
            [
                _cycled(rng, members, count)
                for members, count in zip(self._members, counts, strict=False)
            ]
        )
        return rng.permutation(order).reshape(self.steps, self.batch_size)


def _cycled(rng: np.random.Generator, members: np.ndarray, count: int) -> np.ndarray:
    rounds = [rng.permutation(members) for _ in range(-(-count // len(members)))]
    return np.concatenate([*rounds, np.zeros(0, np.int64)])[:count].astype(np.int64)


class StartingStep(keras.callbacks.Callback):
    """The step at which this run of `fit` begins; the last callback, so that one before it may have restored a run.

    Reading the counter inside the pipeline instead would race with the step that moves it.

    Args:
        before: The step when `fit` was called, before a callback restored a run.
        first_epoch: Of this `fit`.
        steps: Of an epoch.
    """

    def __init__(self, before: int = 0, first_epoch: int = 0, steps: int = 1):
        super().__init__()
        self._value = 0
        self._before, self._first_epoch, self._steps = before, first_epoch, steps

    def read(self) -> np.int64:
        """That step; 0 before the training."""
        return np.int64(self._value)

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._value = self.model.step
        # A backup's epoch stands in a file of its own, written after the weights: a kill between the two leaves it one
        # behind, and the weights are right.
        done, rest = divmod(self._value - self._before, self._steps)
        if done > 0 == rest and self.model._initial_epoch == self._first_epoch + done - 1:
            self.model._initial_epoch += 1


@dataclass(frozen=True)
class Feed:
    """What an epoch over arrays is made from.

    Args:
        rows: Arrays `(rows, ...)` kept in memory, nested.
        order: Says which of them the batches of a pass hold, as `PassOrder` does. One that returns a tuple of arrays
            gives more than row numbers.
        encode: `encode(batch, more)`: the encoded batch of the gathered rows and of what the order gave with them,
            int64 `(batch_size, arrays - 1)`.
    """

    rows: Any
    order: Any
    encode: Callable[..., dict[str, Any]]


def _not_kept(method: Callable) -> Callable:
    """The method, as long as its owner lives.

    TensorFlow keeps what a `numpy_function` calls until the process ends, and with it would keep the GAN and its data.
    """
    kept_elsewhere = weakref.WeakMethod(method)
    return lambda *arguments: kept_elsewhere()(*arguments)


def from_arrays(feed: Feed, start: StartingStep) -> tf.data.Dataset:
    """Endless encoded batches of arrays.

    Args:
        feed: Must outlive the training.
        start: Says at which step to begin, once training has; must outlive it as well.
    """
    order = feed.order
    order_of, first_step = _not_kept(order.__call__), _not_kept(start.read)
    with tf.device("CPU"):
        held = tf.nest.map_structure(tf.convert_to_tensor, feed.rows)

    def drawn(index: np.int64) -> np.ndarray:
        parts = order_of(index)
        return np.stack(parts if isinstance(parts, tuple) else (parts,), axis=-1)

    def one_pass(index: tf.Tensor) -> tf.data.Dataset:
        parts = tf.numpy_function(drawn, [index], tf.int64)
        return tf.data.Dataset.from_tensor_slices(
            tf.ensure_shape(parts, (order.steps, order.batch_size, None))
        )

    def from_step(step: tf.Tensor) -> tf.data.Dataset:
        passes = tf.data.Dataset.range(step // order.steps, np.iinfo(np.int64).max).flat_map(
            one_pass
        )
        return passes.skip(step % order.steps)

    def encode(parts: tf.Tensor) -> dict[str, Any]:
        batch = tf.nest.map_structure(lambda part: tf.gather(part, parts[:, 0]), held)
        return feed.encode(batch, parts[:, 1:])

    first = tf.data.Dataset.from_tensors(0).map(
        lambda _: tf.ensure_shape(tf.numpy_function(first_step, [], tf.int64), ())
    )
    encoded = first.flat_map(from_step).map(encode, num_parallel_calls=2, deterministic=True)
    return without_autotune(encoded.prefetch(batches_ahead(encoded.element_spec)))


def without_autotune(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The same dataset, not tuned while it runs, unless its owner asked for that.

    The thread that tunes looks up at 10, 30, 70, 150, ... ms, doubling to once a minute, and whoever lets go of an
    iterator waits for its next look (TensorFlow 2.21): `fit` would end up to a minute late. Nothing here needs tuning:
    parallel calls have a number, and where a user wrote `AUTOTUNE` they start as many as there are threads.
    """
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def batches_ahead(spec: Any) -> int:
    """How many batches to hold ready: 64 MiB of them, but 2 to 16. A batch of unknown size counts as a large one.

    Arrays need no cache, since they are in memory; a dataset's own `cache()` is its owner's to set, who alone knows
    whether it repeats itself.
    """
    size = sum(
        part.dtype.size * part.shape.num_elements()
        if part.shape.is_fully_defined()
        else AHEAD_BYTES
        for part in tf.nest.flatten(spec)
    )
    return int(min(max(AHEAD_BYTES // max(size, 1), 2), 16))


def from_dataset(
    dataset: tf.data.Dataset,
    codec: Codec,
    counter: "LabelCounter | None" = None,
    replicas: int = 1,
) -> tf.data.Dataset:
    """Encoded batches of a finite, batched dataset of raw elements; the order is the user's.

    Args:
        dataset: Of the user.
        codec: Of the data.
        counter: Of the labels, or None.
        replicas: Each of which needs a row of each batch.

    Raises:
        ValueError: If elements are not `x` or `(x, y)` batches such as the codec takes, or there is none.
    """
    spec = dataset.element_spec
    parts = spec if isinstance(spec, tuple) else (spec,)
    if len(parts) > 2:
        raise ValueError(
            "A GAN has no use for sample weights: weigh classes by `class_exponent`, or map the dataset to (x, y). "
            f"Received: elements of {len(parts)} parts."
        )
    if codec.num_classes is None and len(parts) == 2:
        raise ValueError(
            "The dataset yields labels, but the codec was made without classes. Make it with `num_classes=`, or map the "
            "dataset to x alone. Received: (x, y) elements."
        )
    codec.check_spec(parts[0])
    first = next(iter(without_autotune(dataset.take(1))), None)
    if first is None or int(tf.shape(tf.nest.flatten(first)[0])[0]) == 0:
        raise ValueError(
            f"The dataset is empty; a GAN needs at least one batch. Received: {dataset!r}."
        )
    parts = tf.nest.map_structure(np.asarray, first if isinstance(first, tuple) else (first,))
    codec.check(codec.as_raw(parts[0]), *parts[1:])

    add = counter and _not_kept(counter.add)

    def encode(x: Any, y: Any = None) -> dict[str, Any]:
        if replicas > 1:
            _check_rows_for_all(x, replicas)
        labels = codec.labels_of(x, y)
        if add is None or labels is None:
            return codec.encode(x, y)
        with tf.control_dependencies([tf.numpy_function(add, [labels], tf.int64)]):
            return tf.nest.map_structure(tf.identity, codec.encode(x, y))

    encoded = dataset.map(encode, num_parallel_calls=2, deterministic=True)
    if counter is not None:
        encoded = _counted(encoded, counter)
    return without_autotune(encoded.prefetch(batches_ahead(encoded.element_spec)))


def _check_rows_for_all(x: Any, replicas: int) -> None:
    rows = tf.shape(tf.nest.flatten(x)[0])[0]
    tf.debugging.Assert(
        rows >= replicas,
        [
            f"Every one of the {replicas} replicas needs a row of each batch: leave a short last one out by "
            "`dataset.batch(size, drop_remainder=True)`. Received: a batch of rows",
            rows,
        ],
    )


def _counted(encoded: tf.data.Dataset, counter: "LabelCounter") -> tf.data.Dataset:
    size = encoded.cardinality()
    counter.batches_a_pass = int(size) if size >= 0 else None
    # Two that hold nothing, but are asked for it before and after the pass.
    opening, closing = (
        _called(method).flat_map(lambda _: encoded.take(0))
        for method in (counter.restart, counter.finish)
    )
    counted = opening.concatenate(encoded).concatenate(closing)
    return counted.apply(tf.data.experimental.assert_cardinality(size)) if size >= 0 else counted


def _called(method: Callable) -> tf.data.Dataset:
    """One element, for which the method is called."""
    call = _not_kept(method)
    return tf.data.Dataset.from_tensors(0).map(lambda _: tf.numpy_function(call, [], tf.int64))


def first_rows(data: Any, codec: Codec, most: int) -> tuple[Any, np.ndarray | None]:
    """Raw rows and class ids (None for data without classes) to compare samples with.

    Args:
        data: `(x, y)` or `x`, or a batched dataset of these: of it the first `most` rows.
        codec: Of the data.
        most: Rows of a dataset at most.
    """
    if isinstance(data, tf.data.Dataset):
        wanted = without_autotune(data.unbatch().take(most).batch(most).take(1))
        parts = list(wanted.as_numpy_iterator())
        data = parts[0] if parts else (np.zeros(0), np.zeros(0))
    x, y = data if isinstance(data, tuple) else (data, None)
    x = codec.as_raw(x)
    labels = None if codec.num_classes is None else codec.labels_of(x, y)
    return x, None if labels is None else np.asarray(labels)


class LabelCounter(keras.callbacks.Callback):
    """Counts the labels of a dataset as they go by, and hands the counts of the latest whole pass to the model.

    Before the first pass has ended, those of the batches that went by so far.
    """

    def __init__(self, num_classes: int):
        super().__init__()
        self._counts = np.zeros(num_classes, np.int64)
        self._whole: np.ndarray | None = None
        self._batches = 0
        self.batches_a_pass: int | None = None
        """Where it is known: whoever reads as many may never come to the end that follows them."""

    def restart(self) -> np.int64:
        """Begins a new pass."""
        self._counts[:] = 0
        self._batches = 0
        return np.int64(0)

    def finish(self) -> np.int64:
        """Ends a pass."""
        self._whole = self._counts.copy()
        return np.int64(0)

    def add(self, labels: np.ndarray) -> np.int64:
        """Counts a batch."""
        inside = labels[(labels >= 0) & (labels < len(self._counts))]
        self._counts += np.bincount(inside, minlength=len(self._counts))
        self._batches += 1
        if self._batches == self.batches_a_pass:
            self.finish()
        return np.int64(len(labels))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        counts = self._counts if self._whole is None else self._whole
        if counts.sum():
            self.model.label_counts.assign(counts)


def check_class_sizes(y: np.ndarray, codec: Codec) -> np.ndarray:
    """Rows by class.

    Raises:
        ValueError: If a class has fewer rows than a GAN can learn from.
    """
    counts = np.bincount(np.asarray(y), minlength=codec.num_classes)
    for label in np.flatnonzero(counts < LEAST_ROWS_A_CLASS):
        name = f"{codec.class_names[label]!r} (id {label})" if codec.class_names else str(label)
        raise ValueError(
            f"Each class needs at least {LEAST_ROWS_A_CLASS} rows to learn from. Add rows, or make the codec without "
            f"this class. Received: {counts[label]} of class {name}."
        )
    return counts


def num_rows(x: Any) -> int:
    """Rows of an array or a DataFrame, or of a mapping of columns, whose own length is another number."""
    return len(next(iter(x.values()), ()) if isinstance(x, Mapping) else x)


def digest(x: Any, y: np.ndarray | None) -> str:
    """One sha256 of the whole data, in hexadecimal: says which data it was, and of no row whether it was in it."""
    state = hashlib.sha256()
    names = sorted(x) if isinstance(x, dict) else []
    for part in (names or None, *([x[name] for name in names] if names else [x]), y):
        if part is None:
            continue
        part = np.asarray(part)
        if part.dtype.kind in "OU":  # strings, with their lengths so that no two lists look alike
            text = [str(value).encode() for value in part.tolist()]
            state.update(np.array([len(value) for value in text], np.int64).data)
            part = np.frombuffer(b"".join(text), np.uint8)
        part = np.ascontiguousarray(part)
        state.update(f"{part.dtype}{part.shape}".encode())
        state.update(part.data)
    return state.hexdigest()

"""A Keras model that is trained on raw data: it owns the codec, the checks and the order of the data."""

import os
from collections.abc import Iterable, Sized
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core import training_data
from gankeras.core.codec import Codec
from gankeras.core.graph_errors import plain_errors
from gankeras.core.written_beside import written_beside

KERAS_OPTIONS = {"verbose", "callbacks", "initial_epoch", "validation_steps", "validation_freq"}
LABELS_TWICE = (
    "A dataset holds its labels itself, as (x, y). Leave `y` out. Received: a dataset and `y`."
)


class RawDataModel(keras.Model):
    """`fit` and `evaluate` take raw data, `train_step` and `test_step` take encoded data; always.

    Args:
        codec: The codec of the raw data.
        seed: Of the order of the data, and of all else that a subclass draws.
    """

    default_batch_size = 64

    def __init__(self, codec: Codec, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.codec = codec
        self.seed = int(seed)
        self.step_counter = self.add_weight(
            name="step",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        self.label_counts = self.add_weight(
            name="label_counts",
            shape=(codec.num_classes or 0,),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        self._made_in_scope = tf.distribute.has_strategy()
        self.data_digest: str | None = None
        self.trained_rows: int | None = None

    @property
    def _replicas(self) -> int:
        return self.distribute_strategy.num_replicas_in_sync

    @property
    def step(self) -> int:
        """Training steps done; 0 means untrained."""
        return int(self.step_counter.numpy())

    @property
    def class_counts(self) -> np.ndarray | None:
        """Real training rows by class, int64 `(num_classes,)`; None before training and for data without classes."""
        if self.codec.num_classes is None:
            return None
        with tf.init_scope():  # also asked for while a graph is traced
            counts = self.label_counts.numpy().astype(np.int64)
        return counts if counts.sum() else None

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        steps_per_epoch: int | None = None,
        validation_data: Any = None,
        class_exponent: float = 0.5,
        **keras_options: Any,
    ) -> keras.callbacks.History:
        """Trains on raw data; everything is checked before the first step.

        Args:
            x: Raw samples (their order is a function of seed and step, and resuming is exact), or a finite,
                batched `tf.data.Dataset` of raw `x` or `(x, y)` (the order is yours).
            y: Class ids, for arrays whose codec does not find them in `x`.
            batch_size: Rows of a step, over all replicas; at most the rows there are. For arrays; `default_batch_size`.
            epochs: As in Keras.
            steps_per_epoch: Defaults to one pass over the data.
            validation_data: `(x, y)` or a dataset; the losses on it are logged with `val_`.
            class_exponent: Arrays only: classes are drawn with shares `n_c ** class_exponent`.
            **keras_options: `verbose`, `callbacks` (a recipe adds `KeepBest`, unless `KeepLast` is among them),
                `initial_epoch`, `validation_steps`, `validation_freq`.

        Returns:
            Keras' `History` of the losses, logits, regularizers by name, and `skipped_updates`.

        Raises:
            ValueError: For data that does not fit the codec; the message holds the value and the way out.
            RuntimeError: After ten updates in a row with a NaN or infinite gradient.
        """
        self._check_call(keras_options, steps_per_epoch, batch_size, epochs)
        callbacks = tf.nest.flatten(keras_options.pop("callbacks", None) or [])
        judged = validation_data
        if judged is not None:  # first, since the training data leave their counts in the model
            steps = keras_options.get("validation_steps")
            validation_data = self._encoded(judged, batch_size, "validation_steps", steps)
        if isinstance(x, tf.data.Dataset):
            dataset = self._fit_dataset(x, y, steps_per_epoch, callbacks)
        else:
            x = self._checked(x, y, class_exponent)
            feed = self.feed(x, y, batch_size or self.default_batch_size, class_exponent)
            steps_per_epoch = self._whole_executions(steps_per_epoch or feed.order.steps)
            before = (self.step, keras_options.get("initial_epoch", 0), steps_per_epoch)
            callbacks.append(start := training_data.StartingStep(*before))
            dataset = training_data.from_arrays(feed, start)
            self.plan(epochs * steps_per_epoch * feed.order.batch_size)
        real = (x if y is None else (x, y)) if judged is None else judged
        callbacks = self.first_callbacks(callbacks, real if epochs > 1 else None)
        with plain_errors():
            return super().fit(
                dataset,
                epochs=epochs,
                steps_per_epoch=steps_per_epoch,
                validation_data=validation_data,
                shuffle=False,
                callbacks=callbacks,
                **keras_options,
            )

    def _check_call(
        self, keras_options: dict[str, Any], steps: Any, batch_size: Any, epochs: Any
    ) -> None:
        if unknown := sorted(set(keras_options) - KERAS_OPTIONS):
            raise TypeError(
                f"A GAN's `fit` has no use for these options of Keras; leave them out. Received: {unknown}."
            )
        _check_callbacks(tf.nest.flatten(keras_options.get("callbacks") or []))
        if not self.compiled:
            raise ValueError("Call `gan.compile()` before `fit`. Received: a GAN not compiled.")
        if not _counts(steps):
            raise ValueError(
                "`steps_per_epoch` must be a whole number of at least 1, or None for one pass over the data. "
                f"Received: steps_per_epoch={steps!r}."
            )
        if not isinstance(epochs, int | np.integer):
            raise ValueError(f"`epochs` must be a whole number. Received: epochs={epochs!r}.")
        every = keras_options.get("validation_freq")
        _check_counts(
            batch_size=batch_size,
            validation_steps=keras_options.get("validation_steps"),
            validation_freq=None if isinstance(every, list | tuple | set | range) else every,
        )
        if (batch_size or self.default_batch_size) < self._replicas:
            raise ValueError(
                "Every replica needs a row of each batch: `batch_size` counts the rows of all of them. "
                f"Received: batch_size={batch_size} for {self._replicas} replicas."
            )

        if tf.distribute.has_strategy() and not self._made_in_scope:
            raise ValueError(
                "A GAN that is fitted in the scope of a strategy must be made and compiled there too; `fit` itself may stand "
                "outside. Received: a GAN made outside of any scope."
            )

    def _whole_executions(self, steps: int) -> int:
        # Keras would run on to the next whole execution.
        if steps % self.steps_per_execution:
            raise ValueError(
                "`steps_per_epoch` must be a multiple of `steps_per_execution`. "
                f"Received: {steps} steps an epoch, {self.steps_per_execution} an execution."
            )
        return steps

    def feed(self, x: Any, y: Any, batch_size: int, exponent: float) -> training_data.Feed:
        """How batches are made of checked arrays; a method that draws its rows in another way says so here.

        Args:
            x: What `codec.as_raw` returned.
            y: Class ids, or None.
            batch_size: As in `fit`.
            exponent: `class_exponent` of `fit`.
        """
        labels = None if y is None else np.asarray(y)
        rows = training_data.num_rows(x)
        order = training_data.PassOrder(labels, rows, batch_size, exponent, self.seed)
        if labels is None:
            return training_data.Feed(x, order, lambda batch, _: self.codec.encode(batch))
        return training_data.Feed((x, labels), order, lambda batch, _: self.codec.encode(*batch))

    def first_callbacks(self, callbacks: list, real: Any) -> list:
        """Called by `fit`: the callbacks in the order in which they run, and those that the model adds by itself.

        Args:
            callbacks: The user's.
            real: Raw data to judge samples by: `(x, y)`, `x` or a dataset; None adds nothing.
        """
        return callbacks

    def plan(self, images: int) -> None:
        """Called by `fit` with the real samples that the whole run will show, where it knows their number."""

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, **keras_options: Any
    ) -> Any:
        """The losses on raw data (arrays or a dataset), without an update; as in Keras."""
        if "_use_cached_eval_dataset" in keras_options:  # Keras' own call, inside `fit`
            return super().evaluate(x, y, batch_size=batch_size, **keras_options)
        _check_counts(batch_size=batch_size, steps=keras_options.get("steps"))
        with plain_errors():
            data = x if y is None else (x, y)
            dataset = self._encoded(data, batch_size, "steps", keras_options.get("steps"))
            return super().evaluate(dataset, **keras_options)

    def _checked(self, x: Any, y: Any, exponent: float) -> Any:
        """Raw arrays, once everything about them is known to be right."""
        if not 0 <= exponent <= 1:
            raise ValueError(
                f"`class_exponent` must lie in [0, 1]. Received: class_exponent={exponent!r}."
            )
        _refuse_what_has_no_rows(x)
        x = self.codec.as_raw(x)
        if training_data.num_rows(x) == 0:
            raise ValueError(
                f"There is nothing to train on. Received: an array of shape {np.shape(x)}."
            )
        self.codec.check(x, y)
        if self.codec.num_classes:
            labels = np.asarray(self.codec.labels_of(x, y))
            self.label_counts.assign(training_data.check_class_sizes(labels, self.codec))
        y = None if y is None else np.asarray(y)
        self.data_digest, self.trained_rows = training_data.digest(x, y), training_data.num_rows(x)
        return x

    def _fit_dataset(
        self, dataset: tf.data.Dataset, y: Any, steps: int | None, callbacks: list
    ) -> tf.data.Dataset:
        if y is not None:
            raise ValueError(LABELS_TWICE)
        if steps is None and dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise ValueError(
                "An endless dataset needs `steps_per_epoch`. Received: steps_per_epoch=None."
            )
        self.data_digest, self.trained_rows = None, None
        counter = (
            training_data.LabelCounter(self.codec.num_classes) if self.codec.num_classes else None
        )
        if counter is not None:
            callbacks.insert(0, counter)  # before a checkpoint that is to hold the counts
        return training_data.from_dataset(dataset, self.codec, counter, self._replicas)

    def _encoded(
        self, data: Any, batch_size: int | None, limit: str, steps: int | None
    ) -> tf.data.Dataset:
        """Data to evaluate on, of which `steps` batches are read; the argument `limit` says how many."""
        if isinstance(data, tf.data.Dataset):
            if steps is None and data.cardinality() == tf.data.INFINITE_CARDINALITY:
                raise ValueError(
                    f"An endless dataset to evaluate on needs `{limit}`. Received: {limit}=None."
                )
            return training_data.from_dataset(data, self.codec, replicas=self._replicas)
        _refuse_what_has_no_rows(data)
        x, y = _pair(data)
        if isinstance(x, tf.data.Dataset):
            raise ValueError(LABELS_TWICE)
        x = self.codec.as_raw(x)
        if training_data.num_rows(x) == 0:
            raise ValueError(
                f"There is nothing to evaluate on. Received: an array of shape {np.shape(x)}."
            )
        self.codec.check(x, y)
        parts = x if y is None else (x, np.asarray(y))
        rows, replicas = training_data.num_rows(x), self._replicas
        size = min(batch_size or self.default_batch_size, rows)
        batches = tf.data.Dataset.from_tensor_slices(parts).batch(size)
        if (
            rows % size and rows % size < replicas
        ):  # some replica would have no row of the last batch
            batches = batches.take(rows // size)
        return training_data.from_dataset(batches, self.codec)

    def save(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        """As in Keras, but a file that is there stays whole until the new one is."""
        if not overwrite:
            super().save(filepath, overwrite=False, **options)
            return
        with written_beside(filepath) as beside:
            super().save(beside, **options)

    def save_weights(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        """As `save`: a run that is killed while its backup is written finds the one before."""
        if not overwrite or options:  # shards are several files
            super().save_weights(filepath, overwrite=overwrite, **options)
            return
        with written_beside(filepath) as beside:
            super().save_weights(beside)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        if self.data_digest:
            store["data_digest"] = np.frombuffer(bytes.fromhex(self.data_digest), np.uint8)
            store["trained_rows"] = np.int64(self.trained_rows)

    def load_own_variables(self, store: Any) -> None:
        values = {name: np.asarray(store[name]) for name in list(store.keys())}
        if "data_digest" in values:
            self.data_digest = bytes(values.pop("data_digest")).hex()
            self.trained_rows = int(values.pop("trained_rows"))
        super().load_own_variables(values)


def _counts(value: Any) -> bool:
    """Whether it is a whole number of at least 1, or None."""
    return value is None or (isinstance(value, int | np.integer) and value >= 1)


def _check_counts(**counts: Any) -> None:
    for name, value in counts.items():
        if not _counts(value):
            raise ValueError(
                f"`{name}` must be a whole number of at least 1. Received: {name}={value!r}."
            )


def _check_callbacks(callbacks: list) -> None:
    """Some of Keras' look for `model.optimizer`, and every player has its own."""
    for one in callbacks:
        if isinstance(
            one, keras.callbacks.LearningRateScheduler | keras.callbacks.ReduceLROnPlateau
        ):
            raise ValueError(
                "This callback changes the rate of one optimizer, and a GAN has one for each player: give `compile` schedules, "
                "such as `generator_optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps))`, or "
                f"set `gan.generator_optimizer.learning_rate` in a callback of your own. Received: {type(one).__name__}."
            )
        if getattr(one, "write_steps_per_second", False):
            raise ValueError(
                "TensorBoard counts steps by one optimizer, and a GAN has one for each player: leave the option out. "
                "Received: write_steps_per_second=True."
            )


def _refuse_what_has_no_rows(x: Any) -> None:
    """Paths, and generators and Keras' own datasets, which have no rows to count, to check and to order by a seed."""
    if x is None or isinstance(x, str | bytes | os.PathLike | int | float):
        raise ValueError(
            "A GAN takes the rows themselves, as arrays or a `tf.data.Dataset`: read a file or folder first, such as by "
            f"`gankeras.images.datasets.load_images(path)`. Received: {x!r}."
        )
    stream = isinstance(x, Iterable) and not isinstance(x, Sized)
    if stream or isinstance(x, keras.utils.PyDataset):
        raise ValueError(
            "Rows come as arrays or as a `tf.data.Dataset`. Wrap a function that yields batch after batch: "
            "`tf.data.Dataset.from_generator(make_batches, output_signature=(x_spec, y_spec))`. "
            f"Received: {type(x).__name__}."
        )


def _pair(data: Any) -> tuple[Any, Any]:
    """Rows to evaluate on, and their labels or None."""
    if isinstance(data, tuple) and len(data) == 2:
        return data
    if isinstance(data, tuple) or (isinstance(data, list) and not _is_even(data)):
        raise ValueError(
            "Rows to evaluate on are a tuple `(x, y)`, `x` alone where there are no labels, or a batched "
            f"`tf.data.Dataset`. Received: a {type(data).__name__} of {len(data)}."
        )
    return data, None


def _is_even(rows: list) -> bool:
    """Whether a list holds rows of one shape: one of samples and labels does not."""
    try:
        np.shape(rows)
    except ValueError:
        return False
    return True

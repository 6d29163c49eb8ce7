"""Synthetic rows, mixed into the batches of a tf.data pipeline."""

import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.augmentation import arguments, elements, mixing, policy, schedules, weights
from gankeras.augmentation.bank import Bank, HeldBank
from gankeras.augmentation.held_source import HeldSource
from gankeras.augmentation.modes import MODES, Append
from gankeras.core import codec
from gankeras.core.synthesizer import Synthesizer

# Rows of the batches that `apply_to` makes of single elements: ratios of whole per cents are exact.
CHUNK = 100


@keras.saving.register_keras_serializable("gankeras")
class GANAugmentation(keras.layers.Layer):
    """Replaces some rows of each batch by synthetic ones of the same classes, or of rarer ones, or appends such rows.

    The source is frozen at construction, as constants: the pipeline holds no variable, its iterators
    can be checkpointed, and training the GAN on does not change it until `refresh()`.

    `dataset.map(augment)` is for shuffled batches: its randomness comes from a batch's content, so
    equal batches lose equal rows. `dataset.apply(augment.apply_to)` takes any dataset, batched or not,
    shuffled or not. Both give the same bytes for a seed, whatever the parallelism. Each epoch replaces
    other rows: one of a class that gives a share r stays unseen for n epochs with probability r ** n.

    Args:
        source: A trained GAN, a `Synthesizer`, or the path of a SavedModel from `gankeras.export`.
        ratio: Share of synthetic rows in the output, in [0, 1]: of B rows, the nearest whole number to `ratio * B`
            (replace), or that to `B * ratio / (1 - ratio)` more; where that is 0, one row in as many of the batches as
            keep the share. With a `sampling_strategy` the largest share, over many batches. Or a schedule of the
            batch's number, for `apply_to` in mode "replace": a share that falls to nothing lets a classifier learn from
            many samples first and end on real rows.
        sampling_strategy: None keeps the class mix of every batch: a synthetic row has the class of
            the row that it replaces. Otherwise imbalanced-learn's words (`"minority"`,
            `"not minority"`, `"not majority"`, `"all"`, `"auto"`) or a dict of counts afterwards by
            class id or name. Replacing keeps the number of rows, so the counts are read as proportions: only rows of
            over-represented classes are replaced, never one of a class below the average.
            Classes that `ratio` leaves short are named in a warning and in `classes_left_short`.
        mode: `"replace"` keeps the size of each batch; `"append"` keeps all real rows.
        synthetic_weight: Sample weight of a synthetic row beside a real one's 1, at least 0; the output is then
            `(x, y, sample_weight)`. Or a schedule of the batch's number, for `apply_to`. None adds no weights.
        bank: A `Bank` drawn from the source (see `draw_bank`), or the path of a saved one: rows then come from it,
            which costs a classifier's training next to nothing.
        mark_synthetic: Adds a bool column `is_synthetic` to dict `x`.
        seed: Int in [0, 2**31).
        **kwargs: `name`, as in Keras.

    Call arguments:
        x: A batch of raw samples (tensor or dict of tensors), as the source was trained on; a table's may leave its
            target to `y`.
        y: Their class ids, integers of shape `(batch,)`, or None.
        sample_weight: Or None. Real rows keep theirs. A synthetic row has that of the row at its place; under a
            `sampling_strategy` the mean of its class's real rows in the batch, or of the batch where that has none.

    Returns:
        `x`, `(x, y)` or `(x, y, sample_weight)`, as called: same shapes, same dtypes.

    Raises:
        ValueError: For an untrained source, wrong arguments, or batches that do not fit the source.

    Example:
        >>> gan = gankeras.testing.toy_gan(trained_steps=1)
        >>> real = tf.data.Dataset.from_tensor_slices(gankeras.testing.toy_data(64))
        >>> augment = gankeras.GANAugmentation(gan, ratio=0.25)
        >>> x, y = next(iter(real.shuffle(64).batch(32).map(augment)))
        >>> x.shape, y.shape
        (TensorShape([32, 2]), TensorShape([32]))
    """

    def __init__(
        self,
        source: Any,
        ratio: float | Callable = 0.3,
        sampling_strategy: str | Mapping | None = None,
        mode: str = "replace",
        synthetic_weight: float | Callable | None = None,
        bank: Bank | str | os.PathLike | None = None,
        mark_synthetic: bool = False,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(trainable=False, autocast=False, dtype="float32", **kwargs)
        arguments.check(ratio, mode, seed)
        weights.check_weight(synthetic_weight)
        self.ratio = ratio if callable(ratio) else float(ratio)
        self.mode, self.seed = mode, int(seed)
        self.synthetic_weight, self.mark_synthetic = synthetic_weight, bool(mark_synthetic)
        # In a plain object, or Keras would track the GAN as a sublayer and save it with the model.
        self._held = HeldSource(source)
        self._bank = None if bank is None else HeldBank(bank, self._held.frozen)
        if sampling_strategy is not None:
            sampling_strategy = arguments.by_id(sampling_strategy, self.source.class_names)
            classes = self._num_classes("A `sampling_strategy`")
            policy.check_strategy(sampling_strategy, classes)
        self._strategy = sampling_strategy
        self._adapted_counts, self._mix = None, None
        self.built = True
        self._plan()

    @property
    def source(self) -> Synthesizer:
        """What rows are drawn from: the frozen source, or the bank."""
        return self._held.frozen if self._bank is None else self._bank.bank

    @property
    def sampling_strategy(self) -> str | dict[int, int] | None:
        """As given, with class ids as the keys of a dict."""
        return self._strategy

    @property
    def mix(self) -> policy.Mix | None:
        """How a `sampling_strategy` changes the classes; None without one, or before the counts are known."""
        return self._mix

    @property
    def classes_left_short(self) -> tuple:
        """Classes (names where known, else ids) that stay below what `sampling_strategy` asks for."""
        return () if self._mix is None else self._names(self._mix.short)

    def adapt(self, data: Any) -> "GANAugmentation":
        """Counts the classes of the real data, in place of what the source recorded in training.

        Args:
            data: Class ids `(n,)`, or a finite dataset of `(x, y)`, `(x, y, sample_weight)` or labels,
                batched or not.

        Returns:
            The layer itself.

        Raises:
            ValueError: For no labels at all, one-hot ones, ones outside the classes, or an endless
                dataset.

        Example:
            >>> augment = gankeras.GANAugmentation(
            ...     gankeras.testing.toy_gan(trained_steps=1), 0.5, sampling_strategy="not majority"
            ... )
            >>> augment.adapt([0] * 40 + [1] * 20 + [2] * 20 + [3] * 20).mix.labels.round(
            ...     2
            ... ).tolist()
            [0.0, 0.33, 0.33, 0.33]
        """
        num_classes = self._num_classes("`adapt`")
        labels = elements.labels_of(data)
        if not labels.size:
            raise ValueError(
                "`adapt` needs the labels of the real data; is the dataset empty, or used up? "
                f"Received: labels of shape {labels.shape}."
            )
        codec.check_labels(labels, len(labels), num_classes)
        self._adapted_counts = np.bincount(labels, minlength=num_classes).astype(np.int64)
        self._plan()
        return self

    def refresh(self) -> None:
        """Freezes the source anew: a GAN trained further, or the newest version at a path.

        Datasets made before keep what they have; map again.
        """
        self._held.freeze()
        self._plan()

    @tf.autograph.experimental.do_not_convert
    def __call__(self, x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        # Keras' own __call__ would cast samples and labels to its float policy.
        return self.call(x, y, sample_weight)

    def call(self, x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        x, y = elements.to_tensors(x), elements.to_tensors(y)
        if not elements.is_batched(x, elements.spec_for(x, self.source)):
            raise ValueError(
                "`dataset.map(augment)` needs batches: call `.batch(64)` before it, or use "
                "`dataset.apply(augment.apply_to)`, which takes single elements as well. "
                f"Received: one element, {tf.nest.map_structure(lambda t: t.shape, x)}."
            )
        elements.check_labels(y, x, self.source.num_classes)
        weight = elements.to_tensors(sample_weight)
        x, y, weight = self._augment((x, y, weight), mixing.content_key(x, y))
        if weight is not None:
            return x, y, weight
        return x if y is None else (x, y)

    def apply_to(
        self, dataset: tf.data.Dataset, num_parallel_calls: int | None = tf.data.AUTOTUNE
    ) -> tf.data.Dataset:
        """Augments a dataset, batched or not, with new randomness for each element and iteration.

        Args:
            dataset: Yields `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`.
            num_parallel_calls: As in `tf.data.Dataset.map`; the result does not depend on it.

        Returns:
            A dataset in the same order; replacing keeps its spec and cardinality. A schedule as `ratio` or
            `synthetic_weight` counts the batches of one iteration: call `.repeat()` before for a run of several epochs.
            A run that was killed and goes on counts from 0 again: give it `lambda step: schedule(step + done)`.

        Raises:
            ValueError: For an empty dataset, or elements that do not fit the source.

        Example:
            >>> augment = gankeras.GANAugmentation(gankeras.testing.toy_gan(trained_steps=1))
            >>> real = tf.data.Dataset.from_tensor_slices(gankeras.testing.toy_data(64))
            >>> real.apply(augment.apply_to).cardinality().numpy()
            np.int64(64)
        """
        if not isinstance(dataset, tf.data.Dataset):
            raise ValueError(
                "`apply_to` takes a tf.data.Dataset; make one with "
                "`tf.data.Dataset.from_tensor_slices((x, y))`. "
                f"Received: {type(dataset).__name__}."
            )
        cardinality = dataset.cardinality()
        if cardinality == 0:
            raise ValueError("`apply_to` needs a dataset with elements. Received: an empty one.")
        x = elements.split(dataset.element_spec)[0]
        batched = elements.is_batched(x, elements.spec_for(x, self.source))
        batches = dataset if batched else dataset.batch(CHUNK)
        steady = not batched and self._steady()

        def augment(element: Any, key: tf.Tensor, step: tf.Tensor) -> Any:
            parts = self._augment(elements.split(element), key, step, steady)
            return elements.join(element, *parts)

        zipped = tf.data.Dataset.zip(
            batches, mixing.element_keys(self.seed), tf.data.Dataset.counter()
        )
        augmented = zipped.map(
            tf.autograph.experimental.do_not_convert(augment),
            num_parallel_calls=num_parallel_calls,
            deterministic=None
            if num_parallel_calls is None
            else True,  # TensorFlow warns otherwise
        )
        if batched:
            return augmented
        rows = augmented.unbatch()
        if cardinality < 0 or (MODES[self.mode] is Append and not steady):
            return rows
        return rows.apply(tf.data.experimental.assert_cardinality(self._rows_after(cardinality)))

    def get_config(self) -> dict:
        if self._held.path is None:
            raise ValueError(
                "`GANAugmentation` can be saved only where its source is a path: write the GAN with "
                "`gankeras.export(gan, path)`, and make the layer with `GANAugmentation(path)`. "
                f"Received: a source of type {type(self._held.source).__name__}."
            )
        if self._bank is not None and self._bank.path is None:
            raise ValueError(
                "`GANAugmentation` can be saved only where its bank is a path: write it with `bank.save(path)`, and "
                "make the layer with `bank=path`. Received: a bank in memory."
            )
        config = super().get_config()
        for fixed in ("trainable", "dtype"):
            config.pop(fixed, None)
        strategy, counts = self._strategy, self._adapted_counts
        return {
            **config,
            "source": self._held.path,
            "ratio": schedules.config_of(self.ratio),
            # JSON would make text of the class ids.
            "sampling_strategy": [[int(key), int(rows)] for key, rows in strategy.items()]
            if isinstance(strategy, dict)
            else strategy,
            "mode": self.mode,
            "synthetic_weight": schedules.config_of(self.synthetic_weight),
            "mark_synthetic": self.mark_synthetic,
            "bank": None if self._bank is None else self._bank.path,
            "seed": self.seed,
            "adapted_counts": None if counts is None else counts.tolist(),
        }

    @classmethod
    def from_config(cls, config: dict) -> "GANAugmentation":
        config = dict(config)
        counts = config.pop("adapted_counts", None)
        if isinstance(config.get("sampling_strategy"), list):
            config["sampling_strategy"] = dict(config["sampling_strategy"])
        for name in ("ratio", "synthetic_weight"):
            config[name] = schedules.from_config(config[name])
        layer = cls(**config)
        return layer if counts is None else layer.adapt(np.repeat(np.arange(len(counts)), counts))

    def _augment(
        self, parts: tuple, key: tf.Tensor, step: Any = None, steady: bool = False
    ) -> tuple:
        """A batch `(x, y, sample_weight)`, None where it has no such part, with its synthetic rows.

        Their number follows from the batch's size alone where it is to be `steady`.
        """
        x, y, weight = parts
        elements.check_labels(y, x, self.source.num_classes)
        if y is not None:
            y = elements.check_values(y, self.source.num_classes)
        self._check_ready(x, y)
        first = tf.nest.flatten(x)[0]
        rows = tf.shape(first)[0] if first.shape[0] is None else first.shape[0]
        chances = mixing.chances(key, self.seed, rows)
        mixed = self._mode(step)(x, y, rows, chances._replace(rounding=None) if steady else chances)
        classes = self.source.num_classes
        weight = weights.weigh(mixed, weight, self.synthetic_weight, step, classes)
        x = {**mixed.x, "is_synthetic": mixed.synthetic} if self.mark_synthetic else mixed.x
        return x, mixed.y, weight

    def _mode(self, step: Any = None) -> Any:
        ratio = schedules.at_step(self.ratio, step, "ratio")
        if callable(self.ratio):
            ratio = tf.clip_by_value(tf.cast(ratio, tf.float32), 0.0, 1.0)
        return MODES[self.mode](self.source, ratio, self._mix)

    def _steady(self) -> bool:
        """Whether chunks of single elements may grow by a number that is known, so that the dataset's length is too."""
        return MODES[self.mode] is Append and (self._mode().idle or self._mode().added(CHUNK) > 0)

    def _rows_after(self, rows: tf.Tensor) -> int:
        """Rows of a dataset of single elements afterwards: `apply_to` works on chunks of it."""
        rows = int(rows)
        if MODES[self.mode] is not Append:
            return rows
        mode = self._mode()
        return rows + rows // CHUNK * mode.added(CHUNK) + mode.added(rows % CHUNK)

    def _check_ready(self, x: Any, y: Any) -> None:
        if self.mark_synthetic and not isinstance(x, dict):
            raise ValueError(
                "`mark_synthetic` adds a column to dict `x`: map the dataset to one, `lambda x, y: ({'x': x}, y)`, with a "
                f"source of such rows, or leave it out. Received: one tensor of shape {x.shape}."
            )
        if self.synthetic_weight is not None and y is None:
            raise ValueError(
                "`synthetic_weight` needs `(x, y)` elements, since Keras takes weights with labels alone. "
                f"Received: synthetic_weight={self.synthetic_weight!r} and no labels."
            )
        if self._strategy is None:
            return
        if y is None:
            raise ValueError(
                "A `sampling_strategy` needs labels: let the dataset yield `(x, y)`, or leave it "
                f"out. Received: sampling_strategy={self._strategy!r} and no labels."
            )
        if self._mix is None:
            raise ValueError(
                "A `sampling_strategy` needs the class counts of the real data, and the source has "
                "recorded none. Call `augment.adapt(labels)` (or a dataset) first. "
                f"Received: sampling_strategy={self._strategy!r}."
            )

    def _plan(self) -> None:
        """Works out the class mix where the counts are known, and says what it cannot reach."""
        counts = self.source.class_counts if self._adapted_counts is None else self._adapted_counts
        if self._strategy is None or counts is None:
            return
        # A schedule scales the whole mix as it goes.
        most = 1.0 if callable(self.ratio) else self.ratio
        self._mix = mix = MODES[self.mode].plan(counts, self._strategy, most)
        if mix.short:
            shares = [
                f"{name}: {100 * mix.shares[label]:.1f} % of the rows instead of {100 * mix.asked[label]:.1f} %"
                for label, name in zip(mix.short, self._names(mix.short), strict=True)
            ]
            reason = (
                f"`ratio={self.ratio}` caps it, {mix.needed:.3f} would do"
                if mix.needed
                else "no class is over-represented, so no row may be replaced"
            )
            warnings.warn(
                f"`sampling_strategy={self._strategy!r}` leaves classes short: {reason}. "
                f"Received class counts {np.asarray(counts).tolist()}; short are {'; '.join(shares)}.",
                stacklevel=3,
            )

    def _names(self, labels: tuple[int, ...]) -> tuple:
        names = self.source.class_names
        return tuple(labels) if names is None else tuple(names[label] for label in labels)

    def _num_classes(self, what: str) -> int:
        if self.source.num_classes is None:
            raise ValueError(
                f"{what} needs a source with classes; train it with labels (a codec with "
                "`num_classes=`). Received: a source without classes."
            )
        return self.source.num_classes

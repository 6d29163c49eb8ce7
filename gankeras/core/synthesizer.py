"""Anything that draws examples: a trained GAN, a loaded SavedModel, a baseline."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras import random
from gankeras.core import freezing, networks

# Streams of a row's randomness.
LATENTS, LABELS = 0, 1
# Rows drawn at once: a kernel may round differently for another number, so this one never changes.
CHUNK, TABLE_CHUNK = 64, 512


class Synthesizer:
    """Draws raw examples, each row from its own seed.

    A subclass sets the fields in its constructor and defines `draw`; `sample` and `freeze` then work.

    Args:
        element_spec: `tf.TensorSpec` (or dict of them) of one raw example, without a batch axis.
        num_classes: How many classes, or None.
        class_names: Their names, or None.
        class_counts: Rows of the real training data by class, or None.
        step: Training steps behind it; 0 means untrained.
        card: What is known about it, for people; `synthetic` is always true.
        codec: Of tables: their `Codec`, which knows what a condition on a column is and makes DataFrames.

    Example:
        >>> class Noise(gankeras.Synthesizer):
        ...     def draw(self, seeds, labels=None, conditions=None):
        ...         return gankeras.random.normal_rows(seeds, (3,))
        >>> Noise(tf.TensorSpec((3,), tf.float32)).sample(2, seed=1).shape
        (2, 3)
    """

    def __init__(
        self,
        element_spec: Any,
        num_classes: int | None = None,
        class_names: tuple[str, ...] | None = None,
        class_counts: np.ndarray | None = None,
        step: int = 1,
        card: dict | None = None,
        codec: Any = None,
    ):
        self.element_spec = element_spec
        self.codec = codec
        self.num_classes = num_classes
        self.class_names = class_names
        self._class_counts = class_counts
        self._step = step
        self.card = {**(card or {}), "synthetic": True}
        self._graph_draw = None

    @property
    def class_counts(self) -> np.ndarray | None:
        """Rows of the real training data by class, int64 `(num_classes,)`, or None."""
        return self._class_counts

    @property
    def _label_shares(self) -> np.ndarray | None:
        """By what classes come that nobody asks for, `(num_classes,)` of any sum; None for equal shares."""
        return self.class_counts

    @property
    def step(self) -> int:
        """Training steps behind it; 0 means untrained."""
        return self._step

    @property
    def target(self) -> str | None:
        """Name of the column that holds the class, for rows of columns that have one."""
        return getattr(self.codec, "target", None)

    @staticmethod
    def from_gan(gan: Any) -> "Synthesizer":
        """The synthesizer of a GAN's averaged generator; it follows further training (`freeze()` does not)."""
        return GeneratorSynthesizer(gan)

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> Any:
        """Raw examples, in the graph; each row a function of its seed, label and conditions alone.

        Args:
            seeds: Int64 `(n,)`, one a row.
            labels: Int class ids `(n,)`; None draws them by the shares of the real classes.
            conditions: Further conditions by name, `(n, ...)` each.

        Returns:
            A tensor `(n, ...)` (or a dict of them) as `element_spec` says.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `draw`.")

    def draw_followed(
        self, seeds: tf.Tensor, labels: tf.Tensor | None, conditions: dict | None
    ) -> tuple[Any, dict[str, tf.Tensor]]:
        """What `draw` returns, and for each given condition whether the generator followed it by itself.

        Returns:
            Raw examples, and bool `(n,)` by condition; empty where that cannot be told.
        """
        return self.draw(seeds, labels, conditions), {}

    def draw_labels(self, seeds: tf.Tensor) -> tf.Tensor:
        """Class ids int32 `(n,)` by the shares of the real classes, equal ones where these are unknown."""
        shares = self._label_shares
        counts = np.ones(self.num_classes) if shares is None else np.asarray(shares, np.float64)
        edges = tf.constant(np.cumsum(counts / counts.sum())[:-1], tf.float32)
        return tf.searchsorted(
            edges, random.uniform_rows(seeds, (), LABELS), side="right", out_type=tf.int32
        )

    def sample(
        self, num: int, labels: Any = None, conditions: dict | None = None, seed: int = 0
    ) -> Any:
        """Raw examples as NumPy, in chunks: row `i` of a seed is the same whatever `num` is.

        Args:
            num: How many, at least 0.
            labels: A class id or name for all rows, or one a row; None draws them by the shares of the real classes.
            conditions: Further conditions by name. For tables: a value for all rows, or one a row, of any columns.
            seed: Int in [0, 2**31).

        Returns:
            An array `(num, ...)` (or a dict of them) as `element_spec` says; for tables a DataFrame, whose
            `attrs["agreement"]` holds, by conditioned column, the share of rows in which the generator made the asked
            value by itself. All rows hold it in the end.

        Raises:
            ValueError: For labels outside the classes, a wrong number of them, or a seed out of range, and for
                conditions that the data cannot meet.
        """
        check_draw(num, seed)
        num = int(num)
        table = self.codec is not None
        if table:
            ids, given = None, self.codec.encode_conditions(labels, conditions, num)
        else:
            ids, given = self._label_ids(labels, num), conditions
        chunk = TABLE_CHUNK if isinstance(self.element_spec, dict) else CHUNK
        # Full chunks only: a kernel may round differently for another batch size.
        padded = -(-max(num, 1) // chunk) * chunk
        seeds = random.row_seeds(int(seed), padded)
        ids, given = tf.nest.map_structure(lambda part: _pad_rows(part, padded), (ids, given))
        if ids is None and self.num_classes is not None and not table:
            ids = self.draw_labels(seeds)  # here, not in the kept graph: the counts may change
        if self._graph_draw is None:
            self._graph_draw = tf.function(self.draw_followed, autograph=False)
        chunks = []
        for start in range(0, padded, chunk):
            rows = slice(start, start + chunk)
            parts = tf.nest.map_structure(
                lambda part, rows=rows: None if part is None else part[rows], (seeds, ids, given)
            )
            chunks.append(tf.nest.map_structure(lambda t: t.numpy(), self._graph_draw(*parts)))
        raw, followed = tf.nest.map_structure(lambda *parts: np.concatenate(parts)[:num], *chunks)
        return self.codec.present(raw, followed, given) if table else raw

    def freeze(self) -> "Synthesizer":
        """A copy whose `draw` holds constants instead of variables: for tf.data, its checkpoints and its workers."""
        return FrozenSynthesizer(self)

    def _label_ids(self, labels: Any, num: int) -> np.ndarray | None:
        if labels is None:
            return None
        if self.num_classes is None:
            raise ValueError(
                f"This source has no classes; leave `labels` out. Received: labels={labels!r}."
            )
        values = np.asarray(labels)
        if values.dtype.kind in "US":
            names = self.class_names or ()
            unknown = sorted(set(values.ravel().tolist()) - set(names))
            if unknown:
                raise ValueError(
                    f"Unknown class name. Expected names out of {list(names)}, or ids. Received: {unknown}."
                )
            values = np.vectorize(names.index, otypes=[np.int64])(values)
        if values.dtype.kind not in "iu":
            raise ValueError(
                f"Labels must be class ids or names. Received: dtype {values.dtype}, labels={labels!r}."
            )
        if values.ndim > 1 or (values.ndim == 1 and len(values) != num):
            raise ValueError(
                f"Expected one label, or one for each of {num} rows. Received: labels of shape {values.shape}."
            )
        if values.size and (values.min() < 0 or values.max() >= self.num_classes):
            raise ValueError(
                f"Labels must lie between 0 and {self.num_classes - 1}. Received: labels={labels!r}."
            )
        return np.broadcast_to(values, (num,)).astype(np.int32)


def check_draw(num: Any, seed: Any) -> None:
    """Checks the arguments of `sample` that every source shares.

    Raises:
        ValueError: For a number of rows or a seed that is none.
    """
    if not _is_whole(num) or num < 0:
        raise ValueError(f"`num` must be a whole number of at least 0. Received: num={num!r}.")
    if not _is_whole(seed) or not 0 <= seed < 2**31:
        raise ValueError(f"`seed` must be a whole number in [0, 2**31). Received: seed={seed!r}.")


def _is_whole(value: Any) -> bool:
    try:
        return bool(int(value) == value)
    except (TypeError, ValueError, OverflowError):
        return False


def _pad_rows(part: Any, rows: int) -> Any:
    """An array `(n, ...)` as a tensor of `rows` rows, the last one repeated."""
    if part is None:
        return None
    part = np.asarray(part)
    pad = [(0, rows - len(part)), *[(0, 0)] * (part.ndim - 1)]
    return tf.constant(np.pad(part, pad, mode="edge" if len(part) else "constant"))


class GeneratorSynthesizer(Synthesizer):
    """The averaged generator of a GAN and its codec."""

    def __init__(self, gan: Any):
        self._gan = gan
        codec = gan.codec
        super().__init__(
            codec.element_spec,
            codec.num_classes,
            codec.class_names,
            card={"generator": type(gan).__name__, "seed": gan.seed},
            codec=codec if isinstance(codec.element_spec, dict) else None,
        )

    @property
    def class_counts(self) -> np.ndarray | None:
        """Rows of the real training data by class, as they stand now."""
        return self._gan.class_counts

    @property
    def step(self) -> int:
        """Training steps behind it."""
        return self._gan.step

    @property
    def gan(self) -> Any:
        """The GAN behind it: exports need its networks."""
        return self._gan

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> Any:
        return self.draw_followed(seeds, labels, conditions)[0]

    def draw_followed(
        self, seeds: tf.Tensor, labels: tf.Tensor | None, conditions: dict | None
    ) -> tuple[Any, dict[str, tf.Tensor]]:
        gan = self._gan
        latents = random.normal_rows(
            seeds, tuple(networks.declared_inputs(gan.ema_generator)["latents"].shape[1:]), LATENTS
        )
        if labels is None and self.num_classes is not None and not conditions:
            labels = self.draw_labels(seeds)
        labels = None if labels is None else tf.cast(labels, tf.int32)
        given = gan.codec.network_conditions(seeds, labels, dict(conditions or {}))
        samples = networks.call(gan.ema_generator, {**given, "latents": latents}, training=False)[
            "samples"
        ]
        return gan.codec.decode(samples, given), gan.codec.followed(samples, given)


class FrozenSynthesizer(Synthesizer):
    """A synthesizer as it was at one moment, as a constant graph."""

    def __init__(self, source: Synthesizer):
        super().__init__(
            source.element_spec,
            source.num_classes,
            source.class_names,
            source.class_counts,
            source.step,
            source.card,
        )
        self._presenter = source.codec
        signature = [tf.TensorSpec((None,), tf.int64)]
        if self.num_classes is not None:
            signature.append(tf.TensorSpec((None,), tf.int32))
        self._constant_draw = freezing.freeze(source.draw, signature)

    @property
    def target(self) -> str | None:
        return getattr(self._presenter, "target", None)

    def freeze(self) -> "FrozenSynthesizer":
        return self

    def sample(
        self, num: int, labels: Any = None, conditions: dict | None = None, seed: int = 0
    ) -> Any:
        raw = super().sample(num, labels, conditions, seed)
        return raw if self._presenter is None else self._presenter.present(raw)

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> Any:
        if conditions:
            raise ValueError(
                f"A frozen source takes labels alone. Received: conditions {sorted(conditions)}."
            )
        if self.num_classes is None:
            drawn = self._constant_draw(seeds)
        else:
            drawn = self._constant_draw(
                seeds, tf.cast(self.draw_labels(seeds) if labels is None else labels, tf.int32)
            )
        rows = seeds.shape[0]
        return tf.nest.map_structure(
            lambda t, s: tf.ensure_shape(t, (rows, *s.shape)), drawn, self.element_spec
        )

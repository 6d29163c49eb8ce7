"""Tables of mixed columns to spans of numbers and back."""

import json
import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.codec import Codec
from gankeras.tables import codec_settings, column_checks, drawn_conditions, frames, ordered_columns
from gankeras.tables import columns as table_columns
from gankeras.tables import conditions as table_conditions
from gankeras.tables.category_column import CategoryColumn
from gankeras.tables.numeric_column import NumericColumn

LEAST_ROWS = 20
# Rows that are encoded at once.
CHUNK = 65_536


@keras.saving.register_keras_serializable("gankeras")
class TableCodec(Codec):
    """Columns of numbers, categories, truth values and dates, with missing values, learnt from a table by `adapt`.

    A number becomes a mode of a mixture and a place in it, a point mass, or missing; a category a slot. What is kept
    of the table is counts, mixtures and names that at least `min_count` rows share: no row can be read out of it.

    Args:
        target: The column of classes, None for a table without.
        types: Kinds of columns where they should not be found out: "continuous", "integer", "boolean",
            "categorical", "ordinal", "datetime", "constant" or "identifier" (which is left out), by column.
        bounds: `(least, greatest)` of numeric columns, either of which may be None.
        ordered: Pairs of numeric columns `(a, b)` with `a <= b` in every row.
        min_count: A category that fewer rows share is not kept by name (they come out as "(other)" where so many rows
            hold such), nor is a number.
        max_categories: Of a column with a slot of their own; the others share one.
        modes: Most modes of a column's mixture.

    Raises:
        ValueError: For settings that no table can meet.

    Example:
        >>> table = {"age": np.arange(60) % 30 + 20, "sex": np.array(["f", "m"] * 30)}
        >>> codec = gankeras.tables.TableCodec(target="sex").adapt(table)
        >>> codec.class_names
        ('f', 'm')
        >>> codec.decode(codec.expand(codec.encode(codec.as_raw(table))["samples"]))["age"].shape
        TensorShape([60])

    References:
        - Xu et al. 2019, arXiv:1907.00503, section 4.2 (mode-specific normalization). Deviations: a value's mode is the
          likeliest, not a drawn one, so that encoding repeats itself; point masses and missing values are slots
          beside the modes (Zhao et al. 2021, arXiv:2102.08369, section 3.2); long tails are taken by their logarithm.
    """

    def __init__(
        self,
        target: str | None = None,
        types: dict[str, str] | None = None,
        bounds: dict[str, tuple] | None = None,
        ordered: Any = (),
        min_count: int = 5,
        max_categories: int = 128,
        modes: int = 10,
        **kwargs,
    ):
        columns = kwargs.pop("columns", None)
        super().__init__(**kwargs)
        self.target = target
        self.types = dict(types or {})
        self.bounds = codec_settings.plain_bounds(bounds or {})
        self.ordered = [tuple(pair) for pair in ordered]
        self.min_count, self.max_categories = int(min_count), int(max_categories)
        self.modes = int(modes)
        codec_settings.check_settings(self)
        self.columns: list[NumericColumn | CategoryColumn] = []
        self.dropped: list[str] = []
        # Training rows by class and slot, int64 `(classes, slots)`; None without a target.
        self.by_class: np.ndarray | None = None
        if columns is not None:
            facts = json.loads(columns)
            self._set_columns(
                [table_columns.from_json(c) for c in facts["columns"]], facts["dropped"]
            )
            if (by_class := facts.get("by_class")) is not None:
                self.by_class = np.asarray(by_class, np.int64)

    def adapt(self, raw: Any) -> "TableCodec":
        """Learns kinds, vocabularies and mixtures of a table's columns.

        Args:
            raw: A pandas DataFrame, or a dict of arrays by column name.

        Returns:
            The codec itself.

        Raises:
            ValueError: For a table that cannot be learnt from; the message names column and row.
        """
        series = frames.as_series(raw)
        rows = len(next(iter(series.values()), ()))
        if rows < LEAST_ROWS:
            raise ValueError(
                f"A table needs at least {LEAST_ROWS} rows to learn from. Received: {rows} rows."
            )
        kinds = column_checks.kinds_of(series, self.target, self.types, self.bounds)
        dropped = [name for name, kind in kinds.items() if kind == "identifier"]
        found = [name for name in dropped if name not in self.types]
        if found:
            warnings.warn(
                f"Columns of names or numbers that tell every row apart are left out: {found}. Keep one with "
                f"`types={{{found[0]!r}: 'categorical'}}`.",
                stacklevel=2,
            )
        kept = {name: series[name] for name in kinds if name not in dropped}
        if not kept:
            raise ValueError(f"No column is left to learn. Received: identifiers {dropped}.")
        self._set_columns(table_columns.fit_columns(kept, kinds, self), dropped)
        ordered_columns.check_order(self.ordered, kept, kinds)
        self._count(kept)
        return self

    def _count(self, kept: dict[str, Any]) -> None:
        """Adds the rows by slot to the numeric columns, and counts those of each class."""
        raw = {c.name: frames.to_raw(kept[c.name], c.kind, c.raw_dtype) for c in self.columns}
        codes = self.encode_table(raw)["codes"]
        counted = []
        for index, column in enumerate(self.columns):
            if isinstance(column, NumericColumn):
                counts = np.bincount(codes[:, index], minlength=column.num_slots)
                column = table_columns.with_counts(column, counts)
            counted.append(column)
        self._set_columns(counted, self.dropped)
        if self.target is not None:
            self.by_class = self._counted_by_class(codes)

    def _counted_by_class(self, codes: np.ndarray) -> np.ndarray:
        """What fewer than `min_count` rows share is counted as 0: it may be a single row's."""
        labels = codes[:, self.by_name[self.target]].astype(np.int64)
        cells = labels[:, None] * self.num_slots + self.offsets[:-1] + codes
        counts = np.bincount(cells.ravel(), minlength=self.num_classes * self.num_slots)
        counts = counts.reshape(self.num_classes, self.num_slots)
        return np.where(counts >= self.min_count, counts, 0)

    def _set_columns(self, columns: list, dropped: list[str]) -> None:
        self.columns, self.dropped = columns, list(dropped)
        self.by_name = {column.name: index for index, column in enumerate(columns)}
        self.widths = [column.num_slots for column in columns]
        self.offsets = np.cumsum([0, *self.widths])
        self.num_slots = int(self.offsets[-1])
        self.valued = [i for i, column in enumerate(columns) if column.has_value]
        if self.target is not None:
            classes = columns[self.by_name[self.target]]
            self.num_classes = len(classes.head)
            self.class_names = tuple(str(value) for value in classes.head)

    @property
    def element_spec(self) -> dict[str, tf.TensorSpec]:
        """One row: a scalar by column."""
        self.check_adapted()
        return {c.name: tf.TensorSpec((), c.raw_dtype) for c in self.columns}

    @property
    def sample_shape(self) -> tuple[int]:
        """Numbers first, then the slots of every column."""
        self.check_adapted()
        return (len(self.valued) + self.num_slots,)

    @property
    def condition_spec(self) -> dict[str, tf.TensorSpec]:
        """The conditional vector: 1 in the slot of each column that is given, else 0."""
        return {"condition": tf.TensorSpec((self.num_slots,), tf.float32)}

    @property
    def spans(self) -> dict[str, tuple[int, int]]:
        """Where the slots of each column begin and end in an encoded sample."""
        first = len(self.valued)
        return {
            c.name: (first + int(start), first + int(start) + c.num_slots)
            for c, start in zip(self.columns, self.offsets, strict=False)
        }

    def as_raw(self, x: Any) -> dict[str, np.ndarray]:
        """A DataFrame or dict as arrays by column, in the dtypes of `element_spec`; identifiers are left out."""
        self.check_adapted()
        if isinstance(x, frames.RawColumns):
            return x
        series = frames.as_series(x)
        column_checks.check_columns(series, self)
        return frames.RawColumns(
            {
                c.name: frames.to_raw(frames.in_unit(series[c.name], c.dtype), c.kind, c.raw_dtype)
                for c in self.columns
            }
        )

    def check_samples(self, x: Any) -> None:
        """Checks a whole table."""
        self.as_raw(x)

    def check(self, x: Any, y: Any = None) -> None:
        if y is not None:
            raise ValueError(
                "A table holds its classes itself, in the target column; leave `y` out. "
                f"Received: labels of shape {np.shape(y)}."
            )
        self.check_samples(x)

    def check_spec(self, spec: Any) -> None:
        expected = self.element_spec
        if not isinstance(spec, dict) or set(spec) != set(expected):
            found = sorted(spec) if isinstance(spec, dict) else spec
            raise ValueError(
                f"The dataset must yield dicts of the table's columns, {sorted(expected)}. Received: {found}."
            )
        for name, part in spec.items():
            if part.shape.rank == 0:
                raise ValueError(
                    "The dataset yields single rows; `fit` needs batches. Call `.batch(500)` first. "
                    f"Received: column {name!r} of shape {part.shape}."
                )
            if part.shape.rank != 1 or part.dtype != expected[name].dtype:
                raise ValueError(
                    f"Column {name!r} must be of shape (batch,) and dtype {expected[name].dtype.name}: "
                    "`codec.as_raw(frame)` makes such arrays. "
                    f"Received: shape {part.shape} and dtype {part.dtype.name}."
                )

    def encode(self, x: Any, y: Any = None) -> dict[str, Any]:
        """Raw columns as `{"samples": {"codes": int32 (n, columns), "values": float32 (n, numbers)}, "conditions": {}}`."""
        return {"samples": self.encode_samples(x), "conditions": {}}

    def encode_samples(self, x: dict[str, Any]) -> dict[str, tf.Tensor]:
        parts = [c.encode(tf.convert_to_tensor(x[c.name], c.raw_dtype)) for c in self.columns]
        rows = tf.shape(parts[0][0])[0]
        values = [parts[i][1] for i in self.valued]
        return {
            "codes": tf.stack([code for code, _ in parts], axis=1),
            "values": tf.stack(values, axis=1) if values else tf.zeros((rows, 0)),
        }

    def encode_table(self, raw: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """`encode_samples` of a whole table, chunk by chunk."""
        rows = len(next(iter(raw.values())))
        function = tf.function(self.encode_samples, autograph=False, reduce_retracing=True)
        with tf.device("CPU"):
            parts = [
                tf.nest.map_structure(
                    lambda t: t.numpy(),
                    function({k: tf.constant(v[i : i + CHUNK]) for k, v in raw.items()}),
                )
                for i in range(0, rows, CHUNK)
            ]
        return {key: np.concatenate([part[key] for part in parts]) for key in ("codes", "values")}

    def expand(self, encoded: dict[str, tf.Tensor]) -> tf.Tensor:
        """Codes and values as float32 `(n, *sample_shape)`: numbers, then one-hot slots."""
        return tf.concat(
            [tf.cast(encoded["values"], tf.float32), self.one_hot(encoded["codes"])], axis=1
        )

    def one_hot(self, codes: tf.Tensor) -> tf.Tensor:
        """Codes int32 `(n, columns)` as float32 `(n, slots)`; nothing where a code is below 0."""
        column = np.repeat(np.arange(len(self.widths)), self.widths)
        inner = np.concatenate([np.arange(width) for width in self.widths])
        spread = tf.gather(tf.cast(codes, tf.int32), tf.constant(column, tf.int32), axis=1)
        return tf.cast(tf.equal(spread, tf.constant(inner, tf.int32)), tf.float32)

    def codes_of(self, samples: tf.Tensor) -> tf.Tensor:
        """The likeliest slot of each column, int32 `(n, columns)`."""
        slots = samples[:, len(self.valued) :]
        return tf.stack(
            [
                tf.argmax(slots[:, start : start + width], axis=1, output_type=tf.int32)
                for start, width in zip(self.offsets.tolist(), self.widths, strict=False)
            ],
            axis=1,
        )

    def decode(
        self, samples: Any, conditions: dict[str, tf.Tensor] | None = None
    ) -> dict[str, tf.Tensor]:
        """Encoded samples as raw columns.

        Args:
            samples: Float32 `(n, *sample_shape)`, soft or hard.
            conditions: As `network_conditions` takes them; given columns come out as given.

        Returns:
            A tensor `(n,)` by column, as `element_spec` says.
        """
        codes = self.codes_of(samples)
        if conditions is not None:
            codes = tf.where(conditions["codes"] >= 0, conditions["codes"], codes)
        made = {}
        for index, column in enumerate(self.columns):
            code = codes[:, index]
            position = tf.zeros_like(code, tf.float32)
            if column.has_value:
                position = tf.cast(samples[:, self.valued.index(index)], tf.float32)
                if conditions is not None and isinstance(column, CategoryColumn):
                    asked = tf.cast(conditions["numbers"][:, index], tf.float32)
                    position = tf.where(tf.math.is_nan(asked), position, asked)
            made[column.name] = column.decode(code, position)
        return table_conditions.settle(self, made, conditions)

    def labels_of(self, x: dict[str, Any], y: Any = None) -> tf.Tensor | None:
        """Class ids int32 `(n,)` of raw columns: the target holds them."""
        if self.target is None:
            return None
        column = self.columns[self.by_name[self.target]]
        return column.encode(tf.convert_to_tensor(x[self.target], column.raw_dtype))[0]

    def encode_conditions(
        self, labels: Any, conditions: dict[str, Any] | None, num: int
    ) -> dict[str, np.ndarray]:
        """Conditions as users give them, checked, as what the graph takes: see `Synthesizer.sample`.

        Returns:
            `codes` int32 `(num, columns)`, -1 where nothing is asked, and `numbers` float64 `(num, columns)`, NaN there.

        Raises:
            ValueError: Naming column and row of a condition that cannot be met.
        """
        self.check_adapted()
        return table_conditions.encode_conditions(self, labels, conditions, num)

    def network_conditions(
        self, seeds: tf.Tensor, labels: tf.Tensor | None, conditions: dict[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        return drawn_conditions.complete(self, seeds, labels, conditions)

    def followed(self, samples: Any, conditions: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        same = tf.equal(self.codes_of(samples), conditions["codes"])
        return {c.name: same[:, index] for index, c in enumerate(self.columns)}

    def present(
        self,
        raw: dict[str, np.ndarray],
        followed: dict[str, np.ndarray] | None = None,
        given: dict[str, Any] | None = None,
    ) -> Any:
        """Raw columns as a pandas DataFrame in the order and dtypes of the adapted table (of PyArrow's: pandas' equals).

        Args:
            raw: Arrays by column.
            followed: What `followed` returned, by column; None where nothing was asked for.
            given: What `encode_conditions` returned; None likewise.
        """
        import pandas as pd

        frame = pd.DataFrame(
            {
                c.name: frames.to_series(
                    raw[c.name], c.dtype, c.kind, c.nullable, getattr(c, "levels", None)
                )
                for c in self.columns
            }
        )
        if given is None:
            return frame
        asked = np.asarray(given["codes"])[: len(frame)] >= 0
        frame.attrs["agreement"] = {
            c.name: float(followed[c.name][asked[:, index]].mean())
            for index, c in enumerate(self.columns)
            if c.name in followed and asked[:, index].any()
        }
        return frame

    def check_adapted(self) -> None:
        """Raises a `ValueError` unless `adapt` was called."""
        if not self.columns:
            raise ValueError(
                "The codec has seen no table yet. Call `codec.adapt(frame)` first. Received: a codec without columns."
            )

    def get_config(self) -> dict:
        config = super().get_config()
        for name in ("num_classes", "class_names"):
            config.pop(name)
        columns = {
            "columns": [c.to_json() for c in self.columns],
            "dropped": self.dropped,
            "by_class": None if self.by_class is None else self.by_class.tolist(),
        }
        return {
            **config,
            "target": self.target,
            "types": self.types,
            "bounds": {name: list(pair) for name, pair in self.bounds.items()},
            "ordered": [list(pair) for pair in self.ordered],
            "min_count": self.min_count,
            "max_categories": self.max_categories,
            "modes": self.modes,
            # One string: Keras would look for objects of its own in a dict.
            "columns": json.dumps(columns) if self.columns else None,
        }

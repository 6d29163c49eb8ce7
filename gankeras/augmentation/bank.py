"""Samples drawn beforehand and filtered: a bank, which is a synthesizer itself."""

import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.augmentation.filters import SampleFilter
from gankeras.augmentation.held_source import HeldSource
from gankeras.core.npz_files import read_arrays
from gankeras.core.stored_rows import StoredRows, take_rows
from gankeras.core.synthesizer import Synthesizer, check_draw
from gankeras.core.written_beside import written_beside

CHUNK = 256
MOST_DRAWS = 10


class Bank(StoredRows):
    """Rows that were drawn before training; `draw` picks some of them, so it costs next to nothing.

    Made by `draw_bank`. It goes wherever a source goes: `GANAugmentation(bank)`, `evaluation.uplift(bank, ...)`.

    Args:
        samples: Raw rows `(n, ...)`, or a dict of them.
        labels: Their class ids `(n,)`, or None.
        like: The synthesizer that they come from, for all that is known of its rows and classes; every class must have
            a row in the bank.
        record: What `draw_bank` counted: by class the rows drawn, kept, and dropped by each filter.

    Example:
        >>> gan = gankeras.testing.toy_gan(trained_steps=1)
        >>> bank = gankeras.augmentation.draw_bank(gan, 40, verbose=0)
        >>> bank.save("toy_bank.npz")
        >>> gankeras.augmentation.Bank.load("toy_bank.npz").sample(3, labels=1).shape
        (3, 2)
    """

    def __init__(
        self,
        samples: Any,
        labels: np.ndarray | None,
        like: Synthesizer,
        record: Mapping[str, Mapping[str, Any]] | None = None,
    ):
        super().__init__(samples, labels, like)
        self.record = {name: dict(counted) for name, counted in (record or {}).items()}

    @property
    def acceptance(self) -> dict[str, float]:
        """By class: the share of the drawn rows that the filters kept."""
        return {name: counted["kept"] / counted["drawn"] for name, counted in self.record.items()}

    def save(self, path: str | os.PathLike) -> None:
        """Writes the bank as one `.npz` file, which is there whole or not at all."""
        path = pathlib.Path(path)
        facts = {
            "element_spec": tf.nest.map_structure(
                lambda s: {"shape": s.shape.as_list(), "dtype": s.dtype.name}, self.element_spec
            ),
            "is_dict": isinstance(self.element_spec, dict),
            "num_classes": self.num_classes,
            "class_names": self.class_names,
            "class_counts": None
            if self.class_counts is None
            else np.asarray(self.class_counts).tolist(),
            "step": self.step,
            "record": self.record,
            "card": self.card,
        }
        parts = self.samples if isinstance(self.samples, dict) else {"": self.samples}
        # Text comes as an object array, which only pickle could write.
        arrays = {
            f"samples/{name}": part.astype("S") if part.dtype == object else part
            for name, part in parts.items()
        }
        with written_beside(path) as beside, open(beside, "wb") as file:
            np.savez_compressed(file, labels=self.labels, facts=json.dumps(facts), **arrays)

    @staticmethod
    def load(path: str | os.PathLike) -> "Bank":
        """Reads what `save` wrote.

        Raises:
            ValueError: If there is no such file, or it is damaged or no bank.
        """
        expected = "`path` must be a file that `Bank.save` wrote."
        arrays = read_arrays(path, expected)
        try:
            return Bank._of(arrays)
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(
                f"{expected} Received: {os.fspath(path)!r} with {sorted(arrays)} ({type(error).__name__}: {error})."
            ) from error

    @staticmethod
    def _of(arrays: Mapping[str, np.ndarray]) -> "Bank":
        facts, labels = json.loads(str(arrays["facts"])), arrays["labels"]
        prefix = "samples/"
        parts = {
            name.removeprefix(prefix): part
            for name, part in arrays.items()
            if name.startswith(prefix)
        }
        specs = facts["element_spec"] if facts["is_dict"] else {"": facts["element_spec"]}
        specs = {name: tf.TensorSpec(spec["shape"], spec["dtype"]) for name, spec in specs.items()}
        names, counts = facts["class_names"], facts["class_counts"]
        like = Synthesizer(
            specs if facts["is_dict"] else specs[""],
            facts["num_classes"],
            None if names is None else tuple(names),
            None if counts is None else np.asarray(counts, np.int64),
            facts["step"],
            facts["card"],
        )
        return Bank(parts if facts["is_dict"] else parts[""], labels, like, facts["record"])


class HeldBank:
    """A bank as a pipeline was given it: the object, or the path of its file.

    Raises:
        ValueError: If it is no bank, or holds other rows than the source draws.
    """

    def __init__(self, bank: Any, source: Synthesizer):
        self.path = os.fspath(bank) if isinstance(bank, str | os.PathLike) else None
        self.bank = Bank.load(bank) if self.path is not None else bank
        if not isinstance(self.bank, Bank):
            raise ValueError(
                "`bank` must be what `draw_bank` returned, or the path of a saved one. "
                f"Received: {type(bank).__name__}."
            )
        mine, theirs = ((s.element_spec, s.num_classes) for s in (self.bank, source))
        if mine != theirs:
            raise ValueError(
                "`bank` must hold rows as the source draws them: draw it from this source. "
                f"Received: a bank of {mine[0]} in {mine[1]} classes, a source of {theirs[0]} in {theirs[1]}."
            )


def draw_bank(
    source: Any,
    num: int,
    filters: Sequence[SampleFilter] = (),
    seed: int = 0,
    verbose: int = 1,
) -> Bank:
    """Draws samples beforehand and keeps those that pass every filter, as many of each class.

    For generators too heavy to run inside a pipeline, and wherever samples shall be judged before they are used. Draws
    run on the accelerator where there is one.

    Args:
        source: A trained GAN, a `Synthesizer`, or the path of a SavedModel.
        num: Rows to keep; a class gets the same number as any other, within one.
        filters: Asked one after another; a row that one of them drops is not shown to the next.
        seed: Int in [0, 2**31).
        verbose: 1 shows a progress bar, 0 nothing.

    Returns:
        A `Bank`.

    Raises:
        ValueError: For an untrained source or a wrong number; and when ten times `num` were drawn without filling
            each class: the message has the acceptance by class.

    Example:
        >>> gan = gankeras.testing.toy_gan(trained_steps=1)
        >>> bank = gankeras.augmentation.draw_bank(gan, 100, verbose=0)
        >>> bank.acceptance["0"]
        1.0
    """
    if isinstance(filters, str) or not isinstance(filters, Sequence):
        raise ValueError(
            "`filters` must be a list of filters: pass `[NearCopies(x_train)]`. "
            f"Received: {type(filters).__name__}."
        )
    for one in filters:
        if not isinstance(one, SampleFilter):
            raise ValueError(
                "Each filter must be a `SampleFilter` object, such as `NearCopies(x_train)`. "
                f"Received: {one!r}."
            )
    held = HeldSource(source)
    classes = held.frozen.num_classes or 1
    check_draw(num, seed)
    if num < classes:
        raise ValueError(
            f"`num` must be a whole number, at least one row for each of {classes} classes. Received: num={num!r}."
        )
    for one in filters:
        one.prepare(held.synthesizer)
    drawing = _Drawing(held.frozen, int(num), list(filters), int(seed))
    bar = keras.utils.Progbar(int(num), verbose=1 if verbose else 0, unit_name="sample")
    while not drawing.done:
        drawing.draw_chunk()
        bar.update(drawing.kept, finalize=drawing.done)
    return drawing.bank()


class _Drawing:
    """The state of `draw_bank`: what is still missing of each class, and what was counted."""

    def __init__(self, source: Synthesizer, num: int, filters: list[SampleFilter], seed: int):
        self._source, self._filters = source, filters
        classes = source.num_classes or 1
        self._wanted = num // classes + (np.arange(classes) < num % classes)
        self._kept = np.zeros(classes, np.int64)
        names = source.class_names or [str(c) for c in range(classes)]
        self._names = list(names) if source.num_classes else ["all"]
        self._dropped = [np.zeros(classes, np.int64) for _ in filters]
        self._parts: list[tuple[Any, np.ndarray]] = []
        self._first, self._position = np.int64(seed) << 32, 0

    @property
    def kept(self) -> int:
        return int(self._kept.sum())

    @property
    def _drawn(self) -> np.ndarray:
        """Rows by class that were judged."""
        return self._kept + np.sum(self._dropped, axis=0, dtype=np.int64)

    @property
    def done(self) -> bool:
        return bool((self._kept == self._wanted).all())

    def draw_chunk(self) -> None:
        """Draws a chunk of the classes that are still short, and keeps what passes."""
        short = np.flatnonzero(self._kept < self._wanted)
        if (self._drawn[short] >= MOST_DRAWS * self._wanted[short]).any():
            self._give_up(short)
        labels = np.resize(short, CHUNK).astype(np.int32)
        seeds = self._first + np.arange(self._position, self._position + CHUNK, dtype=np.int64)
        self._position += CHUNK
        given = tf.constant(labels) if self._source.num_classes else None
        x = tf.nest.map_structure(lambda t: t.numpy(), self._source.draw(tf.constant(seeds), given))
        self._keep(x, labels)

    def _keep(self, x: Any, labels: np.ndarray) -> None:
        rows = np.arange(len(labels))
        dropped_by = np.full(len(labels), -1)
        for number, one in enumerate(self._filters):
            if not len(rows):
                break
            y = labels[rows] if self._source.num_classes else None
            passed = _asked(one, take_rows(x, rows), y, len(rows))
            dropped_by[rows[~passed]] = number
            rows = rows[passed]
        rows, judged = self._needed(rows, labels)
        classes = len(self._wanted)
        for number, dropped in enumerate(self._dropped):
            dropped += np.bincount(labels[judged & (dropped_by == number)], minlength=classes)
        self._kept += np.bincount(labels[rows], minlength=classes)
        self._parts.append((take_rows(x, rows), labels[rows]))

    def _needed(self, passed: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of the rows that passed those that are kept, by class; and which rows of the chunk count as judged.

        The last chunk of a class may bring more rows than it has need of: what follows the row that fills it counts
        neither as kept nor as dropped, or the share kept would come out too small.
        """
        kept, judged = [], np.ones(len(labels), bool)
        for c, free in enumerate(self._wanted - self._kept):
            kept.append(passed[labels[passed] == c][:free])
            if free and len(kept[-1]) == free:
                judged[kept[-1][-1] + 1 :] &= labels[kept[-1][-1] + 1 :] != c
        return np.concatenate(kept), judged

    def _give_up(self, short: np.ndarray) -> None:
        shares = {
            self._names[c]: f"{self._kept[c] / max(self._drawn[c], 1):.3f}"
            for c in range(len(self._wanted))
        }
        raise ValueError(
            f"{MOST_DRAWS} times the rows asked for were drawn, and too few passed the filters. Train the GAN longer, or "
            f"loosen the filters. Received: shares kept {shares}; short are {[self._names[c] for c in short]}."
        )

    def bank(self) -> Bank:
        source = self._source
        samples = tf.nest.map_structure(
            lambda *parts: np.concatenate(parts), *[x for x, _ in self._parts]
        )
        labels = np.concatenate([y for _, y in self._parts])
        names = [one.name for one in self._filters]
        if len(set(names)) < len(names):
            names = [f"{number}. {name}" for number, name in enumerate(names, 1)]
        record = {
            name: {
                "drawn": int(self._drawn[c]),
                "kept": int(self._kept[c]),
                "dropped": {f: int(d[c]) for f, d in zip(names, self._dropped, strict=True)},
            }
            for c, name in enumerate(self._names)
        }
        return Bank(samples, labels, source, record)


def _asked(one: SampleFilter, x: Any, y: np.ndarray | None, rows: int) -> np.ndarray:
    passed = np.asarray(one.keep(x, y))
    if passed.dtype != bool or passed.shape != (rows,):
        raise ValueError(
            f"`keep` of a filter must return one bool a row, such as `scores > 0.5`, for {rows} rows. "
            f"Received: dtype {passed.dtype}, shape {passed.shape} from `{one.name}`."
        )
    return passed

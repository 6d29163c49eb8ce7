"""What the generator is told where nobody asked: drawn by the counts of the training rows."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras import random

# Streams of a row's randomness, beside those of a synthesizer and of `conditions`.
COLUMN, CATEGORY, OTHER_COLUMN, OTHER_CATEGORY = 11, 12, 14, 15


def complete(
    codec: Any, seeds: tf.Tensor, labels: tf.Tensor | None, conditions: dict[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
    """What the generator is given: rows without any condition get a class, or a category of a random column.

    Rows with a class and no more are told a category of another column too, as often as it goes with the class: by
    itself a generator makes a category that one row of a thousand has hardly ever, and makes it well when told. The row
    is not forced to it.

    Args:
        codec: An adapted `TableCodec`.
        seeds: Int64 `(n,)`, one a row.
        labels: Class ids `(n,)`, or None.
        conditions: What `encode_conditions` returned, as tensors; may be empty.

    Returns:
        `condition` float32 `(n, slots)`, what the network is told; `codes` int32 and `numbers` float64, both
        `(n, columns)`, what the row must come out as.

    References:
        - Xu et al. 2019, arXiv:1907.00503, section 4.3 (training by sampling; their samples are told a category of a
          random column by its share of all rows).
    """
    rows, width = tf.shape(seeds)[0], len(codec.columns)
    codes = conditions.get("codes", tf.fill((rows, width), -1))
    numbers = conditions.get("numbers", tf.fill((rows, width), tf.constant(np.nan, tf.float64)))
    if codec.target is None:
        column, category = _any_category(codec, seeds)
        codes = tf.where(_free(codes), _at(column, category, width), codes)
        told = codes
    else:
        target = codec.by_name[codec.target]
        at_target = (tf.range(width) == target)[None, :]
        if labels is not None:
            codes = tf.where(at_target, tf.cast(labels, tf.int32)[:, None], codes)
        counts = [np.asarray(codec.columns[target].counts)]
        drawn = _categories(counts, tf.zeros_like(codes[:, 0]), seeds, CATEGORY)
        codes = tf.where(at_target & _free(codes), drawn[:, None], codes)
        told = _with_another(codec, seeds, codes, target)
    return {"condition": codec.one_hot(told), "codes": codes, "numbers": numbers}


def _free(codes: tf.Tensor) -> tf.Tensor:
    return tf.reduce_all(codes < 0, axis=1, keepdims=True)


def _at(column: tf.Tensor, category: tf.Tensor, width: int) -> tf.Tensor:
    return tf.where(tf.range(width)[None, :] == column[:, None], category[:, None], -1)


def _any_category(codec: Any, seeds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    choices = [i for i, width in enumerate(codec.widths) if width > 1] or [0]
    place = _place(seeds, len(choices), COLUMN)
    counts = [np.asarray(codec.columns[index].counts) for index in choices]
    category = _categories(counts, place, seeds, CATEGORY)
    return tf.gather(tf.constant(choices, tf.int32), place), category


def _with_another(codec: Any, seeds: tf.Tensor, codes: tf.Tensor, target: int) -> tf.Tensor:
    others = [i for i, width in enumerate(codec.widths) if width > 1 and i != target]
    if codec.by_class is None or not others:
        return codes
    place = _place(seeds, len(others), OTHER_COLUMN)
    parts = np.split(codec.by_class, codec.offsets[1:-1], axis=1)
    counts = [row for index in others for row in parts[index]]
    label = tf.maximum(codes[:, target], 0)
    category = _categories(counts, place * codec.num_classes + label, seeds, OTHER_CATEGORY)
    another = _at(tf.gather(tf.constant(others, tf.int32), place), category, len(codec.columns))
    given = tf.reduce_sum(tf.cast(codes >= 0, tf.int32), axis=1)
    class_alone = (given == 1) & (codes[:, target] >= 0)
    return tf.where(class_alone[:, None], tf.maximum(codes, another), codes)


def _place(seeds: tf.Tensor, num: int, stream: int) -> tf.Tensor:
    place = random.uniform_rows(seeds, (), stream) * num
    return tf.minimum(tf.cast(place, tf.int32), num - 1)


def _categories(
    counts: list[np.ndarray], which: tf.Tensor, seeds: tf.Tensor, stream: int
) -> tf.Tensor:
    """A category by counts, for each row by those at `which`: int32 `(n,)`, -1 where they are all 0."""
    ends = []
    for order, row in enumerate(counts):
        shares = np.cumsum(np.asarray(row, np.float64)) / max(1, np.sum(row))
        ends.append(2 * order + shares[:-1])
    starts = np.cumsum([0, *[len(end) for end in ends[:-1]]])
    at = tf.cast(random.uniform_rows(seeds, (), stream), tf.float64)
    at += tf.cast(2 * which, tf.float64)
    flat = tf.searchsorted(tf.constant(np.concatenate(ends), tf.float64), at, side="right")
    found = flat - tf.gather(tf.constant(starts, tf.int32), which)
    known = tf.constant([bool(np.sum(row)) for row in counts])
    return tf.where(tf.gather(known, which), found, -1)

"""What an element of a pipeline looks like: batched or not, labelled or not, and whether it fits the source."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.synthesizer import Synthesizer


def split(element: Any) -> tuple[Any, Any, Any]:
    """An element as (x, y, sample_weight), None where it has no such part.

    Raises:
        ValueError: For a tuple that is not `(x,)`, `(x, y)` or `(x, y, sample_weight)`.
    """
    if not isinstance(element, tuple):
        return element, None, None
    if not 1 <= len(element) <= 3:
        raise ValueError(
            "Elements must be `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`; map the dataset to "
            f"one of them first. Received: a tuple of {len(element)}."
        )
    return (*element, None, None)[:3]


def join(element: Any, x: Any, y: Any, weight: Any) -> Any:
    """Samples, labels and weights in the form of `element`; weights that it had none of come third."""
    if not isinstance(element, tuple):
        return x
    return (x, y, weight)[: 3 if weight is not None else len(element)]


def spec_for(x: Any, source: Synthesizer) -> Any:
    """Spec of what the source draws for `x`: without the column of classes where `x` leaves it to `y`."""
    spec = source.element_spec
    if isinstance(x, dict) and isinstance(spec, dict) and source.target not in x:
        return {name: part for name, part in spec.items() if name != source.target}
    return spec


def is_batched(x: Any, expected: Any) -> bool:
    """Whether samples (tensors or their specs) are a batch of what the source draws, or one of it.

    Args:
        x: A tensor, a `tf.TensorSpec`, or a dict of them.
        expected: Spec of one example, without a batch axis, or a dict of them.

    Raises:
        ValueError: If they are neither: other keys, shapes or dtypes.
    """
    if isinstance(expected, dict) != isinstance(x, dict) or (
        isinstance(x, dict) and set(x) != set(expected)
    ):
        raise ValueError(
            "The dataset's samples must have the structure that the source was trained on: "
            f"{_keys(expected)}. Map the dataset to it. Received: {_keys(x)}."
        )
    if not isinstance(expected, dict):
        return _is_batched(x, expected, "samples")
    layouts = {name: _is_batched(x[name], expected[name], repr(name)) for name in expected}
    if len(set(layouts.values())) > 1:
        raise ValueError(
            "Some of the dataset's columns have a batch axis and some have none; batch all of them "
            f"with `.batch(64)`. Received: {_keys(x)} with a batch axis: {layouts}."
        )
    return all(layouts.values())


def check_labels(y: Any, x: Any, num_classes: int | None) -> None:
    """Checks the labels of a batch, as far as shapes and dtypes go.

    Raises:
        ValueError: With the way out, for one-hot, fractional or named labels, a wrong number of
            them, or labels where the source has no classes.
    """
    if y is None:
        return
    if isinstance(y, dict):
        raise ValueError(
            "Labels must be one tensor of integer class ids. Map `lambda x, y: (x, y['label'])` before the augmentation, "
            f"and back to a dict after it. Received: a dict with keys {sorted(y)}."
        )
    if num_classes is None:
        raise ValueError(
            "The source was trained without classes, so it has no labels for its rows. Train it "
            "with labels (a codec with `num_classes=`), or map the dataset to its samples alone. "
            f"Received: labels of shape {y.shape} and dtype {y.dtype.name}."
        )
    if y.shape.rank == 2 and y.shape[-1] == 1:
        # Their argmax would be class 0 for every row.
        raise ValueError(
            "Labels must be integer class ids of shape (batch,); these are a column. Map "
            f"`lambda x, y: (x, tf.squeeze(y, -1))` first. Received: labels of shape {y.shape}."
        )
    if y.shape.rank is None or y.shape.rank > 1:
        raise ValueError(
            "Labels must be integer class ids, one a row; these look one-hot. Map "
            "`lambda x, y: (x, tf.argmax(y, -1))` before the augmentation, and "
            f"`tf.one_hot(y, {num_classes})` after it. Received: labels of shape {y.shape}."
        )
    if not y.dtype.is_integer:
        raise ValueError(
            "Labels must be integer class ids. Map `tf.cast(y, tf.int32)` first, or for names "
            "`keras.layers.StringLookup(vocabulary=names, num_oov_indices=0)`. "
            f"Received: labels of dtype {y.dtype.name}."
        )
    rows = tf.nest.flatten(x)[0].shape[0]
    if y.shape.rank == 0 or not tf.TensorShape([rows]).is_compatible_with(y.shape):
        raise ValueError(
            f"Expected one label a row, shape ({rows},). Received: labels of shape {y.shape}."
        )


def check_values(y: tf.Tensor, num_classes: int) -> tf.Tensor:
    """The labels, behind an assertion in the graph that they are classes of the source."""
    low, high = tf.reduce_min(y), tf.reduce_max(y)
    message = (
        f"Labels must be class ids from 0 to {num_classes - 1}, the classes of the source. Map them "
        "to these first. Received a batch whose smallest and largest label are"
    )
    inside = (low >= 0) & (tf.cast(high, tf.int64) < num_classes)
    with tf.control_dependencies([tf.debugging.Assert(inside, [message, low, high])]):
        return tf.identity(y)


def to_tensors(part: Any) -> Any:
    """Arrays become tensors; dtypes stay.

    Raises:
        ValueError: For the symbolic tensors of a model under construction, and whole datasets.
    """
    if part is None:
        return None
    if isinstance(part, tf.data.Dataset):
        raise ValueError(
            "`GANAugmentation` is called on batches. Use `dataset.map(augment)`, or "
            f"`dataset.apply(augment.apply_to)`. Received: {part!r}."
        )
    if isinstance(part, tuple | list):
        raise ValueError(
            "Pass samples and labels as two arguments, `augment(x, y)`, as `dataset.map(augment)` "
            f"does. Received: a {type(part).__name__} of {len(part)}."
        )
    for leaf in tf.nest.flatten(part):
        if isinstance(leaf, keras.KerasTensor):
            raise ValueError(
                "`GANAugmentation` belongs into the tf.data pipeline, not inside a model: it "
                "changes labels too. Use `dataset.map(augment)` and `model.fit(dataset)`. "
                f"Received: {leaf!r}."
            )
        if isinstance(leaf, tf.RaggedTensor | tf.SparseTensor):
            raise ValueError(
                "Samples and labels must be dense tensors; map `to_tensor()` or "
                f"`tf.sparse.to_dense` first. Received: {type(leaf).__name__}."
            )
    return tf.nest.map_structure(tf.convert_to_tensor, part)


def labels_of(data: Any) -> np.ndarray:
    """Labels as an array, or all those of a finite dataset of `(x, y)`, `(x, y, sample_weight)` or labels, batched or not.

    Raises:
        ValueError: For a pair `(x, y)` of arrays, an endless dataset, or a dataset whose labels are not class ids.
    """
    if isinstance(data, tuple) and any(np.ndim(part) for part in data):
        raise ValueError(
            "`adapt` takes the labels alone: pass `y` instead of `(x, y)`, or a dataset of such pairs. "
            f"Received: a tuple of {len(data)}."
        )
    return _labels_of_dataset(data) if isinstance(data, tf.data.Dataset) else np.asarray(data)


def _labels_of_dataset(dataset: tf.data.Dataset) -> np.ndarray:
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            "`adapt` reads the dataset to its end: pass it without `.repeat()`. "
            "Received: an endless dataset."
        )
    spec = dataset.element_spec
    if isinstance(spec, tuple) and len(spec) > 1:
        dataset = dataset.map(lambda x, y, *rest: y)
    spec = dataset.element_spec
    if (
        not isinstance(spec, tf.TensorSpec)
        or not spec.dtype.is_integer
        or spec.shape.rank not in (0, 1)
    ):
        raise ValueError(
            "`adapt` needs integer class ids: a dataset of `(x, y)` or of labels; for one-hot labels "
            f"map `tf.argmax(y, -1)` first. Received: {spec}."
        )
    parts = [np.atleast_1d(labels) for labels in dataset.as_numpy_iterator()]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _is_batched(x: Any, expected: tf.TensorSpec, name: str) -> bool:
    if x.dtype == expected.dtype:
        for shape in _row_shapes(expected.shape):
            if x.shape.rank == shape.rank + 1 and x.shape[1:].is_compatible_with(shape):
                return True
            if x.shape.rank == shape.rank and x.shape.is_compatible_with(shape):
                return False
    raise ValueError(
        f"The dataset's {name} must be raw data as the source was trained on: batches of shape "
        f"{tf.TensorShape([None, *expected.shape])} and dtype {expected.dtype.name}. Put the "
        "augmentation before any scaling or resizing, or train the source on this data. "
        f"Received: shape {x.shape} and dtype {x.dtype.name}."
    )


def _row_shapes(shape: tf.TensorShape) -> list[tf.TensorShape]:
    # Grey images may come without their channel, as the codecs take them.
    if shape.rank == 3 and shape[-1] == 1:
        return [shape, shape[:-1]]
    return [shape]


def _keys(x: Any) -> str:
    return f"a dict with keys {sorted(x)}" if isinstance(x, dict) else "one tensor"

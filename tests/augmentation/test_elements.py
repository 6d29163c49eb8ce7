import keras
import numpy as np
import pytest
import tensorflow as tf

from gankeras.augmentation import elements

IMAGE = tf.TensorSpec((8, 8, 1), tf.uint8)
TABLE = {"age": tf.TensorSpec((), tf.int64), "job": tf.TensorSpec((), tf.string)}


def spec(*shape, dtype=tf.uint8):
    return tf.TensorSpec(shape, dtype)


@pytest.mark.parametrize(
    ("x", "batched"),
    [
        (spec(16, 8, 8, 1), True),
        (spec(None, 8, 8, 1), True),
        (spec(None, None, None, None), True),
        (spec(8, 8, 1), False),
        (spec(None, None, 1), False),
        (spec(16, 8, 8), True),  # grey images without their channel
        (spec(8, 8), False),
    ],
)
def test_layout_of_images(x, batched):
    assert elements.is_batched(x, IMAGE) is batched


def test_layout_of_tables():
    row = dict(TABLE)
    batch = {"age": spec(None, dtype=tf.int64), "job": spec(None, dtype=tf.string)}
    assert not elements.is_batched(row, TABLE)
    assert elements.is_batched(batch, TABLE)
    with pytest.raises(ValueError, match=r"batch axis.*Received"):
        elements.is_batched({**row, "age": batch["age"]}, TABLE)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (spec(16, 8, 8, 1, dtype=tf.float32), "before any scaling"),
        (spec(16, 9, 8, 1), r"\(None, 8, 8, 1\)"),
        (spec(16, 8, 8, 3), "uint8"),
        (spec(16), "uint8"),
        ({"image": spec(16, 8, 8, 1)}, "one tensor"),
    ],
)
def test_samples_that_do_not_fit(x, said):
    with pytest.raises(ValueError, match=rf"(?s){said}.*Received"):
        elements.is_batched(x, IMAGE)


@pytest.mark.parametrize("keys", [(), ("age",), ("age", "job", "more")])
def test_columns_that_do_not_fit(keys):
    with pytest.raises(ValueError, match=r"'age', 'job'.*Received"):
        elements.is_batched({key: spec(None, dtype=tf.int64) for key in keys}, TABLE)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (spec(16, 4, dtype=tf.float32), "one_hot"),
        (spec(16, 1, dtype=tf.int32), "tf.squeeze"),
        ({"a": spec(16, dtype=tf.int32)}, "one tensor of"),
        (spec(16, dtype=tf.float32), "tf.cast"),
        (spec(16, dtype=tf.string), "StringLookup"),
        (spec(15, dtype=tf.int32), "one label a row"),
        (spec(dtype=tf.int32), "one label a row"),
    ],
)
def test_labels_that_do_not_fit(y, said):
    with pytest.raises(ValueError, match=rf"(?s){said}.*Received"):
        elements.check_labels(y, spec(16, 8, 8, 1), 4)


def test_labels_without_classes():
    with pytest.raises(ValueError, match=r"without classes.*Received"):
        elements.check_labels(spec(16, dtype=tf.int32), spec(16, 8, 8, 1), None)


@pytest.mark.parametrize("element", ["x", ("x",), ("x", "y"), ("x", "y", "w")])
def test_split_and_join(element):
    x, y, weight = elements.split(element)
    assert (x, y, weight) == (*(element if isinstance(element, tuple) else (element,)), None, None)[
        :3
    ]
    assert elements.join(element, x, y, weight) == element


@pytest.mark.parametrize("element", [(), (1, 2, 3, 4)])
def test_tuples_of_another_length(element):
    with pytest.raises(ValueError, match="Received: a tuple of"):
        elements.split(element)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (keras.KerasTensor((None, 2)), "inside a model"),
        ({"a": keras.KerasTensor((None, 2))}, "inside a model"),
        (tf.data.Dataset.range(3), "apply_to"),
        ((np.zeros(3), np.zeros(3)), r"augment\(x, y\)"),
        (tf.ragged.constant([[1], [2, 3]]), "to_tensor"),
    ],
)
def test_what_is_not_a_batch(part, said):
    with pytest.raises(ValueError, match=rf"(?s){said}.*Received"):
        elements.to_tensors(part)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_values_of_labels(dtype):
    assert elements.check_values(tf.constant([0, 3], dtype), 4).numpy().tolist() == [0, 3]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"0 to 3.*Received"):
        elements.check_values(tf.constant([0, 4], dtype), 4)


def test_negative_labels():
    with pytest.raises(tf.errors.InvalidArgumentError, match="0 to 3"):
        elements.check_values(tf.constant([-1, 2]), 4)

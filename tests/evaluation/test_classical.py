"""The user's augmentation is called as it wants, and repeats itself from the same seed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gankeras.evaluation.classical import apply_classical, check_classical, reseeded

X, Y = np.ones((4, 6, 6, 1), np.float32), np.arange(4)


@pytest.mark.parametrize(
    "augmentation",
    [
        lambda x: x + 1,
        lambda x, y: (x + 1, y),
        lambda *batch: (batch[0] + 1, batch[1]),
        lambda x, amount=1: x + amount,
        keras.layers.Rescaling(1.0, offset=1.0),
    ],
)
def test_layers_and_functions_of_x_or_both(augmentation):
    x, y = apply_classical(augmentation)(X, Y)
    assert (np.asarray(x) == 2).all()
    assert (np.asarray(y) == Y).all()


def test_layers_are_called_in_training_mode():
    x, _ = apply_classical(keras.layers.Dropout(0.9, seed=0))(tf.constant(X), Y)
    assert np.asarray(x).min() == 0


@pytest.mark.parametrize(
    ("augmentation", "message"),
    [
        (3, "Received: 3"),
        (lambda x: x[:1], r"Received: \[1, 4\] rows for 4"),
        (lambda x, y: (x, y, y), "rows for 4"),
        (lambda x, y: x, "keeps the number of rows"),
        (lambda x: x @ "oops", "Received: .*Error"),
    ],
)
def test_what_cannot_work_is_said_before_training(augmentation, message):
    with pytest.raises(ValueError, match=message):
        check_classical(augmentation, X, Y)


def test_reseeding_repeats_a_layer_and_gives_its_state_back():
    ramp = np.arange(36, dtype=np.float32).reshape(1, 6, 6, 1)
    layer = keras.Sequential(
        [keras.layers.RandomTranslation(0.4, 0.4), keras.layers.RandomFlip("horizontal")]
    )
    layer(ramp, training=True)
    states = [v for v in layer.variables if v.path.endswith("seed_generator_state")]
    before = [keras.ops.convert_to_numpy(v).tolist() for v in states]
    assert len(before) >= 2

    def draw(seed):
        dataset = tf.data.Dataset.from_tensors((ramp, [0])).repeat(8).map(apply_classical(layer))
        with reseeded(layer, seed):
            return np.stack([x for x, _ in dataset.as_numpy_iterator()])

    first, other, again = draw(1), draw(2), draw(1)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert len(np.unique(first.reshape(8, -1), axis=0)) > 2
    assert [keras.ops.convert_to_numpy(v).tolist() for v in states] == before

"""What `fit` and `evaluate` take as data, and how they refuse the rest."""

import gc
import weakref

import keras
import pytest
import tensorflow as tf

import gankeras as gk

X, Y = gk.testing.toy_data(32)


class Stream(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X, Y


def batches():
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ((iter([X]), Y), {}, "from_generator.*Received: list_iterator"),
        (((row for row in X),), {}, "from_generator.*Received: generator"),
        ((Stream(),), {}, "from_generator.*Received: Stream"),
        ((X, Y), {"steps_per_epoch": 0}, "whole number.*steps_per_epoch=0"),
        ((X, Y), {"steps_per_epoch": 1.5}, "whole number.*steps_per_epoch=1.5"),
        ((batches(),), {"steps_per_epoch": 0}, "steps_per_epoch=0"),
        ((X, Y), {"validation_data": [X, Y]}, r"tuple `\(x, y\)`.*a list of 2"),
        ((X, Y), {"validation_data": (X, Y, Y)}, r"tuple `\(x, y\)`.*a tuple of 3"),
        ((X, Y), {"validation_data": (X[:0], Y[:0])}, "nothing to evaluate on"),
        ((X, Y), {"validation_data": Stream()}, "from_generator"),
        (
            (X, Y),
            {"validation_data": batches().repeat()},
            "endless dataset.*validation_steps=None",
        ),
    ],
)
def test_what_fit_does_not_take_leaves_the_model_as_it_was(data, options, message):
    gan = gk.testing.toy_gan()
    with pytest.raises(ValueError, match=message):
        gan.fit(*data, **options)
    assert gan.step == 0
    assert gan.class_counts is None


def test_an_endless_dataset_is_evaluated_for_as_many_batches_as_asked():
    gan, endless = gk.testing.toy_gan(), batches().repeat()
    history = gan.fit(X, Y, validation_data=endless, validation_steps=2, verbose=0).history
    assert any(name.startswith("val_") for name in history)
    with pytest.raises(ValueError, match="needs `steps`"):
        gan.evaluate(endless)


@pytest.mark.parametrize("data", [lambda: (X, Y), lambda: (batches(),)], ids=["arrays", "dataset"])
def test_a_gan_that_nobody_holds_is_let_go(data):
    # TensorFlow keeps the Python functions of a pipeline until the process ends, and all they refer to.
    gan = gk.testing.toy_gan()
    gan.fit(*data(), epochs=2, verbose=0)
    held = weakref.ref(gan)
    del gan
    gc.collect()
    assert held() is None


def test_the_rows_of_a_training_are_let_go():
    gan = gk.testing.toy_gan()
    held, made = [], gan.feed
    gan.feed = lambda *arguments: held.append(feed := made(*arguments)) or feed
    gan.fit(X, Y, verbose=0)
    order = weakref.ref(held.pop().order)
    gc.collect()
    assert order() is None

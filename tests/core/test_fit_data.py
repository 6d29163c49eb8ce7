"""What `fit` and `evaluate` take as data, and how they refuse the rest."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.core.kept import Kept
from gankeras.testing.gan_contract import two_replicas

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
        ((X, Y), {"validation_data": "rows.npz"}, "rows themselves.*Received: 'rows.npz'"),
        ((X, Y), {"validation_data": (batches(), Y)}, "holds its labels itself"),
        ((X, Y), {"validation_freq": 0}, "whole number.*validation_freq=0"),
        ((X, Y), {"epochs": "3"}, "whole number.*epochs='3'"),
        ((X, Y), {"epochs": None}, "whole number.*epochs=None"),
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


@pytest.mark.parametrize("size", [0, -1, 2.5])
def test_evaluate_takes_whole_batches_alone(size):
    with pytest.raises(ValueError, match=f"`batch_size`.*Received: batch_size={size}"):
        gk.testing.toy_gan().evaluate(X, Y, batch_size=size)
    with pytest.raises(ValueError, match="rows themselves.*Received: None"):
        gk.testing.toy_gan().evaluate()


def test_a_callback_may_stand_alone():
    stop = keras.callbacks.EarlyStopping("generator_loss", mode="min", patience=5)
    gk.testing.toy_gan().fit(X, Y, epochs=2, callbacks=stop, verbose=0)
    assert stop.best < np.inf


@pytest.mark.parametrize(
    "callback",
    [
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),
        keras.callbacks.ReduceLROnPlateau("generator_loss", mode="min"),
        keras.callbacks.TensorBoard("logs", write_steps_per_second=True),
    ],
)
def test_callbacks_that_look_for_one_optimizer_say_so_before_the_training(callback):
    gan = gk.testing.toy_gan()
    with pytest.raises(ValueError, match="a GAN has one for each player"):
        gan.fit(X, Y, callbacks=[callback], verbose=0)
    assert gan.step == 0


def test_a_rate_may_be_set_by_a_callback_of_ones_own():
    gan = gk.testing.toy_gan()

    def halve(epoch, logs):
        gan.generator_optimizer.learning_rate = 0.5 * float(gan.generator_optimizer.learning_rate)

    before = float(gan.generator_optimizer.learning_rate)
    callback = keras.callbacks.LambdaCallback(on_epoch_begin=halve)
    gan.fit(X, Y, epochs=2, callbacks=[callback], verbose=0)
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(before / 4)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # Keras says so, and goes on
def test_a_dataset_of_unknown_length_trains_as_one_of_known_length():
    unknown = batches().filter(lambda x, y: True)
    (known, first), (other, second) = ((gk.testing.toy_gan(), d) for d in (batches(), unknown))
    logs = [gan.fit(d, epochs=2, verbose=0).history for gan, d in ((known, first), (other, second))]
    # Keras learns that the data ended by asking for one batch more: that is no step.
    assert known.step == other.step == 8
    assert logs[0] == logs[1]


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


def test_counts_are_those_of_a_whole_pass():
    x, y = gk.testing.toy_data(96)
    order = np.argsort(y, kind="stable")
    rows = tf.data.Dataset.from_tensor_slices((x[order], y[order])).batch(8)
    gan = gk.testing.toy_gan()
    gan.fit(rows, steps_per_epoch=6, epochs=5, verbose=0)  # 30 batches, two passes and a half
    assert gan.class_counts.tolist() == [24] * 4


def test_another_data_set_leaves_nothing_of_the_first():
    gan = gk.testing.toy_gan()
    gan.fit(X, Y, verbose=0)
    gan.kept = Kept(0, 0.0, 0.0, 1.0, None, [w.numpy() for w in gan.ema_generator.weights])
    before = [w.numpy() for w in gan.ema_generator.weights]
    best = gk.callbacks.KeepBest(X, Y, lambda rows: rows)
    gan.fit(batches(), epochs=2, callbacks=[best], verbose=0)
    assert gan.data_digest is None
    assert gan.trained_rows is None
    assert gan.kept.distance > 0
    assert any(
        (a != b.numpy()).any() for a, b in zip(before, gan.ema_generator.weights, strict=True)
    )


def test_executions_that_would_run_over_are_refused():
    gan = gk.testing.toy_gan()
    gan.compile(steps_per_execution=2)
    with pytest.raises(ValueError, match="5 steps an epoch, 2 an execution"):
        gan.fit(X, Y, batch_size=8, steps_per_epoch=5, verbose=0)


def test_a_gan_is_fitted_in_the_scope_where_it_was_made():
    gan = gk.testing.toy_gan()
    with two_replicas().scope(), pytest.raises(ValueError, match="made and compiled there too"):
        gan.fit(X, Y, verbose=0)

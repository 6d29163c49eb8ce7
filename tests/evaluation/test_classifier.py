"""Scores by hand, and classifiers that cannot work refused before they are trained."""

import keras
import numpy as np
import pytest

from gankeras.evaluation.classifier import (
    Progress,
    check_classifier,
    class_scores,
    predicted_classes,
    score,
    train_classifier,
)
from gankeras.evaluation.rows import Rows

ROWS = Rows(np.zeros((6, 2), np.float32), np.array([0, 0, 0, 0, 1, 2], np.int32), 4)


def test_score_by_hand():
    found = score(np.array([0, 0, 0, 1, 1, 1]), ROWS, ("a", "b", "c", "d"))
    assert found == {
        "accuracy": pytest.approx(4 / 6),
        "balanced_accuracy": pytest.approx((3 / 4 + 1 + 0) / 3),
        "recall/a": 0.75,
        "recall/b": 1.0,
        "recall/c": 0.0,
    }


def test_outputs_that_are_no_numbers_are_wrong_and_not_class_zero():
    class Broken(keras.Model):
        def call(self, x):
            first = x[:, :1]
            return keras.ops.concatenate([first / first, first, first, first], axis=-1)

    assert predicted_classes(class_scores(Broken(), ROWS)).tolist() == [-1] * 6


def compiled(units=4, loss="sparse_categorical_crossentropy", **kwargs):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, "sigmoid")])
    model.compile("sgd", loss, **kwargs)
    return model


def uncompiled():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])


ONE = compiled()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (ONE, "Pass the function, not a model"),
        (None, "Received: NoneType"),
        (lambda: None, "Add a `return`. Received: NoneType"),
        (lambda: ONE, "twice"),
        (uncompiled, "Received: the uncompiled model"),
        (lambda: compiled(units=3), r"Received: outputs of shape \(2, 3\)"),
        (lambda: compiled(units=1), "two classes need two scores"),
        (lambda: compiled(loss="categorical_crossentropy"), "SparseCategoricalCrossentropy"),
        (lambda: compiled(steps_per_execution=4), "steps=6, steps_per_execution=4"),
    ],
)
def test_what_cannot_work_is_said_before_training(build, message):
    with pytest.raises(ValueError, match=message):
        check_classifier(build, ROWS, 6)


def test_a_classifier_of_other_inputs_is_refused():
    rows = Rows(np.zeros((6, 5), np.float32), ROWS.y, 4)
    with pytest.raises(ValueError, match="must take raw rows of `train`"):
        check_classifier(compiled, rows, 6)


def test_a_good_one_passes():
    check_classifier(compiled, ROWS, 6)


def test_a_layer_that_is_trained_in_two_models_is_refused():
    backbone = keras.layers.Dense(3)  # made outside, and without weights until the first call

    def build():
        model = keras.Sequential([backbone, keras.layers.Dense(4)])
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    with pytest.raises(ValueError, match="2 trainable variables that two models share"):
        check_classifier(build, ROWS, 6)
    backbone.trainable = False
    check_classifier(build, ROWS, 6)


def test_balanced_accuracy_does_not_depend_on_names():
    found = score(np.array([0, 0, 0, 1, 1, 1]), ROWS, ("a", "a", "a", "a"))
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 1 + 0) / 3)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_loss_that_would_broadcast_class_ids_is_refused(classes):
    rows = Rows(np.zeros((6, 2), np.float32), np.arange(6, dtype=np.int32) % classes, classes)
    with pytest.raises(ValueError, match="must take integer class ids"):
        check_classifier(lambda: compiled(units=classes, loss="mse"), rows, 6)


def test_progress_counts_steps_and_not_executions():
    import tensorflow as tf

    told = []
    progress = Progress(lambda *news: told.append(news[1]))
    dataset = tf.data.Dataset.from_tensors((ROWS.x, ROWS.y)).repeat(4)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(4))
    train_classifier(lambda: compiled(steps_per_execution=2), dataset, progress.callbacks("a"))
    assert told == [2, 4]

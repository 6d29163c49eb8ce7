"""Trains one classifier on the batches of one arm, and scores it on real rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.training_data import without_autotune
from gankeras.evaluation.foreign_errors import in_short
from gankeras.evaluation.rows import Rows


class Progress:
    """Counts optimizer steps over all arms and seeds, and tells the user's function.

    Args:
        report: `callable(description, done, total)`, or `None`. `total` is 0 until the number
            of steps is known (while sources are made).
    """

    def __init__(self, report: Callable[[str, int, int], None] | None):
        self.report = report
        self.total = 0
        self.done = 0

    def tell(self, description: str, steps: int = 0) -> None:
        """Say what is going on, after `steps` more steps."""
        self.done += steps
        if self.report is not None:
            self.report(description, self.done, self.total)

    def callbacks(self, description: str) -> list[keras.callbacks.Callback]:
        """Return what `fit` needs to tell of each batch; nothing where nobody listens."""
        if self.report is None:
            return []

        return [_EachBatch(lambda steps: self.tell(description, steps))]


class _EachBatch(keras.callbacks.Callback):
    def __init__(self, tell: Callable[[int], None]):
        super().__init__()
        self.tell = tell

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # Keras calls once an execution, which may be several steps.
        self.tell(self.model.steps_per_execution)


def train_classifier(
    build_classifier: Callable[[], keras.Model],
    dataset: tf.data.Dataset,
    callbacks: list[keras.callbacks.Callback],
) -> keras.Model:
    """Build a classifier and train it for every batch of `dataset`, once.

    Random state is the caller's to seed: the same seed gives every arm the same initial weights.
    """
    model = build_classifier()
    steps = int(dataset.cardinality())
    model.fit(
        dataset, steps_per_epoch=steps, epochs=1, verbose=0, shuffle=False, callbacks=callbacks
    )
    return model


def class_scores(model: keras.Model, rows: Rows) -> np.ndarray:
    """Return one score a class for each row, `(rows, classes)`."""
    dataset = without_autotune(tf.data.Dataset.from_tensor_slices(rows.arrays).batch(256))
    # Not `predict`: it traces a function for each model, and TensorFlow warns of the fifth.
    outputs = [keras.ops.convert_to_numpy(model(x, training=False)) for x in dataset]
    return np.concatenate(outputs)


def predicted_classes(scores: np.ndarray) -> np.ndarray:
    """Return the class id a row that scores highest, -1 where a score is not a number."""
    return np.where(np.isfinite(scores).all(axis=-1), scores.argmax(axis=-1), -1)


def score(predicted: np.ndarray, rows: Rows, class_names: tuple[str, ...]) -> dict[str, float]:
    """Score predictions.

    Args:
        predicted: Class ids, one a row.
        rows: The rows with their true classes.
        class_names: One name a class.

    Returns:
        `accuracy`, `balanced_accuracy` (the mean recall of the classes that `rows` has) and
        `recall/<class name>` for each of these.

    Example:
        >>> rows = Rows(np.zeros(4), np.array([0, 0, 0, 1]), 2)
        >>> found = score(np.array([0, 0, 0, 0]), rows, ("a", "b"))
        >>> found["accuracy"], found["balanced_accuracy"], found["recall/a"]
        (0.75, 0.5, 1.0)
    """
    hits = predicted == rows.y
    present = np.flatnonzero(rows.counts)
    # By class id: the mean must not depend on what classes are called.
    found = [float(hits[rows.y == label].mean()) for label in present]
    recall = {f"recall/{class_names[c]}": r for c, r in zip(present, found, strict=True)}
    balanced = float(np.mean(found))
    return {"accuracy": float(hits.mean()), "balanced_accuracy": balanced, **recall}


def precision(scores: np.ndarray, rows: Rows, class_names: tuple[str, ...]) -> dict[str, float]:
    """Score how well classes are ranked, whatever the threshold.

    Args:
        scores: One score a class for each row, logits or probabilities.
        rows: The rows with their true classes.
        class_names: One name a class.

    Returns:
        `average_precision/<class name>` of each class that `rows` has beside another, and their
        mean `average_precision`; a row whose scores are not numbers ranks last.

    Example:
        >>> rows = Rows(np.zeros(3), np.array([0, 1, 1]), 2)
        >>> scores = np.array([[0.4, 0.6], [0.7, 0.3], [0.1, 0.9]])
        >>> round(precision(scores, rows, ("a", "b"))["average_precision/b"], 3)
        0.833
    """
    from sklearn.metrics import average_precision_score

    finite = np.isfinite(scores).all(axis=-1, keepdims=True)
    chances = np.where(finite, scores, 0.0)
    if (chances < 0).any() or not np.allclose(chances.sum(-1)[finite[:, 0]], 1.0, atol=1e-3):
        chances = np.exp(chances - chances.max(axis=-1, keepdims=True))
        chances /= chances.sum(axis=-1, keepdims=True)
    chances = np.where(finite, chances, -1.0)
    found = {
        f"average_precision/{class_names[label]}": float(
            average_precision_score(rows.y == label, chances[:, label])
        )
        for label in np.flatnonzero((rows.counts > 0) & (rows.counts < len(rows)))
    }
    return {"average_precision": float(np.mean(list(found.values()))), **found} if found else {}


def check_classifier(
    build_classifier: Callable[[], keras.Model], rows: Rows, feed_steps: int
) -> None:
    """Build a classifier and try it on a few rows, before anything is trained.

    Args:
        build_classifier: What the user gave.
        rows: Real rows that it must be able to take.
        feed_steps: Optimizer steps it will be trained for.

    Raises:
        ValueError: If it is not a function that builds a new compiled model each time, or the
            model cannot take raw rows and class ids or has another width than the classes.
    """
    model, again = _build(build_classifier)
    # Not as many rows as classes: a loss that wants one-hot labels would broadcast ids, and pass.
    few = rows.take(np.arange(len(rows))[: 3 if rows.num_classes == 2 else 2])
    wants = f"The classifier must take raw rows of `train` and give {rows.num_classes} scores a row"
    try:
        outputs = np.asarray(model.predict_on_batch(few.arrays))
    except Exception as error:
        raise ValueError(
            f"{wants}. Put scaling and casting into the model, for example a Rescaling layer. "
            f"Received: {in_short(error)}"
        ) from error
    if outputs.shape != (len(few), rows.num_classes):
        raise ValueError(
            f"{wants}, logits or probabilities. End it with Dense({rows.num_classes}); two classes "
            f"need two scores as well. Received: outputs of shape {outputs.shape} for {len(few)} rows"
        )
    _check_apart(model, again)
    try:
        model.test_on_batch(few.arrays, few.y)
    except Exception as error:
        raise ValueError(
            "The classifier's loss and metrics must take integer class ids. Compile it with "
            "SparseCategoricalCrossentropy and sparse metrics. "
            f"Received: {in_short(error)}"
        ) from error
    if feed_steps % model.steps_per_execution:
        raise ValueError(
            "`steps` must be a multiple of the classifier's steps_per_execution, so that every "
            f"arm gets exactly the same steps. Received: steps={feed_steps}, "
            f"steps_per_execution={model.steps_per_execution}"
        )


def _check_apart(model: keras.Model, again: keras.Model) -> None:
    """Raise if two builds train the same variables; asked after a call, which makes the variables."""
    known = {id(variable) for variable in model.trainable_variables}
    shared = [v.path for v in again.trainable_variables if id(v) in known]
    if shared:
        raise ValueError(
            "`build_classifier` must build every layer that is trained anew, or later arms would start from what "
            "earlier ones learnt. Make the layers inside the function (copy pretrained ones: `keras.models.clone_model`, "
            "then `set_weights`), or freeze them: `layer.trainable = False`. "
            f"Received: {len(shared)} trainable variables that two models share, the first is {shared[0]!r}"
        )


def _build(build_classifier: Callable[[], keras.Model]) -> tuple[keras.Model, keras.Model]:
    if not callable(build_classifier) or isinstance(build_classifier, keras.Layer):
        raise ValueError(
            "`build_classifier` must be a function without arguments that returns a new compiled "
            "Keras model; every arm and seed starts from one. Pass the function, not a model. "
            f"Received: {type(build_classifier).__name__}"
        )
    model, again = build_classifier(), build_classifier()
    if not isinstance(model, keras.Model):
        raise ValueError(
            "`build_classifier` must return a compiled Keras model. Add a `return`. "
            f"Received: {type(model).__name__}"
        )
    if model is again:
        raise ValueError(
            "`build_classifier` must build a new model at each call, or the arms would train one "
            "model in turn. Build the layers inside the function. "
            f"Received: the model {model.name!r} twice"
        )
    if not model.compiled:
        raise ValueError(
            "`build_classifier` must return a compiled model. Call `model.compile(optimizer, loss)` "
            f"before returning it. Received: the uncompiled model {model.name!r}"
        )
    return model, again

"""How the classifiers of an evaluation are trained and asked: Keras models and scikit-learn estimators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from gankeras.evaluation.arms import ARMS, Draw, Feed, batches
from gankeras.evaluation.classical import reseeded
from gankeras.evaluation.classifier import (
    Progress,
    check_classifier,
    class_scores,
    train_classifier,
)
from gankeras.evaluation.rows import Rows


class Learner:
    """Trains a classifier on what an arm feeds it, and asks it for scores.

    Args:
        build: Returns a new classifier.

    Attributes:
        has_steps: Whether it is trained step by step, or fitted once on all rows.
    """

    has_steps = True

    def __init__(self, build: Callable[[], Any]):
        self.build = build

    def check(self, rows: Rows, feed: Feed) -> None:
        """Raise a `ValueError` if the classifier cannot be trained on such rows."""
        raise NotImplementedError(f"{type(self).__name__} must define `check`.")

    def takes_weights(self) -> bool:
        """Whether rows can be weighted, as the arm `class_weights` does."""
        return True

    def check_arm(self, name: str, feed: Feed, draw: Draw, ratio: float | None) -> None:
        """Raise a `ValueError` if the arm's rows cannot be made."""
        raise NotImplementedError(f"{type(self).__name__} must define `check_arm`.")

    def train(self, name: str, feed: Feed, draw: Draw, ratio: float | None, tell: Progress) -> Any:
        """Return a classifier trained on the arm `name`, everything random in it keyed by `draw.seed`."""
        raise NotImplementedError(f"{type(self).__name__} must define `train`.")

    def scores(self, model: Any, rows: Rows) -> np.ndarray:
        """Return one score a class for each row, `(rows, classes)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `scores`.")


class KerasLearner(Learner):
    """Trains Keras models, batch by batch."""

    def check(self, rows: Rows, feed: Feed) -> None:
        check_classifier(self.build, rows, feed.steps)

    def check_arm(self, name: str, feed: Feed, draw: Draw, ratio: float | None) -> None:
        batches(name, feed, draw.rows, draw.synthesizer, ratio, draw.seed)

    def train(self, name: str, feed: Feed, draw: Draw, ratio: float | None, tell: Progress) -> Any:
        keras.utils.set_random_seed(draw.seed)
        dataset = batches(name, feed, draw.rows, draw.synthesizer, ratio, draw.seed)
        augmentation = feed.augmentation if ARMS[name].classical else None
        what = description(name, draw, ratio)
        with reseeded(augmentation, draw.seed):
            return train_classifier(self.build, dataset, tell.callbacks(what))

    def scores(self, model: Any, rows: Rows) -> np.ndarray:
        return class_scores(model, rows)


def description(name: str, draw: Draw, ratio: float | None) -> str:
    """Say what is being trained."""
    what = f"seed {draw.seed}: {ARMS[name].label}"
    return what if ratio is None or callable(ratio) else f"{what}, ratio {ratio:g}"


def learner_of(build_classifier: Any) -> Learner:
    """Choose the learner of what the user gave as `build_classifier`.

    Args:
        build_classifier: A function that returns a compiled Keras model, or one that returns a
            scikit-learn classifier, or such a classifier itself (it is cloned, never fitted).

    Returns:
        A `Learner`; its `check` says what is wrong with the classifier.
    """
    from gankeras.evaluation.estimator import EstimatorLearner, builder_of

    builder = builder_of(build_classifier)
    return KerasLearner(build_classifier) if builder is None else EstimatorLearner(builder)

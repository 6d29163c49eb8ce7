"""Trains scikit-learn classifiers on all rows of an arm at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from gankeras.augmentation.policy import plan_additions
from gankeras.core.synthesizer import Synthesizer
from gankeras.core.thread_limit import threads_for
from gankeras.evaluation.arms import ARMS, Draw, Feed, class_weights
from gankeras.evaluation.classifier import Progress
from gankeras.evaluation.foreign_errors import in_short
from gankeras.evaluation.learner import Learner, description
from gankeras.evaluation.rows import Rows, is_frame, whole_numbers


class EstimatorLearner(Learner):
    """Fits scikit-learn classifiers.

    There are no steps: an arm is one table. Where it mixes, synthetic rows are added to the real
    ones until they are the ratio of all; a class mix is that of the real rows, or what
    `sampling_strategy` asks for.
    """

    has_steps = False

    def check(self, rows: Rows, feed: Feed) -> None:
        if feed.augmentation is not None:
            raise ValueError(
                "`augmentation` works on batches of a Keras classifier; a scikit-learn classifier "
                "has none. Put such steps into its pipeline. Received: augmentation="
                f"{feed.augmentation!r}"
            )
        model = self.build()
        if not _is_classifier(model):
            raise ValueError(
                "`build_classifier` must give a classifier in scikit-learn's sense (`sklearn.base.is_classifier`): "
                "regressors and clusterers know no classes. Take one, such as LogisticRegression(). "
                f"Received: {type(model).__name__}"
            )

    def takes_weights(self) -> bool:
        from inspect import Parameter, signature

        from sklearn.utils.validation import has_fit_parameter

        model = _last_step(self.build())
        if has_fit_parameter(model, "sample_weight"):
            return True
        # A search over settings hands on whatever it is given: its `fit` will say.
        kinds = {parameter.kind for parameter in signature(model.fit).parameters.values()}
        return Parameter.VAR_KEYWORD in kinds

    def check_arm(self, name: str, feed: Feed, draw: Draw, ratio: float | None) -> None:
        if ARMS[name].mixes and callable(ratio):
            raise ValueError(
                "A scikit-learn classifier sees all rows at once, so its `ratio` cannot change in the course of the "
                f"training. Pass a number, such as `ratio=0.3`. Received: {ratio!r}"
            )
        if ARMS[name].mixes and not 0 <= ratio < 1:
            raise ValueError(
                "Synthetic rows are added to the real ones of a scikit-learn classifier, so `ratio` "
                f"must be below 1. Pass the arm 'gan_only' for synthetic rows alone. Received: {ratio}"
            )

    def train(self, name: str, feed: Feed, draw: Draw, ratio: float | None, tell: Progress) -> Any:
        keras.utils.set_random_seed(draw.seed)
        rows = arm_rows(name, feed, draw, ratio)
        model = seeded(self.build(), draw.seed)
        weights = {}
        if name == "class_weights":
            weights[_weight_name(model)] = class_weights(rows)[rows.y]
        try:
            with threads_for(len(rows)):
                model.fit(table_of(rows.x), rows.y, **weights)
        except Exception as error:
            raise ValueError(
                f"The scikit-learn classifier cannot be fitted on the arm '{name}'. Try it on "
                "`train` alone; encode text columns in its pipeline, and leave 'class_weights' out "
                f"of `arms` where it takes no sample_weight. Received: {in_short(error)}"
            ) from error
        tell.tell(description(name, draw, ratio), feed.steps)
        return model

    def scores(self, model: Any, rows: Rows) -> np.ndarray:
        x, found = table_of(rows.x), np.zeros((len(rows), rows.num_classes))
        classes = np.asarray(model.classes_, np.int64)
        if hasattr(model, "predict_proba"):
            found[:, classes] = model.predict_proba(x)
        elif hasattr(model, "decision_function"):
            values = np.asarray(model.decision_function(x), np.float64)
            values = np.stack([-values, values], -1) if values.ndim == 1 else values
            if values.shape != (len(rows), len(classes)) or _is_pairwise(model):
                return self._votes(model, x, found)
            found[:] = values.min() - 1.0  # classes it has never seen
            found[:, classes] = values
        else:
            return self._votes(model, x, found)
        return found

    def _votes(self, model: Any, x: Any, found: np.ndarray) -> np.ndarray:
        """One for the class that it predicts, 0 for others."""
        found[np.arange(len(found)), np.asarray(model.predict(x), np.int64)] = 1.0
        return found


def builder_of(build_classifier: Any) -> Callable[[], Any] | None:
    """Return a function that makes unfitted estimators, or `None` if it is about Keras models."""
    given = build_classifier
    if isinstance(given, keras.Layer):
        return None
    if _is_estimator(given):
        from sklearn.base import clone

        return lambda: clone(given)
    try:
        made = given() if callable(given) else None
    except Exception:
        return None  # the Keras learner calls it again and lets the error through
    return given if _is_estimator(made) else None


def _is_estimator(thing: Any) -> bool:
    kept = ("fit", "predict", "get_params")
    made = not isinstance(thing, (type, keras.Layer))
    return made and all(hasattr(thing, name) for name in kept)


def _is_classifier(model: Any) -> bool:
    from sklearn.base import is_classifier

    try:
        return is_classifier(model)
    except AttributeError:  # written for a scikit-learn without tags
        return getattr(model, "_estimator_type", "classifier") == "classifier"


def seeded(model: Any, seed: int) -> Any:
    """Give every `random_state` that an estimator and its parts have the same seed."""
    names = [n for n in model.get_params() if n == "random_state" or n.endswith("__random_state")]
    return model.set_params(**dict.fromkeys(names, seed)) if names else model


def arm_rows(name: str, feed: Feed, draw: Draw, ratio: float | None) -> Rows:
    """Return all rows of an arm: real ones, in a seeded order, then synthetic ones."""
    rows, arm = draw.rows, ARMS[name]
    rng = np.random.Generator(np.random.Philox(key=[draw.seed, 0xA5]))
    if name == "gan_only":
        return synthetic_rows(draw.synthesizer, rows.y, rows, draw.seed)
    if arm.oversamples:
        members = [rng.permutation(np.flatnonzero(rows.y == c)) for c in range(rows.num_classes)]
        rows = rows.take(np.concatenate([np.resize(m, rows.counts.max()) for m in members]))
    if not arm.mixes or not ratio:
        return rows
    strategy = None if arm.oversamples else feed.sampling_strategy
    labels = added_labels(rows.counts, strategy, ratio)
    if not len(labels):
        return rows
    return joined(rows, synthetic_rows(draw.synthesizer, labels, rows, draw.seed))


def added_labels(counts: np.ndarray, strategy: Any, ratio: float) -> np.ndarray:
    """Say which class each added row has.

    Args:
        counts: Real rows of each class.
        strategy: What the classes are balanced to, or `None` for their own mix.
        ratio: Share of synthetic rows among all; with a strategy the largest one.

    Returns:
        int32 class ids, sorted.

    Example:
        >>> added_labels(np.array([60, 20]), None, 0.2).tolist().count(0)
        15
    """
    if strategy is None:
        wanted = counts * ratio / (1 - ratio)
    else:
        mix = plan_additions(counts, strategy, ratio)
        wanted = mix.labels * counts.sum() * mix.ratio / (1 - mix.ratio)
    return np.repeat(np.arange(len(counts), dtype=np.int32), whole_numbers(wanted))


def synthetic_rows(source: Synthesizer, labels: np.ndarray, like: Rows, seed: int) -> Rows:
    """Draw rows of these classes, with the columns and dtypes of `like`.

    Raises:
        ValueError: If the source lacks a column.
    """
    made = source.sample(len(labels), np.asarray(labels, np.int32), seed=seed)
    x = like.x
    if not is_frame(x) and not isinstance(x, Mapping):
        return Rows(np.asarray(made), labels, like.num_classes)
    missing = [str(name) for name in x if name not in made]
    if missing:
        raise ValueError(
            "The source must make every column of `train`. Train it on the same columns. "
            f"Received: none for {missing}"
        )
    columns = {name: np.asarray(made[name]) for name in x}
    columns = {
        name: np.char.decode(column.astype("S"), "utf-8")
        if column.dtype == object and len(column) and isinstance(column[0], bytes)
        else column
        for name, column in columns.items()
    }
    if is_frame(x):
        frame = type(x)(columns)
        return Rows(frame.astype(dict(x.dtypes)), labels, like.num_classes)
    return Rows(columns, labels, like.num_classes)


def joined(first: Rows, second: Rows) -> Rows:
    """Put rows of the same columns one after another."""
    y = np.concatenate([first.y, second.y])
    if is_frame(first.x):
        import pandas

        return Rows(pandas.concat([first.x, second.x], ignore_index=True), y, first.num_classes)
    if isinstance(first.x, Mapping):
        x = {name: np.concatenate([column, second.x[name]]) for name, column in first.x.items()}
        return Rows(x, y, first.num_classes)
    return Rows(np.concatenate([first.x, second.x]), y, first.num_classes)


def table_of(x: Any) -> Any:
    """Return rows as scikit-learn takes them: flat numbers, or a DataFrame."""
    if is_frame(x):
        return x
    if isinstance(x, Mapping):
        import pandas

        return pandas.DataFrame({name: list(column) for name, column in x.items()})
    return x.reshape(len(x), -1)


def _last_step(model: Any) -> Any:
    steps = getattr(model, "steps", None)
    return steps[-1][1] if steps else model


def _is_pairwise(model: Any) -> bool:
    """Whether decision values are of pairs of classes; three classes have three pairs."""
    asked = getattr(_last_step(model), "decision_function_shape", None)
    return asked == "ovo" and len(model.classes_) > 2


def _weight_name(model: Any) -> str:
    steps = getattr(model, "steps", None)
    return f"{steps[-1][0]}__sample_weight" if steps else "sample_weight"

"""What procedures that train classifiers on several arms begin with."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gankeras.core.synthesizer import Synthesizer
from gankeras.evaluation.arguments import seeds_of, whole
from gankeras.evaluation.arms import Feed
from gankeras.evaluation.classical import check_classical
from gankeras.evaluation.classifier import Progress
from gankeras.evaluation.learner import learner_of
from gankeras.evaluation.rows import Rows, check_counts, check_rows, is_imbalanced
from gankeras.evaluation.source import is_function, synthesizer_of
from gankeras.evaluation.study import Study, apart, draw_all


@dataclasses.dataclass(frozen=True)
class Settings:
    """How classifiers are trained, whatever they are trained on.

    Args:
        steps: Optimizer steps of each Keras classifier.
        seeds: How many seeds, or which.
        augmentation: Classical augmentation, or `None`.
        batch_size: Rows a step.
        sampling_strategy: What arms that mix balance the classes to, or `None`.
        progress: `callable(description, done, total)`, in optimizer steps.
    """

    steps: int = 2000
    seeds: int | Sequence[int] = 5
    augmentation: Callable | None = None
    batch_size: int = 64
    sampling_strategy: Any = None
    progress: Callable[[str, int, int], None] | None = None


def prepare(
    source: Any,
    train: Any,
    test: Any,
    build_classifier: Any,
    settings: Settings,
    arms: Sequence[str] = (),
) -> tuple[Study, Progress, bool]:
    """Check everything that can be checked, make the sources, and return a study without arms.

    Args:
        source: As in `uplift`.
        train: `(x, y)`.
        test: `(x, y)`.
        build_classifier: As in `uplift`.
        settings: How classifiers are trained.
        arms: Names of the arms that were asked for; empty where whatever makes sense may run.

    Returns:
        The study, what tells of its steps, and whether training rows are imbalanced.

    Raises:
        ValueError: As `uplift`.
    """
    feed = Feed(
        whole(settings.steps, "steps"),
        whole(settings.batch_size, "batch_size"),
        settings.augmentation,
        settings.sampling_strategy,
    )
    seeds = seeds_of(settings.seeds)
    if not is_function(source):
        source = synthesizer_of(source)
    train_rows, test_rows = _check_parts(train, test, source)
    learner = learner_of(build_classifier)
    learner.check(train_rows, feed)
    if "class_weights" in arms and not learner.takes_weights():
        raise ValueError(
            "The arm 'class_weights' needs a classifier whose `fit` takes sample_weight: leave 'class_weights' out of "
            f"`arms`, or take another classifier. Received: arms={list(arms)}"
        )
    if feed.augmentation is not None:
        few = train_rows.take(np.arange(min(len(train_rows), feed.batch_size)))
        check_classical(feed.augmentation, few.x, few.y)
    tell = Progress(settings.progress)
    draws = draw_all(source, seeds, train_rows, test_rows, tell)
    uneven = any(is_imbalanced(draw.rows.counts) for draw in draws)
    judged_evenly = not uneven and not is_imbalanced(test_rows.counts)
    names = draws[0].synthesizer.class_names
    study = Study(
        learner=learner,
        feed=feed,
        draws=draws,
        test=test_rows,
        arms=(),
        headline="accuracy" if judged_evenly else "balanced_accuracy",
        class_names=names or tuple(str(label) for label in range(test_rows.num_classes)),
    )
    return study, tell, uneven


def _check_parts(train: Any, test: Any, source: Any) -> tuple[Rows, Rows]:
    num_classes = source.num_classes if isinstance(source, Synthesizer) else None
    train_rows = check_rows(train, "train", num_classes)
    test_rows = check_rows(test, "test", train_rows.num_classes)
    check_counts(train_rows)
    return train_rows, apart(test_rows, train_rows)

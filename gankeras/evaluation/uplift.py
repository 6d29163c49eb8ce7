"""The question this package is for: does GAN data help this classifier?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras

from gankeras.core.report import Report
from gankeras.evaluation.arguments import ratios_of, whole
from gankeras.evaluation.arms import ARMS
from gankeras.evaluation.experiment import Settings, prepare
from gankeras.evaluation.learner import Learner
from gankeras.evaluation.uplift_report import make_report


def uplift(
    source: Any,
    train: tuple[Any, Any],
    test: tuple[Any, Any],
    build_classifier: Callable[[], keras.Model],
    steps: int = 2000,
    seeds: int | Sequence[int] = 5,
    augmentation: Callable | None = None,
    *,
    arms: Sequence[str] | None = None,
    ratio: float | Sequence[float] | Callable = 0.3,
    batch_size: int = 64,
    sampling_strategy: Any = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Measure whether GAN samples in the training batches help a classifier on real test data.

    Each arm trains the same classifier from the same initial weights, for the same optimizer
    steps and batch size, in the same order of real rows, and is tested on real rows alone, once
    a seed. The arms: `real`; `classical` (`augmentation`); `oversampling`, `class_weights` and
    `oversampling+classical` (imbalanced data); `gan`; `gan+classical`;
    `gan+oversampling+classical` (imbalanced data: samples of every class among oversampled
    rows); `gan_only` (printed, without a verdict).

    An arm with a GAN is judged against the best arm without one, by a paired t interval over the
    seeds: "helps" or "hurts" if it excludes 0, "no effect" otherwise.

    The global random states of Python, NumPy, TensorFlow and Keras are seeded on the way.

    Args:
        source: A trained conditional `GAN`, a `Synthesizer`, the path of a SavedModel, or a
            function `seed -> GAN` or `seed -> (GAN, (x_train, y_train))`: then the GAN (and the
            training rows) are made anew for each seed, and the interval covers that too.
        train: `(x, y)`: the real training rows, raw, and their class ids. Where the function
            returns its own training rows, what those are taken from.
        test: `(x, y)`: real rows that no GAN and no classifier has seen.
        build_classifier: Returns a new compiled Keras model with one score a class, that takes
            raw rows as they are: scaling belongs in the model. Or a scikit-learn classifier (or a
            function that returns one): it is fitted once on all rows of an arm, synthetic ones
            being added to the real ones so that they are `ratio` of all.
        steps: Optimizer steps of each classifier.
        seeds: How many seeds, or which.
        augmentation: Classical augmentation: a Keras layer, a function of a batch `x`, or one of
            `(x, y)` that returns both. Applied to training batches after the mixing.
        arms: Which arms; all that make sense by default.
        ratio: Synthetic share of each batch. A sequence: the best one for each GAN arm, chosen
            on a stratified validation cut of the training rows. For Keras models also a schedule of the step,
            such as `keras.optimizers.schedules.CosineDecay(1.0, steps)`: many samples first, real rows alone at last.
        batch_size: Rows a step.
        sampling_strategy: What the GAN arms balance the classes to, as in `GANAugmentation`.
        progress: `callable(description, done, total)`, in optimizer steps.

    Returns:
        A `Report`: render it with `gankeras.reports.to_text`, `to_markdown` or `to_figure`.

    Raises:
        ValueError: Before any training, if the data, the classifier or a setting is wrong, or
            if test rows are training rows too (see `drop_overlap`).

    Example:
        >>> x, y = gankeras.testing.toy_data(n=200)
        >>> gan = gankeras.testing.toy_gan(trained_steps=2)
        >>> def build_classifier():
        ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, "softmax")])
        ...     model.compile("adam", "sparse_categorical_crossentropy")
        ...     return model
        >>> parts = (x[:120], y[:120]), (x[120:], y[120:])
        >>> report = gankeras.evaluation.uplift(gan, *parts, build_classifier, steps=5, seeds=2)
        >>> report.verdict in ("helps", "no effect", "hurts")
        True
    """
    settings = Settings(
        steps,
        seeds,
        augmentation,
        batch_size,
        sampling_strategy=sampling_strategy,
        progress=progress,
    )
    ratios = ratios_of(ratio, whole(steps, "steps"))
    _check_arms(arms, augmentation)
    study, tell, uneven = prepare(source, train, test, build_classifier, settings, arms or ())
    names, notes = _relevant_arms(arms, augmentation, uneven, study.learner)
    study = dataclasses.replace(study, arms=names)
    tries = len(ratios) * len(study.mixing_arms) if len(ratios) > 1 else 0
    tell.total = len(study.draws) * (len(names) + tries) * study.feed.steps
    study.check_batches(ratios)
    chosen, validation = study.choose_ratios(ratios, tell)
    scores = study.run(chosen, tell)
    return make_report(study, chosen, validation, scores, notes)


def _check_arms(arms: Sequence[str] | None, augmentation: Callable | None) -> None:
    if arms is None:
        return
    wrong = [arms] if isinstance(arms, str) else [name for name in arms if name not in ARMS]
    if wrong or not arms or len(set(arms)) != len(arms):
        raise ValueError(
            f"`arms` must be different names out of {', '.join(ARMS)}. Received: {arms!r}"
        )
    classical = [name for name in arms if ARMS[name].classical]
    if classical and augmentation is None:
        raise ValueError(
            "The classical arms need something to apply. Pass `augmentation=`, for example "
            f"`keras.layers.RandomTranslation(0.1, 0.1)`. Received: arms {classical} and "
            "augmentation=None"
        )


def _relevant_arms(
    arms: Sequence[str] | None, augmentation: Callable | None, uneven: bool, learner: Learner
) -> tuple[tuple[str, ...], list[str]]:
    """Return the arms to run, in the order of the table, and why others were left out."""
    if arms is not None:
        return tuple(name for name in ARMS if name in arms), []
    names, notes = list(ARMS), []
    if augmentation is None:
        names = [name for name in names if not ARMS[name].classical]
        notes.append("No classical augmentation was given, so no arm has one.")
    if not uneven:
        names = [name for name in names if not ARMS[name].balances]
        notes.append(
            "The classes have (almost) the same number of training rows, so oversampling and "
            "class weights would equal the real arm: left out."
        )
    elif not learner.takes_weights():
        names.remove("class_weights")
        notes.append(
            "The classifier's `fit` takes no sample_weight, so the arm with class weights was left out."
        )
    return tuple(names), notes

"""How much to add, and for which classes: chosen on rows held out of the training part, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from gankeras.augmentation.gan_augmentation import GANAugmentation
from gankeras.augmentation.policy import check_strategy
from gankeras.core.report import Report
from gankeras.evaluation.arguments import seeds_of, whole
from gankeras.evaluation.arms import Feed
from gankeras.evaluation.classical import check_classical
from gankeras.evaluation.classifier import Progress
from gankeras.evaluation.estimator import added_labels
from gankeras.evaluation.learner import learner_of
from gankeras.evaluation.plan_report import decide
from gankeras.evaluation.rows import Rows, check_rows, is_imbalanced
from gankeras.evaluation.source import is_function, synthesizer_of
from gankeras.evaluation.splits import (
    Splits,
    fixed_splits,
    splits_of_a_function,
    splits_of_a_seen_source,
)
from gankeras.evaluation.study import Study, apart
from gankeras.evaluation.trials import Trial, mixing, plain

RATIOS = (0.1, 0.25, 0.5)
BALANCING = (0.5, "not majority")
LEAST_ROWS = 4
FIGURES = ("accuracy", "balanced_accuracy", "average_precision")


class Plan(Report):
    """A report that says what to add: `plan` makes it, `gankeras.reports` renders it.

    Attributes:
        ratio: Synthetic share of the rows, 0 for none; with a `sampling_strategy` the largest one.
        sampling_strategy: What to balance the classes to, or `None` to keep their mix.
        classical: Whether the classical augmentation belongs with it.
        shares: Expected synthetic share of all rows, by class name.

    Example:
        >>> settings = {
        ...     "chosen": {"ratio": 0.25, "sampling_strategy": None},
        ...     "train_class_counts": [30, 10],
        ... }
        >>> plan = gankeras.evaluation.Plan("plan", "accuracy", settings=settings)
        >>> plan.adds, plan.added_labels().tolist().count(0)
        (True, 10)
    """

    @property
    def ratio(self) -> float:
        """Synthetic share of the rows, 0 for none."""
        return self.settings["chosen"]["ratio"]

    @property
    def sampling_strategy(self) -> str | dict[int, int] | None:
        """What to balance the classes to, or `None` to keep their mix."""
        strategy = self.settings["chosen"]["sampling_strategy"]
        # JSON has no whole numbers for keys.
        return {int(k): v for k, v in strategy.items()} if isinstance(strategy, dict) else strategy

    @property
    def classical(self) -> bool:
        """Whether the classical augmentation belongs with it."""
        return self.settings["chosen"].get("classical", False)

    @property
    def shares(self) -> dict[str, float]:
        """Expected synthetic share of all rows, by class name."""
        return self.settings["chosen"].get("shares", {})

    @property
    def adds(self) -> bool:
        """Whether anything is to be added."""
        return self.ratio > 0

    def augmentation(self, source: Any, **options: Any) -> GANAugmentation | None:
        """Make the layer that mixes samples in as planned, or `None` where nothing is to be added.

        Args:
            source: As in `GANAugmentation`: the source to use from now on.
            **options: Further arguments of `GANAugmentation`.

        Returns:
            A `GANAugmentation`, or `None`.
        """
        if not self.adds:
            return None
        strategy = self.sampling_strategy
        layer = GANAugmentation(source, self.ratio, strategy, **options)
        if strategy is not None:
            counts = np.asarray(self.settings["train_class_counts"], np.int64)
            layer.adapt(np.repeat(np.arange(len(counts)), counts))
        return layer

    def added_labels(self) -> np.ndarray:
        """The classes of the rows to add to the training rows where these are one table, int32 ids."""
        if not self.adds:
            return np.zeros(0, np.int32)
        counts = np.asarray(self.settings["train_class_counts"], np.int64)
        return added_labels(counts, self.sampling_strategy, self.ratio)


def plan(
    source: Any,
    train: tuple[Any, Any],
    build_classifier: Any,
    validation: tuple[Any, Any] | None = None,
    steps: int = 2000,
    splits: int | Sequence[int] = 5,
    augmentation: Callable | None = None,
    *,
    candidates: Sequence[Any] | None = None,
    figure: str | None = None,
    batch_size: int = 64,
    progress: Callable[[str, int, int], None] | None = None,
) -> Plan:
    """Choose how much to add, and for which classes, on rows held out of the training part; or none.

    Each candidate trains the same classifier as the arms without samples do, split by split. The
    candidate that gains most over the better of `real` and `classical` is taken if it gains more
    than one standard error; else none is. That is the better guess, not a proof: of candidates that
    change nothing, about every sixth gains as much by chance. Test rows have no part in it: judge
    the plan by `uplift` on them.

    A source that was trained on the rows that judge would be favoured. So give it one of three ways:

    - a function `(x, y) -> source`: it is called for each split with the rows that are not held out;
      the intervals cover source, rows and classifier;
    - a trained source and `validation` rows that it was not trained on;
    - a trained source alone: the cuts then hold rows that it may have seen. Samples close to these
      are dropped (arrays only), and the plan's notes say that its gain may be flattered.

    Args:
        source: A GAN, a `Synthesizer` or the path of a SavedModel; or such a function.
        train: `(x, y)`: raw rows (an array, a dict of arrays or a DataFrame) and their class ids.
        build_classifier: As in `uplift`: returns a compiled Keras model, or a scikit-learn classifier.
        validation: `(x, y)`: real rows that the source was not trained on, for a trained source.
        steps: Optimizer steps of each Keras classifier.
        splits: How many splits (with `validation`: how many classifiers each), or their seeds.
        augmentation: Classical augmentation, as in `uplift`: every amount is then tried with and without.
        candidates: Ratios, or pairs `(largest ratio, sampling_strategy)`. By default .1, .25 and .5,
            and for imbalanced rows `(0.5, "not majority")` too.
        figure: What to decide by: `"accuracy"`, `"balanced_accuracy"`, `"average_precision"` or
            `"average_precision/<class>"`. By default balanced accuracy for imbalanced rows, else
            accuracy.
        batch_size: Rows a step.
        progress: `callable(description, done, total)`, in optimizer steps.

    Returns:
        A `Plan`: a report with `adds`, `ratio`, `sampling_strategy` and `augmentation(source)`.

    Raises:
        ValueError: For wrong arguments, fewer than four rows of a class, or validation rows that are
            training rows too.

    Example:
        >>> from sklearn.neighbors import KNeighborsClassifier
        >>> x, y = gankeras.testing.toy_data(120)
        >>> copies = lambda x, y: gankeras.baselines.Bootstrap(x, y)
        >>> gankeras.evaluation.plan(copies, (x, y), KNeighborsClassifier(1)).adds
        False

    References:
        - Nadeau and Bengio 2003 (splits that share rows, see `intervals.standard_error`).
        - Breiman et al. 1984, Classification and Regression Trees, section 3.4.3 (one standard error:
          the simplest that is as good as the best within it; here the simplest is to add none).
    """
    seeds, fits = seeds_of(splits), is_function(source)
    if fits and validation is not None:
        raise ValueError(
            "A function makes its sources from the rows that are not held out, so it needs no "
            "`validation`; give these rows to `train`. Received: a function and validation rows"
        )
    feed = Feed(whole(steps, "steps"), whole(batch_size, "batch_size"), augmentation)
    source = source if fits else synthesizer_of(source)
    rows = _train_rows(train, None if fits else source.num_classes)
    judges = None if validation is None else _validation_rows(validation, rows)
    learner = learner_of(build_classifier)
    learner.check(rows, feed)
    if augmentation is not None:
        few = rows.take(np.arange(min(len(rows), feed.batch_size)))
        check_classical(augmentation, few.x, few.y)
    amounts = _amounts(candidates, rows)
    tell = Progress(progress)
    made = _splits(source, rows, judges, seeds, tell)
    first = made.all[0].draw
    names = first.synthesizer.class_names or tuple(str(c) for c in range(rows.num_classes))
    headline = _headline(figure, names, rows)
    study = Study(learner, feed, (first,), made.all[0].held_out, (), headline, names)
    return Plan(**_run(study, made, amounts, rows, tell))


def _run(
    study: Study, splits: Splits, amounts: list[tuple], rows: Rows, tell: Progress
) -> dict[str, Any]:
    """Train everything and decide: the fields of the plan."""
    classical = study.feed.augmentation is not None
    before = [plain("real"), *([plain("classical")] if classical else [])]
    if is_imbalanced(rows.counts):
        before.append(plain("oversampling", "shown"))
        before += [plain("oversampling+classical", "shown")] if classical else []
    arms = ("gan", "gan+classical") if classical else ("gan",)
    trials = before + [mixing(arm, *amount) for arm in arms for amount in amounts]
    tell.total = len(trials) * len(splits.all) * study.feed.steps
    for trial in trials:
        trial.check(study, splits.all[0].draw)
    scores: dict[Trial, list[np.ndarray]] = {trial: [] for trial in trials}
    for split in splits.all:
        for trial, found in scores.items():
            found.append(trial.scores(study, split.draw, split.held_out, tell))
    return decide(study, splits, scores, rows)


def _splits(
    source: Any, rows: Rows, validation: Rows | None, seeds: list[int], tell: Progress
) -> Splits:
    if is_function(source):
        return splits_of_a_function(source, rows, seeds, tell)
    if validation is None:
        return splits_of_a_seen_source(source, rows, seeds)
    return fixed_splits(source, rows, validation, seeds)


def _train_rows(train: Any, num_classes: int | None) -> Rows:
    rows = check_rows(train, "train", num_classes)
    few = np.flatnonzero(rows.counts < LEAST_ROWS)
    if few.size or rows.num_classes < 2:
        found = ", ".join(f"class {c}: {rows.counts[c]}" for c in few[:10]) or "one class"
        raise ValueError(
            f"A plan needs two classes or more, with at least {LEAST_ROWS} rows each, some to train "
            "on and some to judge by. Gather more rows, or leave the class out and number the "
            f"others anew. Received: {found}"
        )
    return rows


def _validation_rows(validation: Any, train: Rows) -> Rows:
    rows = check_rows(validation, "validation", train.num_classes)
    rows = apart(rows, train, "Validation")
    missing = np.flatnonzero(rows.counts == 0)
    if missing.size:
        raise ValueError(
            "`validation` must have rows of every class, or what is added for a class is judged by "
            f"nothing. Received: none of class {', '.join(map(str, missing[:10]))}"
        )
    return rows


def _amounts(candidates: Any, rows: Rows) -> list[tuple]:
    if candidates is None:
        extra = [BALANCING] if is_imbalanced(rows.counts) else []
        return [(ratio, None) for ratio in RATIOS] + extra
    if not np.iterable(candidates):
        raise ValueError(
            f"`candidates` must be a list, such as [0.1, 0.5]. Received: {candidates!r}"
        )
    found = []
    for one in candidates:
        pair = tuple(one) if isinstance(one, (tuple, list)) else (one, None)
        if len(pair) != 2 or not isinstance(pair[0], Real) or not 0 < pair[0] < 1:
            raise ValueError(
                "`candidates` are ratios between 0 and 1, or pairs (largest ratio, "
                f'sampling_strategy), such as (0.5, "not majority"). Received: {one!r}'
            )
        if pair[1] is not None:
            check_strategy(pair[1], rows.num_classes)
        found.append((float(pair[0]), pair[1]))
    twice = next((pair for place, pair in enumerate(found) if pair in found[:place]), None)
    if twice is not None:
        raise ValueError(f"`candidates` must differ; leave one out. Received: {twice} twice")
    if not found:
        raise ValueError("`candidates` must hold at least one. Received: none")
    return found


def _headline(figure: str | None, names: tuple[str, ...], rows: Rows) -> str:
    if figure is None:
        return "balanced_accuracy" if is_imbalanced(rows.counts) else "accuracy"
    if figure in FIGURES or figure in [f"average_precision/{name}" for name in names]:
        return figure
    raise ValueError(
        f"`figure` must be one of {', '.join(FIGURES)}, or average_precision/<class> with a class "
        f"out of {', '.join(names)}. Received: {figure!r}"
    )

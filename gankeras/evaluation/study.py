"""The runs behind one uplift: every arm, every seed, the same steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from gankeras.core.synthesizer import Synthesizer
from gankeras.evaluation.arms import ARMS, Draw, Feed
from gankeras.evaluation.classifier import Progress, precision, predicted_classes, score
from gankeras.evaluation.learner import Learner
from gankeras.evaluation.number_types import as_train
from gankeras.evaluation.overlap import overlapping
from gankeras.evaluation.rows import Rows, check_counts, check_rows, stratified_cut
from gankeras.evaluation.source import call_source, fitted, synthesizer_of

VALIDATION_SHARE = 0.2


@dataclasses.dataclass(frozen=True)
class Study:
    """What all runs share.

    Args:
        learner: How classifiers are trained and asked.
        feed: Steps, batch size and classical augmentation.
        draws: One a seed.
        test: The real rows that arms are scored on.
        arms: Names of the arms.
        headline: The figure that decides.
        class_names: One name a class.
    """

    learner: Learner
    feed: Feed
    draws: tuple[Draw, ...]
    test: Rows
    arms: tuple[str, ...]
    headline: str
    class_names: tuple[str, ...]

    @property
    def mixing_arms(self) -> tuple[str, ...]:
        """The arms that have a ratio."""
        return tuple(name for name in self.arms if ARMS[name].mixes)

    def check_batches(self, ratios: Sequence[float]) -> None:
        """Try each arm and ratio, so that what cannot work raises at once."""
        for name in self.arms:
            for ratio in ratios if ARMS[name].mixes else [None]:
                self.learner.check_arm(name, self.feed, self.draws[0], ratio)

    def train_and_score(
        self, name: str, draw: Draw, ratio: float | None, test: Rows, tell: Progress
    ) -> dict[str, float]:
        """Train the classifier of one arm and seed on `draw`, and score it on `test`."""
        return self.figures(self.train_and_ask(name, draw, ratio, test, tell), test)

    def train_and_ask(
        self, name: str, draw: Draw, ratio: float | None, test: Rows, tell: Progress
    ) -> np.ndarray:
        """Train the classifier of one arm and seed on `draw`; its scores of `test`, one a class."""
        model = self.learner.train(name, self.feed, draw, ratio, tell)
        return self.learner.scores(model, test)

    def figures(self, scores: np.ndarray, test: Rows) -> dict[str, float]:
        """What is reported of a classifier's scores."""
        found = score(predicted_classes(scores), test, self.class_names)
        if self.headline.startswith("average_precision"):
            found |= precision(scores, test, self.class_names)
        return found

    def choose_ratios(
        self, ratios: Sequence[float], tell: Progress
    ) -> tuple[dict[str, float], dict[str, dict[float, float]]]:
        """Choose the ratio of each mixing arm on rows held out of the training part.

        Args:
            ratios: The candidates; one alone is taken untried.
            tell: Told of every step.

        Returns:
            The ratio of each mixing arm, and for each candidate the mean headline figure on
            the held-out rows over the seeds (empty for one candidate).
        """
        if len(ratios) == 1:
            return dict.fromkeys(self.mixing_arms, ratios[0]), {}
        found = {name: {ratio: [] for ratio in ratios} for name in self.mixing_arms}
        for draw in self.draws:
            rest, held_out = stratified_cut(draw.rows, VALIDATION_SHARE, draw.seed)
            inner = dataclasses.replace(draw, rows=rest)
            for name in self.mixing_arms:
                for ratio in ratios:
                    scores = self.train_and_score(name, inner, ratio, held_out, tell)
                    found[name][ratio].append(scores[self.headline])
        means = {
            name: {ratio: float(np.mean(values)) for ratio, values in by_ratio.items()}
            for name, by_ratio in found.items()
        }
        # Of equal ones the smallest share of synthetic rows.
        chosen = {name: max(sorted(by), key=by.get) for name, by in means.items()}
        return chosen, means

    def run(self, ratios: dict[str, float], tell: Progress) -> dict[str, list[dict[str, float]]]:
        """Train and test every arm with every seed: the one time that test rows are scored."""
        scores: dict[str, list[dict[str, float]]] = {name: [] for name in self.arms}
        for draw in self.draws:
            for name in self.arms:
                ratio = ratios.get(name)
                scores[name].append(self.train_and_score(name, draw, ratio, self.test, tell))
        return scores


def draw_all(
    source: Any, seeds: Sequence[int], train: Rows, test: Rows, tell: Progress
) -> tuple[Draw, ...]:
    """Make what each seed works with, and check it before any classifier is trained.

    Args:
        source: A frozen `Synthesizer` that serves all seeds, or a function of the seed.
        seeds: One draw each.
        train: The rows of seeds whose function returns none.
        test: Rows that no training part may share.
        tell: Told before each call of the function.

    Returns:
        One `Draw` a seed.
    """
    draws, frozen, fits = [], {}, {}
    for seed in seeds:
        rows, synthesizer = train, source
        if not isinstance(source, Synthesizer):
            tell.tell(f"seed {seed}: making the source")
            made, part = call_source(source, seed)
            # A GAN that comes twice, untouched, is one source: the report says so.
            key = id(made), getattr(made, "step", None)
            synthesizer = frozen.get(key, (None, None))[1] or synthesizer_of(made)
            frozen[key] = made, synthesizer
            if part is not None:
                rows = check_rows(part, "train", test.num_classes)
                apart(test, rows)
        check_counts(rows)
        # One source stays one, for the report.
        synthesizer = fits.setdefault(id(synthesizer), fitted(synthesizer, rows))
        draws.append(Draw(seed, rows, synthesizer))
    return tuple(draws)


def apart(test: Rows, train: Rows, name: str = "Test") -> Rows:
    """Return rows that judge in the dtypes of the training rows, none of which they are.

    Args:
        test: Rows that judge.
        train: The training rows.
        name: What the rows that judge are.

    Raises:
        ValueError: For numbers of another kind than the training rows', or with the number of rows in both and the way
            out.
    """
    cast = as_train(test, train, name.lower())
    # As they were given: a cast to more digits makes equal rows differ.
    count = int(overlapping(train.x, test.x).sum())
    if count:
        raise ValueError(
            f"{name} rows equal to training rows make every figure too good. Drop them: "
            "`test, count = gankeras.evaluation.drop_overlap(train, test)`. "
            f"Received: {count} of {len(test)} {name.lower()} rows that are training rows"
        )
    return cast

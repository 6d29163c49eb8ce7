"""Things to try with one study: an arm, how much is added, and to which classes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from gankeras.augmentation.policy import plan_mix
from gankeras.evaluation.arms import ARMS, Draw
from gankeras.evaluation.classifier import Progress
from gankeras.evaluation.rows import Rows
from gankeras.evaluation.study import Study


@dataclasses.dataclass(frozen=True, eq=False)
class Trial:
    """One way to feed a classifier, with all that it needs.

    Args:
        name: Name for code.
        label: Name for people.
        role: `"comparison"`, `"judged"` or `"shown"`, as in `Result`.
        arm: Name of the arm.
        ratio: Synthetic share, where the arm mixes.
        strategy: What the classes are balanced to, or `None`.
    """

    name: str
    label: str
    role: str
    arm: str
    ratio: float | None = None
    strategy: Any = None

    def scores(self, study: Study, draw: Draw, test: Rows, tell: Progress) -> np.ndarray:
        """Train its classifier on `draw`; the scores of `test`, one a class."""
        return self._in(study).train_and_ask(self.arm, draw, self.ratio, test, tell)

    def check(self, study: Study, draw: Draw) -> None:
        """Raise a `ValueError` if its rows cannot be made."""
        study.learner.check_arm(self.arm, self._in(study).feed, draw, self.ratio)

    def synthetic_share(self, counts: np.ndarray) -> np.ndarray:
        """Expected share of all rows that are synthetic, by class, for real rows of these counts."""
        counts = np.asarray(counts, np.float64)
        if not self.ratio:
            return np.zeros(len(counts))
        if self.strategy is None:
            return self.ratio * counts / counts.sum()
        mix = plan_mix(counts, self.strategy, self.ratio)
        return mix.ratio * mix.labels

    def _in(self, study: Study) -> Study:
        feed = dataclasses.replace(study.feed, sampling_strategy=self.strategy)
        return dataclasses.replace(study, feed=feed)


def plain(name: str, role: str | None = None) -> Trial:
    """Make the trial of an arm that does not mix."""
    return Trial(name, ARMS[name].label, role or ARMS[name].role, name)


def _counts_in_words(counts: dict[Any, int]) -> str:
    return "counts " + " ".join(f"{label}:{count}" for label, count in counts.items())


def mixing(arm: str, ratio: float, strategy: Any = None) -> Trial:
    """Make the trial of an arm that mixes, named after what is added."""
    amount = f"{100 * ratio:g} %"
    if strategy is None:
        return Trial(f"{arm} {ratio:g}", f"{ARMS[arm].label}, {amount}", "judged", arm, ratio)
    how = strategy if isinstance(strategy, str) else _counts_in_words(strategy)
    name, label = f"{arm} {ratio:g} {how}", f"{ARMS[arm].label}, {how}, at most {amount}"
    return Trial(name, label, "judged", arm, ratio, strategy)

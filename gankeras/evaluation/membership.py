"""Can one tell from samples whether a row was in the training data?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from gankeras.evaluation.arguments import whole
from gankeras.evaluation.memorisation import check_enough, comparable_source
from gankeras.metrics import nearest_distances
from gankeras.metrics.feature_metric import flat_features

FALSE_POSITIVES = 0.01


@dataclasses.dataclass(frozen=True)
class Membership:
    """How well one guesses members by their distance to the nearest sample.

    Attributes:
        auc: Chance that a training row is nearer to a sample than a holdout row is: 0.5 is guessing, 1 is certainty.
        true_positives: Share of training rows recognized where 1 % of the holdout's rows are taken for members.

    Example:
        >>> gankeras.evaluation.Membership(auc=0.51, true_positives=0.012).auc
        0.51
    """

    auc: float
    true_positives: float


def membership(
    source: Any,
    train: Any,
    holdout: Any,
    features: Callable | None = None,
    num: int = 2000,
    seed: int = 0,
) -> Membership:
    """Attack a source: guess that a row was in its training data if some sample comes near it.

    The simplest attack there is. Where it works, rows leak; where it fails, a better attack may still work, so a low
    figure is no promise.

    Args:
        source: A trained GAN, a `Synthesizer`, or the path of a SavedModel.
        train: Raw rows `(n, ...)` that it was trained on.
        holdout: Raw rows of the same population that it was not trained on.
        features: Function of raw rows to features `(n, d)`; None takes the raw values.
        num: Samples that the attacker has.
        seed: Of the samples.

    Returns:
        A `Membership`.

    Raises:
        ValueError: For fewer than 20 rows on either side, rows of another shape or dtype than the source draws, NaN,
            holdout rows that are training rows, or an untrained source.

    Example:
        >>> x, y = gankeras.testing.toy_data(200)
        >>> copies = gankeras.baselines.Bootstrap(x[:100], y[:100])
        >>> gankeras.evaluation.membership(copies, x[:100], x[100:]).auc > 0.9
        True

    References:
        - Chen et al. 2020, arXiv:1909.03935, section 5.2 (attack by the distance to the nearest sample).
        - Carlini et al. 2022, arXiv:2112.03570, section 3 (why the rate at few false positives is what counts).
    """
    num = whole(num, "num")
    source = comparable_source(source, train, holdout, features)
    labels = np.arange(num) % source.num_classes if source.num_classes else None
    return membership_of(source.sample(num, labels, seed=seed), train, holdout, features)


def membership_of(
    samples: Any, train: Any, holdout: Any, features: Callable | None = None
) -> Membership:
    """Attack with samples that are there already, whoever drew them.

    Args:
        samples: Raw synthetic rows `(num, ...)`.
        train: As in `membership`.
        holdout: As in `membership`.
        features: As in `membership`.
    """
    check_enough(train, holdout)
    made = flat_features(samples, features)
    members, others = (
        nearest_distances(flat_features(r, features), made)[:, 0] for r in (train, holdout)
    )
    return guessed_members(members, others)


def guessed_members(members: np.ndarray, others: np.ndarray) -> Membership:
    """How well the distance to the nearest sample tells members from others.

    Example:
        >>> guessed_members(np.array([0.0, 0.0]), np.array([1.0, 2.0])).auc
        1.0
    """
    return Membership(chance_nearer(members, others), recognized(members, others))


def chance_nearer(members: np.ndarray, others: np.ndarray) -> float:
    """Chance that one of `members` is smaller than one of `others`; a tie counts half.

    Example:
        >>> chance_nearer(np.array([0.0, 2.0]), np.array([1.0, 2.0]))
        0.625
    """
    others = np.sort(others)
    below, upto = (np.searchsorted(others, members, side) for side in ("left", "right"))
    return float(1 - (below + upto).mean() / (2 * len(others)))


def recognized(members: np.ndarray, others: np.ndarray) -> float:
    """Share of members below the distance that at most 1 % of the others fall below."""
    allowed = int(np.floor(FALSE_POSITIVES * len(others)))
    return float((members < np.sort(others)[allowed]).mean())

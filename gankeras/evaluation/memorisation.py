"""Does a source repeat the rows it was trained on?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gankeras.augmentation.held_source import HeldSource
from gankeras.core.real_rows import check_comparable, is_array
from gankeras.core.synthesizer import Synthesizer
from gankeras.core.training_data import num_rows
from gankeras.evaluation.arguments import whole
from gankeras.evaluation.overlap import check_apart
from gankeras.evaluation.rows import check_numbers, whole_numbers
from gankeras.metrics import nearest_distances
from gankeras.metrics.feature_metric import flat_features
from gankeras.metrics.neighbours import nearest_rows

PERCENTILE = 1.0
LEAST_ROWS = 20
BLOCK = 256


@dataclasses.dataclass(frozen=True)
class Memorisation:
    """How near samples come to training rows, beside how near real rows of a holdout do.

    Attributes:
        share: Share of samples nearer to a training row than `limit`.
        expected: The same share of the holdout's rows: 0.01 by how the limit is made.
        limit: The first percentile of the holdout's distances to their nearest training row.
        by_class: `share` by class name; empty for a source without classes.
        distances: Each sample's distance to its nearest training row, `(num,)`.
        nearest: The number of that training row, `(num,)`.
        samples: The raw samples, to look at beside `train_x[nearest]`.

    Example:
        >>> x, y = gankeras.testing.toy_data(200)
        >>> copies = gankeras.baselines.Bootstrap(x[:100], y[:100])
        >>> found = gankeras.evaluation.memorisation(copies, x[:100], x[100:], num=50)
        >>> bool((found.samples == x[:100][found.nearest]).all())
        True
    """

    share: float
    expected: float
    limit: float
    by_class: dict[str, float]
    distances: np.ndarray
    nearest: np.ndarray
    samples: Any

    def closest(self, num: int) -> np.ndarray:
        """Numbers of the `num` samples that come nearest to a training row, nearest first."""
        return np.argsort(self.distances, kind="stable")[:num]


def memorisation(
    source: Any,
    train: Any,
    holdout: Any,
    features: Callable | None = None,
    num: int = 1000,
    seed: int = 0,
) -> Memorisation:
    """Measure the share of samples that come nearer to a training row than hardly any new real row does.

    A source that copies has a share near 1, one that has learnt the distribution near 0.01. A share above 0.01 does not
    say whose rows leak; one near it does not prove that none do.

    Args:
        source: A trained GAN, a `Synthesizer`, or the path of a SavedModel.
        train: Raw rows `(n, ...)` that the source was trained on.
        holdout: Raw rows that it was not trained on, at least 20, from the same population.
        features: Function of raw rows to features `(n, d)`; None takes the raw values.
        num: Samples, with the class mix of the source's training rows (the same number of each where it is not known).
        seed: Of the samples.

    Returns:
        A `Memorisation`.

    Raises:
        ValueError: For fewer than 20 rows on either side, rows of another shape or dtype than the source draws, NaN,
            holdout rows that are training rows, or an untrained source.

    Example:
        >>> x, y = gankeras.testing.toy_data(200)
        >>> copies = gankeras.baselines.Bootstrap(x[:100], y[:100])
        >>> gankeras.evaluation.memorisation(copies, x[:100], x[100:]).share
        1.0

    References:
        - Webster et al. 2019, arXiv:1901.03396, section 3 (distances of samples against those of a holdout).
    """
    num = whole(num, "num")
    source = comparable_source(source, train, holdout, features)
    labels = _labels(source, num)
    names = source.class_names or tuple(str(c) for c in range(source.num_classes or 0))
    samples = source.sample(num, labels, seed=seed)
    return memorised(samples, labels, names, train, holdout, features)


def _labels(source: Synthesizer, num: int) -> np.ndarray | None:
    """Classes in the mix of the training rows: the limit is that of a holdout with this mix."""
    if not source.num_classes:
        return None
    counts = source.class_counts
    if counts is None or len(set(np.asarray(counts).tolist())) == 1:
        return np.arange(num) % source.num_classes
    wanted = np.asarray(counts) * (num / np.sum(counts))
    return np.repeat(np.arange(source.num_classes), whole_numbers(wanted))


def memorised(
    samples: Any,
    labels: np.ndarray | None,
    class_names: Sequence[str],
    train: Any,
    holdout: Any,
    features: Callable | None = None,
) -> Memorisation:
    """Measure the same of samples that are there already, whoever drew them.

    Args:
        samples: Raw synthetic rows `(num, ...)`.
        labels: Their class ids, or None.
        class_names: Names of the classes; empty without labels.
        train: As in `memorisation`.
        holdout: As in `memorisation`.
        features: As in `memorisation`.

    Returns:
        A `Memorisation`; `by_class` leaves out classes without samples.
    """
    check_enough(train, holdout)
    real, new, made = (flat_features(rows, features) for rows in (train, holdout, samples))
    reference = nearest_distances(new, real)[:, 0]
    limit = float(np.percentile(reference, PERCENTILE))
    _, nearest = nearest_rows(made, real)
    # Anew from the pairs themselves: a copy has a distance of exactly 0.
    blocks = (slice(start, start + BLOCK) for start in range(0, len(made), BLOCK))
    distances = np.concatenate(
        [np.linalg.norm(made[block] - real[nearest[block]], axis=1) for block in blocks]
    )
    near = distances < limit if limit > 0 else distances <= limit
    found = [] if labels is None else [c for c in range(len(class_names)) if (labels == c).any()]
    return Memorisation(
        share=float(near.mean()),
        expected=PERCENTILE / 100,
        limit=limit,
        by_class={class_names[c]: float(near[labels == c].mean()) for c in found},
        distances=distances,
        nearest=nearest,
        samples=samples,
    )


def comparable_source(
    source: Any, train: Any, holdout: Any, features: Callable | None
) -> Synthesizer:
    """The source, frozen, once its samples and both sorts of real rows can be compared.

    Raises:
        ValueError: Where they cannot: every one of these mistakes looks as if nothing leaked.
    """
    parts = {"train": train, "holdout": holdout}
    for name, rows in parts.items():
        check_numbers(name, rows, features)
    check_enough(train, holdout)
    frozen = HeldSource(source).frozen
    for name, rows in parts.items():
        check_comparable(frozen.element_spec, rows, name)
    check_apart(train, holdout, chance_repeats=not is_array(train))
    return frozen


def check_enough(train: Any, holdout: Any) -> None:
    """Raise unless there are 20 real rows of both sorts."""
    rows = num_rows(train), num_rows(holdout)
    if min(rows) < LEAST_ROWS:
        raise ValueError(
            f"`train` and `holdout` must have at least {LEAST_ROWS} rows each. "
            f"Received: {rows[0]} and {rows[1]}."
        )

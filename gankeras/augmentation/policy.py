"""Which rows give way to synthetic ones, and of which classes those are: pure functions of class counts."""

import dataclasses
from collections.abc import Mapping

import numpy as np

WORDS = ("auto", "all", "minority", "not majority", "not minority")
_NOTHING = 1e-9  # shares closer than this are equal: far below one row in any batch


@dataclasses.dataclass(frozen=True)
class Mix:
    """How the classes of a pipeline are changed.

    Attributes:
        ratio: Expected share of all rows that is replaced.
        needed: The share that would reach what was asked for; above `ratio` where the cap holds.
        replaced: Share of each class's rows that is replaced; 0 for every class that is not
            over-represented.
        labels: Shares of the classes among the synthetic rows; all 0 where nothing is replaced.
        shares: Expected shares of the classes afterwards.
        asked: The shares asked for.
        short: Ids of the classes that stay below what was asked for them.

    Example:
        >>> mix = gankeras.augmentation.plan_mix([60, 20], "not majority", ratio=0.5)
        >>> mix.ratio, mix.shares.tolist()
        (0.25, [0.5, 0.5])
    """

    ratio: float
    needed: float
    replaced: np.ndarray
    labels: np.ndarray
    shares: np.ndarray
    asked: np.ndarray
    short: tuple[int, ...]


def target_counts(counts: np.ndarray, strategy: str | Mapping[int, int]) -> np.ndarray:
    """Rows of each class afterwards, by imbalanced-learn's words for over-sampling.

    Args:
        counts: Rows of each class now, `(num_classes,)`.
        strategy: `"minority"` raises the smallest class to the size of the largest,
            `"not minority"` all but the smallest, `"not majority"` (also `"auto"`, `"all"`) every
            class. A dict gives the counts afterwards by class id; other classes keep theirs.

    Returns:
        Int64 `(num_classes,)`.

    Raises:
        ValueError: For another word, a class that does not exist, or a count below 1.

    Example:
        >>> gankeras.augmentation.target_counts([70, 20, 10], "minority").tolist()
        [70, 20, 70]
    """
    targets = np.array(counts, np.int64)
    if isinstance(strategy, Mapping):
        check_strategy(strategy, len(targets))
        for label, count in strategy.items():
            targets[int(label)] = int(count)
        return targets
    check_strategy(strategy)
    raised = np.ones(len(targets), bool)
    smallest = int(np.argmin(targets))
    if strategy == "minority":
        raised[:] = False
        raised[smallest] = True
    elif strategy == "not minority":
        raised[smallest] = False
    return np.where(raised, targets.max(), targets)


def check_strategy(strategy: object, num_classes: int | None = None) -> None:
    """Checks a `sampling_strategy` as far as it can be without the counts.

    Raises:
        ValueError: With the words that there are.
    """
    if isinstance(strategy, Mapping):
        for label, count in strategy.items():
            _check_entry(label, count, num_classes)
        if strategy:
            return
    elif isinstance(strategy, str) and strategy in WORDS:
        return
    raise ValueError(
        f"`sampling_strategy` must be one of {list(WORDS)}, a dict of counts afterwards by class, "
        f"such as {{2: 500}}, or None to keep the class mix. Received: {strategy!r}."
    )


def plan_mix(counts: np.ndarray, strategy: str | Mapping[int, int], ratio: float) -> Mix:
    """The mix that a `sampling_strategy` asks for, under a cap on the share of synthetic rows.

    The number of rows stays, so the counts afterwards are read as proportions. Only rows of
    over-represented classes are replaced: those above their share afterwards that hold at least
    the average share. Smaller classes keep all their rows, and the other classes divide the rest in
    the proportions asked for. With shares p now and q afterwards, the fewest replacements are
    sum(max(0, p - q)), each class giving max(0, p - q) / p of its rows, and max(0, q - p) being the
    labels of the new ones. Where `ratio` is smaller, all classes go the same part of the way.

    Args:
        counts: Rows of each class now, `(num_classes,)`.
        strategy: As in `target_counts`.
        ratio: Largest share of all rows that may be replaced, in [0, 1].

    Returns:
        A `Mix`.

    Raises:
        ValueError: If there are no rows, or as `target_counts` does.

    Example:
        >>> gankeras.augmentation.plan_mix([60, 20], "minority", ratio=0.1).short
        (1,)
    """
    counts = _checked(counts)
    targets = target_counts(counts, strategy).astype(np.float64)
    now = counts / counts.sum()
    asked = _keep_small_classes(now, targets)
    needed = float(np.maximum(now - asked, 0).sum())
    if needed < _NOTHING:
        # No class may give rows: whatever was to grow stays short of the plain proportions.
        needed, asked, part = 0.0, targets / targets.sum(), 0.0
    else:
        part = min(1.0, ratio / needed)
    shares = now + part * (asked - now)
    grows, gives = np.maximum(asked - now, 0) * (part > 0), part * np.maximum(now - asked, 0)
    return Mix(
        ratio=part * needed,
        needed=needed,
        # Below 1, so that rounding never asks for more rows of a batch than may go.
        replaced=np.minimum(
            np.divide(gives, now, out=np.zeros_like(now), where=gives > 0), 1 - 1e-6
        ),
        labels=grows / max(grows.sum(), _NOTHING),
        shares=shares,
        asked=asked,
        short=tuple(np.flatnonzero((targets > counts) & (shares < asked - _NOTHING)).tolist()),
    )


def plan_additions(counts: np.ndarray, strategy: str | Mapping[int, int], ratio: float) -> Mix:
    """The mix where synthetic rows are added and no real one goes: `plan_mix` for `mode="append"`.

    Each class gains `target - count` rows, or none where it has more already. Where these would be more than `ratio`
    of the output, all classes gain the same part of them.

    Args:
        counts: Rows of each class now, `(num_classes,)`.
        strategy: As in `target_counts`.
        ratio: Largest share of synthetic rows in the output, in [0, 1).

    Returns:
        A `Mix` whose `replaced` is 0.

    Raises:
        ValueError: As `plan_mix`.

    Example:
        >>> gankeras.augmentation.plan_additions(
        ...     [60, 20], "not majority", ratio=0.5
        ... ).shares.tolist()
        [0.5, 0.5]
    """
    counts = _checked(counts)
    added = np.maximum(target_counts(counts, strategy) - counts, 0)
    rows = counts.sum()
    needed = added.sum() / (rows + added.sum())
    part = min(1.0, rows * ratio / (1 - ratio) / added.sum()) if added.any() else 0.0
    shares = (counts + part * added) / (rows + part * added.sum())
    asked = (counts + added) / (rows + added.sum())
    return Mix(
        ratio=float(part * added.sum() / (rows + part * added.sum())),
        needed=float(needed),
        replaced=np.zeros(len(counts)),
        labels=part * added / max(part * added.sum(), _NOTHING),
        shares=shares,
        asked=asked,
        short=tuple(np.flatnonzero((added > 0) & (part < 1 - _NOTHING)).tolist()),
    )


def rounded(ratio: float, rows: int) -> int:
    """How many rows of a batch are synthetic: the nearest whole number, a half to the even one."""
    return int(np.round(np.float64(ratio) * rows))


def _keep_small_classes(now: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Shares afterwards: classes below the average that would lose rows keep them instead."""
    kept = np.zeros(len(now), bool)
    while True:
        free = np.where(kept, 0, targets)
        asked = np.where(kept, now, (1 - now[kept].sum()) * free / free.sum())
        # What the kept classes hold is taken from the others, so more of these may fall short.
        losing = ~kept & (asked < now - _NOTHING) & (now < 1 / len(now) - _NOTHING)
        if not losing.any():
            return asked
        kept |= losing


def _check_entry(label: object, count: object, num_classes: int | None) -> None:
    whole = isinstance(label, int | np.integer) and not isinstance(label, bool)
    if not whole or label < 0 or (num_classes is not None and label >= num_classes):
        classes = "class ids" if num_classes is None else f"class ids from 0 to {num_classes - 1}"
        raise ValueError(
            f"The keys of a `sampling_strategy` dict must be {classes}, or class names where the "
            f"source knows them. Received: {label!r}."
        )
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
        raise ValueError(
            "The values of a `sampling_strategy` dict are rows of the class afterwards, whole "
            f"numbers of at least 1. Received: {count!r} for class {label}."
        )


def _checked(counts: np.ndarray) -> np.ndarray:
    counts = np.asarray(counts, np.float64)
    if counts.ndim != 1 or not np.all(counts >= 0) or not counts.sum() > 0:
        raise ValueError(
            "Class counts must be rows of real data by class, at least one of them above 0; "
            f"`adapt(labels)` counts them. Received: {counts.tolist()}."
        )
    return counts

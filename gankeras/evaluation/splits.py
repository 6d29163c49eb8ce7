"""Rows to train on and rows to judge by, both cut from training rows, and a source for each cut."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from gankeras.augmentation.bank import draw_bank
from gankeras.augmentation.filters import NearCopies
from gankeras.core.synthesizer import Synthesizer
from gankeras.evaluation.arms import Draw
from gankeras.evaluation.classifier import Progress
from gankeras.evaluation.overlap import overlapping
from gankeras.evaluation.rows import Rows, stratified_cut
from gankeras.evaluation.source import fitted, synthesizer_of

HELD_OUT = 0.25
# Enough for a classifier not to see the same row too often.
MOST_BANK = 10_000


@dataclasses.dataclass(frozen=True)
class Split:
    """One draw, and real rows to judge it by."""

    draw: Draw
    held_out: Rows


@dataclasses.dataclass(frozen=True)
class Splits:
    """All splits, and what a reader must know of them.

    Args:
        all: The splits.
        seen: Whether the sources were trained on the rows that judge.
        fixed: Whether the same rows judge in every split.
        note: How they were made.
    """

    all: tuple[Split, ...]
    seen: bool
    fixed: bool
    note: str


def fixed_splits(source: Any, train: Rows, validation: Rows, seeds: list[int]) -> Splits:
    """Judge by rows that the source has never seen: the splits differ in the classifier alone."""
    source = fitted(synthesizer_of(source), train)
    note = (
        f"Judged by {len(validation)} validation rows that, as the caller says, the source was not "
        "trained on. The intervals cover the classifier's training and the choice of these rows, "
        "and neither another source nor other training rows."
    )
    made = tuple(Split(Draw(seed, train, source), validation) for seed in seeds)
    return Splits(made, seen=False, fixed=True, note=note)


def splits_of_a_function(source: Any, train: Rows, seeds: list[int], tell: Progress) -> Splits:
    """Train a source anew on each cut's rows, so that it has not seen those held out."""
    made = []
    for seed in seeds:
        rest, held_out = _cut(train, seed)
        tell.tell(f"split {seed}: making the source")
        found = fitted(synthesizer_of(source(rest.x, rest.y)), rest)
        made.append(Split(Draw(seed, rest, found), held_out))
    note = (
        f"Judged by {len(seeds)} stratified cuts of {100 * HELD_OUT:g} % of the training rows; the "
        "source was made anew for each cut from the other rows, so it has not seen those that judge."
    )
    return Splits(tuple(made), seen=False, fixed=False, note=note)


def splits_of_a_seen_source(source: Any, train: Rows, seeds: list[int]) -> Splits:
    """Judge by rows that the source was trained on, without the samples that repeat these."""
    source = fitted(synthesizer_of(source), train)
    made, filtered = [], not hasattr(train.x, "keys")
    for seed in seeds:
        rest, held_out = _cut(train, seed)
        kept = _without_copies(source, held_out, seed) if filtered else source
        made.append(Split(Draw(seed, rest, kept), held_out))
    care = (
        "samples as near to one of those as they hardly are to each other were dropped, but"
        if filtered
        else "nothing could be done about that for rows of columns, so"
    )
    note = (
        f"Judged by {len(seeds)} stratified cuts of {100 * HELD_OUT:g} % of the training rows. The "
        f"source may have been trained on the rows that judge: {care} the gain may be flattered. "
        "Pass `validation=` rows that it never saw, or a function `(x, y) -> GAN`."
    )
    return Splits(tuple(made), seen=True, fixed=False, note=note)


def _cut(train: Rows, seed: int) -> tuple[Rows, Rows]:
    rest, held_out = stratified_cut(train, HELD_OUT, seed)
    repeated = overlapping(rest.x, held_out.x)
    # A row that is there twice would be judged by a classifier that knows it.
    return rest, held_out if repeated.all() else held_out.take(np.flatnonzero(~repeated))


def _without_copies(source: Synthesizer, held_out: Rows, seed: int) -> Synthesizer:
    num = min(MOST_BANK, max(1000, 20 * len(held_out)))
    return draw_bank(source, num, [NearCopies(held_out.x)], seed=seed, verbose=0)

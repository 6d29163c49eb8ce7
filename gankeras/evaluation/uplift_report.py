"""Puts what an uplift measured into a `Report`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.report import Comparison, Report, Result
from gankeras.evaluation.arguments import shown_ratio
from gankeras.evaluation.arms import ARMS
from gankeras.evaluation.intervals import compare, estimate
from gankeras.evaluation.source import count_note
from gankeras.evaluation.study import VALIDATION_SHARE, Study
from gankeras.version import __version__


def make_report(
    study: Study,
    ratios: dict[str, float],
    validation: dict[str, dict[float, float]],
    scores: dict[str, list[dict[str, float]]],
    notes: list[str],
) -> Report:
    """Make the report of a study that has run.

    Args:
        study: What all runs shared.
        ratios: The ratio of each mixing arm.
        validation: How they were chosen: mean figure by arm and candidate; empty if given.
        scores: For each arm one dict of figures a seed.
        notes: What is known already that a reader must know.

    Returns:
        A `Report` of kind `"uplift"`.
    """
    results = tuple(_result(name, by_seed) for name, by_seed in scores.items())
    comparisons = _comparisons(results, study.headline)
    verdict, decided_by, reason = _overall(comparisons, results, study.headline)
    return Report(
        kind="uplift",
        headline=study.headline,
        results=results,
        comparisons=comparisons,
        verdict=verdict,
        decided_by=decided_by,
        reason=reason,
        notes=tuple(_notes(study, results, comparisons, validation) + notes),
        settings=settings_of(study, ratios, validation),
    )


def _result(name: str, by_seed: list[dict[str, float]]) -> Result:
    figures = {key: estimate([scores[key] for scores in by_seed]) for key in by_seed[0]}
    return Result(name, ARMS[name].label, ARMS[name].role, figures)


def _comparisons(results: tuple[Result, ...], headline: str) -> tuple[Comparison, ...]:
    others = [result for result in results if result.role == "comparison"]
    if not others:
        return ()
    best = max(others, key=lambda result: result.figures[headline].mean)
    against = best.figures[headline]
    return tuple(
        compare(result.name, best.name, headline, result.figures[headline], against)
        for result in results
        if result.role == "judged"
    )


def _overall(
    comparisons: tuple[Comparison, ...], results: tuple[Result, ...], headline: str
) -> tuple[str, str | None, str | None]:
    """Return the overall verdict, the arm it is taken from, and why it is no clearer."""
    if not comparisons:
        lacks = "without a GAN" if any(r.role == "judged" for r in results) else "that mixes"
        return "not computed", None, f"there is no arm {lacks} to compare"
    best = max(comparisons, key=lambda comparison: comparison.difference.mean)
    return best.verdict, best.name, best.reason


def _notes(
    study: Study,
    results: tuple[Result, ...],
    comparisons: tuple[Comparison, ...],
    validation: dict[str, dict[float, float]],
) -> list[str]:
    notes = []
    if study.headline == "balanced_accuracy":
        notes.append(
            "The classes differ in size, so the verdict is about balanced accuracy: the mean "
            "recall of the classes."
        )
    else:
        notes.append("The classes are (almost) the same size, so the verdict is about accuracy.")
    notes.append(coverage_note(study))
    if len(comparisons) > 1:
        notes.append(
            "The overall verdict is that of the GAN arm with the best mean; its interval is not "
            "widened for that choice."
        )
    others = sum(result.role == "comparison" for result in results)
    if comparisons and others > 1:
        notes.append(
            f"The reference is the best of {others} arms without a GAN on the same test rows, which "
            "favours it a little."
        )
    if validation:
        notes.append(
            f"The ratio of each GAN arm was chosen by mean {study.headline.replace('_', ' ')} on "
            f"{100 * VALIDATION_SHARE:g} % of the training rows held out of each class, over the seeds; "
            "test rows had no part in it. The source may have seen the held-out rows, which "
            "favours larger ratios."
        )
    missing = [name for name, n in zip(study.class_names, study.test.counts, strict=True) if not n]
    if missing:
        notes.append(f"No test rows, hence no recall, for: {', '.join(missing)}.")
    found = [count_note(draw.synthesizer, draw.rows) for draw in study.draws]
    return notes + [note for note in found if note is not None][:1]


def coverage_note(study: Study) -> str:
    """Say what the intervals over the seeds cover."""
    num = len(study.draws)
    if num < 2:
        return "One seed: no interval and no verdict could be computed."
    first, *others = study.draws
    if len({id(draw.synthesizer) for draw in study.draws}) < num:
        return (
            f"One source served all {num} seeds, so the interval covers the classifier's "
            "training alone: another GAN, or other training rows, may give another answer."
        )
    if all(draw.rows.equals(first.rows) for draw in others):
        return (
            f"The source was made anew for each of the {num} seeds, from the same training rows: "
            "the interval covers GAN and classifier, and no other choice of rows."
        )
    return (
        f"Training rows and source were drawn anew for each of the {num} seeds: the interval "
        "covers rows, GAN and classifier; the test rows are the same throughout."
    )


def settings_of(
    study: Study, ratios: dict[str, float], validation: dict[str, dict[float, float]]
) -> dict[str, Any]:
    """Return how the figures were made, for a report."""
    draws = study.draws
    augmentation = study.feed.augmentation
    strategy = study.feed.sampling_strategy
    return {
        "steps": study.feed.steps if study.learner.has_steps else None,
        "batch_size": study.feed.batch_size if study.learner.has_steps else None,
        "seeds": [draw.seed for draw in draws],
        "arms": list(study.arms),
        "ratio": {name: shown_ratio(ratio, study.feed.steps) for name, ratio in ratios.items()},
        "ratio_validation": {
            name: {f"{ratio:g}": mean for ratio, mean in means.items()}
            for name, means in validation.items()
        },
        "sampling_strategy": strategy
        if strategy is None or isinstance(strategy, (str, int, float, dict))
        else str(strategy),
        "augmentation": None if augmentation is None else _name(augmentation),
        "class_names": list(study.class_names),
        "train_class_counts": np.mean([draw.rows.counts for draw in draws], axis=0).tolist(),
        "train_rows": float(np.mean([len(draw.rows) for draw in draws])),
        "test_class_counts": study.test.counts.tolist(),
        "test_rows": len(study.test),
        "source_step": [int(draw.synthesizer.step) for draw in draws],
        "versions": {
            "gankeras": __version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
            "numpy": np.__version__,
        },
    }


def _name(augmentation: Any) -> str:
    # Never repr(): a function's holds its address, and the report would differ from run to run.
    return getattr(augmentation, "__qualname__", type(augmentation).__name__)

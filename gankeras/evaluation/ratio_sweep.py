"""How the gain depends on the share of synthetic rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gankeras.core.report import Comparison, Report, Result
from gankeras.evaluation.arguments import ratios_of
from gankeras.evaluation.experiment import Settings, prepare
from gankeras.evaluation.intervals import estimate, holm, verdict_of
from gankeras.evaluation.study import Study
from gankeras.evaluation.trials import Trial, mixing, plain
from gankeras.evaluation.uplift_report import coverage_note, settings_of


def ratio_sweep(
    source: Any,
    train: tuple[Any, Any],
    test: tuple[Any, Any],
    build_classifier: Any,
    ratios: Sequence[float] = (0.1, 0.25, 0.5),
    **settings: Any,
) -> Report:
    """Measure each share of synthetic rows on real test rows, beside none.

    The same classifiers, steps and seeds as in `uplift`. Every ratio is compared with the better of
    `real` and `classical`; the intervals are widened by Holm's steps, so that together they cover.
    It shows a curve: to choose a ratio without looking at test rows use `plan`.

    Args:
        source: As in `uplift`.
        train: `(x, y)`: real training rows and their class ids.
        test: `(x, y)`: real rows that no source and no classifier has seen.
        build_classifier: As in `uplift`.
        ratios: Synthetic shares, each between 0 and 1.
        **settings: `steps`, `seeds`, `augmentation`, `batch_size`, `sampling_strategy` and
            `progress`, as in `uplift`.

    Returns:
        A `Report` of kind `"ratio_sweep"`; its results bear names such as `"gan 0.25"`.

    Raises:
        ValueError: As `uplift`.

    Example:
        >>> from sklearn.neighbors import KNeighborsClassifier
        >>> x, y = gankeras.testing.toy_data(120)
        >>> copies = gankeras.baselines.Bootstrap(x[:60], y[:60])
        >>> parts = (x[:60], y[:60]), (x[60:], y[60:])
        >>> model = KNeighborsClassifier(1)
        >>> report = gankeras.evaluation.ratio_sweep(copies, *parts, model, seeds=2)
        >>> [result.name for result in report.results]
        ['real', 'gan 0.1', 'gan 0.25', 'gan 0.5']
    """
    ratios = ratios_of(ratios)
    given = Settings(**settings)
    study, tell, _ = prepare(source, train, test, build_classifier, given)
    classical = given.augmentation is not None
    arms = ["gan", *(["gan+classical"] if classical else [])]
    trials = [plain("real"), *([plain("classical")] if classical else [])]
    strategy = study.feed.sampling_strategy
    trials += [mixing(arm, ratio, strategy) for arm in arms for ratio in ratios]
    for trial in trials:
        trial.check(study, study.draws[0])
    tell.total = len(trials) * len(study.draws) * study.feed.steps
    figures: dict[Trial, list[dict[str, float]]] = {trial: [] for trial in trials}
    for draw in study.draws:
        for trial in trials:
            scores = trial.scores(study, draw, study.test, tell)
            figures[trial].append(study.figures(scores, study.test))
    return _report(study, figures, ratios)


def _report(
    study: Study, figures: dict[Trial, list[dict[str, float]]], ratios: list[float]
) -> Report:
    results = tuple(
        Result(t.name, t.label, t.role, {k: estimate([f[k] for f in found]) for k in found[0]})
        for t, found in figures.items()
    )
    comparisons = compare_all(results, study.headline)
    best = max(comparisons, key=lambda comparison: comparison.difference.mean)
    notes = (
        "The intervals of the differences are widened by Holm's steps: together they cover with 95 %.",
        "Every ratio was measured on the test rows: choosing the best of them here flatters it.",
        coverage_note(study),
    )
    return Report(
        kind="ratio_sweep",
        headline=study.headline,
        results=results,
        comparisons=comparisons,
        verdict=best.verdict,
        decided_by=best.name,
        reason=best.reason,
        notes=notes,
        settings=settings_of(study, {}, {}) | {"ratios": ratios},
    )


def compare_all(results: tuple[Result, ...], headline: str) -> tuple[Comparison, ...]:
    """Compare the judged results with the best comparison, by intervals that cover together."""
    others = [result for result in results if result.role == "comparison"]
    best = max(others, key=lambda result: result.figures[headline].mean)
    against = best.figures[headline].values
    judged = [result for result in results if result.role == "judged"]
    differences = [
        estimate([a - b for a, b in zip(r.figures[headline].values, against, strict=True)])
        for r in judged
    ]
    return tuple(
        Comparison(result.name, best.name, headline, wide, *verdict_of(wide))
        for result, wide in zip(judged, holm(differences), strict=True)
    )

"""Train on synthetic rows and test on real ones, and the reverse."""

from __future__ import annotations

import dataclasses
from typing import Any

from gankeras.core.report import Report, Result
from gankeras.evaluation.estimator import synthetic_rows
from gankeras.evaluation.experiment import Settings, prepare
from gankeras.evaluation.intervals import compare, estimate
from gankeras.evaluation.study import Study
from gankeras.evaluation.uplift_report import coverage_note, settings_of

TRAINED_ON = {"real": "real", "synthetic": "gan_only"}
LABELS = {
    "real to real": ("trained on real, tested on real", "comparison"),
    "synthetic to real": ("trained on synthetic, tested on real", "judged"),
    "real to synthetic": ("trained on real, tested on synthetic", "shown"),
    "synthetic to synthetic": ("trained on synthetic, tested on synthetic", "shown"),
}


def train_on_synthetic(
    source: Any,
    train: tuple[Any, Any],
    test: tuple[Any, Any],
    build_classifier: Any,
    **settings: Any,
) -> Report:
    """Measure what a classifier learns from synthetic rows alone, and the reverse.

    One classifier is trained on the real rows, one on as many synthetic ones of the same class mix;
    both are tested on real test rows and on fresh synthetic rows with the test rows' labels.

    - *synthetic to real*: the classification accuracy score; beside *real to real* it says how much
      of what can be learnt the samples hold. Below it they lack something: classes, modes, detail.
    - *real to synthetic*: whether samples are what they were asked to be. Near *real to real* it is
      as it should be; far above it the samples are too easy.

    Args:
        source: As in `uplift`.
        train: `(x, y)`: real training rows and their class ids.
        test: `(x, y)`: real rows that no source and no classifier has seen.
        build_classifier: As in `uplift`: returns a compiled Keras model, or a scikit-learn classifier.
        **settings: `steps`, `seeds`, `augmentation` (applied to both), `batch_size` and `progress`,
            as in `uplift`.

    Returns:
        A `Report` of kind `"train_on_synthetic"` with the four results; `settings["share_of_real"]` is
        the mean of *synthetic to real* over that of *real to real*.

    Raises:
        ValueError: As `uplift`.

    Example:
        >>> from sklearn.neighbors import KNeighborsClassifier
        >>> x, y = gankeras.testing.toy_data(120)
        >>> gan = gankeras.testing.toy_gan(trained_steps=2)
        >>> parts = (x[:60], y[:60]), (x[60:], y[60:])
        >>> report = gankeras.evaluation.train_on_synthetic(gan, *parts, KNeighborsClassifier(1))
        >>> report["real to real"].figures["accuracy"].mean
        1.0

    References:
        - Esteban et al. 2017, arXiv:1706.02633, section 3.4 (train on synthetic, test on real).
        - Ravuri and Vinyals 2019, arXiv:1905.10887, section 3 (classification accuracy score).
    """
    study, tell, _ = prepare(source, train, test, build_classifier, Settings(**settings))
    tell.total = 2 * len(study.draws) * study.feed.steps
    for arm in TRAINED_ON.values():
        study.learner.check_arm(arm, study.feed, study.draws[0], None)
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in LABELS}
    for draw in study.draws:
        # Seeds of their own: a test sample must not be a training sample.
        made = synthetic_rows(draw.synthesizer, study.test.y, study.test, 2**30 + draw.seed)
        tests = {"real": study.test, "synthetic": made}
        for trained, arm in TRAINED_ON.items():
            model = study.learner.train(arm, study.feed, draw, None, tell)
            for tested, rows in tests.items():
                scores = study.learner.scores(model, rows)
                figures[f"{trained} to {tested}"].append(study.figures(scores, rows))
    return _report(study, figures)


def _report(study: Study, figures: dict[str, list[dict[str, float]]]) -> Report:
    results = tuple(
        Result(name, *LABELS[name], {k: estimate([f[k] for f in found]) for k in found[0]})
        for name, found in figures.items()
    )
    real, judged = (results[i].figures[study.headline] for i in (0, 1))
    comparison = compare("synthetic to real", "real to real", study.headline, judged, real)
    share = None if real.mean == 0 else judged.mean / real.mean
    return Report(
        kind="train_on_synthetic",
        headline=study.headline,
        results=results,
        comparisons=(comparison,),
        verdict=comparison.verdict,
        decided_by=comparison.name,
        reason=comparison.reason,
        notes=(coverage_note(study),),
        settings=settings_of(dataclasses.replace(study, arms=tuple(LABELS)), {}, {})
        | {"share_of_real": share},
    )

"""From the scores of all trials to a decision: which to take, or none."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from gankeras.core.report import Comparison, Estimate, Result
from gankeras.evaluation.intervals import (
    coverage,
    estimate_with,
    standard_error,
    verdict_of,
)
from gankeras.evaluation.rows import Rows
from gankeras.evaluation.splits import Splits
from gankeras.evaluation.study import Study
from gankeras.evaluation.trials import Trial
from gankeras.version import __version__

BOOTSTRAPS = 200
Scores = dict[Trial, list[np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Error:
    """Standard error of a mean difference, and its degrees of freedom."""

    size: float
    degrees: float


def decide(study: Study, splits: Splits, scores: Scores, rows: Rows) -> dict[str, Any]:
    """Decide, and return the fields of the plan.

    Args:
        study: What all trials shared.
        splits: What they were judged by.
        scores: Of each trial, one array of scores a split.
        rows: All real training rows.

    Returns:
        Fields of a `Report` of kind `"plan"`; `settings["chosen"]` is the decision.
    """
    figures = {t: _figures(study, splits, found) for t, found in scores.items()}
    results = tuple(
        Result(t.name, t.label, t.role, {k: _mean([f[k] for f in found]) for k in found[0]})
        for t, found in figures.items()
    )
    means = {t: float(np.mean([f[study.headline] for f in found])) for t, found in figures.items()}
    against = max((t for t in scores if t.role == "comparison"), key=means.get)
    judged = [trial for trial in scores if trial.role == "judged"]
    errors = {t: _error(study, splits, scores, (t, against)) for t in judged}
    differences = {t: _difference(figures, (t, against), study.headline, errors[t]) for t in judged}
    chosen = choose(differences)
    comparisons = tuple(
        Comparison(t.name, against.name, study.headline, d, *verdict_of(d))
        for t, d in differences.items()
    )
    best = chosen or max(differences, key=lambda trial: differences[trial].mean)
    verdict, reason = verdict_of(differences[best])
    return {
        "kind": "plan",
        "headline": study.headline,
        "results": results,
        "comparisons": comparisons,
        "verdict": verdict,
        "decided_by": best.name,
        "reason": reason,
        "notes": tuple(_notes(splits, means, chosen or against)),
        "settings": _settings(study, splits, chosen, against, rows),
    }


def _mean(values: list[float]) -> Estimate:
    """A figure of one trial: splits that share rows tell how sure a difference is, and not this."""
    return Estimate(float(np.mean(values)), tuple(values), reason="the splits share their rows")


def choose(differences: dict[Trial, Estimate]) -> Trial | None:
    """Take what gains most, of what gains more than one standard error."""
    gains = {t: d.mean for t, d in differences.items() if verdict_of(d)[0] == "helps"}
    return max(gains, key=gains.get) if gains else None


def _figures(study: Study, splits: Splits, found: list[np.ndarray]) -> list[dict[str, float]]:
    pairs = zip(found, splits.all, strict=True)
    figures = [study.figures(scores, split.held_out) for scores, split in pairs]
    # A cut may lack a class: what every split has is reported.
    kept = [key for key in figures[0] if all(key in f for f in figures)]
    return [{key: f[key] for key in kept} for f in figures]


def _difference(
    figures: dict[Trial, list[dict]],
    pair: tuple[Trial, Trial],
    headline: str,
    error: Error,
) -> Estimate:
    """The mean difference, one standard error to each side."""
    judged, against = (figures[trial] for trial in pair)
    values = [a[headline] - b[headline] for a, b in zip(judged, against, strict=True)]
    return estimate_with(values, error.size, error.degrees, coverage(1.0, error.degrees))


def _error(study: Study, splits: Splits, scores: Scores, pair: tuple[Trial, Trial]) -> Error:
    """How sure the mean difference of two trials is, by how the splits were made."""
    judged, against = (_figures(study, splits, scores[trial]) for trial in pair)
    values = [a[study.headline] - b[study.headline] for a, b in zip(judged, against, strict=True)]
    runs, held_out = len(values), splits.all[0].held_out
    if runs < 2:
        return Error(0.0, 1)
    if not splits.fixed:
        overlap = len(held_out) / len(splits.all[0].draw.rows)
        # Figures of n rows move in steps of 1 / n: where all splits agree, half a step is what nobody can see.
        return Error(max(standard_error(values, overlap), 0.5 / len(held_out)), runs - 1)
    training = np.var(values, ddof=1) / runs
    rows = row_variance(study, held_out, scores[pair[0]], scores[pair[1]])
    total = float(training + rows)
    # Welch and Satterthwaite: two variances, each with freedom of its own.
    parts = training**2 / (runs - 1) + rows**2 / max(len(held_out) - 1, 1)
    return Error(total**0.5, total**2 / parts if parts > 0 else runs - 1)


def row_variance(
    study: Study, held_out: Rows, judged: list[np.ndarray], against: list[np.ndarray]
) -> float:
    """Variance of the mean difference over other choices of the rows that judge, by bootstrap.

    Args:
        study: Has the figure.
        held_out: The rows that judge; each class is drawn as often as it is there.
        judged: Scores of these rows, one array a run.
        against: The same of the reference.

    Returns:
        The variance.
    """
    rng = np.random.Generator(np.random.Philox(key=[len(held_out), 0xB007]))
    members = [np.flatnonzero(held_out.y == c) for c in range(held_out.num_classes)]
    means = []
    for _ in range(BOOTSTRAPS):
        drawn = np.concatenate([rng.choice(m, len(m)) for m in members if len(m)])
        part = Rows(drawn, held_out.y[drawn], held_out.num_classes)
        gains = [
            study.figures(a[drawn], part)[study.headline]
            - study.figures(b[drawn], part)[study.headline]
            for a, b in zip(judged, against, strict=True)
        ]
        means.append(np.mean(gains))
    return float(np.var(means, ddof=1))


def _notes(splits: Splits, means: dict[Trial, float], taken: Trial) -> list[str]:
    notes = [
        splits.note,
        "Intervals reach one standard error to each side. What gains more than that is taken: the "
        "better guess, no proof. Proof is `uplift` on test rows.",
    ]
    shown = [trial for trial in means if trial.role == "shown"]
    better = [trial for trial in shown if means[trial] >= means[taken]]
    if better:
        most = max(better, key=means.get)
        notes.append(
            f"{most.label} alone reaches {100 * means[most]:.1f} %, without any sample, beside "
            f"{100 * means[taken]:.1f} % of what was taken: try it first."
        )
    return notes


def _settings(
    study: Study, splits: Splits, chosen: Trial | None, against: Trial, rows: Rows
) -> dict[str, Any]:
    trial = chosen or against
    shares = trial.synthetic_share(rows.counts)
    return {
        "chosen": {
            "name": trial.name,
            "ratio": trial.ratio or 0.0,
            "sampling_strategy": trial.strategy,
            "classical": "classical" in trial.arm,
            "shares": dict(zip(study.class_names, shares.tolist(), strict=True)),
        },
        "steps": study.feed.steps,
        "batch_size": study.feed.batch_size,
        "splits": [split.draw.seed for split in splits.all],
        "source_saw_the_judges": splits.seen,
        "class_names": list(study.class_names),
        "train_class_counts": rows.counts.tolist(),
        "train_rows": len(rows),
        "held_out_rows": len(splits.all[0].held_out),
        "versions": {"gankeras": __version__},
    }

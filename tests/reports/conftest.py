"""Reports of figures made up for the purpose."""

import numpy as np
import pytest

from gankeras.core.report import Report, Result
from gankeras.evaluation.intervals import compare, estimate

ARMS = {
    "real": ("real", "comparison"),
    "classical": ("real + classical", "comparison"),
    "gan": ("real + GAN", "judged"),
    "gan+classical": ("real + GAN + classical", "judged"),
    "gan_only": ("GAN alone", "shown"),
}


def made_up(figures, class_names=("shirt", "a|b"), **settings):
    """A report of these accuracies by arm and seed."""
    results = []
    for name, values in figures.items():
        found = {"accuracy": estimate(values), "balanced_accuracy": estimate(values)}
        found |= {f"recall/{c}": estimate(values) for c in class_names}
        results.append(Result(name, *ARMS[name], found))
    others = [result for result in results if result.role == "comparison"]
    best = max(others, key=lambda result: result.figures["accuracy"].mean)
    comparisons = tuple(
        compare(r.name, best.name, "accuracy", r.figures["accuracy"], best.figures["accuracy"])
        for r in results
        if r.role == "judged"
    )
    decisive = max(comparisons, key=lambda comparison: comparison.difference.mean)
    num = len(next(iter(figures.values())))
    return Report(
        kind="uplift",
        headline="accuracy",
        results=tuple(results),
        comparisons=comparisons,
        verdict=decisive.verdict,
        decided_by=decisive.name,
        reason=decisive.reason,
        notes=("One source served all seeds.",),
        settings={
            "steps": 2000,
            "batch_size": 64,
            "seeds": list(range(num)),
            "train_rows": 500.0,
            "test_rows": 10000,
            "ratio": {"gan": 0.3},
            "class_names": list(class_names),
            "train_class_counts": list(np.arange(len(class_names)) + 2),
            **settings,
        },
    )


@pytest.fixture
def make_report():
    return made_up


@pytest.fixture
def helps():
    # Differences of 1, 2 and 3 points are not enough; 9, 10, 11 are: 10 +- 2.484.
    return made_up(
        {
            "real": [0.70, 0.71, 0.72],
            "classical": [0.75, 0.75, 0.75],
            "gan": [0.84, 0.85, 0.86],
            "gan_only": [0.30, 0.31, 0.29],
        }
    )


@pytest.fixture
def hurts():
    return made_up({"real": [0.8, 0.8, 0.8], "gan": [0.69, 0.70, 0.71]})


@pytest.fixture
def no_effect():
    return made_up({"real": [0.8, 0.8, 0.8], "gan": [0.81, 0.82, 0.83]})


@pytest.fixture
def one_seed():
    return made_up({"real": [0.8], "gan": [0.9]})

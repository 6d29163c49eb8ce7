"""Reports of figures made up for the purpose."""

import base64
import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from gankeras.core.report import Report, Result
from gankeras.core.section import (
    Gallery,
    Item,
    Lines,
    Measures,
    Picture,
    Scatter,
    Section,
    Table,
)
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


def picture(seed):
    """A little bitmap of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return Picture(base64.b64encode(file.getvalue()).decode(), f"noise {seed}")


def full(names=("shirt", "a|b", "shoe with quite a long name")):
    """A report with a block of every kind."""
    report = made_up(
        {
            "real": [0.797, 0.80, 0.79],
            "classical": [0.807, 0.81, 0.80],
            "gan": [0.794, 0.79, 0.80],
            "gan+classical": [0.811, 0.82, 0.803],
            "gan_only": [0.625, 0.60, 0.63],
        },
        names,
        ratio={"gan": 0.25, "gan+classical": 0.5},
        ratio_validation={"gan": {"0.25": 0.7, "0.5": 0.6}},
        versions={"gankeras": "0.1.0"},
    )
    lines = [("synthetic", [picture(i) for i in range(4)]), ("distance", ["0.1", "2", "3", ""])]
    items = [Item(name, lines) for name in names]
    found = [
        Result(name, name, role, {"distance": estimate([value])})
        for name, role, value in (("synthetic", "judged", 12.3), ("holdout", "comparison", 3.4))
    ]
    rng = np.random.default_rng(0)
    cloud = {"real": rng.normal(size=(40, 2)), "synthetic": rng.normal(0.3, 0.8, size=(40, 2))}
    x = range(1, 21)
    curves = {
        "discriminator": [1 / v for v in x],
        "signs": [None, *([0.5] * 19)],
        "generator": [v / 20 for v in x],
    }
    sections = (
        Section("Samples", "", ["Look."], [Gallery("Four each", "distances 0.1 to 3", items)], 10),
        Section(
            "Is it like the real data?",
            "Distance 12.3, where real rows have 3.4.",
            blocks=[
                Measures("Beside the holdout", found, {"distance": "0 is best"}),
                Scatter("Two components", "centres 0.3 apart", cloud, ("1st", "2nd")),
            ],
        ),
        Section("Training", blocks=[Lines("Losses", "from 1 to 0.05", x, curves, "epoch")]),
        Section("The card", blocks=[Table("Facts", ["fact", "value"], [["rows", "500"]])]),
    )
    return dataclasses.replace(report, sections=sections)


@pytest.fixture(scope="session")
def make_full_report():
    return full

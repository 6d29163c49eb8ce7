"""A report is plain data that survives JSON, and refuses what is not one."""

import json

import numpy as np
import pytest

from gankeras.core.report import Comparison, Estimate, Report, Result


@pytest.fixture
def report():
    real = Estimate(0.5, (0.4, 0.6), -0.77, 1.77)
    gan = Estimate(0.6, (0.6,), reason="one seed has no spread")
    return Report(
        kind="uplift",
        headline="accuracy",
        results=(
            Result("real", "real", "comparison", {"accuracy": real, "recall/a|b": real}),
            Result("gan", "real + GAN", "judged", {"accuracy": gan}),
        ),
        comparisons=(Comparison("gan", "real", "accuracy", gan, "not computed", "why"),),
        verdict="not computed",
        decided_by="gan",
        reason="why",
        notes=("a note", "größer"),
        settings={"steps": np.int64(3), "seeds": (0, 1), "mean": np.float32(0.5), 7: float("nan")},
    )


def test_survives_json(report, tmp_path):
    path = tmp_path / "report.json"
    text = report.to_json(path)
    assert Report.from_json(text) == report
    assert Report.from_json(path) == report
    assert Report.from_json(str(path)) == report
    assert json.loads(text)["schema_version"] == 1
    assert Report.from_dict(report.to_dict()).to_json() == text


def test_settings_become_json_values(report):
    assert report.settings == {"steps": 3, "seeds": [0, 1], "mean": 0.5, "7": None}
    assert type(report.settings["steps"]) is int


def test_finds_results_by_name(report):
    assert report["gan"].label == "real + GAN"
    assert report.comparison("gan").reference == "real"
    assert report.comparison("real") is None
    with pytest.raises(KeyError, match="it has: real, gan"):
        report["classical"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "JSON text"),
        ("[]", "not a gankeras report"),
        ('{"kind": "uplift"}', "not a gankeras report"),
        ('{"schema_version": 2}', "Received: schema_version 2"),
        ('{"schema_version": 1, "kind": "u", "headline": "a", "mood": 3}', "mood"),
        ('{"schema_version": 1, "kind": "u", "headline": "a", "results": [{}]}', "figures"),
        ('{"schema_version": 1, "kind": "u", "headline": "a", "verdict": "wow"}', "wow"),
    ],
)
def test_refuses_what_is_not_a_report(text, message):
    with pytest.raises(ValueError, match=message):
        Report.from_json(text)

"""The verdict in plain words, with numbers worked out by hand."""

import dataclasses

import pytest

from gankeras.core.report import Estimate
from gankeras.reports import summary
from gankeras.reports.wording import (
    points,
    range_of,
    recall_classes,
    settings_line,
    short_verdict,
    verdict_of,
)


def test_helps(helps):
    assert summary(helps) == (
        "GAN augmentation helps: real + GAN reaches 85.0 % accuracy, 10.0 points above "
        "real + classical, the best arm without a GAN (95 % interval of the difference "
        "+7.5 to +12.5 points, 3 seeds). Use it."
    )


def test_hurts(hurts):
    text = summary(hurts)
    assert text.startswith(
        "GAN augmentation hurts: real + GAN reaches 70.0 % accuracy, 10.0 points below real ("
    )
    assert text.endswith("Leave it out.")


def test_no_effect_says_that_more_seeds_might_show_one(no_effect):
    # 2 points, half width 4.303 / the root of 3 = 2.48.
    assert "no effect that 3 seeds can show" in summary(no_effect)
    assert "-0.5 to +4.5 points" in summary(no_effect)
    assert "unless more seeds show otherwise" in summary(no_effect)


def test_one_seed_claims_nothing(one_seed):
    text = summary(one_seed)
    assert text.startswith("Verdict not computed (one seed has no spread")
    assert "10.0 points above real" in text
    assert not {"helps", "hurts", "no effect"} & set(text.split())


def test_equal_means_are_level(make_report):
    report = make_report({"real": [0.7, 0.8], "gan": [0.8, 0.7]})
    assert "level with real" in summary(report)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.016, "+1.6"), (-0.5, "-50.0"), (0.0, "0.0"), (-0.0001, "0.0"), (0.0001, "0.0")],
)
def test_points_have_a_sign_that_their_digits_bear_out(value, text):
    assert points(value) == text


def test_missing_interval_is_said():
    assert range_of(Estimate(0.5, (0.5,))) == "not computed"


def test_short_verdicts(helps, hurts, no_effect, one_seed):
    found = [short_verdict(report) for report in (helps, hurts, no_effect, one_seed)]
    assert found == [
        "GAN augmentation helps: +10.0 points (+7.5 to +12.5), 3 seeds",
        "GAN augmentation hurts: -10.0 points (-12.5 to -7.5), 3 seeds",
        "GAN augmentation, no effect shown: +2.0 points (-0.5 to +4.5), 3 seeds",
        "GAN augmentation, no verdict: +10.0 points, 1 seed",
    ]


def test_settings_in_a_line(helps, one_seed):
    assert settings_line(helps) == (
        "500 real training rows, 10,000 real test rows; every arm 2,000 steps of 64; "
        "seeds 0, 1, 2; synthetic share 0.3."
    )
    assert "seed 0;" in settings_line(one_seed)


def test_many_classes_show_the_rarest(make_report):
    names = [f"class {number:02d}" for number in range(30)]
    counts = list(range(30, 0, -1))
    report = make_report(
        {"real": [0.7], "gan": [0.8]}, class_names=names, train_class_counts=counts
    )
    shown, remark = recall_classes(report)
    assert shown == names[:9:-1]
    assert remark == "The 20 classes with the fewest training rows, of 30."


def test_synthetic_rows_alone_have_words_of_their_own(make_report):
    found = []
    for values in ([0.9, 0.92, 0.91], [0.69, 0.70, 0.71], [0.7, 0.9, 0.8], [0.7]):
        report = make_report({"real": [0.8] * len(values), "gan": values})
        report = dataclasses.replace(report, kind="train_on_synthetic")
        found.append((short_verdict(report).split(":")[0], verdict_of(report, report["gan"])))
    assert found == [
        ("Synthetic rows alone teach more", "teaches more"),
        ("Synthetic rows alone teach less", "teaches less"),
        ("Synthetic rows alone, no difference shown", "no difference"),
        ("Synthetic rows alone, no verdict", "not computed"),
    ]


def test_no_share_is_below_none_or_above_all():
    # 0.9 +- 0.25: a t interval knows no bounds.
    assert range_of(Estimate(0.9, (0.8, 1.0), 0.65, 1.15)) == "65.0 to 100.0"
    assert range_of(Estimate(0.1, (0.0, 0.2), -0.15, 0.35)) == "0.0 to 35.0"

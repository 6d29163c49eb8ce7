"""Known truths: copies are seen, fresh rows are not suspected, missing classes show, bad rows are refused."""

import numpy as np
import pytest

from gankeras.core.report import Report
from gankeras.evaluation import judge_rows

NAMES = ("north", "south", "west")


def blobs(num, seed, classes=3):
    rng = np.random.default_rng(seed)
    y = (np.arange(num) % classes).astype(np.int32)
    centres = np.array([[0.0, 6.0], [0.0, -6.0], [-6.0, 0.0]])
    return rng.normal(size=(num, 2)) + centres[y], y


@pytest.fixture(scope="module")
def real():
    return blobs(90, 0), blobs(90, 1)


def section(report, title):
    return next(s for s in report.sections if s.title.startswith(title))


def test_copies_are_seen(real):
    train, holdout = real
    report = judge_rows(train, holdout, train, class_names=NAMES)
    found = report["synthetic"].figures
    assert found["nearer_than_holdout"].mean == 1.0
    assert found["membership_auc"].mean == 1.0
    assert section(report, "Does it repeat").answer.startswith("It seems so: 100.0 % of 90 samples")
    assert section(report, "Can one tell").answer.startswith("To some degree: AUC 1.00")
    assert report.verdict == "not computed"


@pytest.mark.parametrize("seed", range(2))
def test_fresh_real_rows_are_not_suspected(real, seed):
    train, holdout = real
    report = judge_rows(train, holdout, blobs(90, 10 + seed), class_names=NAMES, seed=seed)
    assert section(report, "Does it repeat").answer.startswith("No sign of it")
    assert section(report, "Can one tell").answer.startswith("Not by this attack")
    assert section(report, "Is it like").answer.startswith("Not to be told apart by this test")
    recall = {name: report[name].figures["recall"].mean for name in ("synthetic", "holdout")}
    assert abs(recall["synthetic"] - recall["holdout"]) < 0.2


def test_every_row_goes_through_the_extractor_once(real):
    (x, _), (new, _) = real
    asked = []

    def doubled(rows):
        asked.append(len(rows))
        return 2 * rows

    made = blobs(70, 2)[0]
    report = judge_rows(x, new, made, doubled)
    assert sorted(asked) == [70, 90, 90]
    assert "frechet_distance_doubled" in report["synthetic"].figures
    plain = judge_rows(x, new, made)
    figures = [r["synthetic"].figures["two_sample_auc"].mean for r in (report, plain)]
    assert figures[0] == pytest.approx(figures[1], abs=1e-6)  # the same rows in another unit


def test_rows_far_off_are_told_apart(real):
    (x, _), (new, _) = real
    report = judge_rows(x, new, x + 3.0)
    assert section(report, "Is it like").answer.startswith("No: they can be told apart, AUC")
    assert report["synthetic"].figures["two_sample_auc"].low > 0.6
    points = section(report, "Is it like").blocks[-1]
    assert points.kind == "scatter"
    assert {name: len(found) for name, found in points.series.items()} == {
        "real": 90,
        "synthetic": 90,
    }


def test_without_a_holdout_nothing_is_said_of_leaks(real):
    train, _ = real
    report = judge_rows(train, None, blobs(60, 3), class_names=NAMES)
    for title in ("Does it repeat", "Can one tell"):
        assert section(report, title).answer.startswith("Not computed: there are no real rows")
    assert "membership_auc" not in report["synthetic"].figures
    assert report["holdout"].label == "the other half of the real rows"


def test_pictures_are_shown_in_pairs(real):
    rng = np.random.default_rng(0)
    x, new, made = (rng.integers(0, 256, (40, 4, 4, 1), np.uint8) for _ in range(3))
    made[7] = x[21]

    def show(rows):
        return [str(int(row.sum())) for row in rows]

    report = judge_rows(x, new, made, show=show)
    gallery = section(report, "Does it repeat").blocks[0]
    lines = dict(gallery.items[0].lines)
    assert lines["synthetic"][0] == lines["nearest real"][0] == show(x[21:22])[0]
    assert lines["distance"][0] == "0"
    assert "2 to" not in gallery.items[0].title
    assert Report.from_json(report.to_json()) == report
    assert judge_rows(x, new, made, show=show).to_json() == report.to_json()


def test_bad_rows_are_refused(real):
    (x, y), (new, new_y) = real
    nan = x.copy()
    nan[3, 1] = np.nan
    for parts, said in [
        ((x, new, nan), "1 of 90 rows with NaN or infinity"),
        ((x, new, x[:, :1]), r"one shape.*synthetic of \(1,\)"),
        ((x, new[:9], x), "at least 20 rows.*Received: 9"),
        ((x, new, x.astype(np.int64)), "same kind of numbers"),
        ((x, x, new), "Holdout rows equal to training rows.*90 of 90"),
        (((x, y), new, (x, y)), r"Either all parts have class ids.*\['train', 'synthetic'\]"),
        (((x, y), (new, new_y), (x[y < 2], y[y < 2])), "`synthetic` has none of: west"),
        (
            ((x[y < 2], y[y < 2]), (new, new_y * 0), (x, y)),
            "class ids from 0 to 1|`train` has none",
        ),
        ((x.astype(str), new.astype(str), x.astype(str)), "must hold numbers"),
    ]:
        names = NAMES if isinstance(parts[0], tuple) else None
        with pytest.raises(ValueError, match=rf"(?s){said}"):
            judge_rows(*parts, class_names=names)


def test_whole_numbers_are_compared_in_one_scale():
    rng = np.random.default_rng(0)
    x, new = rng.integers(0, 256, (2, 30, 4, 4, 1), np.uint8)
    with pytest.raises(ValueError, match="same kind of numbers.*synthetic of uint16 from"):
        judge_rows(x, new, x.astype(np.uint16) * 257)
    same = judge_rows(x, new.astype(np.int64), x.astype(np.uint16))
    assert same.to_json() == judge_rows(x, new, x).to_json()


def test_two_classes_of_one_name_are_refused(real):
    with pytest.raises(ValueError, match="`class_names` must be different"):
        judge_rows(*real, real[0], class_names=("a", "a", "b"))

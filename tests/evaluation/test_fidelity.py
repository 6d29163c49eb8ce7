"""Every figure beside its reference; what cannot be computed says why; the two-sample test of tables."""

import json

import numpy as np
import pandas as pd
import pytest

from gankeras.evaluation import fidelity, two_sample


@pytest.fixture(scope="module")
def cloud():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, 3)) for n in (150, 120, 300)]


def test_rows_as_good_as_real_ones_get_the_reference(cloud):
    found = fidelity(*cloud)
    assert found.extractor == "raw values"
    assert found.rows == {"train": 150, "holdout": 120, "synthetic": 150}
    for name in ("precision", "recall", "coverage", "density"):
        assert found[name].value == pytest.approx(found[name].reference, abs=0.15)
    auc = found["two_sample_auc"]
    assert auc.low < 0.5 < auc.high
    assert found["neighbour_ratio/median"].value == pytest.approx(
        found["neighbour_ratio/median"].reference, abs=0.1
    )
    assert json.loads(json.dumps(found.to_dict()))["extractor"] == "raw values"


def test_copies_and_shifts_show(cloud):
    train, holdout, _ = cloud
    copies = fidelity(train, holdout, np.repeat(train, 2, axis=0))
    assert copies["neighbour_ratio/low"].value == 0
    assert copies["neighbour_ratio/low"].reference > 0.1
    shifted = fidelity(train, holdout, train + 10)
    assert shifted["two_sample_auc"].low > 0.9
    assert shifted["recall"].value == 0
    assert shifted["frechet_distance"].value > 250


def test_figures_bear_the_name_of_the_features(cloud):
    class Extractor:
        name = "inception_v3"

        def __call__(self, rows):
            return rows

    def small_net(rows):
        return rows

    assert "fid" in [f.name for f in fidelity(*cloud, Extractor()).figures]
    found = fidelity(*cloud, small_net)
    assert found.extractor == "small_net"
    assert found["frechet_distance_small_net"].value is not None


def test_coverage_by_class_with_one_missing(cloud):
    train, holdout, made = cloud
    labels = [np.arange(len(rows)) % 3 for rows in cloud]
    labels[2] = np.where(labels[2] == 2, 1, labels[2])
    holdout = holdout + 9.0 * labels[1][:, None]
    train = train + 9.0 * labels[0][:, None]
    made = made + 9.0 * labels[2][:, None]
    found = fidelity(train, holdout, made, labels=labels, class_names=["a", "b", "c"])
    assert found["coverage/a"].value > 0.8
    assert found["coverage/c"].value is None
    assert found["coverage/c"].reference > 0.8
    assert found["coverage/c"].reason == "the class has no synthetic row"


def test_too_few_rows_are_said_and_never_nan(cloud):
    train, holdout, _ = cloud
    found = fidelity(train, holdout, train[:3] + 0.1)
    assert found["precision"].value is None
    assert "at least 6 rows of each side" in found["precision"].reason
    assert "at least 40 rows" in found["two_sample_auc"].reason
    assert np.isfinite(found["frechet_distance"].value)
    for figure in found.figures:
        for value in (figure.value, figure.reference, figure.low, figure.high):
            assert value is None or np.isfinite(value)
    with pytest.raises(KeyError, match="There is no figure"):
        found["fid"]


def test_bad_rows_raise(cloud):
    train, holdout, made = cloud
    with pytest.raises(ValueError, match="2 of 122 holdout rows that are training rows"):
        fidelity(train, np.concatenate([holdout, train[:2]]), made)
    with pytest.raises(ValueError, match="NaN or infinity"):
        fidelity(train, holdout, np.where(made > 2, np.nan, made))
    with pytest.raises(ValueError, match="same shape"):
        fidelity(train, holdout, made[:, :2])
    with pytest.raises(ValueError, match="one a row"):
        fidelity(train, holdout, made, labels=[[0], [1], [2]])
    ids = [np.arange(len(rows)) % 3 for rows in cloud]
    with pytest.raises(
        ValueError, match=r"from 0 to 1, one for each.*Received: labels from 0 to 2"
    ):
        fidelity(train, holdout, made, labels=ids, class_names=["a", "b"])
    with pytest.raises(ValueError, match=r"ids from 0.*Received: labels from -1 to 1"):
        fidelity(train, holdout, made, labels=[y - 1 for y in ids], class_names=["a", "b", "c"])
    with pytest.raises(ValueError, match="must have rows"):
        fidelity(train, holdout[:0], made)
    frame = pd.DataFrame(train)
    with pytest.raises(ValueError, match="need `features=`"):
        fidelity(frame, pd.DataFrame(holdout), frame)


def frame(rng, num, shift=0.0):
    colour = rng.choice(["red", "blue"], num, p=[0.5 + shift, 0.5 - shift])
    x = np.where(rng.random(num) < 0.1, np.nan, rng.normal(size=num))
    return pd.DataFrame({"x": x, "colour": colour, "old": rng.random(num) < 0.5})


def test_two_sample_test_of_tables():
    rng = np.random.default_rng(1)
    train, holdout, same, other = (frame(rng, 200, s) for s in (0, 0, 0, 0.45))
    alike = two_sample(train, holdout, same)
    assert alike.rows == 200
    assert alike.low < 0.5 < alike.high
    assert alike.reference_low < 0.5 < alike.reference_high
    unlike = two_sample(train, holdout, other)
    assert unlike.low > 0.6
    assert unlike.reference == alike.reference
    columns = {name: dict(f) for name, f in (("a", train), ("b", holdout), ("c", other))}
    assert two_sample(*columns.values()).auc == pytest.approx(unlike.auc, abs=0.03)


def test_two_sample_test_refuses_what_it_cannot_compare():
    rng = np.random.default_rng(1)
    train, holdout = frame(rng, 50), frame(rng, 50)
    with pytest.raises(ValueError, match="at least 40 rows of each part"):
        two_sample(train, holdout, train[:39])
    with pytest.raises(ValueError, match="same columns"):
        two_sample(train, holdout, train.drop(columns="old"))


def test_rows_of_a_dict_are_counted_and_not_its_columns(cloud):
    parts = [{"a": rows[:100, 0], "b": rows[:100, 1]} for rows in cloud]
    labels = [np.arange(100) % 2] * 3
    found = fidelity(
        *parts, features=lambda rows: np.stack([rows["a"], rows["b"]], 1), labels=labels
    )
    assert found["coverage/1"].value > 0.5
    with pytest.raises(ValueError, match="Received: 0 and 100 rows"):
        fidelity({"a": np.zeros(0)}, *parts[1:], features=len)


def test_two_sample_names_of_columns():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(120, 2)), columns=[0, ("b", 1)])
    parts = frame[:40], frame[40:80], frame[80:]
    assert 0 <= two_sample(*parts).auc <= 1
    with pytest.raises(ValueError, match=r"Received: \['a', 'a'\]"):
        two_sample(*[part.set_axis(["a", "a"], axis=1) for part in parts])


@pytest.mark.parametrize("compare", [fidelity, two_sample])
def test_parts_that_only_look_comparable_are_refused(compare):
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 256, (50, 2, 3, 1)).astype(np.uint8) for _ in range(3)]
    with pytest.raises(ValueError, match="same kind of numbers.*train of float32 from 0 to 1"):
        compare((parts[0] / np.float32(255)), *parts[1:])
    with pytest.raises(ValueError, match=r"same shape.*synthetic of \(3, 2, 1\)"):
        compare(*parts[:2], parts[2].reshape(50, 3, 2, 1))
    with pytest.raises(ValueError, match="must hold numbers.*Received: dtype <U"):
        compare(*[part.reshape(50, -1).astype(str) for part in parts])
    with pytest.raises(ValueError, match="pass `x` instead.*Received: a tuple of 2 as `holdout`"):
        compare(parts[0], (parts[1], np.zeros(50)), parts[2])
    with pytest.raises(ValueError, match="50 of 50 holdout rows"):
        compare(parts[0], parts[0], parts[2])


def test_fidelity_refuses_names_that_stand_twice_and_one_hot_labels(cloud):
    ids = [np.arange(len(rows)) % 2 for rows in cloud]
    with pytest.raises(ValueError, match="different from each other"):
        fidelity(*cloud, labels=ids, class_names=["a", "a"])
    with pytest.raises(ValueError, match="must be a list of names"):
        fidelity(*cloud, labels=ids, class_names="ab")
    with pytest.raises(ValueError, match="one a row"):
        fidelity(*cloud, labels=[np.eye(2, dtype=int)[y] for y in ids])


def test_two_sample_refuses_columns_of_two_kinds_and_a_holdout_of_training_rows():
    rng = np.random.default_rng(1)
    train, holdout, made = (frame(rng, 50) for _ in range(3))
    with pytest.raises(ValueError, match="Column 'x'.*'synthetic': 'text'"):
        two_sample(train, holdout, made.astype({"x": str}))
    with pytest.raises(ValueError, match="50 of 50 holdout rows"):
        two_sample(train, train, made)
    # Whole numbers beside fractions are what a missing value makes of a column, and none at all is no kind.
    assert two_sample(train.assign(x=1), holdout, made.assign(colour=np.nan)).rows == 50

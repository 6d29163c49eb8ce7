"""Memorisation and membership, by hand and on sources whose truth is known."""

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.evaluation.membership import chance_nearer, recognized


class Fresh(gk.Synthesizer):
    """The true distribution of a cloud in eight dimensions."""

    def __init__(self):
        super().__init__(tf.TensorSpec((8,), tf.float32))

    def draw(self, seeds, labels=None, conditions=None):
        return gk.random.normal_rows(seeds, (8,), stream=5)


@pytest.fixture(scope="module")
def cloud():
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 8)).astype("float32"), rng.normal(size=(300, 8)).astype("float32")


def test_copies_are_flagged(cloud):
    train, holdout = cloud
    copies = gk.baselines.Bootstrap(train)
    found = gk.evaluation.memorisation(copies, train, holdout)
    assert found.share == 1.0
    assert found.expected == 0.01
    np.testing.assert_array_equal(found.samples, train[found.nearest])
    attack = gk.evaluation.membership(copies, train, holdout)
    assert attack.auc >= 0.9
    assert attack.true_positives >= 0.9


def test_copies_with_a_little_noise_are_flagged(cloud):
    train, holdout = cloud
    shaken = gk.baselines.Bootstrap(
        train + 0.05 * np.random.default_rng(1).normal(size=train.shape).astype("float32")
    )
    assert gk.evaluation.memorisation(shaken, train, holdout).share > 0.95
    assert gk.evaluation.membership(shaken, train, holdout).auc >= 0.9


def test_fresh_rows_are_not(cloud):
    found = gk.evaluation.memorisation(Fresh(), *cloud)
    assert found.share < 0.03  # 1 % expected; 1,000 samples scatter by 0.3 %, the limit by more
    assert found.by_class == {}
    attack = gk.evaluation.membership(Fresh(), *cloud)
    assert 0.4 < attack.auc < 0.6  # 300 against 300: a deviation of 0.024
    assert attack.true_positives < 0.06


def test_by_class_and_closest():
    x, y = gk.testing.toy_data(200)
    other = x.copy()
    other[y == 0] += 5.0  # the class is far from all training rows
    source = gk.baselines.Bootstrap(other[:100], y[:100])
    found = gk.evaluation.memorisation(source, x[:100], x[100:])
    assert found.by_class == {"0": 0.0, "1": 1.0, "2": 1.0, "3": 1.0}
    assert found.share == 0.75
    closest = found.closest(5)
    assert found.distances[closest].tolist() == sorted(found.distances)[:5]


@pytest.mark.parametrize(("rare", "expected"), [(10, [18, 2]), (90, [10, 10])])
def test_samples_have_the_class_mix_of_the_training_rows(rare, expected):
    y = np.repeat([0, 1], [90, rare])
    x = np.random.default_rng(0).normal(size=(2, len(y), 3)) + 100 * y[:, None]
    found = gk.evaluation.memorisation(gk.baselines.Bootstrap(x[0], y), *x, num=20)
    labels = (found.samples[:, 0] > 50).astype(int)
    assert np.bincount(labels).tolist() == expected
    if rare == 90:
        assert labels.tolist() == [0, 1] * 10


def test_features_are_asked_for(cloud):
    train, holdout = cloud
    far = gk.baselines.Bootstrap(train + np.float32([0, 0, 0, 0, 0, 0, 0, 100]))
    first = lambda rows: np.asarray(rows)[:, :7]  # noqa: E731 - one line says it
    assert gk.evaluation.memorisation(far, train, holdout).share == 0.0
    assert gk.evaluation.memorisation(far, train, holdout, first).share == 1.0


def test_figures_by_hand():
    members, others = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0])
    # Pairs: 1 is nearer twice, 2 ties once and is nearer once, 3 is nearer once: 4.5 of 6.
    assert chance_nearer(members, others) == pytest.approx(4.5 / 6)
    # Of 200 others two may fall below: the limit is the third smallest.
    assert recognized(np.array([0.0, 1.9, 2.0, 9.0]), np.arange(200.0)) == 0.5


@pytest.mark.parametrize("measure", ["memorisation", "membership"])
def test_too_few_rows(measure, cloud):
    with pytest.raises(ValueError, match="`num` must be a whole number of at least 1"):
        getattr(gk.evaluation, measure)(Fresh(), *cloud, num=0)
    with pytest.raises(ValueError, match=r"at least 20 rows each. Received: 300 and 5"):
        getattr(gk.evaluation, measure)(Fresh(), cloud[0], cloud[1][:5])


MEASURES = pytest.mark.parametrize("measure", ["memorisation", "membership"])


@pytest.fixture(scope="module")
def bytes_source():
    x = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 1)).astype("uint8")
    return gk.baselines.Bootstrap(x[:20]), x[:20], x[20:]


@MEASURES
def test_rows_in_another_scale_than_the_samples_are_refused(measure, bytes_source):
    source, train, holdout = bytes_source
    with pytest.raises(ValueError, match=r"`train` must look as .*uint8 .*Received: float64"):
        getattr(gk.evaluation, measure)(source, train / 255.0, holdout / 255.0)
    with pytest.raises(ValueError, match=r"`holdout` must look as .*Received: float64"):
        getattr(gk.evaluation, measure)(source, train, holdout / 255.0)


@MEASURES
def test_rows_of_another_shape_than_the_samples_are_refused(measure, bytes_source):
    source, train, holdout = bytes_source
    with pytest.raises(ValueError, match=r"uint8 \(4, 4, 1\).*Received: uint8 \(4, 3, 1\)"):
        getattr(gk.evaluation, measure)(source, train[:, :, :3], holdout[:, :, :3])


@MEASURES
def test_fractions_of_another_precision_are_taken(measure, cloud):
    train, holdout = (rows.astype("float64") for rows in cloud)
    getattr(gk.evaluation, measure)(Fresh(), train, holdout, num=50)


@MEASURES
def test_rows_that_are_no_numbers_are_named(measure, cloud):
    holdout = cloud[1].copy()
    holdout[[7, 9], 3] = np.nan
    with pytest.raises(ValueError, match=r"`holdout`.*2 of 300 rows .*the first is row 7"):
        getattr(gk.evaluation, measure)(Fresh(), cloud[0], holdout)


@MEASURES
def test_holdout_rows_that_are_training_rows_are_refused(measure, cloud):
    train, holdout = cloud
    with pytest.raises(ValueError, match="drop_overlap.*Received: 300 of 300"):
        getattr(gk.evaluation, measure)(Fresh(), train, train)
    with pytest.raises(ValueError, match="Received: 1 of 301"):
        getattr(gk.evaluation, measure)(Fresh(), train, np.concatenate([holdout, train[:1]]))


def test_columns_may_repeat_rows_by_chance():
    from gankeras.evaluation.overlap import check_apart

    train = {"age": np.array([30, 40]), "sex": np.array(["f", "m"])}
    check_apart(train, {"age": np.array([30, 50]), "sex": np.array(["f", "m"])}, True)


@pytest.mark.parametrize("measure", ["memorisation", "membership"])
def test_columns_need_features(measure):
    rows = {"age": np.arange(40.0), "sex": np.array(["f", "m"] * 20)}
    source = gk.baselines.Bootstrap(rows, np.arange(40) % 2)
    with pytest.raises(ValueError, match="need `features=`.*`train` of type dict"):
        getattr(gk.evaluation, measure)(source, rows, rows)


@pytest.mark.parametrize("measure", [gk.evaluation.memorisation, gk.evaluation.membership])
def test_rows_of_a_dict_are_counted_and_not_its_columns(measure):
    rng = np.random.default_rng(0)
    rows = {f"c{i}": rng.normal(size=60).astype("float32") for i in range(25)}
    source = gk.baselines.Bootstrap(rows, np.arange(60) % 2)

    def features(columns):
        return np.stack([columns[name] for name in sorted(columns)], axis=1)

    few = {name: values[:5] + 1 for name, values in rows.items()}
    with pytest.raises(ValueError, match="Received: 60 and 5"):
        measure(source, rows, few, features, num=10)
    half = {name: values[:30] for name, values in rows.items()}
    with pytest.raises(ValueError, match="30 of 30 holdout rows"):
        measure(source, rows, half, features, num=10)
    narrow = {name: rows[name] for name in ("c0", "c1")}
    source = gk.baselines.Bootstrap(narrow, np.arange(60) % 2)
    others = {name: values + 5 for name, values in narrow.items()}
    measure(source, narrow, others, features, num=10)

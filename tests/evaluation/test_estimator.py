"""uplift with scikit-learn classifiers: how many rows each arm gets, and that verdicts hold there too."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

import gankeras as gk
from gankeras.evaluation import uplift
from gankeras.evaluation.arms import Draw, Feed
from gankeras.evaluation.classifier import precision
from gankeras.evaluation.estimator import EstimatorLearner, added_labels, arm_rows
from gankeras.evaluation.rows import Rows


def test_added_rows_by_hand():
    # 15 + 5 of 100 are a fifth.
    assert np.bincount(added_labels(np.array([60, 20]), None, 0.2)).tolist() == [15, 5]
    # Filling up needs 40 rows, a third of 120; half of that where the cap is a fifth.
    full = added_labels(np.array([60, 20]), "not majority", 0.5)
    assert np.bincount(full).tolist() == [0, 40]
    assert len(added_labels(np.array([60, 20]), "not majority", 0.2)) == 20


@pytest.mark.parametrize(
    ("arm", "counts"),
    [
        ("real", [6, 2]),
        ("oversampling", [6, 6]),
        ("gan", [9, 3]),
        ("gan_only", [6, 2]),
    ],
)
def test_rows_of_each_arm(arm, counts):
    y = np.repeat([0, 1], [6, 2]).astype("int32")
    rows = Rows(np.arange(16.0).reshape(8, 2), y, 2)
    draw = Draw(0, rows, gk.baselines.Bootstrap(rows.x, y))
    assert arm_rows(arm, Feed(1, 1), draw, 1 / 3).counts.tolist() == counts


def test_fresh_real_rows_help_and_wrong_labels_hurt(corners, scarce, test_part):
    settings = {"seeds": 5, "arms": ["real", "gan"], "ratio": 0.98}
    build = KNeighborsClassifier(1)
    helped = uplift(corners(), scarce, test_part, lambda: KNeighborsClassifier(3), **settings)
    assert helped.verdict == "helps"
    hurt = uplift(corners(turned=1), scarce, test_part, build, **settings)
    assert hurt.verdict == "hurts"
    assert not hasattr(build, "classes_")  # a clone was fitted


def test_frames_keep_columns_and_dtypes(rows_like):
    x, y = rows_like(np.arange(80) % 4, seed=0)

    class Frames(gk.Synthesizer):
        def draw(self, seeds, labels=None, conditions=None):
            noise = gk.random.normal_rows(seeds, ())
            return {"b": noise, "kind": tf.gather(["x", "y", "x", "y"], labels), "target": labels}

    frame = pd.DataFrame({"b": x[:, 1], "kind": pd.Categorical(np.where(y % 2, "y", "x"))})
    spec = {
        "b": tf.TensorSpec((), tf.float32),
        "kind": tf.TensorSpec((), tf.string),
        "target": tf.TensorSpec((), tf.int32),
    }
    rows = Rows(frame, y, 4)
    found = arm_rows("gan", Feed(1, 1), Draw(0, rows, Frames(spec, num_classes=4)), 0.5)
    assert len(found) == 160
    assert found.x.dtypes.astype(str).tolist() == ["float32", "category"]
    assert (found.x["kind"] == np.where(found.y % 2, "y", "x")).all()


def test_scores_follow_the_classes(rows_like):
    x, y = rows_like(np.arange(80) % 4, seed=0)
    rows = Rows(x[y != 2], y[y != 2], 4)
    for build in (LinearSVC, LogisticRegression):
        learner = EstimatorLearner(build)
        scores = learner.scores(build().fit(rows.x, rows.y), rows)
        assert scores.shape == (60, 4)
        assert set(scores.argmax(1)) == {0, 1, 3}


def test_average_precision_of_logits_and_probabilities():
    rows = Rows(np.zeros(4), np.array([0, 1, 1, 0]), 2)
    chances = np.array([[0.4, 0.6], [0.7, 0.3], [0.1, 0.9], [0.8, 0.2]])
    # Class 1 is found at ranks 1 and 3: (1 + 2/3) / 2.
    for scores in (chances, np.log(chances)):
        found = precision(scores, rows, ("a", "b"))
        assert found["average_precision/b"] == pytest.approx(5 / 6)
    assert precision(np.full((4, 2), np.nan), rows, ("a", "b"))["average_precision"] == 0.5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"augmentation": abs}, "Put such steps into its pipeline"),
        ({"ratio": 1.0}, "must be below 1"),
        ({"arms": ["class_weights"]}, "leave 'class_weights' out"),
    ],
)
def test_what_an_estimator_cannot_do_is_said(corners, scarce, test_part, changed, message):
    with pytest.raises(ValueError, match=message):
        uplift(corners(), scarce, test_part, KNeighborsClassifier(1), seeds=1, **changed)


@pytest.mark.parametrize("model", [LinearRegression(), KMeans(4)])
def test_what_is_no_classifier_is_said(corners, scarce, test_part, model):
    with pytest.raises(ValueError, match=f"must give a classifier.*{type(model).__name__}"):
        uplift(corners(), scarce, test_part, model, seeds=1)


@pytest.mark.parametrize("classes", [3, 4])
def test_decision_values_of_pairs_are_not_taken_for_those_of_classes(rows_like, classes):
    x, y = rows_like(np.arange(80) % classes, seed=0)
    model = make_pipeline(StandardScaler(), SVC(decision_function_shape="ovo")).fit(x, y)
    scores = EstimatorLearner(SVC).scores(model, Rows(x, y, classes))
    assert scores.argmax(1).tolist() == model.predict(x).tolist()


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        (KNeighborsClassifier(1), False),
        (make_pipeline(StandardScaler(), KNeighborsClassifier(1)), False),
        (make_pipeline(StandardScaler(), LogisticRegression()), True),
        (GridSearchCV(LogisticRegression(), {"C": [1.0]}), True),
    ],
)
def test_who_takes_weights(model, takes):
    assert EstimatorLearner(lambda: model).takes_weights() is takes


def test_class_weights_are_left_out_before_any_source_is_made(corners, rows_like, test_part):
    train, seen = rows_like(np.repeat(np.arange(4), [20, 5, 5, 5]), seed=4), []

    def source(seed):
        seen.append(seed)
        return corners()

    model = KNeighborsClassifier(1)
    with pytest.raises(ValueError, match="whose `fit` takes sample_weight"):
        uplift(source, train, test_part, model, seeds=1, arms=["class_weights", "gan"])
    assert not seen
    report = uplift(source, train, test_part, model, seeds=1)
    names = [result.name for result in report.results]
    assert names == ["real", "oversampling", "gan", "gan_only"]
    assert any("takes no sample_weight" in note for note in report.notes)

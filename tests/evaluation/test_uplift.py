"""uplift says what is true of toy problems, and refuses what would make a figure worthless."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.tree import DecisionTreeClassifier

import gankeras as gk
from gankeras.evaluation import uplift

BUILT = []


@pytest.fixture(scope="module")
def recorded(build):
    """Classifiers, each with the weights it started from; the first three are the checks'."""

    def build_classifier():
        model = build()
        BUILT.append((model, [w.numpy() for w in model.trainable_variables]))
        return model

    return build_classifier


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def helpful(corners, scarce, test_part, recorded, told):
    """Two rows a class, and a source that knows the truth."""
    arms = ["gan", "real"]
    return uplift(
        corners(),
        scarce,
        test_part,
        recorded,
        steps=120,
        seeds=[3, 1, 2],
        arms=arms,
        ratio=0.5,
        progress=lambda *news: told.append(news),
    )


def test_fresh_real_rows_help(helpful):
    assert helpful.verdict == "helps"
    assert helpful.decided_by == "gan"
    assert helpful.comparison("gan").reference == "real"
    assert helpful.comparison("gan").difference.low > 0
    assert "GAN augmentation helps: real + GAN reaches" in gk.reports.summary(helpful)


def test_every_arm_starts_equal_and_takes_the_same_steps(helpful):
    trained = BUILT[3:]
    assert len(trained) == 6
    assert {int(model.optimizer.iterations) for model, _ in trained} == {120}
    for seed in range(3):
        starts = [start for _, start in trained[2 * seed : 2 * seed + 2]]
        for start in starts[1:]:
            np.testing.assert_array_equal(start[0], starts[0][0])
    assert (trained[0][1][0] != trained[2][1][0]).any()


def test_progress_counts_every_step(helpful, told):
    done = [news[1] for news in told]
    assert done == sorted(done)
    assert told[-1] == ("seed 2: real + GAN, ratio 0.5", 6 * 120, 6 * 120)


def test_report_says_how_it_was_made(helpful):
    assert helpful.headline == "accuracy"
    settings = helpful.settings
    assert settings["seeds"] == [3, 1, 2]
    assert settings["arms"] == ["real", "gan"]
    assert settings["ratio"] == {"gan": 0.5}
    assert settings["steps"] == 120
    assert settings["train_class_counts"] == [2, 2, 2, 2]
    assert any("covers the classifier's training alone" in note for note in helpful.notes)
    # One arm without a GAN is no choice.
    assert not any("The reference is the best" in note for note in helpful.notes)
    assert gk.Report.from_json(helpful.to_json()) == helpful


def test_a_share_that_falls(corners, scarce, test_part, build):
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 8, 0.0)
    report = uplift(
        corners(),
        scarce,
        test_part,
        build,
        8,
        2,
        arms=["real", "gan"],
        ratio=schedule,
        batch_size=8,
    )
    assert report.settings["ratio"] == {"gan": "1 at first, 0 at last"}
    assert "synthetic share 1 at first, 0 at last" in " ".join(gk.reports.to_text(report).split())
    assert gk.Report.from_json(report.to_json()) == report
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(ValueError, match="cannot change in the course of the training"):
        uplift(corners(), scarce, test_part, LogisticRegression(), ratio=schedule)


def test_wrong_labels_hurt(corners, scarce, test_part, build):
    arms = ["real", "gan"]
    report = uplift(corners(turned=1), scarce, test_part, build, 120, 3, arms=arms, ratio=0.5)
    assert report.verdict == "hurts"
    assert report.comparison("gan").difference.high < -0.05
    assert "hurts" in gk.reports.to_markdown(report)


def test_all_arms_of_imbalanced_data_with_one_seed(corners, rows_like, build, test_part):
    train = rows_like(np.repeat(np.arange(4), [40, 10, 10, 10]), seed=4)
    report = uplift(
        corners(class_counts=np.array([40, 10, 10, 10])),
        train,
        test_part,
        build,
        steps=5,
        seeds=1,
        augmentation=lambda x, y: (x + 0.1, y),
        ratio=0.5,
        sampling_strategy="not majority",
    )
    names = [result.name for result in report.results]
    assert names == [
        "real",
        "classical",
        "oversampling",
        "class_weights",
        "oversampling+classical",
        "gan",
        "gan+classical",
        "gan+oversampling+classical",
        "gan_only",
    ]
    assert report.headline == "balanced_accuracy"
    assert report.verdict == "not computed"
    assert "one seed" in report.reason
    assert not report["real"].figures["balanced_accuracy"].has_interval
    assert {c.verdict for c in report.comparisons} == {"not computed"}
    means = {r.name: r.figures["balanced_accuracy"].mean for r in report.results}
    best = max(names[:5], key=means.get)
    assert {c.reference for c in report.comparisons} == {best}
    assert means["class_weights"] != means["real"] != means["oversampling"]


@pytest.fixture(scope="module")
def image_build():
    def build_classifier():
        layers = [
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
        ]
        model = keras.Sequential([keras.Input((8, 8, 1)), *layers, keras.layers.Dense(3)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss)
        return model

    return build_classifier


class Greys(gk.Synthesizer):
    """uint8 images whose brightness tells the class."""

    def draw(self, seeds, labels=None, conditions=None):
        noise = 30 * gk.random.uniform_rows(seeds, (8, 8, 1))
        return tf.cast(noise + 80.0 * tf.cast(labels, tf.float32)[:, None, None, None], tf.uint8)


def test_same_seeds_same_bytes(image_build):
    source = Greys(tf.TensorSpec((8, 8, 1), tf.uint8), num_classes=3)
    images, labels = gk.testing.toy_images(n=150, seed=7)
    shift = keras.layers.RandomTranslation(0.2, 0.2)
    reports = [
        uplift(
            source,
            (images[:90], labels[:90]),
            (images[90:], labels[90:]),
            image_build,
            steps=4,
            seeds=1,
            augmentation=shift,
            arms=["gan+classical"],
        )
        for _ in range(2)
    ]
    assert reports[0].to_json() == reports[1].to_json()
    assert reports[0].settings["augmentation"] == "RandomTranslation"


def test_ratio_is_chosen_without_the_test_part(corners, rows_like, test_part, build, monkeypatch):
    from gankeras.evaluation import learner

    train = rows_like(np.arange(40) % 4, seed=0)
    scored = []

    def record(model, rows):
        scored.append(rows)
        return original(model, rows)

    original = learner.class_scores
    monkeypatch.setattr(learner, "class_scores", record)
    report = uplift(
        corners(turned=2), train, test_part, build, 60, 1, arms=["real", "gan"], ratio=[1.0, 0.1]
    )
    # Two ratios on held-out training rows; then two arms on test rows, once each.
    assert [len(rows) for rows in scored] == [8] * 2 + [1000] * 2
    held_out = scored[0].x
    assert all((row == train[0]).all(-1).any() for row in held_out)
    assert report.settings["ratio"] == {"gan": 0.1}
    tried = report.settings["ratio_validation"]["gan"]
    assert tried["0.1"] > tried["1"]
    assert any("chosen by mean accuracy on 20 %" in note for note in report.notes)
    assert "Ratios tried" in gk.reports.to_markdown(report)


def test_a_function_draws_gan_and_rows_anew(corners, rows_like, test_part, build):
    seen = []

    def source(seed):
        seen.append(seed)
        y = np.repeat(np.arange(4), [6, 3, 3, 3])
        return corners(class_counts=np.array([60, 30, 30, 30])), rows_like(y, seed=50 + seed)

    pool = rows_like(np.arange(400) % 4, seed=9)
    report = uplift(source, pool, test_part, build, 3, [5, 6], arms=["real", "gan"])
    assert seen == [5, 6]
    assert report.settings["train_class_counts"] == [6, 3, 3, 3]
    assert report.headline == "balanced_accuracy"
    assert any("drawn anew for each of the 2 seeds" in note for note in report.notes)
    assert any("trained on 150 real rows and the arms on 15" in note for note in report.notes)


def test_a_function_that_returns_one_source_is_found_out(corners, scarce, test_part, build):
    one = corners()
    report = uplift(lambda seed: one, scarce, test_part, build, 1, 2, arms=["real", "gan"])
    assert any("One source served all 2 seeds" in note for note in report.notes)


def no_training(model, *args, **kwargs):
    raise RuntimeError("a classifier was trained")


@pytest.fixture
def call(corners, scarce, test_part, build, monkeypatch):
    """Calls uplift with one thing changed; training anything fails the test."""
    monkeypatch.setattr(keras.Sequential, "fit", no_training)

    def call(**changes):
        given = {
            "source": corners(),
            "train": scarce,
            "test": test_part,
            "build_classifier": build,
            "steps": 3,
            **changes,
        }
        return uplift(**given)

    return call


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": 3}, "must be a GAN, .* Received: int"),
        ({"source": lambda seed: 3}, "must be a GAN, .* Received: int"),
        ({"source": lambda seed: (1, 2, 3)}, "Received: 3 values for seed 0"),
        ({"source": "nowhere"}, "nowhere"),
        ({"steps": 0}, "`steps` must be .* Received: 0"),
        ({"steps": 2.5}, "Received: 2.5"),
        ({"batch_size": -1}, "`batch_size`"),
        ({"seeds": 0}, "`seeds`"),
        ({"seeds": [1, 1]}, r"Received: \[1, 1\]"),
        ({"seeds": [-1]}, "`seeds`"),
        ({"ratio": 1.5}, "from 0 to 1.* Received: 1.5"),
        ({"ratio": []}, "`ratio`"),
        ({"ratio": lambda step: 2.0}, "A schedule .* Received: 2 to 2 in 3 steps"),
        ({"ratio": lambda step: step - 1.0}, "Received: -1 to 2 in 3 steps"),
        ({"ratio": [0.1, 0.1]}, "`ratio`"),
        ({"arms": ["gan", "magic"]}, "names out of real, classical"),
        ({"arms": "gan"}, "Received: 'gan'"),
        ({"arms": []}, "`arms`"),
        ({"arms": ["real", "gan+classical"]}, "Pass `augmentation=`"),
        ({"augmentation": 3}, "`augmentation` must be"),
        ({"build_classifier": lambda: None}, "Received: NoneType"),
        ({"sampling_strategy": "magic"}, "magic"),
    ],
)
def test_wrong_settings_raise_before_training(call, changes, message):
    with pytest.raises(ValueError, match=message):
        call(**changes)


def test_wrong_data_raise_before_training(call, scarce, test_part):
    x, y = scarce
    one_hot = np.eye(4)[y]
    with pytest.raises(ValueError, match="`train`.*one-hot"):
        call(train=(x, one_hot))
    with pytest.raises(ValueError, match="Received: labels from 0 to 4"):
        call(test=(test_part[0], test_part[1] + (np.arange(1000) == 3)))
    with pytest.raises(ValueError, match="Received: class 3: 1"):
        call(train=(x[:7], y[:7]))
    with pytest.raises(ValueError, match=r"Received: float64 \(2,\)"):
        call(train=(x.astype("float64"), y))
    with pytest.raises(ValueError, match="`test` and `train`.*Received: int64 from"):
        call(test=(test_part[0].astype("int64"), test_part[1]))
    with pytest.raises(ValueError, match="8 of 8 test rows"):
        call(test=(x.astype("float64"), y))
    with pytest.raises(ValueError, match="must take raw rows of `train`"):
        call(train=(x[:, :1], y), test=(test_part[0][:, :1], test_part[1]))


def test_test_rows_in_training_raise_with_the_way_out(call, corners, scarce, test_part):
    source = corners()
    test = tuple(np.concatenate([a, b[:2]]) for a, b in zip(test_part, scarce, strict=True))
    with pytest.raises(ValueError, match=r"drop_overlap\(train, test\).*2 of 1002 test rows"):
        call(test=test)
    with pytest.raises(ValueError, match="1000 of 1000 test rows"):
        call(source=lambda seed: (source, test_part))


def test_untrained_and_unlabelled_sources_raise(call, corners):
    with pytest.raises(ValueError, match="untrained"):
        call(source=gk.testing.toy_gan())
    source = corners()
    source.num_classes = None
    with pytest.raises(ValueError, match="without classes"):
        call(source=source)
    with pytest.raises(ValueError, match="`class_names` must be different"):
        call(source=corners(class_names=("a", "a", "b", "c")))


def test_a_source_of_other_classes_raises(call, rows_like, test_part):
    three = rows_like(np.arange(9) % 3, seed=0)
    with pytest.raises(ValueError, match="Received: class 3: 0"):
        call(train=three)
    kept = test_part[1] < 3
    with pytest.raises(ValueError, match="makes 4 classes and `train` has 3"):
        call(
            source=lambda seed: gk.testing.toy_gan(trained_steps=1),
            train=three,
            test=(test_part[0][kept], test_part[1][kept]),
            build_classifier=three_class_build,
        )


def three_class_build():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_no_verdict_without_both_sides(corners, scarce, test_part, build):
    report = uplift(corners(), scarce, test_part, build, 40, 2, arms=["real", "gan_only"])
    assert report["gan_only"].figures["accuracy"].mean > 0.6
    assert report.verdict == "not computed"
    assert report.comparisons == ()
    assert "Verdict not computed" in gk.reports.to_text(report)


def test_a_reference_that_was_chosen_is_named():
    x, y = gk.testing.toy_data(80)
    report = uplift(
        gk.baselines.Bootstrap(x, y),
        (x, y),
        gk.testing.toy_data(40, seed=9),
        DecisionTreeClassifier(),
        seeds=2,
        arms=["real", "oversampling", "gan"],
        sampling_strategy="not majority",
    )
    assert any("best of 2 arms without a GAN" in note for note in report.notes)

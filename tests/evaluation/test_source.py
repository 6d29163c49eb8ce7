import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk


class Shades(gk.Synthesizer):
    """Grey images whose brightness says their class."""

    def draw(self, seeds, labels=None, conditions=None):
        noise = 0.1 * gk.random.normal_rows(seeds, (4, 3, 1))
        return noise + tf.cast(labels, tf.float32)[:, None, None, None]


def images(num, seed):
    y = np.arange(num) % 2
    noise = np.random.default_rng(seed).normal(0, 0.1, (num, 4, 3)).astype("float32")
    return noise + y[:, None, None].astype("float32"), y


def build():
    layers = [keras.Input((4, 3)), keras.layers.Flatten(), keras.layers.Dense(2)]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@pytest.mark.parametrize("kind", ["keras", "sklearn"])
def test_grey_images_without_their_channel(kind):
    from sklearn.neighbors import KNeighborsClassifier

    source = Shades(tf.TensorSpec((4, 3, 1), tf.float32), num_classes=2)
    classifier = build if kind == "keras" else KNeighborsClassifier(1)
    train, test = images(20, 0), images(30, 1)
    report = gk.evaluation.uplift(source, train, test, classifier, steps=2, seeds=2)
    assert any("One source served all 2 seeds" in note for note in report.notes)
    plan = gk.evaluation.plan(
        source, train, classifier, steps=2, splits=2, candidates=[0.5], batch_size=8
    )
    assert 0 <= plan.results[0].figures["accuracy"].mean <= 1
    if kind == "sklearn":
        assert report["gan_only"].figures["accuracy"].mean == 1.0


def test_images_of_another_size_are_refused():
    source = Shades(tf.TensorSpec((3, 4, 1), tf.float32), num_classes=2)
    with pytest.raises(ValueError, match=r"must look as.*\(3, 4, 1\).*Received: float32 \(4, 3\)"):
        gk.evaluation.uplift(source, images(20, 0), images(30, 1), build, steps=2, seeds=2)

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.core.stored_rows import StoredRows
from gankeras.evaluation.rows import check_rows
from gankeras.evaluation.source import count_note


def test_frozen_draws_the_same_and_stays_when_training_goes_on():
    gan = gk.testing.toy_gan(trained_steps=2)
    live = gk.Synthesizer.from_gan(gan)
    frozen = live.freeze()
    before = live.sample(5, labels=1, seed=2)
    assert (frozen.sample(5, labels=1, seed=2) == before).all()
    assert frozen.freeze() is frozen
    gan.fit(*gk.testing.toy_data(64), batch_size=16, verbose=0)
    assert (frozen.sample(5, labels=1, seed=2) == before).all()
    assert (live.sample(5, labels=1, seed=2) != before).any()
    assert frozen.step == 2
    assert live.step == gan.step > 2


def test_frozen_holds_no_variables_and_its_iterator_is_checkpointed(tmp_path):
    frozen = gk.Synthesizer.from_gan(gk.testing.toy_gan(trained_steps=1)).freeze()
    dataset = (
        tf.data.Dataset.range(10)
        .batch(2)
        .map(lambda seeds: frozen.draw(seeds, tf.zeros_like(seeds)))
    )
    assert dataset.element_spec == tf.TensorSpec((None, 2), tf.float32)
    iterator = iter(dataset)
    next(iterator)
    path = tf.train.Checkpoint(iterator=iterator).save(tmp_path / "iterator")
    expected = [batch.numpy() for batch in iterator]
    again = iter(dataset)
    tf.train.Checkpoint(iterator=again).restore(path)
    np.testing.assert_array_equal([batch.numpy() for batch in again], expected)


def test_unsaid_labels_follow_the_real_shares():
    class Labels(gk.Synthesizer):
        def draw(self, seeds, labels=None, conditions=None):
            return tf.cast(labels, tf.float32)[:, None]

    source = Labels(
        tf.TensorSpec((1,), tf.float32), num_classes=3, class_counts=np.array([70, 0, 30])
    )
    drawn = source.sample(10_000)[:, 0]
    shares = np.bincount(drawn.astype(int), minlength=3) / 10_000
    assert shares[1] == 0
    # Five standard errors of a share of 0.7.
    assert abs(shares[0] - 0.7) < 5 * np.sqrt(0.7 * 0.3 / 10_000)


def test_class_names_are_taken_for_labels():
    codec = gk.images.ImageCodec((8, 8, 1), class_names=["cat", "dog"])
    gan = gk.images.DCGAN(codec, latent_dim=4, width=4)
    assert (gan.sample(2, labels="dog") == gan.sample(2, labels=1)).all()
    assert (gan.sample(2, labels=["dog", "cat"]) == gan.sample(2, labels=[1, 0])).all()


def test_no_rows():
    assert gk.testing.toy_gan().sample(0).shape == (0, 2)


@pytest.mark.parametrize("bad", [None, "a", 1.5, float("nan"), -1])
def test_rows_and_seeds_are_whole_numbers(bad):
    source = gk.baselines.Bootstrap(np.zeros((4, 1), "float32"))
    with pytest.raises(ValueError, match="`num`.*Received: num="):
        source.sample(bad)
    with pytest.raises(ValueError, match="`seed`.*Received: seed="):
        source.sample(1, seed=bad)


def test_stored_samples_say_nothing_of_real_rows():
    x, y = np.arange(8.0)[:, None], np.array([0, 0, 0, 0, 0, 0, 2, 2])
    source = StoredRows.of(x, y, ("a", "b", "c"))
    assert source.class_counts is None
    drawn = source.sample(2000, seed=0)[:, 0]  # classes by the samples' own shares, and never "b"
    assert (drawn >= 6).mean() == pytest.approx(0.25, abs=0.03)
    assert count_note(source, check_rows((x, np.arange(8) % 3), "train")) is None
    with pytest.raises(ValueError, match="at least one row of each class"):
        StoredRows(x, y, gk.Synthesizer(source.element_spec, 3))

"""Batches of columns, as `keras.utils.FeatureSpace` models take them; the target may stay in `y`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk


class Credit(gk.Synthesizer):
    """Draws rows of three columns and their class; synthetic ones have months of -1."""

    class Codec:
        target = "bad"

    def __init__(self):
        spec = {
            "months": tf.TensorSpec((), tf.int64),
            "amount": tf.TensorSpec((), tf.float64),
            "home": tf.TensorSpec((), tf.string),
            "bad": tf.TensorSpec((), tf.string),
        }
        super().__init__(spec, 2, ("no", "yes"), np.array([30, 10]))
        self.codec = self.Codec()

    def draw(self, seeds, labels=None, conditions=None):
        return {
            "months": tf.fill(tf.shape(seeds), tf.constant(-1, tf.int64)),
            "amount": tf.cast(gk.random.uniform_rows(seeds), tf.float64),
            "home": tf.fill(tf.shape(seeds), "synthetic"),
            "bad": tf.gather(tf.constant(["no", "yes"]), labels),
        }


@pytest.fixture(scope="module")
def real():
    rng = np.random.default_rng(0)
    x = {
        "months": rng.integers(1, 48, 40),
        "amount": rng.random(40),
        "home": rng.choice(["own", "rent"], 40),
    }
    return x, (np.arange(40) % 4 == 0).astype("int64")


def test_the_target_may_stay_in_the_labels(real):
    augment = gk.GANAugmentation(Credit(), ratio=0.5, sampling_strategy="not majority")
    dataset = tf.data.Dataset.from_tensor_slices(real).batch(20).map(augment)
    for x, y in dataset:
        synthetic = x["months"].numpy() == -1
        assert set(x) == {"months", "amount", "home"}
        assert (y.numpy()[synthetic] == 1).all()
        assert synthetic.any()
        assert (x["home"].numpy() == b"synthetic").tolist() == synthetic.tolist()


def test_whole_rows_hold_the_target(real):
    x, y = real
    whole = {**x, "bad": np.where(y == 1, "yes", "no")}
    dataset = tf.data.Dataset.from_tensor_slices((whole, y))
    augment = gk.GANAugmentation(Credit(), ratio=0.25, mark_synthetic=True)
    rows = list(dataset.apply(augment.apply_to))
    assert sum(bool(x["is_synthetic"]) for x, _ in rows) == 10
    assert all(x["bad"] == (b"yes" if y == 1 else b"no") for x, y in rows)


def test_another_column_may_not_be_missing(real):
    x, y = real
    x = {name: x[name] for name in ("months", "home")}
    with pytest.raises(ValueError, match="'amount', 'home', 'months'.*Received"):
        tf.data.Dataset.from_tensor_slices((x, y)).batch(8).map(gk.GANAugmentation(Credit()))


def test_a_feature_space_model_trains_on_it(real):
    space = keras.utils.FeatureSpace(
        {"months": "float_normalized", "amount": "float_normalized", "home": "string_categorical"},
        output_mode="concat",
    )
    dataset = tf.data.Dataset.from_tensor_slices(real)
    space.adapt(dataset.map(lambda x, y: x))
    augment = gk.GANAugmentation(Credit(), ratio=0.25)
    batches = dataset.batch(20).map(augment).map(lambda x, y: (space(x), y))
    model = keras.Sequential(
        [keras.Input((space.get_encoded_features().shape[-1],)), keras.layers.Dense(2)]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(batches.repeat(), steps_per_epoch=2, verbose=0, shuffle=False)
    assert np.isfinite(history.history["loss"]).all()


def test_a_frozen_table_source_draws_frames_in_their_dtypes():
    import pandas as pd

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 9, 40), "D"),
            "home": np.where(np.arange(40) % 4 == 0, None, rng.choice(["own", "rent"], 40)),
            "bad": rng.choice(["no", "yes"], 40),
        }
    )
    gan = gk.tables.CTGAN(gk.tables.TableCodec(target="bad").adapt(frame), generator_widths=(8,))
    source = gk.Synthesizer.from_gan(gan)
    frozen = source.freeze()
    assert frozen.target == "bad"
    pd.testing.assert_frame_equal(
        frozen.sample(9, labels=[1] * 9, seed=2), source.sample(9, labels="yes", seed=2)
    )

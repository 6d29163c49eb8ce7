import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk


def batch(rows=20, num_classes=4, dtype="int32"):
    x = np.stack([np.arange(rows), np.arange(rows)], -1).astype("float32")
    return tf.constant(x), tf.constant(np.arange(rows) % num_classes, dtype)


def synthetic(x):
    return np.asarray(x)[:, 0] < 0


def test_call_by_hand(marked):
    x, y = batch()
    new_x, new_y = gk.GANAugmentation(marked(), ratio=0.3)(x, y)
    changed = synthetic(new_x)
    assert changed.sum() == 6
    assert (new_x.numpy()[~changed] == x.numpy()[~changed]).all()
    assert (new_y.numpy() == y.numpy()).all()
    assert (new_x.numpy()[changed, 0] == -1 - y.numpy()[changed]).all(), "drawn for another label"
    assert len(set(new_x.numpy()[changed, 1])) == 6, "rows share their seed"


@pytest.mark.parametrize(("ratio", "expected"), [(0, 0), (0.5, 10), (1, 20), (1.0, 20)])
def test_extreme_ratios(marked, ratio, expected):
    assert synthetic(gk.GANAugmentation(marked(), ratio=ratio)(*batch())[0]).sum() == expected


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_dtypes_are_kept(marked, dtype, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        augment = gk.GANAugmentation(marked(class_counts=[40, 9, 9, 9]), 0.3, "minority")
        x, y = augment(*batch(dtype=dtype))
    finally:
        keras.config.set_dtype_policy(before)
    assert (x.dtype, y.dtype) == (tf.float32, tf.dtypes.as_dtype(dtype))


def test_arguments_come_back_as_they_came(marked):
    x, y = batch()
    weight = tf.range(20.0)
    augment = gk.GANAugmentation(marked())
    assert tf.is_tensor(augment(x))
    assert len(augment(x, y)) == 2
    assert augment(x, y, weight)[2] is weight
    assert synthetic(augment(x, None, weight)[0]).sum() == 6
    again = augment(x.numpy(), y.numpy())
    assert (again[0].numpy() == augment(x, y)[0].numpy()).all()


def test_seed_and_content_decide(marked):
    x, y = batch()
    base = gk.GANAugmentation(marked(), seed=1)(x, y)[0].numpy()
    assert (gk.GANAugmentation(marked(), seed=1)(x, y)[0].numpy() == base).all()
    assert (gk.GANAugmentation(marked(), seed=2)(x, y)[0].numpy() != base).any()
    other = gk.GANAugmentation(marked(), seed=1)(tf.add(x, 1e-3), y)[0].numpy()
    assert (synthetic(other) != synthetic(base)).any()


def test_balancing_takes_over_represented_rows_alone(marked):
    augment = gk.GANAugmentation(marked(class_counts=[70, 19, 8, 3]), 0.6, "not majority")
    assert augment.mix.ratio == pytest.approx(0.45)
    y = np.repeat([0, 1, 2, 3], [14, 3, 2, 1]).astype("int32")
    x, new_y = augment(np.ones((20, 2), "float32"), y)
    changed = synthetic(x)
    assert changed.sum() == 9
    assert not changed[14:].any(), "a minority row was replaced"
    assert (x.numpy()[changed, 0] == -1 - new_y.numpy()[changed]).all()
    assert set(new_y.numpy()[changed]) <= {1, 2, 3}
    assert (new_y.numpy()[~changed] == y[~changed]).all()


def test_a_batch_of_minority_rows_stays(marked):
    augment = gk.GANAugmentation(marked(class_counts=[70, 19, 8, 3]), 0.6, "not majority")
    y = np.full(20, 3, "int32")
    x, new_y = augment(np.ones((20, 2), "float32"), y)
    assert not synthetic(x).any()
    assert (new_y.numpy() == y).all()


def test_class_names_in_a_strategy(marked):
    source = marked(2, class_counts=np.array([30, 10]), class_names=("dog", "cat"))
    augment = gk.GANAugmentation(source, 0.5, {"cat": 30})
    assert augment.sampling_strategy == {1: 30}
    assert augment.mix.shares.tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match=r"class names.*Received: 'cow'"):
        gk.GANAugmentation(source, 0.5, {"cow": 30})
    with pytest.raises(ValueError, match="twice"):
        gk.GANAugmentation(source, 0.5, {"cat": 30, 1: 20})


def test_classes_left_short_are_named(marked):
    source = marked(3, class_counts=np.array([80, 15, 5]), class_names=("a", "b", "c"))
    with pytest.warns(UserWarning, match=r"`ratio=0.1` caps it, 0.467 would do.*b: .* %; c: .* %"):
        augment = gk.GANAugmentation(source, 0.1, "not majority")
    assert augment.classes_left_short == ("b", "c")
    with pytest.warns(UserWarning, match="no class is over-represented"):
        assert gk.GANAugmentation(source, 1.0, {0: 900}).classes_left_short == ("a",)
    assert gk.GANAugmentation(source, 0.5, "not majority").classes_left_short == ()
    assert gk.GANAugmentation(source, 0.5).classes_left_short == ()


def test_a_ratio_below_half_a_row_replaces_one_now_and_then(marked):
    # 20 * .02 = .4: of 100 batches 40, with a standard error of sqrt(100 * .4 * .6) = 4.9.
    x, y = batch()
    augment = gk.GANAugmentation(marked(), 0.02)
    found = [synthetic(augment(x + 0.01 * i, y)[0]).sum() for i in range(100)]
    assert set(found) == {0, 1}
    assert 20 <= sum(found) <= 60


def test_adapt(marked):
    labels = np.repeat([0, 1, 2, 3], [70, 19, 8, 3])
    dataset = tf.data.Dataset.from_tensor_slices((np.zeros((100, 2), "float32"), labels))
    weighted = dataset.map(lambda x, y: (x, y, 1.0))
    forms = [labels, labels.tolist(), dataset, dataset.batch(32), weighted.batch(7)]
    forms += [tf.data.Dataset.from_tensor_slices(labels), tf.constant(labels)]
    for form in forms:
        augment = gk.GANAugmentation(marked(), 0.5, "not majority")
        assert augment.mix is None
        assert augment.adapt(form) is augment
        assert augment.mix.ratio == pytest.approx(0.45), type(form)


def test_adapt_counts_before_the_source_does(marked):
    augment = gk.GANAugmentation(marked(2, class_counts=np.array([50, 50])), 0.5, "not majority")
    assert augment.mix.ratio == 0
    assert augment.adapt([0] * 30 + [1] * 10).mix.ratio == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "labels of the real data"),
        (np.eye(4), "argmax"),
        ([0, 1, 4], "0 and 3"),
        ([0.5, 1.0], "integer class ids"),
        (tf.data.Dataset.from_tensors(([0.0, 1.0], [0, 1])).repeat(), "to its end"),
        (tf.data.Dataset.from_tensors((np.zeros((3, 2)), np.eye(3))), "argmax"),
        (tf.data.Dataset.from_tensors(np.zeros((3, 2), "float32")), "integer class ids"),
        (tf.data.Dataset.from_tensor_slices(np.zeros(3, "int32")).take(0), "empty"),
    ],
)
def test_adapt_on_what_is_not_labels(marked, data, said):
    with pytest.raises(ValueError, match=rf"(?s){said}.*Received"):
        gk.GANAugmentation(marked(), 0.5, "minority").adapt(data)


def test_strategy_needs_counts_labels_and_classes(marked):
    augment = gk.GANAugmentation(marked(), 0.5, "minority")
    with pytest.raises(ValueError, match=r"augment.adapt\(labels\).*Received"):
        augment(*batch())
    with pytest.raises(ValueError, match=r"needs labels.*Received"):
        augment(batch()[0])
    with pytest.raises(ValueError, match="source with classes"):
        gk.GANAugmentation(marked(None), 0.5, "minority")
    with pytest.raises(ValueError, match="source with classes"):
        gk.GANAugmentation(marked(None), 0.5).adapt([0, 1])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"ratio": 1.1}, r"ratio=1.1"),
        ({"ratio": -0.1}, r"ratio=-0.1"),
        ({"ratio": float("nan")}, r"ratio=nan"),
        ({"ratio": "half"}, r"ratio='half'"),
        ({"ratio": True}, r"ratio=True"),
        ({"mode": "mix"}, r"mode='mix'"),
        ({"seed": -1}, r"seed=-1"),
        ({"seed": 1.5}, r"seed=1.5"),
        ({"seed": 2**31}, r"seed=2147483648"),
        ({"sampling_strategy": "majority"}, r"not minority.*Received: 'majority'"),
        ({"sampling_strategy": 0.5}, r"Received: 0.5"),
        ({"sampling_strategy": {4: 10}}, r"0 to 3.*Received: 4"),
    ],
)
def test_wrong_arguments(marked, arguments, said):
    with pytest.raises(ValueError, match=said):
        gk.GANAugmentation(marked(), **arguments)


def test_wrong_batches(marked):
    x, y = batch()
    augment = gk.GANAugmentation(marked())
    with pytest.raises(ValueError, match="before any scaling"):
        augment(tf.cast(x, tf.float64), y)
    with pytest.raises(ValueError, match=r"one_hot.*Received"):
        augment(x, tf.one_hot(y, 4))
    with pytest.raises(ValueError, match="apply_to"):
        augment(x[0], y[0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="0 to 3"):
        augment(x, y + 1)
    with pytest.raises(ValueError, match="inside a model"):
        augment(keras.Input((2,)))
    with pytest.raises(ValueError, match="inside a model"):
        keras.Sequential([keras.Input((2,)), augment])


def test_source_without_classes():
    gan = gk.testing.toy_gan(num_classes=None, trained_steps=1)
    augment = gk.GANAugmentation(gan)
    x, y = batch()
    assert (augment(x).numpy() != x.numpy()).any(axis=1).sum() == 6
    with pytest.raises(ValueError, match="without classes"):
        augment(x, y)


@pytest.mark.parametrize("source", [None, 3, np.zeros(3)])
def test_wrong_sources(source):
    with pytest.raises(ValueError, match=r"SavedModel.*Received"):
        gk.GANAugmentation(source)


def test_a_plain_model_is_no_source():
    with pytest.raises(ValueError, match="Received: Sequential"):
        gk.GANAugmentation(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]))


def test_untrained_sources(marked):
    for source in (gk.testing.toy_gan(), marked(step=0)):
        with pytest.raises(ValueError, match=r"untrained.*Call `fit` first.*step 0"):
            gk.GANAugmentation(source)


def test_missing_path(tmp_path):
    with pytest.raises(ValueError, match="Received"):
        gk.GANAugmentation(tmp_path / "nothing")


def test_frozen_until_refresh():
    gan = gk.testing.toy_gan(trained_steps=1)
    augment = gk.GANAugmentation(gan, ratio=1.0)
    x, y = batch()
    before = augment(x, y)[0].numpy()
    gan.fit(*gk.testing.toy_data(), batch_size=32, steps_per_epoch=20, verbose=0)
    assert (augment(x, y)[0].numpy() == before).all()
    augment.refresh()
    assert (augment(x, y)[0].numpy() != before).all()


def test_refresh_counts_anew():
    gan = gk.testing.toy_gan(trained_steps=1)
    augment = gk.GANAugmentation(gan, 0.9, "not majority")
    assert augment.mix.ratio == 0
    x, y = gk.testing.toy_data()
    few = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y > 0)[:60]])
    gan.fit(x[few], y[few], batch_size=32, steps_per_epoch=1, verbose=0)
    augment.refresh()
    shares = gan.class_counts / gan.class_counts.sum()
    assert augment.mix.ratio == pytest.approx(np.maximum(shares - 0.25, 0).sum())


def test_never_tracked_as_a_sublayer(trained_gan):
    augment = gk.GANAugmentation(trained_gan)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.augment = augment
    assert augment.weights == []
    assert augment._flatten_layers(include_self=False) == []
    assert len(model.weights) == 2


def test_only_a_path_is_saved(trained_gan, tmp_path):
    with pytest.raises(ValueError, match=r"gankeras.export\(gan, path\)"):
        gk.GANAugmentation(trained_gan).get_config()
    path = tmp_path / "model"
    gk.export(trained_gan, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes short at this ratio
        augment = gk.GANAugmentation(path, 0.1, {1: 90}, seed=5, name="mixing")
        augment.adapt([0] * 60 + [1] * 20 + [2] * 10 + [3] * 10)
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(augment))
        from_json = gk.GANAugmentation.from_config(_through_json(augment.get_config()))
    x, y = batch()
    for copy in (again, from_json):
        assert copy.get_config() == augment.get_config()
        assert copy.mix.labels.tolist() == augment.mix.labels.tolist()
        for ours, theirs in zip(augment(x, y), copy(x, y), strict=True):
            assert (ours.numpy() == theirs.numpy()).all()


def _through_json(config):
    import json

    return json.loads(json.dumps(config))


def test_path_and_gan_give_the_same_rows(trained_gan, tmp_path):
    gk.export(trained_gan, tmp_path / "model")
    x, y = batch()
    live, loaded = (
        gk.GANAugmentation(source)(x, y)[0] for source in (trained_gan, tmp_path / "model")
    )
    np.testing.assert_allclose(live, loaded, rtol=1e-5, atol=1e-6)  # another graph, other fusions


def test_labels_in_a_dict_and_pairs_for_adapt_are_refused_in_a_paragraph(marked):
    x, y = np.zeros((8, 2), "float32"), np.arange(8) % 4
    batches = tf.data.Dataset.from_tensor_slices((x, {"class": y})).batch(4)
    augment = gk.GANAugmentation(marked(), sampling_strategy="auto")
    with pytest.raises(ValueError, match="(?s)one tensor.*with keys"):
        batches.map(augment)
    with pytest.raises(ValueError, match="`y` instead.*Received: a tuple of 2"):
        augment.adapt((x, y))

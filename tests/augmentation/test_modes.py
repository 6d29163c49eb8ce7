import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import gankeras as gk
from gankeras.augmentation import policy

PIXELS = (2, 2, 1)


class Pictures(gk.Synthesizer):
    """Pictures that cannot be mistaken: every pixel is 100 + label, as bytes or as floats; also under a dict's key."""

    def __init__(self, dtype, is_dict, num_classes=4):
        self._dtype, self._is_dict = tf.as_dtype(dtype), is_dict
        spec = tf.TensorSpec(PIXELS, dtype)
        super().__init__({"image": spec} if is_dict else spec, num_classes)

    def draw(self, seeds, labels=None, conditions=None):
        labels = tf.zeros_like(seeds) if labels is None else labels
        value = tf.cast(100 + tf.cast(labels, tf.int32), self._dtype)
        picture = tf.ones((tf.shape(seeds)[0], *PIXELS), self._dtype) * value[:, None, None, None]
        return {"image": picture} if self._is_dict else picture


def pipeline(form, dtype, y, batch_size):
    """Real rows are told apart by their number, below 100, in every pixel."""
    x = np.broadcast_to(np.arange(len(y))[:, None, None, None], (len(y), *PIXELS)).astype(dtype)
    x = {"image": x} if form == "dict" else x
    parts = {
        "x": x,
        "(x, y)": (x, y),
        "dict": (x, y),
        "(x, y, w)": (x, y, np.linspace(1, 2, len(y)).astype("float32")),
    }[form]
    real = tf.data.Dataset.from_tensor_slices(parts)
    return real if batch_size is None else real.batch(batch_size)


def flat(dataset, batched):
    """(first pixel, label, weight) of every row, and the sizes of the batches."""
    rows, sizes = [], []
    for element in dataset.as_numpy_iterator():
        x, y, w = (*(element if isinstance(element, tuple) else (element,)), None, None)[:3]
        x = x["image"] if isinstance(x, dict) else x
        pixel = np.atleast_1d(x[..., 0, 0, 0])
        sizes.append(len(pixel))
        blank = np.full(len(pixel), -1)
        rows.append((pixel, *(blank if part is None else np.atleast_1d(part) for part in (y, w))))
    return [np.concatenate(part) for part in zip(*rows, strict=True)], sizes


# No shrinking: each example traces two pipelines.
@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    mode=st.sampled_from(["replace", "append"]),
    how=st.sampled_from(["map", "batched", "unbatched"]),
    form=st.sampled_from(["x", "(x, y)", "(x, y, w)", "dict"]),
    dtype=st.sampled_from(["uint8", "float32"]),
    n=st.integers(2, 90),
    batch_size=st.integers(1, 40),
    ratio=st.floats(0, 0.9),
    weight=st.none() | st.floats(0, 2),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_combination(mode, how, form, dtype, n, batch_size, ratio, weight, seed):
    y = np.random.default_rng(seed).integers(0, 4, n).astype("int32")
    real = pipeline(form, dtype, y, None if how == "unbatched" else batch_size)
    source = Pictures(dtype, form == "dict")
    if form == "x":
        weight = None

    def run(calls):
        augment = gk.GANAugmentation(source, ratio, mode=mode, synthetic_weight=weight, seed=seed)
        if how == "map":
            return real.map(augment, num_parallel_calls=calls)
        return augment.apply_to(real, calls)

    mixed = run(None)
    (pixel, label, found_weight), sizes = flat(mixed, how != "unbatched")
    again, _ = flat(run(3), how != "unbatched")
    for ours, theirs in zip((pixel, label, found_weight), again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert tf.nest.flatten(mixed.element_spec)[0].dtype == dtype
    if not (how == "unbatched" and mode == "append" and 0 < ratio / (1 - ratio) <= 0.005):
        assert mixed.cardinality() == len(sizes)
    if mode == "replace" and weight is None:
        assert mixed.element_spec == real.element_spec
    synthetic = pixel >= 100
    if form != "x":
        np.testing.assert_array_equal(pixel[synthetic] - 100, label[synthetic])
        np.testing.assert_array_equal(label[~synthetic], y[pixel[~synthetic].astype(int)])
    inputs = (
        [100] * (n // 100) + [n % 100]
        if how == "unbatched"
        else [batch_size] * (n // batch_size) + [n % batch_size]
    )
    inputs = [size for size in inputs if size]
    part = ratio / (1 - ratio) if mode == "append" else ratio
    nearest = np.array([policy.rounded(part, size) for size in inputs])
    # Where it is 0, one row comes now and then; of single elements, a known number is appended.
    most = np.maximum(nearest, 1 if part and not (how == "unbatched" and mode == "append") else 0)
    if mode == "append":
        assert sorted(pixel[~synthetic]) == list(range(n)), "a real row was lost"
        outputs = np.array(sizes) if how != "unbatched" else inputs + nearest
        assert len(pixel) == sum(outputs)
        found = outputs - inputs
    else:
        np.testing.assert_array_equal(
            label if form != "x" else label * 0, y if form != "x" else label * 0
        )
        assert len(pixel) == n
        found = [part.sum() for part in np.split(synthetic, np.cumsum(inputs)[:-1])]
    assert ((found == nearest) | (found == most)).all()
    assert synthetic.sum() == sum(found)
    if form == "(x, y, w)" or weight is not None:
        given_weight = np.linspace(1, 2, n) if form == "(x, y, w)" else np.ones(n)
        np.testing.assert_allclose(
            found_weight[~synthetic], given_weight[pixel[~synthetic].astype(int)], rtol=1e-6
        )
        low, high = given_weight.min(), given_weight.max()
        factor = 1 if weight is None else weight
        assert np.all(found_weight[synthetic] >= low * factor - 1e-6)
        assert np.all(found_weight[synthetic] <= high * factor + 1e-6)


def test_append_by_hand(marked):
    # 20 rows at a ratio of .2: 20 * .2 / .8 = 5 more.
    x, y = np.zeros((20, 2), "float32"), (np.arange(20) % 4).astype("int32")
    augment = gk.GANAugmentation(marked(), 0.2, mode="append")
    new_x, new_y = augment(x, y)
    assert new_x.shape == (25, 2)
    assert (new_x.numpy()[:20] == x).all()
    assert (new_x.numpy()[20:, 0] == -1 - new_y.numpy()[20:]).all()
    # At .75 three rounds of the batch follow it, so every class is as large as before, times four.
    many = gk.GANAugmentation(marked(), 0.75, mode="append")(x, y)[1].numpy()
    assert np.bincount(many).tolist() == [20] * 4


def test_additions_by_hand():
    # 70, 19, 8, 3 to 70 each: 51, 62 and 67 come, 180 of 280 rows.
    mix = policy.plan_additions([70, 19, 8, 3], "not majority", 0.7)
    assert mix.ratio == pytest.approx(180 / 280)
    np.testing.assert_allclose(mix.labels, [0, 51 / 180, 62 / 180, 67 / 180], atol=1e-12)
    np.testing.assert_allclose(mix.shares, [0.25] * 4, atol=1e-12)
    assert mix.short == ()
    # Half of the output at most: 100 of the 180 come, five ninths for each class.
    capped = policy.plan_additions([70, 19, 8, 3], "not majority", 0.5)
    assert (capped.ratio, capped.short) == (pytest.approx(0.5), (1, 2, 3))
    np.testing.assert_allclose(capped.shares[1], (19 + 51 * 5 / 9) / 200, atol=1e-12)
    # A dict never takes rows away.
    assert policy.plan_additions([70, 30], {0: 10, 1: 40}, 0.5).shares.tolist() == [
        70 / 110,
        40 / 110,
    ]
    assert policy.plan_additions([10, 10], "all", 0.5).ratio == 0


def test_appending_balances_and_keeps_every_row(marked):
    counts = np.array([70, 19, 8, 3])
    y = np.random.default_rng(0).permutation(np.repeat(np.arange(4), counts)).astype("int32")
    x = np.stack([np.arange(100), np.arange(100)], -1).astype("float32")
    augment = gk.GANAugmentation(marked(class_counts=counts), 0.7, "not majority", mode="append")
    found_x, found_y = (
        augment.apply_to(tf.data.Dataset.from_tensor_slices((x, y)).batch(50))
        .unbatch()
        .batch(1000)
        .get_single_element()
    )
    assert sorted(found_x.numpy()[found_x.numpy()[:, 0] >= 0, 0]) == list(range(100))
    # Two batches, each within a row of every class' share.
    assert np.abs(np.bincount(found_y.numpy()) - 70).max() <= 2


def test_weights_by_hand(marked):
    x, y = np.zeros((10, 2), "float32"), np.zeros(10, "int32")
    given_weight = np.arange(10.0).astype("float32")
    new_x, _, weight = gk.GANAugmentation(marked(), 0.3, synthetic_weight=0.5)(x, y, given_weight)
    changed = new_x.numpy()[:, 0] < 0
    np.testing.assert_array_equal(weight, np.where(changed, 0.5, 1.0) * given_weight)
    plain = gk.GANAugmentation(marked(), 0.3, synthetic_weight=0.5)(x, y)[2].numpy()
    assert sorted(plain.tolist()) == [0.5] * 3 + [1.0] * 7
    appended = gk.GANAugmentation(marked(), 0.5, mode="append")(x, y, given_weight)[2].numpy()
    # A full round: each row's model gave it its weight.
    np.testing.assert_array_equal(appended, np.tile(given_weight, 2))


def weighted(rows, rates, weights):
    """Rows with labels by these rates, and the weight of each row's class."""
    y = np.random.default_rng(0).choice(len(rates), rows, p=rates).astype("int32")
    return np.zeros((rows, 2), "float32"), y, np.array(weights)[y]


@pytest.mark.parametrize("mode", ["replace", "append"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_a_synthetic_row_weighs_what_its_class_does(marked, mode, dtype):
    x, y, w = weighted(4000, [0.7, 0.1, 0.1, 0.1], np.array([1, 5, 7, 9], dtype))
    augment = gk.GANAugmentation(marked(), 0.7, "not majority", mode=mode).adapt(y)
    # With 100 rows a batch no class is missing from one (0.9 ** 100 = 3e-5).
    batches = tf.data.Dataset.from_tensor_slices((x, y, w)).batch(100)
    for mixed in (batches.map(augment), batches.apply(augment.apply_to)):
        new_x, new_y, new_w = (np.concatenate(part) for part in zip(*mixed, strict=True))
        assert (new_x[:, 0] < 0).sum() > 1000
        assert new_w.dtype == dtype
        np.testing.assert_array_equal(new_w, np.array([1, 5, 7, 9])[new_y])


def test_weights_of_a_class_mix_by_hand(marked):
    # Class 1 has rows of 2 and 4, mean 3; class 2 has none, so the batch's (6 * 1 + 2 + 4) / 8 = 1.5.
    y = np.array([0] * 6 + [1] * 2, "int32")
    w = np.array([1] * 6 + [2, 4], "float32")
    x = np.zeros((8, 2), "float32")
    source = marked(3, class_counts=[40, 10, 10])
    for factor in (None, 0.5):
        augment = gk.GANAugmentation(source, 0.6, "not majority", "append", factor)
        new_x, new_y, new_w = augment(x, y, w)
        fresh = new_x.numpy()[:, 0] < 0
        assert set(new_y.numpy()[fresh]) == {1, 2}
        expected = np.where(new_y == 1, 3, 1.5) * (factor or 1)
        np.testing.assert_array_equal(new_w.numpy()[fresh], expected[fresh])
        np.testing.assert_array_equal(new_w.numpy()[:8], w)
    # Weights of several columns, as of several outputs.
    wide = augment(x, y, np.stack([w, 2 * w], -1))[2].numpy()
    np.testing.assert_array_equal(wide[:, 0], new_w)
    np.testing.assert_array_equal(wide[:, 1], 2 * new_w)


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize(
    ("batch_size", "ratio", "strategy"),
    [(4, 0.1, None), (8, 0.05, None), (8, 0.05, "not majority"), (8, 0.3, "not majority")],
)
@pytest.mark.parametrize("mode", ["replace", "append"])
@pytest.mark.filterwarnings("ignore:.*leaves classes short")
def test_small_batches_have_their_share_on_average(marked, mode, batch_size, ratio, strategy, drop):
    x, y, _ = weighted(16_000, [0.85, 0.05, 0.05, 0.05], [1] * 4)
    augment = gk.GANAugmentation(marked(), ratio, strategy, mode=mode).adapt(y)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size, drop_remainder=drop)
    run = [list(batches.apply(augment.apply_to).as_numpy_iterator()) for _ in range(2)]
    for ours, theirs in zip(*run, strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
    synthetic = np.concatenate([x[:, 0] < 0 for x, _ in run[0]])
    if mode == "append" and ratio == 0.3:  # 8 * .3 / .7 = 3.43: three to each batch, as documented
        assert synthetic.mean() == pytest.approx(3 / 11)
    else:
        # 2,000 batches or more, each off by less than a row: .5 / sqrt(2000) / 8 = .0014, four of them.
        assert synthetic.mean() == pytest.approx(ratio, abs=0.006)


def test_single_elements_are_appended_to_at_any_ratio(marked):
    x, y = np.zeros((40_000, 2), "float32"), np.zeros(40_000, "int32")
    real = tf.data.Dataset.from_tensor_slices((x, y))
    # Of 100 rows .3: no batch of known growth, so the length is not known beforehand.
    rare = real.apply(gk.GANAugmentation(marked(), 0.003, mode="append").apply_to)
    assert rare.cardinality() == tf.data.UNKNOWN_CARDINALITY
    assert 70 < sum(len(x) for x, _ in rare.batch(1000)) - 40_000 < 170  # 120, four times its root
    assert (
        real.apply(gk.GANAugmentation(marked(), 0.5, mode="append").apply_to).cardinality()
        == 80_000
    )


def test_a_schedule_counts_batches(marked):
    x, y = np.zeros((12, 2), "float32"), np.zeros(12, "int32")
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 6, 0.0)
    augment = gk.GANAugmentation(marked(), 0.5, synthetic_weight=schedule)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(4).repeat(2)
    least = [w.min() for _, _, w in augment.apply_to(batches).as_numpy_iterator()]
    np.testing.assert_allclose(least, [1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6], rtol=1e-6)
    with pytest.raises(ValueError, match=r"repeat\(\).apply\(augment.apply_to\)"):
        batches.map(augment)


def falling(marked, strategy=None, counts=None):
    schedule = keras.optimizers.schedules.PolynomialDecay(1.2, 6, 0.0)
    return gk.GANAugmentation(marked(class_counts=counts), schedule, strategy)


@pytest.mark.parametrize("open_size", [False, True])
def test_the_share_follows_its_schedule(marked, open_size):
    x, y = np.zeros((40, 2), "float32"), np.arange(40, dtype="int32") % 4
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(40).repeat(8)
    if open_size:
        batches = batches.filter(lambda x, y: True)
    found = list(batches.apply(falling(marked).apply_to).as_numpy_iterator())
    # Shares 1.2 (held at 1), 1, .8, .6, .4, .2, 0 and then 0, of 40 rows.
    assert [int((x[:, 0] < 0).sum()) for x, _ in found] == [40, 40, 32, 24, 16, 8, 0, 0]
    for new_x, new_y in found:
        changed = new_x[:, 0] < 0
        np.testing.assert_array_equal(new_y, y)
        np.testing.assert_array_equal(new_x[changed, 0], -1 - y[changed])
    with pytest.raises(ValueError, match=r"as `ratio`.*apply\(augment.apply_to\)"):
        batches.map(falling(marked))


def test_a_class_mix_under_a_schedule_goes_as_far_as_the_share_of_that_batch(marked):
    counts = [60, 20, 20, 20]
    y = np.repeat(np.arange(4, dtype="int32"), counts)
    batches = tf.data.Dataset.from_tensor_slices((np.zeros((120, 2), "float32"), y)).batch(120)
    augment = falling(marked, "not majority", counts)
    # To 30 a class: 30 of the first class's rows go, a quarter of all, and none of another class.
    assert augment.mix.needed == pytest.approx(0.25)
    assert augment.classes_left_short == ()
    found = list(batches.repeat(7).apply(augment.apply_to).as_numpy_iterator())
    for (x, labels), share in zip(found, (1, 1, 0.8, 0.6, 0.4, 0.2, 0), strict=True):
        assert (x[:, 0] < 0).sum() == pytest.approx(120 * min(0.25, share), abs=1)
        assert np.bincount(labels)[0] == pytest.approx(60 - 120 * min(0.25, share), abs=1)
        assert (np.bincount(labels)[1:] >= 20).all()


def test_marked_rows(table):
    x = {"age": np.arange(20), "job": np.array(["real"] * 20)}
    augment = gk.GANAugmentation(table(), 0.25, mark_synthetic=True)
    for mode in ("replace", "append"):
        augment = gk.GANAugmentation(table(), 0.25, mode=mode, mark_synthetic=True)
        real = tf.data.Dataset.from_tensor_slices((x, np.zeros(20, "int32"))).batch(20)
        columns, _ = real.map(augment).get_single_element()
        np.testing.assert_array_equal(
            columns["is_synthetic"], columns["job"].numpy() == b"synthetic"
        )
    with pytest.raises(ValueError, match="dict `x`"):
        gk.GANAugmentation(Pictures("uint8", False), mark_synthetic=True)(
            np.zeros((4, *PIXELS), "uint8")
        )


def test_config_holds_mode_and_weight(tmp_path):
    gan = gk.testing.toy_gan(trained_steps=1)
    gk.export(gan, tmp_path / "model")
    gk.augmentation.draw_bank(gan, 20, verbose=0).save(tmp_path / "bank.npz")
    schedule = keras.optimizers.schedules.CosineDecay(1.0, 100)
    augment = gk.GANAugmentation(
        tmp_path / "model",
        0.2,
        mode="append",
        synthetic_weight=schedule,
        bank=tmp_path / "bank.npz",
    )
    config = json.loads(json.dumps(augment.get_config()))
    again = gk.GANAugmentation.from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    x, y = gk.testing.toy_data(32)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    for ours, theirs in zip(augment.apply_to(batches), again.apply_to(batches), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    counts = {np.int64(1): np.int64(200)}
    numpy = gk.GANAugmentation(tmp_path / "model", 0.5, counts, synthetic_weight=np.float32(0.5))
    config = json.loads(json.dumps(numpy.get_config()))
    assert config["sampling_strategy"] == [[1, 200]]
    assert gk.GANAugmentation.from_config(config).synthetic_weight == 0.5
    falling = gk.GANAugmentation(tmp_path / "model", schedule)
    config = json.loads(json.dumps(falling.get_config()))
    again = gk.GANAugmentation.from_config(config)
    assert again.ratio.get_config() == schedule.get_config()
    with pytest.raises(ValueError, match=r"bank.save\(path\)"):
        gk.GANAugmentation(
            tmp_path / "model", bank=gk.augmentation.draw_bank(gan, 20, verbose=0)
        ).get_config()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"mode": "append", "ratio": 1}, "Received: ratio=1"),
        ({"mode": "append", "ratio": lambda step: 0.5}, "schedule as `ratio`.*Received: ratio=<"),
        ({"synthetic_weight": -1}, "Received: -1"),
        ({"synthetic_weight": "half"}, "Received: 'half'"),
    ],
)
def test_wrong_arguments(marked, arguments, said):
    with pytest.raises(ValueError, match=said):
        gk.GANAugmentation(marked(), **arguments)


def test_weights_need_labels(marked):
    with pytest.raises(ValueError, match="labels alone"):
        gk.GANAugmentation(marked(), synthetic_weight=0.5)(np.zeros((4, 2), "float32"))


@pytest.mark.parametrize("name", ["ratio", "synthetic_weight"])
@pytest.mark.parametrize("schedule", [lambda s: 1.0 if s < 2 else 0.0, lambda s: 1 - 0.1 * s])
def test_a_schedule_that_the_graph_cannot_compute_is_explained(marked, name, schedule):
    x, y = np.zeros((8, 2), "float32"), np.arange(8) % 4
    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    with pytest.raises(
        ValueError, match=f"(?s)schedule as `{name}`.*tf.where.*Received: <function"
    ):
        batches.apply(gk.GANAugmentation(marked(), **{name: schedule}).apply_to)

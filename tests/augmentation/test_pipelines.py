import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import gankeras as gk

AUTOTUNE = tf.data.AUTOTUNE


def rows(n, num_classes=4, seed=0):
    y = np.random.default_rng(seed).integers(0, num_classes, n).astype("int32")
    return np.stack([np.arange(n), np.arange(n)], -1).astype("float32"), y


def dataset_of(n, **kwargs):
    return tf.data.Dataset.from_tensor_slices(rows(n, **kwargs))


def collect(dataset):
    """Every leaf of a dataset of batches, end to end."""
    parts = [tf.nest.flatten(element) for element in dataset.as_numpy_iterator()]
    return [np.concatenate(leaf) for leaf in zip(*parts, strict=True)]


def same(left, right):
    return all((a == b).all() for a, b in zip(left, right, strict=True))


def test_map_keeps_spec_and_cardinality(marked):
    augment = gk.GANAugmentation(marked())
    for batches in (dataset_of(50).batch(20), dataset_of(50).batch(20, drop_remainder=True)):
        augmented = batches.map(augment, num_parallel_calls=AUTOTUNE)
        assert augmented.element_spec == batches.element_spec
        assert augmented.cardinality() == batches.cardinality()


def test_partial_last_batch(marked):
    # 20, 20, 11: of these 6, 6 and 3 (11 * .3 = 3.3); and a last batch of one row loses it by a chance of .3.
    augment = gk.GANAugmentation(marked())
    for n, expected in ((51, ([6, 6, 3],)), (41, ([6, 6, 0], [6, 6, 1]))):
        for augmented in (
            dataset_of(n).batch(20).map(augment),
            augment.apply_to(dataset_of(n).batch(20)),
        ):
            assert [int((x[:, 0] < 0).sum()) for x, _ in augmented.as_numpy_iterator()] in expected


def test_known_and_open_batch_sizes_agree(marked):
    augment = gk.GANAugmentation(marked(class_counts=[9, 1, 1, 1]), 0.3)
    open_size = collect(dataset_of(64).batch(32).map(augment))
    assert same(open_size, collect(dataset_of(64).batch(32, drop_remainder=True).map(augment)))


def test_partial_last_batch_of_images():
    # Convolutions refuse empty batches: a batch that takes no row must not draw zero of them.
    augment = gk.GANAugmentation(gk.testing.toy_image_gan())
    x, y = gk.testing.toy_images(41)
    images = tf.data.Dataset.from_tensor_slices((x, y)).batch(20)
    mixed, labels = collect(images.map(augment))
    assert (mixed.dtype, mixed.shape) == (np.uint8, (41, 8, 8, 1))
    assert (labels == y).all()
    changed = (mixed != x).any(axis=(1, 2, 3))
    assert changed[:40].sum() == 12
    assert not changed[40]  # by this seed; the chance is .3
    grey = tf.data.Dataset.from_tensor_slices((x[..., 0], y)).batch(20)
    assert collect(grey.apply(augment.apply_to))[0].shape == (41, 8, 8)
    assert same([mixed[..., 0]], collect(grey.map(augment))[:1])


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("parts", [0, 1, 2, 3])
def test_apply_to_keeps_structure_spec_order_and_cardinality(marked, parts, batched):
    x, y = rows(250)
    element = [x, (x,), (x, y), (x, y, np.arange(250.0, dtype="float32"))][parts]
    real = tf.data.Dataset.from_tensor_slices(element)
    real = real.batch(50) if batched else real
    augmented = real.apply(gk.GANAugmentation(marked()).apply_to)
    assert augmented.element_spec == real.element_spec
    assert augmented.cardinality() == real.cardinality()
    if not batched:
        assert sum(1 for _ in augmented) == 250
        augmented = augmented.batch(250)
    mixed = collect(augmented)
    kept = mixed[0][:, 0] >= 0
    assert (~kept).sum() == 75
    assert (mixed[0][kept] == x[kept]).all()
    if parts > 1:
        assert (mixed[1] == y).all()
        assert (mixed[0][~kept, 0] == -1 - y[~kept]).all()
    if parts > 2:
        assert (mixed[2] == np.arange(250)).all()


@pytest.mark.parametrize("batched", [True, False])
def test_apply_to_endless_and_unknown_cardinality(marked, batched):
    augment = gk.GANAugmentation(marked())
    real = dataset_of(30).batch(10) if batched else dataset_of(30)
    assert augment.apply_to(real.repeat()).cardinality() == tf.data.INFINITE_CARDINALITY
    unknown = augment.apply_to(real.filter(lambda x, y: True))
    assert unknown.cardinality() == tf.data.UNKNOWN_CARDINALITY
    assert sum(1 for _ in unknown) == (3 if batched else 30)


def test_columns(table):
    augment = gk.GANAugmentation(table(), 0.5, "not majority")
    x = {"age": np.arange(40), "job": np.array(["real"] * 40)}
    real = tf.data.Dataset.from_tensor_slices((x, np.repeat([0, 1], [30, 10])))
    for augmented in (real.batch(40).map(augment), augment.apply_to(real).batch(40)):
        mixed, labels = next(augmented.as_numpy_iterator())
        new = mixed["job"] == b"synthetic"
        assert new.sum() == 10
        assert ((mixed["age"] < 0) == new).all()
        assert (labels[new] == 1).all()
        assert not new[30:].any()
        assert np.bincount(labels).tolist() == [20, 20]


def test_bad_datasets(marked):
    augment = gk.GANAugmentation(marked())
    with pytest.raises(ValueError, match="empty"):
        augment.apply_to(dataset_of(3).take(0))
    with pytest.raises(ValueError, match="from_tensor_slices"):
        augment.apply_to(rows(3))
    with pytest.raises(ValueError, match=r"augment.apply_to\)"):
        dataset_of(3).map(augment)
    with pytest.raises(ValueError, match="apply_to"):
        dataset_of(3).batch(2).apply(augment)
    one_hot = dataset_of(8).map(lambda x, y: (x, tf.one_hot(y, 4)))
    for call in (augment.apply_to, lambda data: data.batch(4).map(augment)):
        with pytest.raises(ValueError, match="one_hot"):
            call(one_hot)
        with pytest.raises(ValueError, match="before any scaling"):
            call(dataset_of(8).map(lambda x, y: (tf.cast(x, tf.float16), y)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="0 to 3"):
        collect(dataset_of(40, num_classes=6).batch(10).map(augment))


@pytest.mark.parametrize("batched", [True, False])
def test_same_bytes_under_any_parallelism(trained_gan, batched):
    augment = gk.GANAugmentation(trained_gan, 0.3, seed=3)
    real = dataset_of(400)
    real = real.batch(16) if batched else real
    finish = (lambda data: data) if batched else (lambda data: data.batch(400))
    runs = [collect(finish(augment.apply_to(real, calls))) for calls in (None, 1, 4, AUTOTUNE)]
    if batched:
        mapped = [collect(real.map(augment, num_parallel_calls=c)) for c in (None, 1, 4, AUTOTUNE)]
        assert all(same(mapped[0], run) for run in mapped)
    assert all(same(runs[0], run) for run in runs)
    tf.random.set_seed(77)  # nobody's business but the layer's
    assert same(
        runs[0], collect(finish(gk.GANAugmentation(trained_gan, 0.3, seed=3).apply_to(real)))
    )
    assert not same(
        runs[0], collect(finish(gk.GANAugmentation(trained_gan, 0.3, seed=4).apply_to(real)))
    )


def test_apply_to_differs_by_element_and_iteration(marked):
    # All batches are equal: `map` must replace the same rows, `apply_to` other ones.
    x = np.zeros((200, 2), "float32")
    real = tf.data.Dataset.from_tensor_slices((x, np.zeros(200, "int32"))).batch(50)
    augment = gk.GANAugmentation(marked())
    mapped = [element[0] for element in real.map(augment).as_numpy_iterator()]
    assert all((element == mapped[0]).all() for element in mapped)
    applied = augment.apply_to(real)
    passes = [[element[0] for element in applied.as_numpy_iterator()] for _ in range(3)]
    distinct = {element.tobytes() for one in passes for element in one}
    assert len(distinct) == 12
    again = augment.apply_to(real)
    for one in passes:
        assert same(one, [element[0] for element in again.as_numpy_iterator()])


@pytest.mark.parametrize("how", ["map", "batched", "unbatched"])
def test_iterator_checkpoints(trained_gan, tmp_path, how):
    augment = gk.GANAugmentation(trained_gan)
    real = dataset_of(240)
    pipeline = {
        "map": lambda: real.shuffle(240, seed=1).batch(24).map(augment, num_parallel_calls=2),
        "batched": lambda: augment.apply_to(real.batch(24)),
        "unbatched": lambda: augment.apply_to(real).batch(24),
    }[how]()
    iterator = iter(pipeline)
    for _ in range(3):
        next(iterator)
    saved = tf.train.Checkpoint(iterator=iterator).write(str(tmp_path / "iterator"))
    ahead = [leaf.numpy() for _ in range(4) for leaf in next(iterator)]
    resumed = iter(pipeline)
    tf.train.Checkpoint(iterator=resumed).read(saved).assert_consumed()
    assert same(ahead, [leaf.numpy() for _ in range(4) for leaf in next(resumed)])


@pytest.mark.parametrize("how", ["map", "batched", "unbatched"])
@pytest.mark.parametrize("strategy", [None, "not majority"])
def test_every_real_row_is_seen_within_20_epochs(marked, how, strategy):
    x, y = rows(300)
    y[:100] = 0  # half of its rows go in each epoch: 0.5 ** 20 for each of some 150
    counts = np.bincount(y)
    augment = gk.GANAugmentation(marked(class_counts=counts), 0.6, strategy)
    real = tf.data.Dataset.from_tensor_slices((x, y))
    pipeline = {
        "map": lambda: real.shuffle(300, seed=0).batch(50).map(augment),
        "batched": lambda: augment.apply_to(real.batch(50)),
        "unbatched": lambda: augment.apply_to(real).batch(50),
    }[how]()
    seen = set()
    for _ in range(20):
        seen |= set(collect(pipeline)[0][:, 0])
    assert set(range(300)) <= seen


def test_balanced_in_the_long_run(marked):
    rng = np.random.default_rng(0)
    y = rng.choice(4, 6400, p=[0.7, 0.19, 0.08, 0.03]).astype("int32")
    x = np.zeros((6400, 2), "float32")
    source = marked(class_counts=np.bincount(y))
    augment = gk.GANAugmentation(source, 0.6, "not majority")
    mixed, labels = collect(
        tf.data.Dataset.from_tensor_slices((x, y)).batch(64).apply(augment.apply_to)
    )
    # In each of 100 batches the rows that go and the rows a class gets are within one of their share.
    np.testing.assert_allclose(np.bincount(labels) / 6400, 0.25, atol=0.005)
    assert (mixed[:, 0] < 0).mean() == pytest.approx(augment.mix.ratio, abs=0.005)


@pytest.mark.parametrize("ratio", [0.2, 0.6])
def test_sorted_data_balance_too(marked, ratio):
    # Where a batch holds one class alone, it loses that class's part and no more: .2 of all rows is .2 / .7 of the
    # largest class, so that the whole has the share asked for.
    y = np.repeat([0, 1, 2, 3], [700, 190, 80, 30]).astype("int32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # .2 leaves classes short
        augment = gk.GANAugmentation(marked(class_counts=np.bincount(y)), ratio, "not majority")
    real = tf.data.Dataset.from_tensor_slices((np.zeros((1000, 2), "float32"), y)).batch(50)
    new = collect(real.apply(augment.apply_to))[0][:, 0] < 0
    assert not new[700:].any()
    per_batch = new[:700].reshape(14, 50).sum(axis=1)
    assert (np.abs(per_batch - 50 * augment.mix.replaced[0]) <= 1).all()
    assert new.mean() == pytest.approx(min(ratio, 0.45), abs=0.014)


def test_fit_takes_it(marked):
    augment = gk.GANAugmentation(marked(class_counts=[9, 1, 1, 1]), 0.5, "not majority")
    augment.adapt(rows(64)[1])
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = dataset_of(64).shuffle(64).batch(16).map(augment, num_parallel_calls=AUTOTUNE)
    assert np.isfinite(model.fit(batches, epochs=2, verbose=0, shuffle=False).history["loss"]).all()


STRATEGIES = st.sampled_from([None, "minority", "not minority", "not majority"])


# No shrinking: each example traces two pipelines.
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=5),
    batch_size=st.integers(1, 40),
    ratio=st.floats(0, 1),
    strategy=STRATEGIES | st.dictionaries(st.integers(0, 1), st.integers(1, 99), min_size=1),
    how=st.sampled_from(["map", "batched", "unbatched"]),
    drop=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)
@pytest.mark.filterwarnings("ignore:.*leaves classes short")
def test_any_pipeline(marked, counts, batch_size, ratio, strategy, how, drop, seed):
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    x = np.stack([np.arange(len(y)), np.arange(len(y))], -1).astype("float32")
    real = tf.data.Dataset.from_tensor_slices((x, y))
    if how != "unbatched":
        real = real.batch(batch_size, drop_remainder=drop and batch_size <= len(y))

    def run(calls):
        source = marked(len(counts), class_counts=np.array(counts))
        augment = gk.GANAugmentation(source, ratio, strategy, seed=seed)
        if how == "map":
            return augment, real.map(augment, num_parallel_calls=calls)
        return augment, augment.apply_to(real, calls)

    augment, pipeline = run(None)
    assert pipeline.element_spec == real.element_spec
    assert pipeline.cardinality() == real.cardinality()
    elements = list(pipeline.as_numpy_iterator())
    assert same(tf.nest.flatten(elements), tf.nest.flatten(list(run(3)[1].as_numpy_iterator())))
    if how == "unbatched":
        chunks = [elements[start : start + 100] for start in range(0, len(elements), 100)]
        elements = [tuple(map(np.stack, zip(*chunk, strict=True))) for chunk in chunks]
    position = 0
    minority = np.flatnonzero(np.array(counts) < np.mean(counts))
    for mixed, labels in elements:
        old = y[position : position + len(labels)]
        position += len(labels)
        new = mixed[:, 0] < 0
        assert (mixed[new, 0] == -1 - labels[new]).all()
        assert (labels[~new] == old[~new]).all()
        if strategy is None:
            rare = 0 < ratio * len(new) <= 0.5 and new.sum() == 1
            assert rare or abs(new.sum() - ratio * len(new)) <= 0.5 + 1e-6
            assert (labels == old).all()
        else:
            assert new.sum() <= augment.mix.replaced[old].sum() + 1
            assert not np.isin(old[new], minority).any(), "a minority row was replaced"

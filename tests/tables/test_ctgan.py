import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import gankeras
from gankeras.tables import CTGAN, TableCodec
from gankeras.tables.conditions import column_shares, reveal
from gankeras.testing import toy_table

SMALL = {"latent_dim": 8, "generator_widths": (32,), "discriminator_widths": (32,), "pac": 4}


def small(target="plan", rows=300, **options):
    codec = TableCodec(target).adapt(toy_table(rows))
    return CTGAN(codec, **{**SMALL, **options})


@pytest.fixture(scope="module")
def trained():
    gan = small()
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
    )
    gan.fit(pd.DataFrame(toy_table(300)), batch_size=100, epochs=100, verbose=0)
    return gan


def test_each_condition_is_followed_the_last_column_too(trained):
    """Failing (a) of the program: there only the first column's conditions moved anything."""
    for name, value in (("sex", "f"), ("sex", "m"), ("plan", "basic"), ("plan", "plus")):
        drawn = trained.sample(400, conditions={name: value}, seed=2)
        assert drawn.attrs["agreement"][name] >= 0.95, (name, value)
        assert (drawn[name] == value).all()


def test_several_conditions_and_numbers_at_once(trained):
    drawn = trained.sample(3, conditions={"sex": "m", "age": [30, 31, 32], "spent": np.nan})
    assert drawn["age"].tolist() == [30, 31, 32]
    assert drawn["spent"].isna().all()
    assert (drawn["sex"] == "m").all()
    assert set(drawn.attrs["agreement"]) == {"sex", "age", "spent"}


def test_what_was_not_asked_depends_on_what_was(trained):
    """In the data, spending grows with the plan: 0, 10 and 20 on the average."""
    means = [trained.sample(500, conditions={"plan": p})["spent"].mean() for p in ("basic", "plus")]
    assert means[1] - means[0] > 8


def test_unconditional_rows_follow_the_true_shares():
    """Failing (c): categories that training by sampling meets evenly keep their frequencies in samples."""
    table = {"a": np.repeat([0, 1], [950, 50]), "b": np.array(["x", "y"] * 500, object)}
    for target in ("a", None):
        codec = TableCodec(target, types={"a": "categorical"}).adapt(table)
        given = codec.network_conditions(gankeras.random.row_seeds(0, 4000), None, {})
        codes = given["codes"].numpy()[:, 0]
        rare = (codes == 1).sum() / (codes >= 0).sum()
        # Four thousand draws (two thousand without a target): three standard errors.
        assert abs(rare - 0.05) < 0.015
        told = given["condition"].numpy()
        # A class, and a category of the other column; or a category of either, where there is no class.
        assert (told.sum(1) == (1 if target is None else 2)).all()
        assert ((codes >= 0) == ((told[:, :2] == 1).any(1))).all()


def test_rows_of_a_class_are_told_another_column_as_often_as_it_goes_with_the_class():
    labels = np.repeat([0, 1], [950, 50])
    other = np.array(["x"] * 947 + ["y"] * 3 + ["x"] * 10 + ["y"] * 40, object)
    codec = TableCodec("a", types={"a": "categorical"}).adapt({"a": labels, "b": other})
    # Three rows are fewer than `min_count`: they might be read out of the file.
    np.testing.assert_array_equal(codec.by_class, [[950, 0, 947, 0], [0, 50, 10, 40]])
    seeds = gankeras.random.row_seeds(0, 4000)
    for label, share in ((0, 0.0), (1, 0.8)):
        given = codec.network_conditions(seeds, tf.fill((4000,), label), {})
        told = given["condition"].numpy()
        assert (told[:, label] == 1).all()
        # Three standard errors of 4,000 draws.
        assert abs(told[:, 3].mean() - share) <= 0.019 * (share > 0)
        # What was told and not asked for is not forced.
        assert (given["codes"].numpy() == [label, -1]).all()


def test_rows_that_somebody_asked_more_of_are_told_that_alone():
    codec = TableCodec("plan").adapt(toy_table(300))
    for asked in ({"sex": "m"}, {"sex": "m", "plan": "plus"}):
        codes = codec.encode_conditions(None, asked, 50)
        given = codec.network_conditions(
            gankeras.random.row_seeds(0, 50), None, {k: tf.constant(v) for k, v in codes.items()}
        )
        assert (given["condition"].numpy().sum(1) == len(asked)).all()


def test_a_single_row_is_served_as_in_a_batch(trained):
    """Failing (b): rows do not depend on each other."""
    pd.testing.assert_frame_equal(
        trained.sample(1000, seed=5).head(1), trained.sample(1, seed=5), check_exact=True
    )


def test_labels_are_short_for_the_target(trained):
    by_name, by_id = (trained.sample(20, labels=label, seed=1) for label in ("plus", 2))
    asked = trained.sample(20, conditions={"plan": "plus"}, seed=1)
    pd.testing.assert_frame_equal(by_name, by_id)
    pd.testing.assert_frame_equal(by_name, asked)


def test_no_rows_and_bad_conditions(trained):
    assert list(trained.sample(0).columns) == ["age", "spent", "sex", "plan"]
    with pytest.raises(ValueError, match="'sex' has no value 'x'"):
        trained.sample(2, conditions={"sex": "x"})


def test_what_was_exported_follows_conditions_alike(trained, tmp_path):
    gankeras.export(trained, tmp_path / "model")
    loaded = gankeras.load(tmp_path / "model")
    asked = {"sex": ["m", "f"] * 10, "age": 33}
    mine, theirs = (source.sample(20, conditions=asked, seed=3) for source in (trained, loaded))
    pd.testing.assert_frame_equal(mine, theirs, check_exact=True)
    assert mine.attrs == theirs.attrs
    again = gankeras.export(loaded, tmp_path / "again")
    pd.testing.assert_frame_equal(gankeras.load(again).sample(5), trained.sample(5))
    served = tf.saved_model.load(str(tmp_path / "model" / "1")).signatures["generate"]
    columns = served(num=tf.constant(4), seed=tf.constant(0, tf.int64))
    assert columns["sex"].dtype == tf.string


def test_a_dataset_of_batches_trains():
    """The last batch fills no pack: its first rows come again."""
    gan = small()
    gan.compile()
    raw = gan.codec.as_raw(toy_table(90))
    dataset = tf.data.Dataset.from_tensor_slices(dict(raw)).batch(20)
    history = gan.fit(dataset, epochs=1, verbose=0, validation_data=toy_table(40))
    assert np.isfinite(history.history["discriminator_loss"]).all()
    assert np.isfinite(history.history["val_generator_loss"]).all()
    assert gan.class_counts.tolist() == [30, 30, 30]
    with pytest.raises(ValueError, match="yields single rows"):
        gan.fit(dataset.unbatch())
    with pytest.raises(ValueError, match="must be of shape .batch,. and dtype string"):
        gan.fit(dataset.map(lambda x: {**x, "sex": tf.strings.length(x["sex"])}))


def test_labels_belong_into_the_table():
    gan = small()
    gan.compile()
    with pytest.raises(ValueError, match="in the target column; leave `y` out"):
        gan.fit(toy_table(60), np.zeros(60, int))


def test_reveal_tells_the_column_that_a_row_was_chosen_for():
    codec = TableCodec().adapt(toy_table(60))
    rows = 4000
    data = {
        "samples": {
            "codes": tf.zeros((rows, 4), tf.int32),
            "values": tf.zeros((rows, len(codec.valued))),
        },
        "conditions": {
            "column": tf.fill((rows,), tf.constant(2, tf.int64)),
            "seed": tf.range(rows, dtype=tf.int64),
        },
    }
    samples, given = reveal(codec, data, gankeras.random.fold(0), 10)
    first = [int(start) for start in codec.offsets[:-1]]
    told = given["condition"].numpy()[:, first]
    assert (told[:, 2] == 1).all()
    others = told[:, [0, 1, 3]]
    # Half of the rows hear of nothing else; of the rest, each column half of the time: a quarter in all.
    assert abs((others.sum(1) == 0).mean() - 0.5 - 0.5 / 4) < 0.03
    assert np.abs(others.mean(0) - 0.25).max() < 0.03
    assert samples.shape == (rows, *codec.sample_shape)


@pytest.mark.parametrize(
    ("target", "expected"), [(None, [1 / 3, 1 / 3, 1 / 3, 0]), ("plan", [1 / 8, 1 / 8, 3 / 4, 0])]
)
def test_the_target_is_given_three_times_of_four(target, expected):
    codec = TableCodec(target=target).adapt(toy_table(60))
    codec.widths = [3, 2, 4, 1]
    codec.by_name = {"plan": 2}
    np.testing.assert_allclose(column_shares(codec), expected)


def test_a_table_without_choices_gives_each_column_alike():
    codec = TableCodec().adapt(toy_table(60))
    codec.widths = [1, 1, 1, 1]
    np.testing.assert_allclose(column_shares(codec), np.full(4, 0.25))


@pytest.mark.parametrize("options", [{"pac": 0}, {"latent_dim": 0}])
def test_sizes_out_of_range(options):
    with pytest.raises(ValueError, match="at least 1"):
        small(**options)


def test_no_target_other_regularizers_and_batches_of_whole_packs():
    """The program's users meet "batch must be divisible by pac": here it is rounded."""
    gan = small(None, pac=7)
    gan.compile(
        regularizers=[
            gankeras.regularizers.GradientPenalty(),
            gankeras.tables.ConditionCrossEntropy(0.5),
            gankeras.tables.InformationLoss(0.1),
        ]
    )
    history = gan.fit(toy_table(120), batch_size=40, epochs=1, verbose=0)
    assert gan.class_counts is None
    assert list(gan.sample(2).columns) == ["age", "spent", "sex", "plan"]
    assert history.history["information_loss"][0] > 0
    assert history.history["condition_cross_entropy"][0] > 0


def test_rates_fall_towards_the_planned_end():
    gan = small()
    gan.compile(steps=100)
    rate = gan.generator_optimizer.get_config()["learning_rate"]["config"]
    schedule = keras.optimizers.schedules.CosineDecay(
        **{k: v for k, v in rate.items() if k != "name"}
    )
    np.testing.assert_allclose(
        [float(schedule(s)) for s in (0, 100, 500)], [5e-4, 1e-5, 1e-5], rtol=1e-4
    )
    gan.compile()
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(2e-4)
    with pytest.raises(ValueError, match="Received: steps=0"):
        gan.compile(steps=0)


def test_the_best_epoch_is_kept_by_columns_as_the_codec_scales_them():
    gan, table = small(), pd.DataFrame(toy_table(300))
    gan.compile()
    history = gan.fit(table, batch_size=100, epochs=3, verbose=0)
    assert gan.kept.least == min(history.history["kernel_distance"])
    wide = {"code": np.arange(400) // 10 % 40, "x": np.linspace(0, 1, 400)}
    codec = TableCodec(types={"code": "categorical"}).adapt(wide)
    features = CTGAN(codec, **SMALL).features(wide)
    slots = codec.widths[1]
    # Sixteen directions for the many categories, then one number and its slots.
    assert features.shape == (400, 1 + 16 + slots)
    np.testing.assert_allclose(np.linalg.norm(features[:, 1:17], axis=1), 1.0, rtol=1e-6)
    assert (features[:, 17:].sum(axis=1) == 1).all()

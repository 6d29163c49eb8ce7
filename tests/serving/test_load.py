import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras


@pytest.fixture(scope="module")
def gan():
    return gankeras.testing.toy_image_gan(num_classes=3, trained_steps=2)


@pytest.fixture(scope="module")
def exported(gan, tmp_path_factory):
    return gankeras.export(gan, tmp_path_factory.mktemp("load") / "m")


@pytest.fixture(scope="module")
def loaded(exported):
    return gankeras.load(exported)


@pytest.mark.parametrize(
    "arguments",
    [
        {"num": 100, "seed": 3},
        {"num": 0},
        {"num": 1, "labels": 2},
        {"num": 70, "labels": np.arange(70) % 3, "seed": 2**31 - 1},
    ],
)
def test_sample_equals_python_byte_for_byte(gan, loaded, arguments):
    expected = gan.sample(**arguments)
    np.testing.assert_array_equal(loaded.sample(**arguments), expected, strict=True)
    np.testing.assert_array_equal(loaded.freeze().sample(**arguments), expected, strict=True)


def test_models_without_classes(tmp_path):
    gan = gankeras.testing.toy_gan(num_classes=None, trained_steps=2)
    loaded = gankeras.load(gankeras.export(gan, tmp_path / "m"))
    assert loaded.num_classes is None
    assert loaded.class_counts is None
    np.testing.assert_array_equal(loaded.sample(5, seed=1), gan.sample(5, seed=1))
    np.testing.assert_array_equal(loaded.freeze().sample(5, seed=1), gan.sample(5, seed=1))
    with pytest.raises(ValueError, match="no classes"):
        loaded.sample(5, labels=1)


def test_fields_travel_in_the_card(gan, loaded):
    live = gankeras.Synthesizer.from_gan(gan)
    for synthesizer in (loaded, loaded.freeze()):
        assert isinstance(synthesizer, gankeras.Synthesizer)
        assert synthesizer.element_spec == live.element_spec
        assert synthesizer.num_classes == live.num_classes
        assert synthesizer.class_names == live.class_names
        assert synthesizer.class_counts.dtype == np.int64
        np.testing.assert_array_equal(synthesizer.class_counts, live.class_counts)
        assert synthesizer.step == live.step
        assert synthesizer.card["synthetic"] is True


def test_class_names_are_kept(tmp_path):
    codec = gankeras.IdentityCodec((2,), class_names=["cat", "dog"])
    latents, labels = (
        keras.Input((3,), name="latents"),
        keras.Input((), dtype="int32", name="labels"),
    )
    joined = keras.layers.Concatenate()([latents, keras.layers.Embedding(2, 3)(labels)])
    samples = keras.layers.Dense(2)(joined)
    generator = keras.Model({"latents": latents, "labels": labels}, {"samples": samples})
    points = keras.Input((2,), name="samples")
    discriminator = keras.Model({"samples": points}, {"logits": keras.layers.Dense(1)(points)})
    gan = gankeras.GAN(generator, discriminator, codec)
    gan.compile()
    gan.fit(np.zeros((8, 2), "float32"), np.arange(8) % 2, batch_size=8, epochs=1, verbose=0)
    loaded = gankeras.load(gankeras.export(gan, tmp_path / "m"))
    assert loaded.class_names == ("cat", "dog")
    np.testing.assert_array_equal(loaded.sample(4, labels="dog"), gan.sample(4, labels=1))


@pytest.mark.parametrize("frozen", [False, True])
def test_draws_in_a_parallel_map(gan, loaded, frozen):
    source = loaded.freeze() if frozen else loaded

    def draw(index):
        seeds = gankeras.random.row_seeds(tf.cast(index, tf.int32), 64)
        return source.draw(seeds, tf.zeros((64,), tf.int32) + tf.cast(index % 3, tf.int32))

    batches = tf.data.Dataset.range(6).map(draw, num_parallel_calls=4)
    assert batches.element_spec == tf.TensorSpec((64, 8, 8, 1), tf.uint8)
    for index, batch in enumerate(batches):
        np.testing.assert_array_equal(batch, gan.sample(64, labels=index % 3, seed=index))


def test_frozen_iterators_can_be_checkpointed(loaded, tmp_path):
    source = loaded.freeze()
    seeds = tf.data.Dataset.range(0, 40).batch(4, drop_remainder=True)
    iterator = iter(seeds.map(lambda s: source.draw(s, tf.zeros((4,), tf.int32))))
    next(iterator)
    path = tf.train.Checkpoint(iterator=iterator).write(str(tmp_path / "iterator"))
    expected = next(iterator).numpy()
    again = iter(seeds.map(lambda s: source.draw(s, tf.zeros((4,), tf.int32))))
    tf.train.Checkpoint(iterator=again).read(path)
    np.testing.assert_array_equal(next(again), expected)


def test_foreign_labels_raise_inside_the_graph(loaded):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"from 0 to 2.*\[3\]"):
        loaded.draw(tf.constant([1], tf.int64), tf.constant([3]))


@pytest.mark.parametrize("frozen", [False, True])
def test_no_rows_draw_no_rows(loaded, frozen):
    source = loaded.freeze() if frozen else loaded
    draw = tf.function(source.draw, autograph=False)
    drawn = draw(tf.zeros((0,), tf.int64), tf.zeros((0,), tf.int32))
    assert drawn.shape == (0, 8, 8, 1)


def test_foreign_conditions_raise(loaded):
    with pytest.raises(ValueError, match=r"labels alone.*\['sex'\]"):
        loaded.draw(tf.constant([1], tf.int64), conditions={"sex": tf.constant([0])})


def test_newest_version_by_number(tmp_path):
    gan = gankeras.testing.toy_gan(trained_steps=1)
    for version in (9, 10, 2):
        gankeras.export(gan, tmp_path / "m", version=version)
    assert gankeras.load(tmp_path / "m").card["version"] == 10
    assert gankeras.load(str(tmp_path / "m" / "2")).card["version"] == 2


def test_a_moved_model_loads(gan, exported, tmp_path):
    moved = shutil.copytree(exported, tmp_path / "elsewhere" / "7")
    np.testing.assert_array_equal(gankeras.load(moved).sample(3), gan.sample(3))


def test_a_card_never_says_that_samples_are_real():
    source = gankeras.Synthesizer(tf.TensorSpec((2,), tf.float32), card={"synthetic": False})
    assert source.card["synthetic"] is True


def _foreign(tmp_path, exported):
    folder = tmp_path / "foreign"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).export(str(folder), verbose=False)
    return folder


def _with_card(change):
    def make(tmp_path, exported):
        folder = shutil.copytree(exported, tmp_path / "m" / "1")
        with open(folder / "card.json", encoding="utf-8") as file:
            card = json.load(file)
        text = change(card)
        (folder / "card.json").write_text(text if isinstance(text, str) else json.dumps(text))
        return folder.parent

    return make


def _foreign_with_our_card(tmp_path, exported):
    folder = _foreign(tmp_path, exported)
    shutil.copy(f"{exported}/card.json", folder)
    return folder


def _cut(name):
    def make(tmp_path, exported):
        folder = shutil.copytree(exported, tmp_path / "m")
        file = next(folder.rglob(name))
        file.write_bytes(file.read_bytes()[:20])
        return folder

    return make


def _file(name):
    def make(tmp_path, exported):
        (tmp_path / name).write_text("text")
        return tmp_path / name

    return make


def _folder(tmp_path, exported):
    (tmp_path / "holds" / "notes").mkdir(parents=True)
    return tmp_path / "holds"


def _without_card(card):
    return {key: value for key, value in card.items() if key not in ("data", "signatures")}


def _edited(path, value):
    """With `value` at a path in the card; "cut" removes what is there."""

    def change(card):
        *parents, last = path.split(".")
        part = card
        for key in parents:
            part = part[key]
        if value == "cut":
            del part[last]
        else:
            part[last] = value
        return card

    return _with_card(change)


EDITED = [
    ("synthetic", False, "`synthetic` must be true.*card.json.*with False"),
    ("synthetic", 1, "`synthetic` must be true.*with 1"),
    ("generator", {}, "`generator.step` must be a whole number.*without it"),
    ("generator.step", "x", "`generator.step` must be a whole number of at least 0.*with 'x'"),
    ("generator.step", -1, "`generator.step`.*with -1"),
    ("data", None, "`data.num_classes` must be.*without it"),
    ("data.num_classes", "cut", "`data.num_classes` must be.*without it"),
    ("data.num_classes", True, "`data.num_classes` must be.*with True"),
    ("data.num_classes", 4, "`data.class_counts` must be.*a list of 4 whole numbers"),
    ("data.num_classes", None, "`data.class_counts` must be null where num_classes is null"),
    ("data.class_names", "cut", "`data.class_names` must be.*without it"),
    ("data.class_names", ["a", "b"], "a list of 3 different texts.*with .'a', 'b'."),
    ("data.class_names", ["a", "b", "b"], "a list of 3 different texts"),
    ("data.class_names", ["a", "b", 3], "a list of 3 different texts"),
    ("data.class_counts", [1, 2], "a list of 3 whole numbers.*with .1, 2."),
    ("data.class_counts", [0, 0, 0], "not all 0"),
    ("data.class_counts", [1.5, 2, 3], "a list of 3 whole numbers"),
    ("element_spec", [], "`element_spec` must be a shape and a dtype"),
    ("element_spec.dtype", "uint9", "`element_spec` must be a shape and a dtype"),
    ("element_spec.dtype", "float32", "other than they are.*'samples' as float32.*has uint8"),
    ("element_spec.shape", [8, 8, 3], r"other than they are.*\(8, 8, 3\).*has uint8 \(8, 8, 1\)"),
    ("signatures", {}, "`signatures` must be a dict by name.*with {}"),
]

BAD = [
    (lambda tmp_path, exported: "", "Expected the folder.*`gankeras.export"),
    (lambda tmp_path, exported: None, "Expected the folder.*Received: None"),
    (lambda tmp_path, exported: tmp_path / "none", "no SavedModel at this path.*does not exist"),
    (_file("gan.keras"), "keras.models.load_model.*gan.keras"),
    (_file("card.json"), "found a file.*Give the folder.*card.json"),
    (_folder, r"holds no SavedModel.*\['notes'\]"),
    (_foreign, "not one that gankeras wrote.*no card.json.*foreign"),
    (_foreign_with_our_card, r"lacks signatures.*generate_labels.*'serve'"),
    (_with_card(lambda card: "{"), "is not JSON.*card.json"),
    (_with_card(lambda card: []), "not a card of gankeras.*None"),
    (_with_card(lambda card: {**card, "schema_version": "1"}), "not a card.*schema_version '1'"),
    (_with_card(lambda card: {**card, "schema_version": 2}), "newer gankeras.*Upgrade.*version 2"),
    (_with_card(_without_card), r"lacks fields.*\['data', 'signatures'\]"),
    *[(_edited(path, value), words) for path, value, words in EDITED],
    (_cut("saved_model.pb"), "cannot read this SavedModel.*incomplete"),
    (_cut("variables.index"), "cannot read this SavedModel.*incomplete"),
]


@pytest.mark.parametrize(("make", "words"), BAD, ids=range(len(BAD)))
def test_bad_input_is_one_paragraph_with_the_way_out(tmp_path, exported, make, words):
    with pytest.raises(ValueError, match=words) as error:
        gankeras.load(make(tmp_path, exported))
    assert "Received: " in str(error.value)
    assert "\n" not in str(error.value)

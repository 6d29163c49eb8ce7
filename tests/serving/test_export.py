import importlib
import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import gankeras

# `gankeras.serving.export` is the function; failures are planted in the module behind it.
export_module = importlib.import_module("gankeras.serving.export")


@pytest.fixture(scope="module")
def gan():
    return gankeras.testing.toy_gan(num_classes=4, trained_steps=2)


def _tree(folder: pathlib.Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_two_exports_make_versions_1_and_2(gan, tmp_path):
    base = tmp_path / "deep" / "toy"
    assert gankeras.export(gan, base) == str(base / "1")
    assert gankeras.export(gan, str(base)) == str(base / "2")
    assert sorted(os.listdir(base)) == ["1", "2"]
    for version in "12":
        assert {"saved_model.pb", "card.json", "card.md"} <= set(os.listdir(base / version))


def test_version_can_be_given_and_the_next_follows_it(gan, tmp_path):
    assert gankeras.export(gan, tmp_path / "m", version=41).endswith("41")
    (tmp_path / "m" / "notes").mkdir()
    (tmp_path / "m" / "099").mkdir()
    assert gankeras.export(gan, tmp_path / "m").endswith("42")


@pytest.mark.parametrize("inside", ["photo.png", "0"])
def test_a_folder_of_something_else_is_left_alone(gan, tmp_path, inside):
    (tmp_path / "m" / inside).mkdir(parents=True)
    with pytest.raises(ValueError, match=rf"something else.*Received.*\['{inside}'\]"):
        gankeras.export(gan, tmp_path / "m")
    assert os.listdir(tmp_path / "m") == [inside]


def test_a_readme_may_stand_beside_the_versions(gan, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "README.md").write_text("what it is")
    assert gankeras.export(gan, tmp_path / "m").endswith("1")


def test_a_relative_path_works(gan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert gankeras.export(gan, "m") == str(tmp_path / "m" / "1")


def test_a_synthesizer_exports_like_its_gan(gan, tmp_path):
    path = gankeras.export(gankeras.Synthesizer.from_gan(gan), tmp_path / "m")
    np.testing.assert_array_equal(gankeras.load(path).sample(5, seed=2), gan.sample(5, seed=2))


def test_a_loaded_model_exports_anew_with_more_on_its_card(gan, tmp_path):
    first = gankeras.export(gan, tmp_path / "m", card={"limits": ["Blobs only."]})
    second = gankeras.export(gankeras.load(first), tmp_path / "m", card={"figures": {"uplift": 2}})
    again, card = gankeras.load(second), gankeras.load(first).card
    assert (again.card["version"], again.card["figures"]) == (2, {"uplift": 2})
    for key in ("generator", "data", "seed", "signatures", "limits"):
        assert again.card[key] == card[key]
    np.testing.assert_array_equal(again.sample(5, labels=1), gan.sample(5, labels=1))


def test_export_takes_the_weights_of_its_moment(tmp_path):
    gan = gankeras.testing.toy_gan(trained_steps=2)
    path = gankeras.export(gan, tmp_path / "m")
    before = gan.sample(5)
    x, y = gankeras.testing.toy_data()
    gan.fit(x, y, batch_size=32, steps_per_epoch=5, epochs=1, verbose=0)
    assert (gan.sample(5) != before).any()
    np.testing.assert_array_equal(gankeras.load(path).sample(5), before)


@pytest.mark.parametrize("place", ["write_saved_model", "to_markdown"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_failure_midway_leaves_nothing(gan, tmp_path, monkeypatch, place, error):
    def fail(*args, **kwargs):
        if place == "write_saved_model":
            (args[0] / "saved_model.pb").write_bytes(b"half")
        raise error

    monkeypatch.setattr(export_module, place, fail)
    with pytest.raises(type(error)):
        gankeras.export(gan, tmp_path / "deep" / "toy")
    assert _tree(tmp_path) == []


def test_failure_midway_keeps_older_versions(gan, tmp_path, monkeypatch):
    gankeras.export(gan, tmp_path / "m")
    before = _tree(tmp_path)
    monkeypatch.setattr(export_module, "to_json", lambda card: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        gankeras.export(gan, tmp_path / "m")
    assert _tree(tmp_path) == before


def test_a_version_taken_meanwhile_is_not_written_over(gan, tmp_path, monkeypatch):
    base = tmp_path / "m"
    write = export_module.to_markdown

    def another_process_is_faster(card):
        if card["version"] == 1:
            (base / "1").mkdir()
            (base / "1" / "saved_model.pb").write_bytes(b"theirs")
        return write(card)

    monkeypatch.setattr(export_module, "to_markdown", another_process_is_faster)
    path = gankeras.export(gan, base)
    assert path == str(base / "2")
    assert (base / "1" / "saved_model.pb").read_bytes() == b"theirs"
    assert gankeras.load(path).card["version"] == 2
    assert sorted(os.listdir(base)) == ["1", "2"]


def test_saved_bytes_hold_no_training_row(tmp_path):
    # A row that no generator would come up with, searched for in every form that a file might hold it in.
    x, y = gankeras.testing.toy_images(n=30, num_classes=3)
    planted = np.random.default_rng(123).integers(0, 256, x.shape[1:], dtype=np.uint8)
    x[7] = planted
    gan = gankeras.testing.toy_image_gan(num_classes=3, trained_steps=0)
    gan.fit(x, y, batch_size=8, steps_per_epoch=2, epochs=1, verbose=0)
    folder = pathlib.Path(gankeras.export(gan, tmp_path / "m"))
    encoded = np.asarray(gan.codec.encode(x[7:8], y[7:8])["samples"])[0]
    shapes = (planted, planted.astype("int32"), planted.astype("float32"), encoded)
    needles = [array.tobytes()[:64] for array in shapes] + [
        array.tobytes()[-64:] for array in shapes
    ]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 5
    for path in files:
        held = path.read_bytes()
        assert not any(needle in held for needle in needles), path
    # The search finds what is there: weights are.
    kernel = max(gan.ema_generator.weights, key=lambda w: int(np.prod(w.shape))).numpy()
    assert any(kernel.tobytes()[:64] in path.read_bytes() for path in files)


class _Baseline(gankeras.Synthesizer):
    def draw(self, seeds, labels=None, conditions=None):
        return gankeras.random.normal_rows(seeds, (2,))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (lambda gan: gankeras.testing.toy_gan(), "not trained.*`gan.fit.*at step 0"),
        (
            lambda gan: gankeras.Synthesizer.from_gan(gankeras.testing.toy_gan()),
            "not trained.*`gan.fit.*at step 0",
        ),
        (lambda gan: gankeras.Synthesizer.from_gan(gan).freeze(), "not frozen.*FrozenSynthesizer"),
        (lambda gan: _Baseline(tf.TensorSpec((2,))), "no network to export.*_Baseline"),
        (lambda gan: "gan.keras", "Give a GAN.*'gan.keras'"),
        (lambda gan: gan.generator, "Give a GAN.*Functional"),
    ],
)
def test_bad_source(gan, tmp_path, source, words):
    with pytest.raises(ValueError, match=words):
        gankeras.export(source(gan), tmp_path / "m")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("version", [0, -1, 1.0, "2", True])
def test_bad_version(gan, tmp_path, version):
    with pytest.raises(ValueError, match=f"whole number of at least 1.*Received: {version!r}"):
        gankeras.export(gan, tmp_path / "m", version=version)
    assert not list(tmp_path.iterdir())


def test_a_version_is_never_written_over(gan, tmp_path):
    gankeras.export(gan, tmp_path / "m")
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=r"never written over.*free one is 2.*version=1"):
        gankeras.export(gan, tmp_path / "m", version=1)
    assert stamps == {path: path.stat().st_mtime_ns for path in stamps}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "saved_models/my_gan.*Received: ''"),
        (3, "must be the folder.*Received: 3"),
        ("gs://bucket/m", "local folders.*gs://bucket/m"),
    ],
)
def test_bad_path(gan, path, words):
    with pytest.raises(ValueError, match=words):
        gankeras.export(gan, path)


@pytest.mark.parametrize("inside", ["", "m"])
def test_a_file_in_the_way(gan, tmp_path, inside):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(ValueError, match="A file stands where.*file"):
        gankeras.export(gan, file / inside)
    assert file.read_text() == "mine"


def test_a_version_folder_is_no_place_for_versions(gan, tmp_path):
    path = gankeras.export(gan, tmp_path / "m")
    with pytest.raises(ValueError, match=r"folder of one SavedModel.*Pass .*m'"):
        gankeras.export(gan, path)
    assert sorted(os.listdir(tmp_path / "m")) == ["1"]

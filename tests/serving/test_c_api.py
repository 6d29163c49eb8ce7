"""Exports run in TensorFlow's C++ runtime without Python, which is what TensorFlow Serving does."""

import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
import tensorflow as tf

import gankeras

SOURCE = pathlib.Path(__file__).with_name("run_model.c")
LIBRARIES = pathlib.Path(tf.sysconfig.get_lib())
ROWS = 64

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc"),
    pytest.mark.skipif(
        not (LIBRARIES / "libtensorflow_cc.so.2").exists(),
        reason="this TensorFlow comes without libtensorflow_cc.so.2",
    ),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("program") / "run_model"
    command = ["gcc", "-O1", str(SOURCE), "-o", str(path), f"-I{tf.sysconfig.get_include()}"]
    command += [f"-L{LIBRARIES}", f"-Wl,-rpath,{LIBRARIES}"]
    command += ["-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    gan = gankeras.testing.toy_image_gan(num_classes=3, trained_steps=2)
    return gan, gankeras.export(gan, tmp_path_factory.mktemp("c_api") / "m")


def _run(program, model, labels, seeds, folder):
    """The process, and the file it was to write the samples to."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], model)
    spec = meta.signature_def["generate_labels"]
    labels.astype("int32").tofile(folder / "labels")
    seeds.astype("int64").tofile(folder / "seeds")
    names = [spec.inputs["labels"].name, spec.inputs["seed"].name, spec.outputs["samples"].name]
    files = [str(folder / name) for name in ("labels", "seeds", "samples")]
    words = [str(program), model, *names, str(len(labels)), "64", *files]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    return done, folder / "samples"


def test_c_program_gives_the_same_bytes(program, model, tmp_path):
    gan, path = model
    labels = np.arange(ROWS) % 3
    done, file = _run(program, path, labels, gankeras.random.row_seeds(7, ROWS).numpy(), tmp_path)
    assert done.returncode == 0, done.stderr
    samples = np.fromfile(file, "uint8").reshape(ROWS, 8, 8, 1)
    np.testing.assert_array_equal(samples, gan.sample(ROWS, labels=labels, seed=7))


def test_c_program_is_told_of_foreign_labels(program, model, tmp_path):
    done, file = _run(program, model[1], np.array([0, 5]), np.array([1, 2]), tmp_path)
    assert done.returncode == 1
    assert "`labels` must be class ids from 0 to 2. Received:] [5]" in done.stderr
    assert not file.exists()

"""Exports run, byte for byte, in a process that cannot import gankeras: by the loader of TensorFlow Serving too."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import gankeras

SCRIPT = pathlib.Path(__file__).with_name("plain_tensorflow.py")
# A full chunk of `sample`: a kernel may round floats differently for another batch size.
ROWS = 64


def _gans() -> dict:
    return {
        "vectors": gankeras.testing.toy_gan(num_classes=4, trained_steps=2),
        "images": gankeras.testing.toy_image_gan(num_classes=3, trained_steps=2),
        "no_classes": gankeras.testing.toy_gan(num_classes=None, trained_steps=2),
    }


def _requests(gan) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    latents = gan.ema_generator.input["latents"].shape[1:]
    requests = {
        "serving_default/latents": rng.normal(size=(ROWS, *latents)).astype("float32"),
        "generate/num": np.int32(ROWS),
        "generate/seed": np.int64(7),
    }
    if gan.codec.num_classes:
        labels = rng.integers(0, gan.codec.num_classes, ROWS).astype("int32")
        requests["serving_default/labels"] = labels
        requests["generate_labels/labels"] = labels
        requests["generate_labels/seed"] = gankeras.random.row_seeds(7, ROWS).numpy()
    return requests


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Per GAN: the GAN, what was asked, and what each loader answered."""
    folder = tmp_path_factory.mktemp("plain")
    gans = _gans()
    requests = {name: _requests(gan) for name, gan in gans.items()}
    models = {name: gankeras.export(gan, folder / "models" / name) for name, gan in gans.items()}
    (folder / "requests.json").write_text(json.dumps(models))
    for name, arrays in requests.items():
        np.savez(folder / f"{name}.npz", **arrays)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]

    def read(name, loader):
        return dict(np.load(folder / f"{name}.{loader}.npz"))

    return {
        name: (gan, requests[name], {loader: read(name, loader) for loader in LOADERS})
        for name, gan in gans.items()
    }


LOADERS = ("run_in_session", "run_eagerly")
GANS = ("vectors", "images", "no_classes")


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("name", GANS)
def test_generate_equals_sample(answers, name, loader):
    gan, _, found = answers[name]
    np.testing.assert_array_equal(found[loader]["generate/samples"], gan.sample(ROWS, seed=7))


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("name", ["vectors", "images"])
def test_generate_labels_equals_sample(answers, name, loader):
    gan, asked, found = answers[name]
    expected = gan.sample(ROWS, labels=asked["generate_labels/labels"], seed=7)
    np.testing.assert_array_equal(found[loader]["generate_labels/samples"], expected)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("name", GANS)
def test_serving_default_is_the_averaged_generator_decoded(answers, name, loader):
    gan, asked, found = answers[name]
    inputs = {key.split("/")[1]: v for key, v in asked.items() if key.startswith("serving_default")}

    @tf.function(autograph=False)
    def decoded(inputs):
        return gan.codec.decode(gan.ema_generator(inputs, training=False)["samples"])

    expected = decoded({key: tf.constant(value) for key, value in inputs.items()}).numpy()
    np.testing.assert_array_equal(found[loader]["serving_default/samples"], expected)


@pytest.mark.parametrize("loader", LOADERS)
def test_images_come_out_raw(answers, loader):
    gan, _, found = answers["images"]
    for samples in found[loader].values():
        assert samples.dtype == np.uint8
        assert samples.shape == (ROWS, *gan.codec.element_spec.shape)
        assert samples.std() > 0


@pytest.mark.parametrize("loader", LOADERS)
def test_models_without_classes_lack_generate_labels(answers, loader):
    found = answers["no_classes"][2][loader]
    assert sorted(found) == ["generate/samples", "serving_default/samples"]

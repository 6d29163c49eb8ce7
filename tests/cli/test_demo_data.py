import pathlib

import numpy as np
import pytest

from gankeras.cli.demo_data import load_digits, load_tfds

TFDS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "tfds"


def test_digits():
    images = load_digits()
    assert images.shape == (8, 8, 1)
    assert images.x_pool.dtype == np.uint8
    assert images.x_pool.max() == 255
    assert np.bincount(images.y_pool).tolist() == [60] * 10
    assert len(images.y_pool) + len(images.y_test) == 1797


def test_draw_is_balanced_and_another_one_for_each_seed():
    images = load_digits()
    x, y = images.draw(5, seed=0)
    assert np.bincount(y).tolist() == [5] * 10
    assert (x == images.draw(5, seed=0)[0]).all()
    assert (x != images.draw(5, seed=1)[0]).any()


def test_draw_too_many():
    with pytest.raises(ValueError, match="60 training images.*Received: per_class=61"):
        load_digits().draw(61, seed=0)


def test_unknown_dataset(tmp_path):
    with pytest.raises(ValueError, match="no dataset of that name.*Received: dataset='fasion'"):
        load_tfds("fasion", tmp_path, download=False)


def test_dataset_that_is_not_prepared(tmp_path):
    with pytest.raises(ValueError, match="mnist is not prepared in .*--download.*Received"):
        load_tfds("mnist", tmp_path, download=False)


def test_dataset_that_is_no_image_classification(tmp_path):
    with pytest.raises(ValueError, match="images of one shape with class labels.*Received"):
        load_tfds("iris", tmp_path, download=False)


@pytest.mark.skipif(not TFDS.exists(), reason="the shared copy of Fashion-MNIST is not here")
def test_fashion_mnist():
    images = load_tfds("fashion_mnist", TFDS, download=False)
    assert images.x_pool.shape == (60_000, 28, 28, 1)
    assert images.x_test.shape == (10_000, 28, 28, 1)
    assert images.class_names[0] == "T-shirt/top"
    assert images.y_pool.dtype == np.int32

import pathlib

import numpy as np
import pytest

from gankeras.images.datasets import load_digits, load_folder, load_images, load_npz, load_tfds

TFDS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "tfds"


def test_digits():
    images = load_digits()
    assert images.shape == (8, 8, 1)
    assert images.x_train.dtype == np.uint8
    assert images.x_train.max() == 255
    assert np.bincount(images.y_train).tolist() == [60] * 10
    assert len(images.y_train) + len(images.y_test) == 1797


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
    assert images.x_train.shape == (60_000, 28, 28, 1)
    assert images.x_test.shape == (10_000, 28, 28, 1)
    assert images.class_names[0] == "T-shirt/top"
    assert images.y_train.dtype == np.int32


def pictures(folder, size=(6, 5), mode="RGB", count=3):
    from PIL import Image

    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            shape = (*size, 3) if mode == "RGB" else size
            values = np.full(shape, 10 * number + (name == "dog"), "uint8")
            Image.fromarray(values, mode).save(folder / name / f"{number}.png")
        (folder / name / "notes.txt").write_text("no picture")


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_folder(tmp_path, mode, channels):
    pictures(tmp_path / "pets", mode=mode)
    images = load_images(tmp_path / "pets")
    assert images.x_train.shape == (6, 6, 5, channels)
    assert images.x_train[:, 0, 0, 0].tolist() == [0, 10, 20, 1, 11, 21]
    assert images.y_train.tolist() == [0, 0, 0, 1, 1, 1]
    assert (images.name, images.class_names, images.x_test) == ("pets", ("cat", "dog"), None)


def test_folder_with_a_test_part(tmp_path):
    pictures(tmp_path / "train")
    pictures(tmp_path / "test", count=1)
    images = load_folder(tmp_path)
    assert (len(images.y_train), images.y_test.tolist()) == (6, [0, 1])


def test_npz(tmp_path):
    x = np.arange(40, dtype="uint8").reshape(10, 2, 2)
    path = tmp_path / "pets.npz"
    np.savez(path, x_train=x, y_train=np.arange(10) % 2, class_names=["cat", "dog"])
    images = load_images(str(path))
    np.testing.assert_array_equal(images.x_train[..., 0], x)
    assert (images.class_names, images.y_train.dtype, images.x_test) == (
        ("cat", "dog"),
        np.int32,
        None,
    )


def test_what_holds_no_labelled_images(tmp_path):
    (tmp_path / "empty").mkdir()
    np.savez(tmp_path / "one.npz", x_train=np.zeros((2, 2, 2)))
    np.savez(tmp_path / "names.npz", x_train=np.zeros((2, 2, 2)), y_train=np.array(["a", "b"]))
    (tmp_path / "text.txt").write_text("no image")
    pictures(tmp_path / "sizes")
    from PIL import Image

    Image.fromarray(np.zeros((9, 9, 3), "uint8")).save(tmp_path / "sizes" / "dog" / "9.png")
    for name, said in [
        ("empty", "one subfolder a class.*Received"),
        ("one.npz", "x_train.*Received.*one.npz"),
        ("names.npz", "whole numbers from 0.*Received"),
        ("missing.npz", "Received.*missing.npz"),
        ("text.txt", "none of them"),
        ("sizes", "one size.*Received: 0.png.*9.png"),
    ]:
        with pytest.raises(ValueError, match=said):
            load_images(tmp_path / name)
    with pytest.raises(ValueError, match="as `numpy.savez`"):
        load_npz(tmp_path / "text.txt")

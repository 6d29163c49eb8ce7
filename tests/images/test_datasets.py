import pathlib

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.images.datasets import (
    load_digits,
    load_folder,
    load_images,
    load_npz,
    load_pictures,
    load_tfds,
)
from gankeras.images.image_file import ImageFile

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


def test_a_class_may_be_called_train(tmp_path):
    pictures(tmp_path / "a")
    (tmp_path / "a" / "dog").rename(tmp_path / "a" / "train")
    assert load_folder(tmp_path / "a").class_names == ("cat", "train")
    pictures(tmp_path / "b")  # "train" and "test" without folders in them are classes
    (tmp_path / "b" / "dog").rename(tmp_path / "b" / "train")
    (tmp_path / "b" / "cat").rename(tmp_path / "b" / "test")
    assert load_folder(tmp_path / "b").class_names == ("test", "train")
    pictures(tmp_path / "c" / "train")
    pictures(tmp_path / "c" / "val")
    assert load_folder(tmp_path / "c").class_names == ("cat", "dog")


def test_links_that_lead_up_are_not_followed(tmp_path):
    pictures(tmp_path)
    (tmp_path / "cat" / "self").symlink_to(".")
    (tmp_path / "cat" / "dogs").symlink_to("../dog")  # another class: followed, and back again not
    (tmp_path / "dog" / "cats").symlink_to("../cat")
    (tmp_path / "all").symlink_to(".")
    images = load_folder(tmp_path)
    assert np.bincount(images.y_train).tolist() == [6, 6]


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


X, Y = np.zeros((4, 6, 6), "uint8"), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x_train": X, "y_train": Y[:3]}, r"x_train and y_train .*shapes \(4, 6, 6\) and \(3,\)"),
        ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y[:3]}, "x_test and y_test must have"),
        ({"x_train": X, "y_train": Y, "x_test": X}, "x_test and y_test go together.*Received"),
        ({"x_train": X, "y_train": Y, "class_names": ["a"]}, "Received: 1 names, labels up to 1"),
        ({"x_train": X, "y_train": Y * 5_000_000_000}, "labels up to 5000000000 for 4 rows"),
        ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y + 1}, "2 names, labels up to 2"),
        ({"x_train": np.zeros((4, 3, 6, 6)), "y_train": Y}, r"x_train.transpose\(0, 2, 3, 1\)"),
        (
            {"x_train": X, "y_train": Y, "is_synthetic": [False, False, True, True]},
            "holds synthetic rows.*Received: 2 of 4 rows marked",
        ),
    ],
)
def test_npz_whose_arrays_do_not_fit_together(tmp_path, arrays, said):
    np.savez(tmp_path / "pets.npz", **arrays)
    with pytest.raises(ValueError, match=said):
        load_npz(tmp_path / "pets.npz")


def test_npz_that_marks_no_row(tmp_path):
    np.savez(tmp_path / "pets.npz", x_train=X, y_train=Y, is_synthetic=np.zeros(4, bool))
    assert len(load_npz(tmp_path / "pets.npz").y_train) == 4


def altered(data):
    """The same bytes but for one within the compressed pixels."""
    return data[:200] + bytes([data[200] ^ 0xFF]) + data[201:]


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:200], altered], ids=["empty", "cut", "altered"]
)
def test_npz_that_is_damaged(tmp_path, damage):
    file = tmp_path / "pets.npz"
    x = np.random.default_rng(0).integers(0, 256, (4, 6, 6)).astype("uint8")
    np.savez_compressed(file, x_train=x, y_train=Y)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match=r"it is damaged.*Received: .*pets\.npz"):
        load_npz(file)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:45], lambda data: b"no picture", lambda _: b""]
)
def test_picture_that_is_damaged(tmp_path, damage):
    pictures(tmp_path)
    file = tmp_path / "dog" / "1.png"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match=r"repair it, or take it out.*Received: .*dog/1\.png"):
        load_folder(tmp_path)


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    pictures(tmp_path)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / "cat" / "._0.png").write_bytes(b"a Mac's notes")
    images = load_folder(tmp_path)
    assert (images.class_names, len(images.y_train)) == (("cat", "dog"), 6)
    (tmp_path / "cat" / ".thumbnails").mkdir()
    assert len(load_pictures(tmp_path / "cat")) == 3


class Named(gk.Synthesizer):
    """Images whose pixels are their class id."""

    def __init__(self, class_names):
        super().__init__(tf.TensorSpec((6, 6, 1), tf.uint8), 2, class_names)

    def draw(self, seeds, labels=None, conditions=None):
        return tf.cast(tf.tile(labels[:, None, None, None], (1, 6, 6, 1)), tf.uint8)


@pytest.fixture
def image_file(tmp_path):
    np.savez(tmp_path / "pets.npz", x_train=X, y_train=Y, class_names=["cat", "dog"])
    return ImageFile(str(tmp_path / "pets.npz"))


@pytest.mark.parametrize(
    ("names", "pixels"),
    [(("cat", "dog"), [0, 1]), (("dog", "cat"), [1, 0]), (None, [0, 1]), (("0", "1"), [0, 1])],
)
def test_source_is_asked_for_classes_by_name(image_file, names, pixels):
    source = Named(names)
    image_file.check_source(source)
    assert image_file.sample(source, np.array([0, 1]), seed=0)[:, 0, 0, 0].tolist() == pixels


def test_source_of_other_classes_is_refused(image_file):
    with pytest.raises(
        ValueError, match=r"classes of the data.*\['cat', 'cow'\].*\['cat', 'dog'\]"
    ):
        image_file.check_source(Named(("cat", "cow")))


def test_images_have_no_classifier_to_plan_for(image_file):
    with pytest.raises(ValueError, match="gankeras.evaluation.plan.*Received.*--plan"):
        image_file.make_classifier()


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


def test_pictures_of_many_kinds_and_depths(tmp_path):
    from PIL import Image

    def save(name, array, **more):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(array).save(file, **more)

    grey = np.arange(12, dtype=np.uint8).reshape(4, 3)
    save("all/cat/a.png", grey)
    save("all/cat/2025/b.webp", np.stack([grey] * 3, -1), lossless=True)
    save("all/dog/c.tiff", grey)
    with pytest.raises(ValueError, match=r"one depth.*a.png|one depth.*b.webp"):
        load_images(tmp_path / "all")
    (tmp_path / "all" / "cat" / "2025" / "b.webp").unlink()
    save("all/cat/2025/b.bmp", grey)
    images = load_images(tmp_path / "all")
    assert images.x_train.shape == (3, 4, 3, 1)
    assert images.y_train.tolist() == [0, 0, 1]
    # Deep pictures keep their depth, and do not stand beside others as if they had it.
    deep = grey.astype(np.uint16) * 5000
    save("deep/cat/a.png", deep)
    assert (load_images(tmp_path / "deep").x_train[0, ..., 0] == deep).all()
    save("deep/cat/b.png", grey)
    with pytest.raises(ValueError, match="one depth.*uint16.*uint8"):
        load_images(tmp_path / "deep")
    # A camera's note of which side is up: 6 is a quarter turn to the right.
    note = Image.Exif()
    note[0x0112] = 6
    save("turned/cat/a.png", grey, exif=note)
    assert (load_images(tmp_path / "turned").x_train[0, ..., 0] == np.rot90(grey, -1)).all()
    (tmp_path / "deep" / "dog").mkdir()
    (tmp_path / "deep" / "dog" / "a.heic").touch()
    with pytest.raises(ValueError, match="none in 'dog', which holds .heic"):
        load_images(tmp_path / "deep")


def test_transparent_pictures_stand_on_white(tmp_path):
    from PIL import Image

    # A black line on nothing, which is black too.
    line = np.zeros((4, 3, 4), np.uint8)
    line[1, :, 3] = 255
    half = np.full((4, 3, 4), (200, 100, 0, 255), np.uint8)
    half[0, 0, 3] = 0
    (tmp_path / "cat").mkdir()
    Image.fromarray(line).save(tmp_path / "cat" / "a.png")
    Image.fromarray(line[..., 2:]).save(tmp_path / "cat" / "b.png")  # grey with transparency
    Image.fromarray(half).save(tmp_path / "cat" / "c.webp", lossless=True)
    Image.fromarray(half).quantize(4).save(
        tmp_path / "cat" / "d.png"
    )  # a palette with transparency
    x = load_images(tmp_path).x_train
    assert x.shape == (4, 4, 3, 3)
    for drawing in x[:2]:
        assert (drawing[1] == 0).all()
        assert (drawing[[0, 2, 3]] == 255).all()
    for colours in x[2:]:
        assert colours[0, 0].tolist() == [255, 255, 255]
        assert colours[1, 1].tolist() == [200, 100, 0]

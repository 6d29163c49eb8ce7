import numpy as np
import pytest

from gankeras.images.render import _mosaic, image_grid


def test_mosaic_by_hand():
    # Two rows of two 1 x 1 images: values 0, 255, 51, 102 with one white pixel between.
    images = np.array([0, 255, 51, 102], np.uint8).reshape(2, 2, 1, 1, 1)
    expected = [[0.0, 1.0, 1.0], [1.0, 1.0, 1.0], [0.2, 1.0, 0.4]]
    np.testing.assert_allclose(_mosaic(images), expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_any_dtype_and_channels(dtype, channels, tmp_path):
    images = np.ones((2, 3, 4, 5, channels), dtype)
    path = tmp_path / "grid.png"
    groups = {"real": images, "synthetic": images[:, :2]}
    figure = image_grid(groups, path, row_names=["a", "b"], title="Title")
    assert [axis.get_title("left") for axis in figure.axes] == ["real", "synthetic"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert path.stat().st_size > 1000


@pytest.mark.parametrize(
    "groups",
    [
        {},
        {"real": np.zeros((6, 4, 4, 1))},
        {"real": np.zeros((2, 3, 4, 4, 1)), "synthetic": np.zeros((3, 3, 4, 4, 1))},
    ],
)
def test_wrong_shapes(groups):
    with pytest.raises(ValueError, match=r"rows, columns, height, width, channels.*Received"):
        image_grid(groups)


def test_images_without_a_name():
    with pytest.raises(ValueError, match="must be a dict of images by name.*Received: ndarray"):
        image_grid(np.zeros((2, 3, 4, 4, 1)))


def test_wrong_row_names():
    with pytest.raises(ValueError, match="one name for each of the 2 rows.*Received: 1"):
        image_grid({"real": np.zeros((2, 3, 4, 4, 1))}, row_names=["a"])

import base64
import io

import numpy as np
import pytest
from PIL import Image

from gankeras.images import image_grid, pictures, write_pngs


def pixels(picture):
    with Image.open(io.BytesIO(base64.b64decode(picture.png))) as image:
        return np.asarray(image)


@pytest.mark.parametrize(
    ("dtype", "values", "shown"),
    [
        ("uint8", [0, 255], [0, 255]),
        ("uint16", [0, 65535], [0, 255]),
        ("float32", [0.0, 1.5], [0, 255]),
        ("bool", [False, True], [0, 255]),
        ("int32", [7, 255], [7, 255]),
    ],
)
def test_every_kind_of_number(dtype, values, shown):
    images = np.array(values, dtype).reshape(1, 1, 2, 1)
    assert pixels(pictures(images)[0]).tolist() == [shown]


def test_colour_stays_colour():
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), np.uint8)
    for picture, image in zip(pictures(images, "cat"), images, strict=True):
        np.testing.assert_array_equal(pixels(picture), image)
    assert pictures(images, "cat")[2].alt == "cat 3"


def test_another_rank_is_refused():
    with pytest.raises(ValueError, match=r"its channel.*Received: shape \(2, 4, 4\)"):
        pictures(np.zeros((2, 4, 4)))


def test_whole_numbers_of_an_unknown_range_are_refused(tmp_path):
    def write(images):
        return next(write_pngs(images, tmp_path, ["a"], [{}]))

    for show in (pictures, write, lambda images: image_grid({"a": images[None]})):
        with pytest.raises(ValueError, match="int32 from 300 to 300"):
            show(np.full((1, 2, 2, 1), 300, np.int32))
        for kind in (np.int32, bool):
            show(np.ones((1, 2, 2, 1), kind))

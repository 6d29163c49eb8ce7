"""Images as cells of a report's gallery."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from gankeras.core.section import Picture


def pictures(images: Any, alt: str = "image") -> tuple[Picture, ...]:
    """Make a small PNG of each image, for the galleries of a report.

    Args:
        images: Raw images `(n, height, width, channels)`: uint8, uint16, floats in [0, 1], bool, or other whole numbers
            from 0 to 255. One channel is grey, three are RGB; of other numbers the first channel is shown.
        alt: What each shows, in a few words; its number is added.

    Returns:
        One `Picture` an image; a page enlarges it without smoothing.

    Raises:
        ValueError: For images of another rank, or other numbers.

    Example:
        >>> shown = gk.images.pictures(np.zeros((2, 8, 8, 1), "uint8"), "digit")
        >>> [picture.alt for picture in shown]
        ['digit 1', 'digit 2']
    """
    from PIL import Image

    images = np.asarray(images)
    if images.ndim != 4:
        raise ValueError(
            "`images` must be of shape (n, height, width, channels); a grey image needs its channel: `x[..., None]`. "
            f"Received: shape {images.shape}."
        )
    made = []
    for number, image in enumerate(_as_bytes(images), start=1):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG", optimize=True)
        made.append(Picture(base64.b64encode(file.getvalue()).decode(), f"{alt} {number}"))
    return tuple(made)


def shades(images: np.ndarray) -> np.ndarray:
    """Images of a dtype whose range is known: uint8, uint16 or floats; of bool and of other whole numbers uint8.

    Raises:
        ValueError: For whole numbers outside 0 to 255 whose largest possible one is unknown, and for what is no number.
    """
    if images.dtype in (np.uint8, np.uint16) or images.dtype.kind == "f":
        return images
    if images.dtype == bool:
        return images.astype(np.uint8) * 255
    if images.dtype.kind in "iu" and (
        not images.size or (images.min() >= 0 and images.max() <= 255)
    ):
        return images.astype(np.uint8)
    found = f" from {images.min()} to {images.max()}" if images.dtype.kind in "iu" else ""
    raise ValueError(
        "Images must be uint8, uint16, floats in [0, 1], bool, or whole numbers from 0 to 255: scale and cast them. "
        f"Received: dtype {images.dtype}{found}."
    )


def _as_bytes(images: np.ndarray) -> np.ndarray:
    """uint8 `(n, height, width)` or `(n, height, width, 3)`."""
    images = shades(images)
    if images.dtype.kind == "f":
        images = np.rint(255 * np.clip(np.nan_to_num(images), 0.0, 1.0)).astype(np.uint8)
    elif images.dtype != np.uint8:
        images = (images.astype(np.float64) * (255 / np.iinfo(images.dtype).max)).astype(np.uint8)
    return images if images.shape[-1] == 3 else images[..., 0]

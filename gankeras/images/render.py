"""Pictures of images: a grid to look at before trusting any figure."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from gankeras.images.pictures import shades

GAP = 1  # pixels between images
INCHES = 0.45  # height of an image on paper
SPACE = 0.25  # inches between groups


def image_grid(
    groups: Mapping[str, np.ndarray],
    path: str | os.PathLike | None = None,
    row_names: Sequence[str] | None = None,
    title: str | None = None,
):
    """Draws groups of images side by side, one row a class or whatever the rows stand for.

    Args:
        groups: Heading to images `(rows, columns, height, width, channels)`, all with as many rows;
            uint8, uint16, floats in [0, 1], bool, or whole numbers from 0 to 255. One channel is grey,
            three are RGB; of other numbers the first channel is shown.
        path: Where to write the picture (`.png`, `.pdf`, `.svg`); not written if `None`.
        row_names: One name a row, written on the left.
        title: Written above.

    Returns:
        The matplotlib `Figure`.

    Raises:
        ValueError: If `groups` is no dict, a group is not of rank 5, the groups' rows differ in number, or `row_names`
            has another number of names.

    Example:
        >>> images = np.zeros((2, 3, 8, 8, 1), "uint8")
        >>> figure = gk.images.image_grid({"synthetic": images}, row_names=["cat", "dog"])
        >>> len(figure.axes)
        1
    """
    from matplotlib.figure import Figure

    if not isinstance(groups, Mapping):
        raise ValueError(
            "`groups` must be a dict of images by name, such as {'real': x.reshape(4, 4, *x.shape[1:])}. "
            f"Received: {type(groups).__name__}."
        )
    groups = {name: shades(np.asarray(images)) for name, images in groups.items()}
    rows = _check(groups, row_names)
    left = 0.15 + (0.085 * max(len(str(name)) for name in row_names) if row_names else 0.0)
    top = 0.55 if title else 0.3
    sizes = [
        (INCHES * group.shape[1] * group.shape[3] / group.shape[2]) for group in groups.values()
    ]
    width = left + sum(sizes) + SPACE * (len(sizes) - 1) + 0.1
    height = top + INCHES * rows + 0.1
    figure = Figure(figsize=(width, height), facecolor="white")
    for (name, images), size in zip(groups.items(), sizes, strict=True):
        place = (left / width, 0.1 / height, size / width, INCHES * rows / height)
        names = row_names if not figure.axes else None
        _draw_group(figure.add_axes(place), name, images, names)
        left += size + SPACE
    if title:
        figure.text(0.1 / width, 1 - 0.08 / height, title, fontsize=11, va="top")
    if path is not None:
        figure.savefig(path, dpi=160)
    return figure


def _draw_group(axis, name: str, images: np.ndarray, row_names: Sequence[str] | None) -> None:
    axis.imshow(_mosaic(images), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axis.set_aspect("auto")
    axis.set_title(name, fontsize=10, loc="left", pad=3)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0, labelsize=9, pad=2)
    axis.set_xticks([])
    step = images.shape[2] + GAP
    names = list(row_names or [])
    axis.set_yticks([row * step + images.shape[2] / 2 - 0.5 for row in range(len(names))], names)


def _check(groups: dict[str, np.ndarray], row_names: Sequence[str] | None) -> int:
    shapes = {name: images.shape for name, images in groups.items()}
    rows = {shape[0] for shape in shapes.values() if len(shape) == 5}
    if not groups or len(rows) != 1 or any(len(shape) != 5 for shape in shapes.values()):
        raise ValueError(
            "Every group must be images of shape (rows, columns, height, width, channels), with as "
            "many rows in each: reshape a batch of 16 with images.reshape(4, 4, *images.shape[1:]). "
            f"Received: {shapes}."
        )
    if row_names is not None and len(row_names) != min(rows):
        raise ValueError(
            f"`row_names` must hold one name for each of the {min(rows)} rows. "
            f"Received: {len(row_names)} names."
        )
    return min(rows)


def _mosaic(images: np.ndarray) -> np.ndarray:
    """One picture, float in [0, 1], `(height, width)` or `(height, width, 3)`, white between."""
    whole = np.issubdtype(images.dtype, np.integer)
    scaled = images / np.iinfo(images.dtype).max if whole else np.clip(images, 0.0, 1.0)
    channels = scaled if scaled.shape[-1] == 3 else scaled[..., :1]
    padding = [(0, 0), (0, 0), (0, GAP), (0, GAP), (0, 0)]
    padded = np.pad(channels, padding, constant_values=1.0)
    rows, columns, height, width, depth = padded.shape
    picture = padded.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, depth)
    return picture[:-GAP, :-GAP, 0] if depth == 1 else picture[:-GAP, :-GAP]

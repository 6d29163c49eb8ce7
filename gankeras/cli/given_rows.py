"""Rows that anybody made: a folder of pictures or an `.npz` file, with or without class ids."""

from __future__ import annotations

import dataclasses
import os
import pathlib

import numpy as np

from gankeras.images.datasets import load_images, load_pictures

ARRAYS = ("x", "x_train", "samples", "images", "arr_0")
LABELS = ("y", "y_train", "labels")


@dataclasses.dataclass(frozen=True)
class GivenRows:
    """Rows as they were read.

    Args:
        name: Name for people.
        x: Raw rows `(n, ...)`.
        y: Class ids int32 `(n,)`, or None.
        class_names: One name a class, or None where only ids are known.
        x_test: Rows kept apart, or None.
        y_test: Their class ids, or None.
    """

    name: str
    x: np.ndarray
    y: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None

    def test_part(self) -> GivenRows | None:
        """The rows kept apart, as rows of their own."""
        if self.x_test is None:
            return None
        return GivenRows(f"{self.name}, test part", self.x_test, self.y_test, self.class_names)

    def without_labels(self) -> GivenRows:
        """The same rows with nothing said of classes."""
        return dataclasses.replace(self, y=None, class_names=None, y_test=None)

    def in_the_order_of(self, names: tuple[str, ...]) -> GivenRows:
        """The same rows with class ids that stand for these names.

        Raises:
            ValueError: If a class of either is missing in the other.
        """
        if self.class_names is None or self.y is None or self.class_names == names:
            return self
        found = {self.class_names[label] for label in np.unique(self.y)}
        if found != set(names):
            here, there = sorted(found - set(names)), sorted(set(names) - found)
            raise ValueError(
                "Real and synthetic rows must have the same classes. Name the folders alike, leave out what is on one "
                "side alone, or compare without classes: --no-labels. Received: "
                f"{_listed(here)} only in {self.name}, {_listed(there)} not in it."
            )
        places = {name: place for place, name in enumerate(names)}
        ids = np.array([places.get(name, -1) for name in self.class_names], np.int32)
        return dataclasses.replace(self, y=ids[self.y], class_names=names)


def read_rows(path: str | os.PathLike) -> GivenRows:
    """Rows of a folder of pictures (with one subfolder a class, or none), an `.npz` file, or a name that `load_images` knows.

    An `.npz` file has `x` or `x_train`, and may have `y` or `y_train`, `x_test`, `y_test` and `class_names`. Of a file
    that `gankeras augment` wrote, the real rows are taken: see `read_synthetic`.

    Args:
        path: See above.

    Raises:
        ValueError: If there is no such thing, or it holds no rows.
    """
    return _read(path, synthetic=False)


def read_synthetic(path: str | os.PathLike) -> GivenRows:
    """The same of synthetic rows: of a file that marks them by `is_synthetic`, these alone."""
    return _read(path, synthetic=True)


def _read(path: str | os.PathLike, synthetic: bool) -> GivenRows:
    place = pathlib.Path(path)
    if place.suffix == ".npz":
        return _read_npz(place, synthetic)
    if place.is_dir() and not any(entry.is_dir() for entry in place.iterdir()):
        return GivenRows(place.resolve().name, load_pictures(place))
    if not place.is_dir() and (place.exists() or len(place.parts) > 1):
        raise ValueError(
            "Expected a folder of pictures, or an .npz file with x (and y). "
            f"Received: {os.fspath(path)!r}, which is {'neither' if place.exists() else 'not there'}."
        )
    images = load_images(path)
    return GivenRows(
        images.name,
        images.x_train,
        images.y_train,
        tuple(images.class_names),
        images.x_test,
        images.y_test,
    )


def _read_npz(path: pathlib.Path, synthetic: bool) -> GivenRows:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise ValueError(
            "Expected an .npz file with x (and y), as `numpy.savez` writes it. "
            f"Received: {os.fspath(path)!r} ({error})."
        ) from error
    x = next((arrays[name] for name in ARRAYS if name in arrays), None)
    y = next((arrays[name] for name in LABELS if name in arrays), None)
    if x is None or x.ndim < 2 or not len(x):
        raise ValueError(
            f"The .npz file must hold rows of numbers under one of the names {', '.join(ARRAYS)}. "
            f"Received: {os.fspath(path)!r} with { {name: a.shape for name, a in arrays.items()} }."
        )
    if y is not None and (y.dtype.kind not in "iu" or y.shape != (len(x),) or y.min() < 0):
        raise ValueError(
            "Class ids must be whole numbers from 0, one a row. "
            f"Received: dtype {y.dtype}, shape {y.shape} for {len(x)} rows, in {os.fspath(path)!r}."
        )
    marked = arrays.get("is_synthetic")
    if marked is not None:
        keep = np.asarray(marked, bool) == synthetic
        x, y = x[keep], None if y is None else y[keep]
    names = arrays.get("class_names")
    return GivenRows(
        path.stem,
        _with_channel(x),
        None if y is None else y.astype(np.int32),
        None if names is None or y is None else tuple(str(name) for name in names),
        _with_channel(arrays.get("x_test")),
        arrays["y_test"].astype(np.int32) if y is not None and "y_test" in arrays else None,
    )


def _with_channel(x: np.ndarray | None) -> np.ndarray | None:
    return x[..., None] if x is not None and x.ndim == 3 else x


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) or "none"

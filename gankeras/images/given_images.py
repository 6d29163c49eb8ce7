"""Images or arrays that anybody made: a folder of pictures or an `.npz` file, with or without class ids."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gankeras.core.reordered_classes import ReorderedClasses
from gankeras.core.stored_rows import StoredRows
from gankeras.domain import GivenRows
from gankeras.images.compared_features import compared_features
from gankeras.images.datasets import (
    is_place_of_images,
    load_images,
    load_pictures,
    open_npz,
    visible,
)
from gankeras.images.pictures import pictures
from gankeras.images.small_classifier import small_classifier, small_shifts

ARRAYS = ("x", "x_train", "samples", "images", "arr_0")
LABELS = ("y", "y_train", "labels")
MOST_UNNAMED = 10_000  # classes: a file may hold a few rows of a late one alone
SHIFT = 1 / 14  # of an image's side


@dataclasses.dataclass(frozen=True)
class GivenImages(GivenRows):
    """Images or other arrays of numbers, as they were read.

    `read` takes a folder of pictures (with one subfolder a class, or none), an `.npz` file, or a name that `load_images`
    knows. An `.npz` file has `x` or `x_train`, and may have `y` or `y_train`, `x_test`, `y_test` and `class_names`.

    Args:
        name: Name for people.
        x: Raw rows `(n, ...)`.
        y: Class ids int32 `(n,)`, or None.
        class_names: One name a class, or None where only ids are known.
        x_test: Rows kept apart, or None.
        y_test: Their class ids, or None.
        added: As in `GivenRows`.
    """

    options = ("data_dir",)
    form = "a folder of pictures, an .npz file with x (and y), or the name of a dataset"
    name: str
    x: np.ndarray
    y: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    added: bool = False

    @staticmethod
    def reads(path: str) -> bool:
        return is_place_of_images(path)

    @classmethod
    def read(cls, path: str, options: Mapping[str, Any], synthetic: bool = False) -> GivenImages:
        place = pathlib.Path(path)
        if place.suffix == ".npz":
            return _read_npz(place, synthetic)
        if place.is_dir() and not any(entry.is_dir() for entry in visible(place)):
            return cls(place.resolve().name, load_pictures(place))
        if not place.is_dir() and len(place.parts) > 1:
            raise ValueError(f"Expected {cls.form}. Received: {path!r}, which is not there.")
        images = load_images(path, options.get("data_dir"))
        return cls(
            images.name,
            images.x_train,
            images.y_train,
            tuple(images.class_names),
            images.x_test,
            images.y_test,
        )

    def test_part(self) -> GivenImages | None:
        if self.x_test is None:
            return None
        return GivenImages(f"{self.name}, test part", self.x_test, self.y_test, self.class_names)

    def drawn(self, source: Any, num: int, seed: int) -> GivenImages:
        """Samples in the class mix of these rows."""
        if isinstance(source.element_spec, dict):
            raise ValueError(
                "The source draws rows of columns, and the real rows are images; name the table that it was trained on. "
                f"Received: a source of {sorted(source.element_spec)}, real rows {self.name!r}."
            )
        labels = None
        if source.num_classes is not None and self.y is not None:
            if source.num_classes != self.y.max() + 1:
                raise ValueError(
                    "The source and the real rows must have the same classes. Received: a source of "
                    f"{source.num_classes} classes, real rows of {self.y.max() + 1}."
                )
            order = np.random.default_rng(seed).permutation(self.y)
            labels = np.sort(np.resize(order, num)).astype(np.int32)
            source = _numbered_as(self.class_names, source)
        names = None if source.class_names is None else tuple(source.class_names)
        x = np.asarray(source.sample(num, labels, seed=seed))
        return GivenImages("the source", x, labels, names if labels is not None else None)

    def alike(
        self, holdout: GivenImages | None, synthetic: GivenImages
    ) -> tuple[GivenImages, GivenImages | None, GivenImages, tuple[str, ...]]:
        if holdout is not None and self.x.shape[1:] != holdout.x.shape[1:]:
            raise ValueError(
                "Real training rows and the holdout must have rows of one shape. "
                f"Received: {self.x.shape[1:]} and {holdout.x.shape[1:]}."
            )
        parts = [self, synthetic] if holdout is None else [self, synthetic, holdout]
        if any(part.y is None for part in parts):
            parts = [part.without_labels() for part in parts]
        train, made, *rest = (self._like(part) for part in parts)
        return train, rest[0] if rest else None, made, ()

    def _like(self, rows: GivenImages) -> GivenImages:
        """The rows with the classes of these ones, and fractions of one precision."""
        if rows.x.dtype.kind == self.x.dtype.kind == "f":
            rows = dataclasses.replace(rows, x=rows.x.astype(self.x.dtype))
        return rows if self.class_names is None else rows.in_the_order_of(self.class_names)

    def in_the_order_of(self, names: tuple[str, ...]) -> GivenImages:
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

    def without_labels(self) -> GivenImages:
        return dataclasses.replace(self, y=None, class_names=None, y_test=None)

    def take(self, places: np.ndarray) -> GivenImages:
        y = None if self.y is None else self.y[places]
        return dataclasses.replace(self, x=self.x[places], y=y)

    def judge_arguments(self, features: Callable | None, options: Mapping) -> dict[str, Any]:
        show = pictures if self.x.ndim == 4 else None
        return {"features": features, "class_names": self.class_names, "show": show}

    def usual_features(self) -> Callable | None:
        return compared_features(self.x)

    def as_source(self, source: Any = None) -> Any:
        if source is not None and source.num_classes is not None:
            return _numbered_as(self.class_names, source)
        return StoredRows.of(self.x, self.y, self.class_names, self.name)

    def classifiers(self) -> dict[str, Any]:
        num = len(self.class_names) if self.class_names else int(self.y.max()) + 1
        return {"a small network": small_classifier(self.x, num)}

    def augmentation(self, seed: int) -> Any:
        return small_shifts(self.x, SHIFT, seed)


def _read_npz(path: pathlib.Path, synthetic: bool) -> GivenImages:
    arrays = open_npz(path, "x (and y)")
    x = next((arrays[name] for name in ARRAYS if name in arrays), None)
    y = next((arrays[name] for name in LABELS if name in arrays), None)
    if x is None or x.ndim < 2 or not len(x):
        raise ValueError(
            f"The .npz file must hold rows of numbers under one of the names {', '.join(ARRAYS)}. "
            f"Received: {os.fspath(path)!r} with { {name: a.shape for name, a in arrays.items()} }."
        )
    names = arrays.get("class_names")
    x_test, y_test = arrays.get("x_test"), arrays.get("y_test") if y is not None else None
    _check_ids(x, y, names, "y", path)
    if x_test is not None:
        _check_ids(x_test, y_test, names, "y_test", path)
    marked = arrays.get("is_synthetic")
    if marked is not None:
        keep = _marked(marked, synthetic, len(x), path)
        x, y = x[keep], None if y is None else y[keep]
    return GivenImages(
        path.stem,
        _with_channel(x),
        None if y is None else y.astype(np.int32),
        None if names is None or y is None else tuple(str(name) for name in names),
        _with_channel(x_test),
        None if y_test is None else y_test.astype(np.int32),
        added=synthetic and marked is not None,
    )


def _check_ids(
    x: np.ndarray,
    y: np.ndarray | None,
    names: np.ndarray | None,
    what: str,
    path: pathlib.Path,
) -> None:
    """Class ids must be fit to count and to name by; an array as long as the largest id is made of them."""
    if y is None:
        return
    where = f"in {os.fspath(path)!r}"
    if y.dtype.kind not in "iu" or y.shape != (len(x),) or (len(y) and y.min() < 0):
        raise ValueError(
            f"Class ids must be whole numbers from 0, one a row ({what}). "
            f"Received: dtype {y.dtype}, shape {y.shape} for {len(x)} rows, {where}."
        )
    most = max(len(x), MOST_UNNAMED) if names is None else len(names)
    if len(y) and y.max() >= most:
        raise ValueError(
            f"Class ids in {what} must be 0, 1, 2 ..., with a name each where there are class_names. Add the names that "
            "are missing, or number the classes anew: `names, y = numpy.unique(y, return_inverse=True)`. "
            f"Received: ids up to {y.max()}, {'no' if names is None else len(names)} names, {where}."
        )


def _marked(marks: np.ndarray, synthetic: bool, rows: int, path: pathlib.Path) -> np.ndarray:
    """Which rows of a file with real and synthetic ones are meant."""
    if marks.shape != (rows,):
        raise ValueError(
            "is_synthetic must say of each row whether it is synthetic. "
            f"Received: shape {marks.shape} for {rows} rows, in {os.fspath(path)!r}."
        )
    keep = np.asarray(marks, bool) == synthetic
    if not keep.any():
        asked, others = ("synthetic", "real") if synthetic else ("real", "synthetic")
        raise ValueError(
            f"The file's {asked} rows are asked for, and is_synthetic marks none as such: all are {others}. Name another "
            "file; `gankeras augment` writes no synthetic rows with --ratio 0, or where all classes are balanced. "
            f"Received: {rows} {others} rows in {os.fspath(path)!r}."
        )
    return keep


def _numbered_as(names: tuple[str, ...] | None, source: Any) -> Any:
    """The source with these numbers for its classes: it numbers them as it likes."""
    theirs = tuple(source.class_names or ())
    if names is None or theirs == names or set(theirs) != set(names):
        return source
    return ReorderedClasses(source, names)


def _with_channel(x: np.ndarray | None) -> np.ndarray | None:
    return x[..., None] if x is not None and x.ndim == 3 else x


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) or "none"

"""Images or arrays that anybody made: a folder of pictures or an `.npz` file, with or without class ids."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

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
        images = load_images(path)
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
        names = None if source.class_names is None else tuple(source.class_names)
        labels = None
        if source.num_classes is not None and self.y is not None:
            if source.num_classes != self.y.max() + 1:
                raise ValueError(
                    "The source and the real rows must have the same classes. Received: a source of "
                    f"{source.num_classes} classes, real rows of {self.y.max() + 1}."
                )
            order = np.random.default_rng(seed).permutation(self.y)
            labels = np.sort(np.resize(order, num)).astype(np.int32)
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
            return source
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
    return GivenImages(
        path.stem,
        _with_channel(x),
        None if y is None else y.astype(np.int32),
        None if names is None or y is None else tuple(str(name) for name in names),
        _with_channel(arrays.get("x_test")),
        arrays["y_test"].astype(np.int32) if y is not None and "y_test" in arrays else None,
        added=synthetic and marked is not None,
    )


def _with_channel(x: np.ndarray | None) -> np.ndarray | None:
    return x[..., None] if x is not None and x.ndim == 3 else x


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) or "none"

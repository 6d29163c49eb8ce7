"""Labelled images in a folder or an `.npz` file, and such a file with synthetic ones beside them."""

import pathlib
from typing import Any

import numpy as np

from gankeras.domain import DataFile
from gankeras.images.datasets import is_place_of_images, load_images

NEEDS_SOURCE = (
    "Images need a trained source: `gankeras train DATA --name NAME`, then `gankeras augment DATA runs/NAME`; a "
    "plan for your own classifier is made by `gankeras.evaluation.plan`. Received: no source, or --plan."
)


class ImageFile(DataFile):
    """Images by class: a folder with a subfolder each, an `.npz` file, or a name that `load_images` knows.

    Args:
        path: The folder, file or name.
        target: Not used: images have their class in the folder's name, or in `y_train`.
        data_dir: Of a name in TensorFlow Datasets: the folder of prepared data, or None for its own.
    """

    noun = "images"

    def __init__(self, path: str, target: str | None = None, data_dir: str | None = None):
        if target is not None:
            raise ValueError(
                "--target names a column of a table; images have their class in the folder's name. "
                f"Received: --target {target}."
            )
        self.images = load_images(path, data_dir)
        self.x, self.y = self.images.x_train, self.images.y_train
        self.class_names = tuple(self.images.class_names)

    @staticmethod
    def reads(path: str) -> bool:
        return is_place_of_images(path)

    def check_out(self, out: pathlib.Path) -> None:
        if out.suffix != ".npz":
            raise ValueError(f"--out must name an .npz file. Received: {out}.")

    def check_source(self, source: Any) -> None:
        spec = source.element_spec
        found = None if isinstance(spec, dict) else (tuple(spec.shape), spec.dtype.name)
        wanted = (tuple(self.images.shape), self.x.dtype.name)
        if found != wanted or source.num_classes != len(self.class_names):
            raise ValueError(
                "The source must draw what the data holds; train it on these images. Received: a source of "
                f"{found or spec} in {source.num_classes} classes, data of {wanted} in {len(self.class_names)}."
            )
        theirs = tuple(source.class_names or ())
        named = not (_are_numbers(theirs) or _are_numbers(self.class_names))
        if named and set(theirs) != set(self.class_names):
            raise ValueError(
                "The source must have the classes of the data; train it on these images, or name the classes alike. "
                f"Received: a source of {list(theirs)}, data of {list(self.class_names)}."
            )

    def make_gan(self, x: Any, y: np.ndarray, seed: int) -> tuple[Any, Any]:
        raise ValueError(NEEDS_SOURCE)

    def make_classifier(self) -> Any:
        raise ValueError(NEEDS_SOURCE)

    def sample(self, source: Any, labels: np.ndarray, seed: int) -> Any:
        theirs = tuple(source.class_names or ())
        if set(theirs) == set(self.class_names):
            # A source numbers its classes as it likes.
            ids = np.array([theirs.index(name) for name in self.class_names], np.int32)
            labels = ids[labels]
        return super().sample(source, labels, seed)

    def write(self, fresh: Any, labels: np.ndarray, path: pathlib.Path, out: pathlib.Path) -> None:
        arrays = {
            "x_train": np.concatenate([self.x, fresh]),
            "y_train": np.concatenate([self.y, labels]),
            "is_synthetic": np.arange(len(self.y) + len(labels)) >= len(self.y),
            "class_names": np.array(self.class_names),
        }
        if self.images.x_test is not None:
            arrays |= {"x_test": self.images.x_test, "y_test": self.images.y_test}
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)


def _are_numbers(names: tuple[str, ...]) -> bool:
    """Whether these are no names, but the numbers that stand for missing ones."""
    return names == tuple(str(number) for number in range(len(names)))

"""Labelled images from a folder, an `.npz` file, scikit-learn or TensorFlow Datasets."""

import dataclasses
import os
import pathlib

import numpy as np

from gankeras.core.npz_files import read_arrays
from gankeras.images.codec import is_channels_first
from gankeras.images.picture_files import PICTURES, read_pictures

PARTS = {"train", "test", "val", "valid", "validation"}
LEAST_UNNAMED = 1000  # classes without names: a few rows may be of late ones


@dataclasses.dataclass(frozen=True)
class LabelledImages:
    """Raw images to train on, and others to test on where there are any.

    Args:
        name: Name for people.
        x_train: Images `(n, height, width, channels)`: uint8, uint16 or float32.
        y_train: Int32 `(n,)`.
        x_test: As `x_train`, or None.
        y_test: As `y_train`, or None.
        class_names: One name a class.

    Example:
        >>> images = gankeras.images.datasets.load_digits()
        >>> images.shape, len(images.class_names)
        ((8, 8, 1), 10)
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray | None
    y_test: np.ndarray | None
    class_names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.x_train.shape[1:]

    def draw(self, per_class: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """`per_class` images of every class, another draw for each seed.

        Raises:
            ValueError: If a class of the pool has fewer.
        """
        counts = np.bincount(self.y_train, minlength=len(self.class_names))
        if per_class > counts.min():
            raise ValueError(
                f"The smallest class of {self.name} has {counts.min()} training images. Ask for "
                f"that many at most. Received: per_class={per_class}."
            )
        rng = np.random.default_rng(seed)
        rows = [
            rng.choice(np.flatnonzero(self.y_train == label), per_class, replace=False)
            for label in range(len(self.class_names))
        ]
        chosen = rng.permutation(np.concatenate(rows))
        return self.x_train[chosen], self.y_train[chosen]


def load_digits() -> LabelledImages:
    """scikit-learn's 1,797 digits of 8 x 8 pixels, which come with the package: no download."""
    from sklearn import datasets

    bunch = datasets.load_digits()
    # 17 grey levels in the file; spread over a byte so that every viewer shows them.
    x = np.round(bunch.images[..., None] * (255 / 16)).astype(np.uint8)
    y = bunch.target.astype(np.int32)
    # The same split for every seed: 60 of each class to draw from, the rest to test on.
    order = np.random.default_rng(0).permutation(len(x))
    train = np.concatenate([order[y[order] == label][:60] for label in range(10)])
    test = np.setdiff1d(order, train)
    names = tuple(str(name) for name in bunch.target_names)
    return LabelledImages("digits (8 x 8 pixels)", x[train], y[train], x[test], y[test], names)


def load_images(
    source: str | os.PathLike, data_dir: str | os.PathLike | None = None, download: bool = False
) -> LabelledImages:
    """Images by what `source` is: an `.npz` file, a folder with one subfolder a class, `"digits"`, or a TFDS name.

    Args:
        source: See above; transparent parts of pictures stand on white.
        data_dir: For TFDS: the folder of prepared data.
        download: For TFDS: whether it may fetch what is missing.

    Raises:
        ValueError: If there is no such thing, or it holds no labelled images of one shape.

    Example:
        >>> gankeras.images.datasets.load_images("digits").name
        'digits (8 x 8 pixels)'
    """
    path = pathlib.Path(source)
    if path.suffix == ".npz":
        return load_npz(path)
    if path.is_dir():
        return load_folder(path)
    if os.fspath(source) == "digits":
        return load_digits()
    if path.exists() or len(path.parts) > 1:
        raise ValueError(
            "Images come from a folder with one subfolder a class, an .npz file with x_train and y_train, or a name in "
            f"TensorFlow Datasets. Received: {os.fspath(source)!r}, which is none of them."
        )
    return load_tfds(os.fspath(source), data_dir, download)


def is_place_of_images(path: str) -> bool:
    """Whether `load_images` is asked for this path, by its name: an `.npz` file, a folder, or a dataset's name."""
    place = pathlib.Path(path)
    # The name of a dataset may have a version behind a colon.
    is_name = not place.exists() and ("." not in place.name or ":" in place.name)
    return place.suffix == ".npz" or place.is_dir() or is_name


def open_npz(path: str | os.PathLike, holds: str) -> dict[str, np.ndarray]:
    """All arrays of an `.npz` file by name.

    Args:
        path: The file.
        holds: What it is expected to hold, for the error.

    Raises:
        ValueError: If the file is not there, is no such archive, or is damaged.
    """
    return read_arrays(path, f"Expected an .npz file with {holds}, as `numpy.savez` writes it.")


def load_npz(path: str | os.PathLike) -> LabelledImages:
    """An `.npz` file with `x_train` and `y_train`; also `x_test`, `y_test`, `class_names` where it has them.

    Args:
        path: The file. Labels are whole numbers from 0; grey images may lack their channel.

    Raises:
        ValueError: If the file is not there, is no such archive or damaged, lacks an array, has another
            number of labels than of images, or marks rows as synthetic.
    """
    arrays = open_npz(path, "x_train and y_train")
    if not {"x_train", "y_train"} <= set(arrays):
        raise ValueError(
            "The .npz file must hold x_train (images) and y_train (labels 0, 1, 2 ...). "
            f"Received: {os.fspath(path)!r} with {sorted(arrays)}."
        )
    _check_real(arrays, path)
    x, y = _labelled(arrays, "train", path)
    x_test, y_test = (
        _labelled(arrays, "test", path) if {"x_test", "y_test"} & set(arrays) else (None, None)
    )
    names = tuple(str(name) for name in arrays.get("class_names", np.arange(y.max() + 1)))
    largest = max(y.max(), -1 if y_test is None else y_test.max())
    if len(names) <= largest:
        raise ValueError(
            "class_names must name every class, in the order of their numbers. "
            f"Received: {len(names)} names, labels up to {largest}, in {os.fspath(path)!r}."
        )
    return LabelledImages(pathlib.Path(path).stem, x, y, x_test, y_test, names)


def _check_real(arrays: dict[str, np.ndarray], path: str | os.PathLike) -> None:
    marked = np.asarray(arrays.get("is_synthetic", False), bool)
    if marked.any():
        raise ValueError(
            "The .npz file holds synthetic rows (is_synthetic marks them), and real ones are needed. Name the file that it "
            "was made from, or keep the real rows: `x_train[~is_synthetic]`, `y_train[~is_synthetic]`. "
            f"Received: {marked.sum()} of {marked.size} rows marked, in {os.fspath(path)!r}."
        )


def _labelled(
    arrays: dict[str, np.ndarray], part: str, path: str | os.PathLike
) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of one part, checked against each other."""
    where = f"in {os.fspath(path)!r}"
    x, y = arrays.get(f"x_{part}"), arrays.get(f"y_{part}")
    if x is None or y is None:
        raise ValueError(
            f"x_{part} and y_{part} go together: add the one that is missing, or leave the other out. "
            f"Received: {sorted(arrays)}, {where}."
        )
    if y.dtype.kind not in "iu" or y.ndim != 1 or not len(y) or y.min() < 0:
        raise ValueError(
            f"y_{part} must hold whole numbers from 0, one an image. "
            f"Received: dtype {y.dtype}, shape {y.shape}, {where}."
        )
    if "class_names" not in arrays and y.max() >= max(len(y), LEAST_UNNAMED):
        raise ValueError(
            f"y_{part} must number the classes 0, 1, 2 ...; `numpy.unique(y, return_inverse=True)` does. "
            f"Received: labels up to {y.max()} for {len(y)} rows, {where}."
        )
    if x.shape[:1] != y.shape:
        raise ValueError(
            f"x_{part} and y_{part} must have as many images as labels. "
            f"Received: shapes {x.shape} and {y.shape}, {where}."
        )
    if is_channels_first(x.shape):
        raise ValueError(
            f"x_{part} must have shape (n, height, width, channels), and its channels look to come first. Write "
            f"`x_{part}.transpose(0, 2, 3, 1)`. Received: shape {x.shape}, {where}."
        )
    return _with_channel(x), y.astype(np.int32)


def load_folder(path: str | os.PathLike) -> LabelledImages:
    """A folder of pictures with one subfolder a class, as Keras' `image_dataset_from_directory` reads it.

    Args:
        path: The folder. Subfolders `train` and `test` that hold the classes, with none beside, are the two parts.

    Raises:
        ValueError: If there are no pictures, or they differ in size.
    """
    path = pathlib.Path(path)
    split = _is_split(path)
    x, y, names = _read_classes(path / "train" if split else path)
    x_test = y_test = None
    if split and (path / "test").is_dir():
        x_test, y_test, test_names = _read_classes(path / "test")
        if test_names != names:
            raise ValueError(
                "The folders train and test must hold the same classes. "
                f"Received: {names} and {test_names}, in {os.fspath(path)!r}."
            )
    return LabelledImages(path.resolve().name, x, y, x_test, y_test, names)


def load_tfds(name: str, data_dir: pathlib.Path | None, download: bool) -> LabelledImages:
    """An image dataset with class labels, through TensorFlow Datasets.

    Args:
        name: Its name there, such as `"fashion_mnist"`.
        data_dir: Folder of prepared data; `None` for TFDS' own.
        download: Whether TFDS may fetch and prepare what is missing.

    Raises:
        ValueError: If TFDS does not know it, it is not prepared, or it has no images of one shape
            with class labels in splits `train` and `test`.
    """
    import tensorflow_datasets as tfds

    where = f" in {data_dir}" if data_dir else ""
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except (tfds.core.registered.DatasetNotFoundError, ValueError) as error:
        # TFDS' own message lists every dataset that it knows.
        raise ValueError(
            "TensorFlow Datasets has no dataset of that name"
            f"{where}. Names stand in its catalog, such as fashion_mnist; digits needs none. "
            f"Received: dataset={name!r}."
        ) from error
    _check_kind(builder, name)
    try:
        (x, y), (x_test, y_test) = tfds.load(
            name,
            data_dir=data_dir,
            split=["train", "test"],
            batch_size=-1,
            as_supervised=True,
            download=download,
        )
    except (AssertionError, FileNotFoundError) as error:
        raise ValueError(
            f"{name} is not prepared{where}. Add --download to let TensorFlow Datasets fetch it, or "
            f"name the folder that holds it with --data-dir. Received: data_dir={data_dir}."
        ) from error
    names = tuple(builder.info.features["label"].names)
    labels = (np.asarray(part).astype(np.int32) for part in (y, y_test))
    y, y_test = labels
    return LabelledImages(name, np.asarray(x), y, np.asarray(x_test), y_test, names)


def _check_kind(builder, name: str) -> None:
    import tensorflow_datasets as tfds

    features, splits = builder.info.features, builder.info.splits
    by_name = dict(features.items()) if isinstance(features, tfds.features.FeaturesDict) else {}
    label, image = by_name.get("label"), by_name.get("image")
    known = isinstance(label, tfds.features.ClassLabel) and isinstance(image, tfds.features.Image)
    if not known or None in image.shape or (splits and not {"train", "test"} <= set(splits)):
        raise ValueError(
            "The command needs images of one shape with class labels, in splits named train and test, "
            f"as fashion_mnist, mnist or cifar10 have. Received: dataset={name!r} with {features}."
        )


def _read_classes(folder: pathlib.Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    above = (folder.resolve(),)
    classes = [e.name for e in visible(folder) if e.is_dir() and not _leads_up(e, above)]
    files = {name: _pictures_below(folder / name, above) for name in classes}
    if not any(files.values()):
        raise ValueError(
            f"Expected a folder with one subfolder a class, holding pictures ({', '.join(PICTURES)}). "
            f"Received: {os.fspath(folder)!r} with {classes[:5] or 'no subfolder'}."
        )
    empty = [name for name in classes if not files[name]]
    if empty:
        kinds = sorted({file.suffix for file in (folder / empty[0]).rglob("*") if file.is_file()})
        raise ValueError(
            f"Each subfolder is a class and must hold pictures ({', '.join(PICTURES)}); convert them, or take the folder "
            f"away. Received: none in {empty[0]!r}, which holds {', '.join(kinds) or 'nothing'}."
        )
    labels = np.repeat(np.arange(len(classes), dtype=np.int32), [len(files[n]) for n in classes])
    x = read_pictures([file for name in classes for file in files[name]])
    return _with_channel(x), labels, tuple(classes)


def _is_split(folder: pathlib.Path) -> bool:
    """Whether a folder holds parts for training and testing; "train" may be a class too, beside "bus" and "car"."""
    folders = {entry.name for entry in visible(folder) if entry.is_dir()}
    if "train" not in folders or not folders <= PARTS:
        return False
    return any(entry.is_dir() for entry in visible(folder / "train"))


def _leads_up(folder: pathlib.Path, above: tuple[pathlib.Path, ...]) -> bool:
    """Whether a folder is a link to one that it lies in, and so would never end."""
    place = folder.resolve()
    return any(place == other or place in other.parents for other in above)


def _pictures_below(
    folder: pathlib.Path, above: tuple[pathlib.Path, ...] = ()
) -> list[pathlib.Path]:
    """The pictures in a folder and in the folders within it, but for links to folders above."""
    found, above = [], (*above, folder.resolve())
    for entry in visible(folder):
        if entry.is_dir():
            found += [] if _leads_up(entry, above) else _pictures_below(entry, above)
        elif entry.suffix.lower() in PICTURES:
            found.append(entry)
    return found


def load_pictures(folder: str | os.PathLike) -> np.ndarray:
    """The pictures of a folder without classes, in the order of their names, `(n, height, width, channels)`.

    Args:
        folder: The folder.

    Raises:
        ValueError: If there are no pictures, or they differ in size.
    """
    folder = pathlib.Path(folder)
    files = [file for file in visible(folder) if file.suffix.lower() in PICTURES]
    if not files:
        raise ValueError(
            f"Expected a folder with pictures ({', '.join(PICTURES)}), or with one subfolder a class. "
            f"Received: {os.fspath(folder)!r}, which has neither."
        )
    return _with_channel(read_pictures(files))


def visible(folder: pathlib.Path) -> list[pathlib.Path]:
    """What a folder holds, by name; without hidden entries, which editors and systems leave."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _with_channel(x: np.ndarray) -> np.ndarray:
    return x[..., None] if x.ndim == 3 else x

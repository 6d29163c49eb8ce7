"""The demo's images: a few real ones a class to train on, others to test on."""

import dataclasses
import pathlib

import numpy as np


@dataclasses.dataclass(frozen=True)
class Images:
    """A pool to draw scarce training images from, and the test part.

    Args:
        name: Name for people.
        x_pool: uint8 `(n, height, width, channels)`.
        y_pool: int32 `(n,)`.
        x_test: As `x_pool`.
        y_test: As `y_pool`.
        class_names: One name a class.
    """

    name: str
    x_pool: np.ndarray
    y_pool: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return self.x_pool.shape[1:]

    def draw(self, per_class: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """`per_class` images of every class, another draw for each seed.

        Raises:
            ValueError: If a class of the pool has fewer.
        """
        counts = np.bincount(self.y_pool, minlength=len(self.class_names))
        if per_class > counts.min():
            raise ValueError(
                f"The smallest class of {self.name} has {counts.min()} training images. Ask for "
                f"that many at most. Received: per_class={per_class}."
            )
        rng = np.random.default_rng(seed)
        rows = [
            rng.choice(np.flatnonzero(self.y_pool == label), per_class, replace=False)
            for label in range(len(self.class_names))
        ]
        chosen = rng.permutation(np.concatenate(rows))
        return self.x_pool[chosen], self.y_pool[chosen]


def load_digits() -> Images:
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
    return Images("digits (8 x 8 pixels)", x[train], y[train], x[test], y[test], names)


def load_tfds(name: str, data_dir: pathlib.Path | None, download: bool) -> Images:
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
    return Images(name, np.asarray(x), y, np.asarray(x_test), y_test, names)


def _check_kind(builder, name: str) -> None:
    import tensorflow_datasets as tfds

    features, splits = builder.info.features, builder.info.splits
    by_name = dict(features.items()) if isinstance(features, tfds.features.FeaturesDict) else {}
    label, image = by_name.get("label"), by_name.get("image")
    known = isinstance(label, tfds.features.ClassLabel) and isinstance(image, tfds.features.Image)
    if not known or None in image.shape or (splits and not {"train", "test"} <= set(splits)):
        raise ValueError(
            "The demo needs images of one shape with class labels, in splits named train and test, "
            f"as fashion_mnist, mnist or cifar10 have. Received: dataset={name!r} with {features}."
        )

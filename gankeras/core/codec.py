"""Raw data to tensors and back."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf


class Codec(keras.layers.Layer):
    """Owns everything about raw data, labels too; all else in the package sees encoded tensors.

    A codec's methods use TensorFlow operations alone, so that they map in tf.data and export. What fixes shapes
    (class names, sizes, vocabularies) is JSON in `get_config`, never variables: networks are sized before weights load.

    Args:
        num_classes: How many classes the labels have, or None for data without labels.
        class_names: Their names, in the order of the label ids; implies `num_classes`.
    """

    def __init__(self, num_classes: int | None = None, class_names: Any = None, **kwargs):
        super().__init__(trainable=False, **kwargs)
        names = names_of(class_names)
        if names is not None and num_classes not in (None, len(names)):
            raise ValueError(
                f"`num_classes` and `class_names` must agree; give one. Received: num_classes={num_classes}, {len(names)} names."
            )
        num_classes = len(names) if names is not None else num_classes
        if num_classes is not None and (int(num_classes) != num_classes or num_classes < 1):
            raise ValueError(
                f"`num_classes` must be a whole number of at least 1, or None. Received: {num_classes!r}."
            )
        self.num_classes = None if num_classes is None else int(num_classes)
        self.class_names = names
        self.built = True

    @property
    def element_spec(self) -> Any:
        """Spec of one raw element, without a batch axis: a `tf.TensorSpec`, or a dict of them."""
        raise NotImplementedError(f"{type(self).__name__} must define `element_spec`.")

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one encoded sample."""
        raise NotImplementedError(f"{type(self).__name__} must define `sample_shape`.")

    @property
    def condition_spec(self) -> dict[str, tf.TensorSpec]:
        """What a network may be given beside latents or samples, by input name, without a batch axis."""
        return {} if self.num_classes is None else {"labels": tf.TensorSpec((), tf.int32)}

    def adapt(self, raw: Any) -> "Codec":
        """Learns from raw data what encoding needs; returns the codec itself."""
        return self

    def encode(self, x: Any, y: Any = None) -> dict[str, Any]:
        """A raw batch as `{"samples": ..., "conditions": {...}}`; bad values raise from an assertion in the graph."""
        return {"samples": self.encode_samples(x), "conditions": self.encode_labels(y)}

    def encode_samples(self, x: Any) -> tf.Tensor:
        """Raw samples of a batch as tensors."""
        raise NotImplementedError(f"{type(self).__name__} must define `encode_samples`.")

    def encode_labels(self, y: Any) -> dict[str, tf.Tensor]:
        """Labels of a batch as conditions: `{"labels": int32 (batch,)}`, or `{}` for data without."""
        if self.num_classes is None:
            return {}
        y = tf.convert_to_tensor(y)
        low, high = tf.reduce_min(y), tf.reduce_max(y)
        message = (
            f"Labels must be ids from 0 to {self.num_classes - 1}. Received, smallest and largest:"
        )
        inside = (low >= 0) & (high < self.num_classes)
        with tf.control_dependencies([tf.debugging.Assert(inside, [message, low, high])]):
            return {"labels": tf.cast(y, tf.int32)}

    def labels_of(self, x: Any, y: Any = None) -> Any:
        """Class ids of a raw batch, wherever the data keeps them; None where it has none."""
        return y

    def network_conditions(
        self, seeds: tf.Tensor, labels: tf.Tensor | None, conditions: dict[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """What the generator is given beside latents, in the graph.

        Args:
            seeds: Int64 `(n,)`: what is left open is drawn from them.
            labels: Class ids `(n,)`, or None.
            conditions: What `encode_conditions` returned, or further conditions by name.
        """
        return {**conditions, "labels": labels} if labels is not None else dict(conditions)

    def decode(self, samples: Any, conditions: dict[str, tf.Tensor] | None = None) -> Any:
        """Encoded samples as raw data, in the raw dtype.

        Args:
            samples: `(n, *sample_shape)`.
            conditions: What `network_conditions` returned: a codec whose raw data hold them makes them true.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `decode`.")

    def followed(self, samples: Any, conditions: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Whether encoded samples, as generated, hold each of the given conditions: bool `(n,)` by name."""
        return {}

    def as_raw(self, x: Any) -> Any:
        """User data as the array (or dict of arrays) that `check` and `fit` work on; such data as they are."""
        return np.asarray(x)

    def check(self, x: Any, y: Any = None) -> None:
        """Checks whole arrays before anything is trained.

        Raises:
            ValueError: If shape, dtype or a value is not what the codec was made for; the message names the way out.
        """
        self.check_samples(self.as_raw(x))
        if self.num_classes is None:
            if y is not None:
                raise ValueError(
                    "Labels were given, but the codec was made without classes. Make it with `num_classes=` or "
                    f"`class_names=`, or leave `y` out. Received: labels of shape {np.shape(y)}."
                )
            return
        check_labels(y, len(x), self.num_classes)

    def check_samples(self, x: np.ndarray) -> None:
        """Checks raw samples: the part of `check` that a codec defines."""
        raise NotImplementedError(f"{type(self).__name__} must define `check_samples`.")

    def check_spec(self, spec: Any) -> None:
        """Checks the spec of one raw batch of a tf.data pipeline, batch axis included."""
        expected = self.element_spec
        shape = expected.shape
        if spec.shape.rank == shape.rank and spec.shape.is_compatible_with(shape):
            raise ValueError(
                "The dataset yields single elements; `fit` needs batches. Call `.batch(64, drop_remainder=True)` first. "
                f"Received: elements of shape {spec.shape}."
            )
        if not spec.shape[1:].is_compatible_with(shape) or spec.dtype != expected.dtype:
            raise ValueError(
                f"The dataset's samples differ from the codec's. Expected shape (batch, {str(tuple(shape))[1:]} and "
                f"dtype {expected.dtype.name}; map the dataset, or make the codec for this data. "
                f"Received: shape {spec.shape} and dtype {spec.dtype.name}."
            )

    def get_config(self) -> dict:
        config = super().get_config()
        config.pop("trainable", None)
        names = None if self.class_names is None else list(self.class_names)
        return {**config, "num_classes": None if names else self.num_classes, "class_names": names}


def names_of(class_names: Any) -> tuple[str, ...] | None:
    """Names of classes as text, or None where there are none.

    Raises:
        ValueError: For one text instead of several, or a name that stands twice: figures are told apart by names.
    """
    if class_names is None:
        return None
    if isinstance(class_names, (str, bytes)) or not np.iterable(class_names):
        raise ValueError(
            "`class_names` must be a list of names in the order of the class ids, such as ['cat', 'dog']. "
            f"Received: {class_names!r}."
        )
    names = tuple(str(name) for name in class_names)
    if len(set(names)) != len(names):
        raise ValueError(f"`class_names` must be different from each other. Received: {names}.")
    return names


def check_labels(y: Any, rows: int, num_classes: int) -> None:
    """Checks that `y` holds one class id a row.

    Raises:
        ValueError: With the way out, for missing, one-hot, fractional or foreign labels.
    """
    if y is None:
        raise ValueError(
            f"The codec has {num_classes} classes, so labels are needed: call `fit(x, y)`. Received: y=None."
        )
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == num_classes and num_classes > 1:
        raise ValueError(
            "Labels look one-hot; class ids are expected. Pass `y.argmax(axis=-1)`. "
            f"Received: labels of shape {y.shape}."
        )
    if y.ndim != 1 or len(y) != rows:
        raise ValueError(
            f"Expected one label a row, shape ({rows},). Received: labels of shape {y.shape}."
        )
    if y.dtype.kind not in "iu":
        raise ValueError(
            "Labels must be integer class ids. Names become ids by `np.unique(names, return_inverse=True)`. "
            f"Received: labels of dtype {y.dtype}, such as {y[:3].tolist()}."
        )
    if len(y) and (y.min() < 0 or y.max() >= num_classes):
        raise ValueError(
            f"Labels must lie between 0 and {num_classes - 1}. Make the codec with more classes, or map the labels. "
            f"Received: labels from {y.min()} to {y.max()}."
        )


@keras.saving.register_keras_serializable("gankeras")
class IdentityCodec(Codec):
    """For data that is tensors already: float32 vectors or grids of any range.

    Args:
        shape: Shape of one sample.
        num_classes: See `Codec`.
        class_names: See `Codec`.

    Example:
        >>> codec = gankeras.IdentityCodec((2,), num_classes=3)
        >>> codec.encode(tf.zeros((4, 2)), tf.zeros((4,), tf.int32))["conditions"]["labels"].shape
        TensorShape([4])
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        num_classes: int | None = None,
        class_names: Any = None,
        **kwargs,
    ):
        super().__init__(num_classes, class_names, **kwargs)
        self.shape = tuple(int(size) for size in shape)

    @property
    def element_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec(self.shape, tf.float32)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        return self.shape

    def as_raw(self, x: Any) -> np.ndarray:
        x = np.asarray(x)
        return x.astype("float32") if x.dtype == np.float64 else x

    def encode_samples(self, x: Any) -> tf.Tensor:
        return tf.cast(x, tf.float32)

    def decode(self, samples: Any, conditions: dict[str, tf.Tensor] | None = None) -> Any:
        return samples

    def check_samples(self, x: np.ndarray) -> None:
        if x.shape[1:] != self.shape or x.dtype != np.float32:
            raise ValueError(
                f"Expected float32 samples of shape (rows, {str(self.shape)[1:]}. Received: shape {x.shape}, dtype {x.dtype}."
            )
        if not np.isfinite(x).all():
            raise ValueError(
                f"Samples must be finite. Received: {np.size(x) - np.isfinite(x).sum()} NaN or infinite values."
            )

    def get_config(self) -> dict:
        return {**super().get_config(), "shape": list(self.shape)}

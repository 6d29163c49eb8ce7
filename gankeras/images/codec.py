"""Raw images to float32 in [-1, 1] and back."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.core.codec import Codec
from gankeras.core.real_rows import check_finite

RANGES = {"uint8": (0.0, 255.0), "uint16": (0.0, 65535.0), "float32": (0.0, 1.0)}


def is_channels_first(shape: tuple[int, ...]) -> bool:
    """Whether a batch of this shape looks like `(n, channels, height, width)`."""
    return len(shape) == 4 and shape[1] in (1, 3) and shape[2] == shape[3] > 4


def _way_out(x: np.ndarray, raw_dtype: str) -> str:
    """How images of another dtype than the codec's are taken after all."""
    low, high = (float(x.min()), float(x.max())) if x.dtype.kind in "iuf" and x.size else (0, 0)
    # 16 bits that hold bytes would be black in a range of 16 bits.
    if x.dtype.name in RANGES and not (x.dtype == np.uint16 and high <= RANGES["uint8"][1]):
        return f"convert them, or make `ImageCodec(..., dtype={str(x.dtype)!r})`"
    if x.dtype == bool:
        way = "pass `x.astype('uint8') * 255`"
        return way if raw_dtype == "uint8" else f"{way} and make `ImageCodec(..., dtype='uint8')`"
    if x.dtype.kind in "iu" and low >= 0 and high <= RANGES["uint8"][1]:
        way = "pass `x.astype('uint8')`"
        return way if raw_dtype == "uint8" else f"{way} and make `ImageCodec(..., dtype='uint8')`"
    if x.dtype.kind not in "iuf":
        return f"pass numbers, such as `x.astype({raw_dtype!r})`"
    inside = low >= 0 and high <= 1
    extra = "" if inside else ", value_range=(lowest, highest)"
    return f"pass `x.astype('float32')` and make `ImageCodec(..., dtype='float32'{extra})`"


def _is_size(size: Any) -> bool:
    return isinstance(size, (int, float, np.integer)) and size > 0 and int(size) == size


def _values(x: np.ndarray) -> str:
    return f", values from {x.min()} to {x.max()}" if x.dtype.kind in "biuf" and x.size else ""


@keras.saving.register_keras_serializable("gankeras")
class ImageCodec(Codec):
    """Images of any height, width and number of channels.

    Args:
        shape: `(height, width, channels)` of a raw image, or `(height, width)` for raw images without a channel axis.
            With one channel, arrays and datasets without that axis are taken too.
        num_classes: How many classes the labels have; None for images without labels.
        class_names: Their names in the order of the ids; implies `num_classes`.
        dtype: Of the raw images: `"uint8"`, `"uint16"` or `"float32"` (float64 arrays are converted).
        value_range: Smallest and largest raw value; None means [0, 255], [0, 65535] or [0, 1] by dtype.

    Raises:
        ValueError: For a shape, dtype or range that no image has.

    Example:
        >>> codec = gankeras.images.ImageCodec((28, 28, 1), class_names=["cat", "dog"])
        >>> raw = tf.constant(255, tf.uint8, (1, 28, 28, 1))
        >>> encoded = codec.encode(raw, tf.constant([1]))["samples"]
        >>> float(encoded[0, 0, 0, 0]), codec.decode(encoded).dtype.name
        (1.0, 'uint8')
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        num_classes: int | None = None,
        class_names: Any = None,
        dtype: str = "uint8",
        value_range: tuple[float, float] | None = None,
        **kwargs,
    ):
        super().__init__(num_classes, class_names, **kwargs)
        shape = tuple(shape) if np.iterable(shape) else shape
        if (
            not isinstance(shape, tuple)
            or len(shape) not in (2, 3)
            or not all(map(_is_size, shape))
        ):
            raise ValueError(
                "`shape` must be (height, width, channels) or (height, width), each at least 1. "
                f"Received: shape={shape!r}."
            )
        if dtype not in RANGES:
            raise ValueError(
                f"`dtype` must be one of {sorted(RANGES)}; convert the images to one of them. Received: dtype={dtype!r}."
            )
        value_range = RANGES[dtype] if value_range is None else value_range
        is_pair = np.shape(value_range) == (2,)
        low, high = value_range if is_pair else (0, 0)
        if not low < high:
            raise ValueError(
                "`value_range` must be (smallest, largest) with smallest < largest. "
                f"Received: value_range={value_range!r}."
            )
        self.raw_shape = tuple(int(size) for size in shape)
        self.raw_dtype = dtype
        self.value_range = (float(low), float(high))

    @property
    def element_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec(self.raw_shape, self.raw_dtype)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        return self.raw_shape if len(self.raw_shape) == 3 else (*self.raw_shape, 1)

    def as_raw(self, x: Any) -> np.ndarray:
        x = np.asarray(x)
        if self.sample_shape[2] == 1 and x.shape[1:] in (self.sample_shape, self.sample_shape[:2]):
            x = x.reshape(x.shape[0], *self.raw_shape)
        if x.dtype == np.float64 and self.raw_dtype == "float32":
            x = x.astype("float32")
        return x

    def check_samples(self, x: np.ndarray) -> None:
        if x.shape[1:] != self.raw_shape:
            if is_channels_first(x.shape):
                raise ValueError(
                    "The images' channels look to come first, and the codec takes them last. Pass "
                    f"`x.transpose(0, 2, 3, 1)`. Received: images of shape {x.shape}, expected (n, {str(self.raw_shape)[1:]}."
                )
            raise ValueError(
                f"The images' shape differs from the codec's. Expected (n, {str(self.raw_shape)[1:]}: resize them, or make "
                f"`ImageCodec({x.shape[1:]}, ...)`. Received: images of shape {x.shape}."
            )
        if x.dtype != self.raw_dtype:
            raise ValueError(
                f"The images' dtype differs from the codec's. Expected {self.raw_dtype}: "
                f"{_way_out(x, self.raw_dtype)}. Received: images of dtype {x.dtype}{_values(x)}."
            )
        check_finite(x, "x")
        low, high = self.value_range
        if x.size and not (x.min() >= low and x.max() <= high):
            raise ValueError(
                f"The images' values leave the codec's range [{low:g}, {high:g}]. Scale them, or make `ImageCodec(..., "
                f"value_range=(lowest, highest))`. Received: values from {x.min()} to {x.max()}."
            )

    def check_spec(self, spec: Any) -> None:
        # (n, height, width) is a batch for a codec with one channel, not an unbatched (height, width, channels).
        without_channel = self.sample_shape[2] == 1 and spec.shape.rank == 3
        if without_channel and spec.shape[1:].is_compatible_with(self.sample_shape[:2]):
            spec = tf.TensorSpec((spec.shape[0], *self.raw_shape), spec.dtype)
        super().check_spec(spec)

    def encode_samples(self, x: Any) -> tf.Tensor:
        x = tf.convert_to_tensor(x)
        low, high = self.value_range
        if x.dtype.is_floating or self.value_range != RANGES[self.raw_dtype]:
            smallest, largest = tf.reduce_min(x), tf.reduce_max(x)
            inside = (smallest >= tf.cast(low, x.dtype)) & (largest <= tf.cast(high, x.dtype))
            message = (
                f"Images must hold values from {low:g} to {high:g}. Received, smallest and largest:"
            )
            with tf.control_dependencies(
                [tf.debugging.Assert(inside, [message, smallest, largest])]
            ):
                x = tf.identity(x)
        x = tf.reshape(x, (-1, *self.sample_shape))
        return (tf.cast(x, tf.float32) - low) * (2.0 / (high - low)) - 1.0

    def decode(self, samples: Any, conditions: dict[str, tf.Tensor] | None = None) -> tf.Tensor:
        low, high = self.value_range
        values = (tf.cast(samples, tf.float32) + 1.0) * (0.5 * (high - low)) + low
        if self.raw_dtype != "float32":
            values = tf.round(values)
        raw = tf.cast(tf.clip_by_value(values, low, high), self.raw_dtype)
        return tf.reshape(raw, (-1, *self.raw_shape))

    def get_config(self) -> dict:
        config = super().get_config()
        config.pop("dtype", None)  # Keras' compute dtype; ours is the raw one
        return {
            **config,
            "shape": list(self.raw_shape),
            "dtype": self.raw_dtype,
            "value_range": list(self.value_range),
        }

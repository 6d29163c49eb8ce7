"""What images look like to a network that learnt nothing: cheap features to follow a training by."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.images.codec import ImageCodec

WIDTHS = (32, 64, 64)
CELLS = 3
BATCH = 250


class RandomConvolutions:
    """Features of untrained convolutions: means over a coarse grid, and spreads, at three scales.

    They know nothing of what the images show, but they tell edges, textures and places apart, they are the same on
    every machine, and they cost about a tenth of a millisecond for an image of 28 x 28 pixels. They are good for
    ranking the epochs of one training; for a figure to compare with others, use features that learnt.

    Args:
        codec: The images' codec.
        seed: Of the kernels.

    Call arguments:
        images: Raw images, as the codec takes them.

    Returns:
        Float32 `(n, features)`.

    Example:
        >>> codec = gankeras.images.ImageCodec((8, 8, 1))
        >>> features = gankeras.images.RandomConvolutions(codec)
        >>> features(np.zeros((2, 8, 8, 1), "uint8")).shape
        (2, 608)

    References:
        - Naeem et al. 2020, arXiv:2002.09797, section 4.2 (features of untrained networks, where trained ones know
          other images). Theirs is a VGG-16; ours has three layers.
    """

    name = "random_convolutions"

    def __init__(self, codec: ImageCodec, seed: int = 0):
        self._codec = codec
        rng = np.random.default_rng(seed)
        self._kernels, channels = [], codec.sample_shape[2]
        for width in WIDTHS:
            kernel = rng.normal(size=(3, 3, channels, width))
            # Each filter of one length, so that the signal keeps its size through the leaky rectifiers.
            kernel *= np.sqrt(2.0 / np.square(kernel).sum(axis=(0, 1, 2)))
            self._kernels.append(tf.constant(kernel, tf.float32))
            channels = width
        self._graph = tf.function(self._batch, reduce_retracing=True)

    def __call__(self, images: Any) -> np.ndarray:
        parts = [
            self._graph(tf.convert_to_tensor(images[start : start + BATCH]))
            for start in range(0, max(len(images), 1), BATCH)
        ]
        return np.concatenate([part.numpy() for part in parts])

    def _batch(self, images: tf.Tensor) -> tf.Tensor:
        x = self._codec.encode_samples(images)
        found = []
        for kernel in self._kernels:
            x = tf.nn.leaky_relu(tf.nn.conv2d(x, kernel, 1, "SAME"), 0.2)
            x = tf.nn.avg_pool2d(x, 2, 2, "SAME")
            cell = [-(-side // CELLS) for side in x.shape[1:3]]
            means = tf.nn.avg_pool2d(x, cell, cell, "SAME")
            found.append(tf.reshape(means, (-1, int(np.prod(means.shape[1:])))))
            found.append(tf.math.reduce_std(x, axis=(1, 2)))
        return tf.concat(found, axis=-1)

import keras
import tensorflow as tf

from gankeras import random


@keras.saving.register_keras_serializable("gankeras")
class Dropout(keras.layers.Layer):
    """Dropout whose mask is a function of the GAN's seed and step: replicas differ, and a resumed run repeats it.

    Args:
        rate: Share of the values set to zero, in [0, 1); the others are scaled by `1 / (1 - rate)`.

    Raises:
        ValueError: If `rate` is outside [0, 1).
        RuntimeError: If trained outside a GAN, where nothing gives it a seed.

    Example:
        >>> layer = gankeras.layers.Dropout(0.5)
        >>> with gankeras.random.seed_scope(gankeras.random.fold(0)):
        ...     layer(tf.ones((1, 4)), training=True).shape
        TensorShape([1, 4])
    """

    def __init__(self, rate: float, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must lie in [0, 1). Received: rate={rate!r}.")
        self.rate = float(rate)

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        keep = random.uniform(tf.shape(inputs), random.scoped_seed()) >= self.rate
        return tf.where(keep, inputs / (1.0 - self.rate), tf.zeros_like(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "rate": self.rate}

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("gankeras")
class SpanActivation(keras.layers.Layer):
    """Numbers by tanh, then the Gumbel-softmax of many spans of different widths in one go.

    The Gumbel noise is made from normal numbers that are part of the latents, so the layer is a function of its inputs:
    samples follow the learnt shares, and a row never depends on its batch.

    Args:
        numbers: How many numbers come first.
        widths: Of the spans after them.
        temperature: Of the softmax; near 0 it is almost one-hot.

    Call arguments:
        inputs: `[activations (n, numbers + sum(widths)), normal noise (n, sum(widths))]`.

    Returns:
        Float32, of the activations' shape: numbers in (-1, 1), and spans that sum to 1 each.

    Example:
        >>> layer = gankeras.layers.SpanActivation(1, [2, 3])
        >>> out = layer([tf.zeros((4, 6)), tf.random.normal((4, 5))])
        >>> bool(tf.reduce_all(tf.abs(tf.reduce_sum(out[:, 1:3], axis=1) - 1.0) < 1e-5))
        True

    References:
        - Jang et al. 2017, arXiv:1611.01144, equation 2; Xu et al. 2019, arXiv:1907.00503, section 4.3.
    """

    def __init__(self, numbers: int, widths, temperature: float = 0.2, **kwargs):
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        if not temperature > 0:
            raise ValueError(
                f"`temperature` must be above 0. Received: temperature={temperature!r}."
            )
        self.numbers = int(numbers)
        self.widths = [int(width) for width in widths]
        self.temperature = float(temperature)

    def call(self, inputs):
        activations, noise = (tf.cast(part, tf.float32) for part in inputs)
        # A split and not two slices, whose gradients would each be padded to the whole.
        numbers, logits = tf.split(activations, [self.numbers, sum(self.widths)], axis=1)
        logits = (logits + gumbel(noise)) / self.temperature
        member = np.repeat(np.arange(len(self.widths)), self.widths).astype(np.int32)
        # Spans as rows: sums and maxima of segments then run along memory.
        across = tf.transpose(logits)
        spans = len(self.widths)
        highest = tf.math.unsorted_segment_max(tf.stop_gradient(across), member, spans)
        powers = tf.exp(across - tf.gather(highest, member))
        sums = tf.math.unsorted_segment_sum(powers, member, spans)
        soft = tf.transpose(powers / tf.gather(sums, member))
        return tf.concat([tf.tanh(numbers), soft], axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "numbers": self.numbers,
            "widths": self.widths,
            "temperature": self.temperature,
        }


def gumbel(normal: tf.Tensor) -> tf.Tensor:
    """Standard normal numbers as standard Gumbel ones, by their distribution functions."""
    # By the upper tail: 1 less a small number would round to 1.
    above = 0.5 * tf.math.erfc(normal * 0.5**0.5)
    return -tf.math.log(-tf.math.log1p(-tf.minimum(above, 1.0 - 2.0**-24)))

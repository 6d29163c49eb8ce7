import keras
from keras import ops

SQUARINGS = 6


@keras.saving.register_keras_serializable("gankeras")
class SpectralNormalization(keras.layers.Wrapper):
    """Runs a layer with its kernel divided by the kernel's largest singular value, so the layer stretches nothing.

    The weights stay as they are and gradients flow through the division. There is no state: the value is read off the
    kernel at each call, so replicas agree and a resumed run repeats itself.

    Args:
        layer: A Keras layer with a `kernel` (Dense, Conv) or `embeddings`; its last axis holds the outputs.

    Raises:
        ValueError: If the layer has neither.

    Example:
        >>> layer = gankeras.layers.SpectralNormalization(keras.layers.Dense(3))
        >>> layer(tf.ones((2, 5))).shape
        TensorShape([2, 3])

    References:
        - Miyato et al. 2018, arXiv:1802.05957, equations 8 and 11 (the gradient passes through sigma, its singular
          vectors are held). Deviation: instead of one step of power iteration a call from a remembered vector, the
          Gram matrix is squared six times, which is 64 steps of it from every start at once.
    """

    def build(self, input_shape=None):
        super().build(input_shape)
        if not any(hasattr(self.layer, name) for name in ("kernel", "embeddings")):
            raise ValueError(
                "`SpectralNormalization` needs a layer with a kernel: Dense, a convolution, Embedding. "
                f"Received: {self.layer!r}."
            )

    def call(self, inputs, training=None):
        variable = getattr(self.layer, "kernel", None)
        variable = self.layer.embeddings if variable is None else variable
        values = [
            normalized(v) if v is variable else v.value for v in self.layer.trainable_variables
        ]
        others = [v.value for v in self.layer.non_trainable_variables]
        outputs, _ = self.layer.stateless_call(values, others, inputs)
        return outputs

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


def normalized(kernel):
    """A kernel divided by its largest singular value; the last axis holds the outputs."""
    kernel = ops.convert_to_tensor(kernel)
    matrix = ops.cast(ops.reshape(kernel, (-1, kernel.shape[-1])), "float32")
    if matrix.shape[0] < matrix.shape[1]:
        matrix = ops.transpose(matrix)  # the smaller Gram matrix has the same singular values
    power = ops.matmul(ops.transpose(matrix), matrix)
    for _ in range(SQUARINGS):
        power = power / (ops.max(ops.abs(power)) + 1e-30)
        power = ops.matmul(power, power)
    # Every column points along the first singular vector; the longest has the least rounding.
    lengths = ops.sum(ops.square(power), axis=0)
    right = ops.take(power, ops.argmax(lengths), axis=1)
    right = ops.stop_gradient(right / (ops.sqrt(ops.max(lengths)) + 1e-30))
    left = ops.matmul(matrix, right[:, None])
    left = ops.stop_gradient(left / (ops.sqrt(ops.sum(ops.square(left))) + 1e-30))
    sigma = ops.sum(left * ops.matmul(matrix, right[:, None]))
    return kernel / ops.cast(ops.maximum(sigma, 1e-12), kernel.dtype)

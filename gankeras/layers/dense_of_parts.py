import keras
from keras import ops


@keras.saving.register_keras_serializable("gankeras")
class DenseOfParts(keras.layers.Layer):
    """A dense layer on the concatenation of its inputs, which it never makes.

    Values and first weights are those of `Dense(units)(Concatenate()(parts))`. But parts that nothing is differentiated by,
    such as conditions and latents, then cost no gradient: behind a concatenation they do.

    Args:
        units: Width of the output.
        kernel_initializer: Of the kernel of all parts together.

    Call arguments:
        inputs: List of `(n, width)`, of different widths.

    Returns:
        `(n, units)`.

    Raises:
        ValueError: If `units` is no whole number of at least 1.

    Example:
        >>> layer = gankeras.layers.DenseOfParts(8)
        >>> layer([tf.ones((4, 3)), tf.ones((4, 5))]).shape
        TensorShape([4, 8])
    """

    def __init__(self, units: int, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if int(units) != units or units < 1:
            raise ValueError(f"`units` must be a whole number of at least 1. Received: {units!r}.")
        self.units = int(units)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernels: list = []

    def build(self, input_shape):
        widths = [shape[-1] for shape in input_shape]
        whole = self.kernel_initializer((sum(widths), self.units), dtype=self.variable_dtype)
        begin = 0
        for index, width in enumerate(widths):
            part = whole[begin : begin + width]
            begin += width
            kernel = self.add_weight(
                name=f"kernel_{index}",
                shape=(width, self.units),
                initializer=keras.initializers.Constant(part),
            )
            self.kernels.append(kernel)
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        out = ops.matmul(inputs[0], self.kernels[0]) + self.bias
        for part, kernel in zip(inputs[1:], self.kernels[1:], strict=True):
            out = out + ops.matmul(part, kernel)
        return out

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], self.units)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

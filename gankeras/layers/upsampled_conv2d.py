import keras
from keras import ops


@keras.saving.register_keras_serializable("gankeras")
class UpsampledConv2D(keras.layers.Layer):
    """Nearest upsampling by 2 and a 3x3 convolution of what comes out, in one cheaper step.

    The upsampled image repeats each pixel four times, so most products of the convolution are made more than once.
    Adding up the kernel's entries that meet the same pixel leaves a 4x4 kernel, transposed with stride 2: the same
    function of the same 3x3 weights (to rounding) with 4 products for every 9, and without the grid that freely
    learnt strided kernels leave.

    Args:
        filters: Channels of the output.
        kernel_initializer: As in Keras.

    Call arguments:
        inputs: `(batch, height, width, channels)`.

    Returns:
        `(batch, 2 * height, 2 * width, filters)`, padded with zeros as `padding="same"` does.

    Raises:
        ValueError: If `filters` is below 1.

    Example:
        >>> gankeras.layers.UpsampledConv2D(8)(tf.zeros((1, 7, 7, 4))).shape
        TensorShape([1, 14, 14, 8])

    References:
        - Odena et al. 2016, "Deconvolution and checkerboard artifacts" (resize, then convolve). The folding is ours.
    """

    def __init__(self, filters: int, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        if int(filters) != filters or filters < 1:
            raise ValueError(
                f"`filters` must be a whole number of at least 1. Received: filters={filters!r}."
            )
        self.filters = int(filters)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(3, 3, input_shape[-1], self.filters),
            initializer=self.kernel_initializer,
        )
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")

    def call(self, inputs):
        kernel = ops.convert_to_tensor(self.kernel)
        for axis in (0, 1):
            before, after = ([[0, 0]] * 4 for _ in range(2))
            before[axis], after[axis] = [1, 0], [0, 1]
            kernel = ops.pad(kernel, before) + ops.pad(kernel, after)
        # A transposed convolution turns its kernel about, and wants output channels first.
        kernel = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))
        return ops.conv_transpose(inputs, kernel, strides=2, padding="same") + self.bias

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        twice = [None if size is None else 2 * size for size in (height, width)]
        return (batch, *twice, self.filters)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

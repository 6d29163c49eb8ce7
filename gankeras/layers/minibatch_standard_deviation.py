import keras
from keras import ops


@keras.saving.register_keras_serializable("gankeras")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Adds a channel that tells the discriminator how different the rows of its group are, so that it sees a collapse.

    Args:
        group_size: Rows compared with each other, at least 2. The last group of a batch may be smaller: it borrows rows
            from the batch's beginning.

    Call arguments:
        inputs: `(batch, ..., channels)`.

    Returns:
        `(batch, ..., channels + 1)`.

    Raises:
        ValueError: If `group_size` is below 2.

    Example:
        >>> gankeras.layers.MinibatchStandardDeviation()(tf.zeros((8, 7, 7, 4))).shape
        TensorShape([8, 7, 7, 5])

    References:
        - Karras et al. 2018, arXiv:1710.10196, section 3 (groups of 4 by Karras et al. 2020, arXiv:1912.04958).
    """

    def __init__(self, group_size: int = 4, **kwargs):
        super().__init__(**kwargs)
        if int(group_size) != group_size or group_size < 2:
            raise ValueError(
                f"`group_size` must be a whole number of at least 2. Received: group_size={group_size!r}."
            )
        self.group_size = int(group_size)

    def call(self, inputs):
        rows, size = ops.shape(inputs)[0], self.group_size
        groups = (rows + size - 1) // size
        # Row i is in group i // size; what the last group lacks comes from the front.
        members = ops.arange(groups * size) % rows
        grouped = ops.reshape(ops.take(inputs, members, axis=0), (groups, size, -1))
        grouped = ops.cast(grouped, "float32")
        spread = ops.mean(ops.sqrt(ops.var(grouped, axis=1) + 1e-8), axis=-1)
        own = ops.take(spread, ops.arange(rows) // size, axis=0)
        own = ops.reshape(own, (-1, *[1] * (len(inputs.shape) - 1)))
        channel = ops.ones_like(inputs[..., :1]) * ops.cast(own, inputs.dtype)
        return ops.concatenate([inputs, channel], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self) -> dict:
        return {**super().get_config(), "group_size": self.group_size}

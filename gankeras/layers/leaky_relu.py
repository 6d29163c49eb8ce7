import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gankeras")
class LeakyReLU(keras.layers.LeakyReLU):
    """Keras' leaky rectifier, whose slope counts as a constant: its second derivative is none at all.

    That of Keras is a tensor of zeros, which a gradient penalty then sends back through the whole network.

    Args:
        negative_slope: Of what is below 0.

    Example:
        >>> gankeras.layers.LeakyReLU(0.5)(tf.constant([-2.0, 0.0, 2.0])).numpy().tolist()
        [-1.0, 0.0, 2.0]
    """

    def call(self, inputs):
        return inputs * tf.cast(tf.where(inputs > 0, 1.0, self.negative_slope), inputs.dtype)

"""Adam whose update of a weight is one operation."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("gankeras")
class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam by TensorFlow's own kernel, which reads and writes each weight once.

    Keras makes about ten operations of an update, each over the whole tensor: with several replicas every one of them does
    that, and of small networks they are a good part of a step. The numbers are the same but for rounding.

    Args:
        *args, **options: Those of `keras.optimizers.Adam`. With `amsgrad=True`, for which there is no such kernel, the
            update is Keras' own.

    Example:
        >>> from gankeras.core.fused_adam import FusedAdam
        >>> weight = keras.Variable([1.0, 1.0])
        >>> FusedAdam(0.1).apply([tf.constant([3.0, -7.0])], [weight])
        >>> [round(w, 4) for w in weight.numpy().tolist()]
        [0.9, 1.1]

    References:
        - Kingma and Ba 2015, arXiv:1412.6980, section 2 (the form with the corrections in the rate).
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index].value, self._velocities[index].value
        if isinstance(variable, keras.Variable):
            variable = variable.value

        def number(value: Any) -> tf.Tensor:
            return tf.cast(value, variable.dtype)

        steps = number(self.iterations + 1)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.handle,
            v=velocity.handle,
            beta1_power=number(self.beta_1) ** steps,
            beta2_power=number(self.beta_2) ** steps,
            lr=number(learning_rate),
            beta1=number(self.beta_1),
            beta2=number(self.beta_2),
            epsilon=number(self.epsilon),
            grad=number(tf.convert_to_tensor(gradient)),
        )

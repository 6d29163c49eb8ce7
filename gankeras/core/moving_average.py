"""The exponential moving average of the generator's weights, its memory counted in images."""

import keras
import tensorflow as tf


def copy_network(network: keras.Model) -> keras.Model:
    """A frozen second network with the same structure and weights.

    Raises:
        TypeError: If Keras cannot make the network again from its config.
    """
    try:
        copy = type(network).from_config(network.get_config())
    except Exception as error:
        raise TypeError(
            f"The generator's average is a copy that Keras makes from the config of {network.name!r}, as `load_model` does. "
            "Write each layer of your own with `get_config`, under `@keras.saving.register_keras_serializable()`, in place "
            f"of a `Lambda`. Received: {type(error).__name__}: {str(error)[:300]}"
        ) from error
    copy.set_weights([keras.ops.convert_to_numpy(w) for w in network.weights])
    copy.trainable = False
    return copy


def decay(step: tf.Tensor, batch_size: tf.Tensor | int, half_life: float) -> tf.Tensor:
    """The factor that the average keeps at this step: `0.5 ** (batch / images)`.

    `images` is the half-life, but at most a twentieth of the images seen so far, so that a short run is not averaged
    with its random start.

    Args:
        step: Steps done before this one.
        batch_size: Images of one step over all replicas.
        half_life: In images; 0 turns averaging off.

    References:
        - Karras et al. 2020, arXiv:2006.06676, appendix C (half-life and ramp-up of 0.05).
    """
    batch = tf.cast(batch_size, tf.float32)
    images = tf.minimum(tf.cast(half_life, tf.float32), 0.05 * tf.cast(step, tf.float32) * batch)
    return tf.where(images > 0, 0.5 ** (batch / tf.maximum(images, 1e-3)), 0.0)


def update(average: keras.Model, network: keras.Model, keep: tf.Tensor) -> None:
    """Moves each weight of `average` towards that of `network`; whole-number weights are copied."""
    for old, new in zip(average.weights, network.weights, strict=False):
        value = tf.convert_to_tensor(new.value)
        if value.dtype.is_floating:
            old.value.assign_sub((old.value - tf.cast(value, old.value.dtype)) * (1.0 - keep))
        else:
            old.value.assign(value)

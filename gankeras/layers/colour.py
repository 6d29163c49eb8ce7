import tensorflow as tf

from gankeras import random
from gankeras.layers.differentiable_augmentation import AUGMENTATIONS, DifferentiableAugmentation


@AUGMENTATIONS.register("colour")
class Colour(DifferentiableAugmentation):
    """Changes brightness, saturation and contrast of each image; a grey image has no saturation to change.

    Args:
        brightness: Largest shift of all values, in the encoded range [-1, 1], at least 0.
        saturation: Distance of each pixel from its grey is multiplied by up to 1 +- this, in [0, 1].
        contrast: Distance of each value from the image's mean is multiplied by up to 1 +- this, in [0, 1].

    Raises:
        ValueError: For a number out of range.

    References:
        - Zhao et al. 2020, arXiv:2006.10738, section 3.2 and its published magnitudes (0.5, 1, 0.5).

    Example:
        >>> change = gankeras.layers.Colour()
        >>> change(tf.zeros((2, 8, 8, 3)), gankeras.random.fold(0)).shape
        TensorShape([2, 8, 8, 3])
    """

    takes_images = True

    def __init__(self, brightness: float = 0.5, saturation: float = 1.0, contrast: float = 0.5):
        if not brightness >= 0:
            raise ValueError(
                f"`brightness` must be at least 0. Received: brightness={brightness!r}."
            )
        for name, value in (("saturation", saturation), ("contrast", contrast)):
            if not 0 <= value <= 1:
                raise ValueError(f"`{name}` must lie in [0, 1]. Received: {name}={value!r}.")
        self.brightness, self.saturation = float(brightness), float(saturation)
        self.contrast = float(contrast)

    def __call__(self, samples, seed):
        shift, colour, spread = (
            tf.cast(
                2.0 * random.uniform((tf.shape(samples)[0], 1, 1, 1), random.fold(seed, i)) - 1.0,
                samples.dtype,
            )
            for i in range(3)
        )
        samples = samples + self.brightness * shift
        grey = tf.reduce_mean(samples, axis=-1, keepdims=True)
        samples = grey + (1.0 + self.saturation * colour) * (samples - grey)
        mean = tf.reduce_mean(samples, axis=[1, 2, 3], keepdims=True)
        return mean + (1.0 + self.contrast * spread) * (samples - mean)

    def get_config(self) -> dict:
        return {
            "brightness": self.brightness,
            "saturation": self.saturation,
            "contrast": self.contrast,
        }

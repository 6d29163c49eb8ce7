import tensorflow as tf

from gankeras import random
from gankeras.layers.differentiable_augmentation import AUGMENTATIONS, DifferentiableAugmentation


@AUGMENTATIONS.register("translation")
class Translation(DifferentiableAugmentation):
    """Shifts each image by a whole number of pixels up to `fraction` of its side; what leaves is lost.

    The edge row or column is repeated into what is uncovered, so a plain background stays plain (the paper pads with
    zeros, which would be mid-grey in [-1, 1]).

    Args:
        fraction: Largest shift as a share of the side, in [0, 1).

    References:
        - Zhao et al. 2020, arXiv:2006.10738, section 3.2 (1/8 of the side).

    Example:
        >>> shift = gankeras.layers.Translation(0.25)
        >>> shift(tf.zeros((2, 8, 8, 1)), gankeras.random.fold(0)).shape
        TensorShape([2, 8, 8, 1])
    """

    takes_images = True

    def __init__(self, fraction: float = 0.125):
        if not 0 <= fraction < 1:
            raise ValueError(f"`fraction` must lie in [0, 1). Received: fraction={fraction!r}.")
        self.fraction = float(fraction)

    def __call__(self, samples, seed):
        batch = tf.shape(samples)[0]
        for axis in (1, 2):
            size = samples.shape[1]
            reach = round(self.fraction * size)
            shift = random.integers((batch, 1), random.fold(seed, axis), -reach, reach + 1)
            source = tf.clip_by_value(tf.range(size)[None, :] + shift, 0, size - 1)
            samples = tf.gather(samples, source, axis=1, batch_dims=1)
            # The second turn of the loop moves along the other axis, and its swap puts both back.
            samples = tf.transpose(samples, (0, 2, 1, 3))
        return samples

    def get_config(self) -> dict:
        return {"fraction": self.fraction}

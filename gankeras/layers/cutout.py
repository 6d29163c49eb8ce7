import tensorflow as tf

from gankeras import random
from gankeras.layers.differentiable_augmentation import AUGMENTATIONS, DifferentiableAugmentation


@AUGMENTATIONS.register("cutout")
class Cutout(DifferentiableAugmentation):
    """Blanks a square of each image, at a random place.

    Args:
        fraction: Side of the square as a share of the image's sides, in [0, 1).
        fill: Value inside the square, in the encoded range.

    References:
        - Zhao et al. 2020, arXiv:2006.10738, section 3.2 (half the side); DeVries and Taylor 2017, arXiv:1708.04552.

    Example:
        >>> holes = gankeras.layers.Cutout(0.5, fill=0.0)
        >>> float(tf.reduce_sum(holes(tf.ones((1, 8, 8, 1)), gankeras.random.fold(0)))) < 64
        True
    """

    takes_images = True

    def __init__(self, fraction: float = 0.5, fill: float = -1.0):
        if not 0 <= fraction < 1:
            raise ValueError(f"`fraction` must lie in [0, 1). Received: fraction={fraction!r}.")
        self.fraction = float(fraction)
        self.fill = float(fill)

    def __call__(self, samples, seed):
        batch = tf.shape(samples)[0]
        covered = tf.constant(True)
        for axis in (1, 2):
            size = samples.shape[axis]
            side = round(self.fraction * size)
            # The centre is uniform over the image, so a square may hang over the edge, as in the paper.
            start = random.integers(
                (batch, 1), random.fold(seed, axis), -(side // 2), size - side // 2
            )
            place = tf.range(size)[None, :]
            inside = (place >= start) & (place < start + side)
            covered = covered & tf.reshape(
                inside, (-1, size, 1, 1) if axis == 1 else (-1, 1, size, 1)
            )
        return tf.where(covered, tf.constant(self.fill, samples.dtype), samples)

    def get_config(self) -> dict:
        return {"fraction": self.fraction, "fill": self.fill}

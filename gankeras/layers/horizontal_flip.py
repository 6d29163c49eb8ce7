import tensorflow as tf

from gankeras import random
from gankeras.layers.differentiable_augmentation import AUGMENTATIONS, DifferentiableAugmentation


@AUGMENTATIONS.register("horizontal_flip")
class HorizontalFlip(DifferentiableAugmentation):
    """Mirrors each image left to right with probability one half.

    Only where a mirrored image keeps its label (clothes, animals; not digits, letters or organs): the generator
    will draw mirrored images too.

    Example:
        >>> flip = gankeras.layers.HorizontalFlip()
        >>> flip(tf.zeros((2, 8, 8, 1)), gankeras.random.fold(0)).shape
        TensorShape([2, 8, 8, 1])
    """

    takes_images = True

    def __call__(self, samples, seed):
        mirrored = random.uniform((tf.shape(samples)[0], 1, 1, 1), seed) < 0.5
        return tf.where(mirrored, tf.reverse(samples, [2]), samples)

"""Synthetic rows in a tf.data pipeline: the layer, and the arithmetic of its class mix."""

from gankeras.augmentation.gan_augmentation import GANAugmentation
from gankeras.augmentation.policy import Mix, plan_mix, target_counts

__all__ = ["GANAugmentation", "Mix", "plan_mix", "target_counts"]

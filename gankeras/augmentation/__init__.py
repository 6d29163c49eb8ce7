"""Synthetic rows in a tf.data pipeline: the layer, the arithmetic of its class mix, banks and their filters."""

from gankeras.augmentation.bank import Bank, draw_bank
from gankeras.augmentation.filters import (
    DiscriminatorQuantile,
    LabelAgreement,
    NearCopies,
    Outliers,
    SampleFilter,
)
from gankeras.augmentation.gan_augmentation import GANAugmentation
from gankeras.augmentation.gan_resampler import GANResampler
from gankeras.augmentation.policy import Mix, plan_additions, plan_mix, target_counts

__all__ = [
    "Bank",
    "DiscriminatorQuantile",
    "GANAugmentation",
    "GANResampler",
    "LabelAgreement",
    "Mix",
    "NearCopies",
    "Outliers",
    "SampleFilter",
    "draw_bank",
    "plan_additions",
    "plan_mix",
    "target_counts",
]

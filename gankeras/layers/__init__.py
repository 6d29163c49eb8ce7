"""Domain-free layers and the differentiable augmentations of the game."""

from gankeras.layers.adaptive_augmentation import AdaptiveAugmentation as AdaptiveAugmentation
from gankeras.layers.colour import Colour as Colour
from gankeras.layers.cutout import Cutout as Cutout
from gankeras.layers.dense_of_parts import DenseOfParts as DenseOfParts
from gankeras.layers.differentiable_augmentation import AUGMENTATIONS as AUGMENTATIONS
from gankeras.layers.differentiable_augmentation import (
    DifferentiableAugmentation as DifferentiableAugmentation,
)
from gankeras.layers.dropout import Dropout as Dropout
from gankeras.layers.horizontal_flip import HorizontalFlip as HorizontalFlip
from gankeras.layers.leaky_relu import LeakyReLU as LeakyReLU
from gankeras.layers.minibatch_standard_deviation import (
    MinibatchStandardDeviation as MinibatchStandardDeviation,
)
from gankeras.layers.span_activation import SpanActivation as SpanActivation
from gankeras.layers.spectral_normalization import SpectralNormalization as SpectralNormalization
from gankeras.layers.translation import Translation as Translation
from gankeras.layers.upsampled_conv2d import UpsampledConv2D as UpsampledConv2D

"""Regularizers: `compile(regularizers=[gk.regularizers.R1(0.5), "r2"])`."""

from gankeras.regularizers.gradient_penalties import R1 as R1
from gankeras.regularizers.gradient_penalties import R2 as R2
from gankeras.regularizers.gradient_penalties import GradientPenalty as GradientPenalty
from gankeras.regularizers.lecam import LeCam as LeCam
from gankeras.regularizers.regularizer import REGULARIZERS as REGULARIZERS
from gankeras.regularizers.regularizer import Regularizer as Regularizer

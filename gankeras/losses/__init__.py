"""Adversarial losses: `compile(loss="relativistic")` or `compile(loss=gk.losses.Relativistic())`."""

from gankeras.losses.adversarial_loss import LOSSES as LOSSES
from gankeras.losses.adversarial_loss import AdversarialLoss as AdversarialLoss
from gankeras.losses.hinge import Hinge as Hinge
from gankeras.losses.least_squares import LeastSquares as LeastSquares
from gankeras.losses.non_saturating import NonSaturating as NonSaturating
from gankeras.losses.relativistic import Relativistic as Relativistic
from gankeras.losses.wasserstein import Wasserstein as Wasserstein

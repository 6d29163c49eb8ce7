"""What a GAN must beat: synthesizers without a network, for the same tables and pipelines."""

from gankeras.baselines.bootstrap import Bootstrap
from gankeras.baselines.jitter import Jitter
from gankeras.baselines.smote import SMOTE

__all__ = ["SMOTE", "Bootstrap", "Jitter"]

"""Does it help, and does it leak? Procedures that probe real and synthetic data."""

from gankeras.evaluation.membership import Membership, membership
from gankeras.evaluation.memorisation import Memorisation, memorisation
from gankeras.evaluation.overlap import drop_overlap
from gankeras.evaluation.uplift import uplift

__all__ = ["Membership", "Memorisation", "drop_overlap", "membership", "memorisation", "uplift"]

"""Does it help? Procedures that train probes on real and synthetic data and return a `Report`."""

from gankeras.evaluation.overlap import drop_overlap
from gankeras.evaluation.uplift import uplift

__all__ = ["drop_overlap", "uplift"]

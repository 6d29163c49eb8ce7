"""Guards and records of a training run: `gan.fit(..., callbacks=[...])`."""

from gankeras.callbacks.collapse_guard import CollapseGuard as CollapseGuard
from gankeras.callbacks.sample_writer import SampleWriter as SampleWriter
from gankeras.core.keep_best import KeepBest as KeepBest
from gankeras.core.keep_last import KeepLast as KeepLast

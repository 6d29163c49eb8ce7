"""How real and synthetic rows compare, in any space of features."""

from gankeras.metrics.class_coverage import ClassCoverage as ClassCoverage
from gankeras.metrics.feature_metric import FeatureMetric as FeatureMetric
from gankeras.metrics.frechet_distance import FrechetDistance as FrechetDistance
from gankeras.metrics.inception_score import InceptionScore as InceptionScore
from gankeras.metrics.kernel_distance import KernelDistance as KernelDistance
from gankeras.metrics.nearest_neighbour_ratio import (
    NearestNeighbourRatio as NearestNeighbourRatio,
)
from gankeras.metrics.neighbours import nearest_distances as nearest_distances
from gankeras.metrics.prdc import PRDC as PRDC
from gankeras.metrics.two_sample_test import TwoSampleTest as TwoSampleTest

"""Does it help, and does it leak? Procedures that probe real and synthetic data."""

from gankeras.evaluation.fidelity import Fidelity, FidelityFigure, fidelity
from gankeras.evaluation.frames.attribute_inference import AttributeInference, attribute_inference
from gankeras.evaluation.frames.closest_records import ClosestRecords, closest_records
from gankeras.evaluation.frames.judge_table import judge_table
from gankeras.evaluation.frames.k_anonymity import KAnonymity, k_anonymity
from gankeras.evaluation.frames.similarity import Similarity, column_shapes, pair_trends
from gankeras.evaluation.judge_rows import judge_rows
from gankeras.evaluation.membership import Membership, membership
from gankeras.evaluation.memorisation import Memorisation, memorisation
from gankeras.evaluation.overlap import drop_overlap
from gankeras.evaluation.plan import Plan, plan
from gankeras.evaluation.ratio_sweep import ratio_sweep
from gankeras.evaluation.train_on_synthetic import train_on_synthetic
from gankeras.evaluation.two_sample import TwoSample, two_sample
from gankeras.evaluation.uplift import uplift

__all__ = [
    "AttributeInference",
    "ClosestRecords",
    "Fidelity",
    "FidelityFigure",
    "KAnonymity",
    "Membership",
    "Memorisation",
    "Plan",
    "Similarity",
    "TwoSample",
    "attribute_inference",
    "closest_records",
    "column_shapes",
    "drop_overlap",
    "fidelity",
    "judge_rows",
    "judge_table",
    "k_anonymity",
    "membership",
    "memorisation",
    "pair_trends",
    "plan",
    "ratio_sweep",
    "train_on_synthetic",
    "two_sample",
    "uplift",
]

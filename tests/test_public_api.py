"""The public names, as a golden list: adding or removing one is a decision, so it is made here too."""

import ast
import importlib
import pathlib

import pytest

PUBLIC = {
    "gankeras": [
        "AdversarialBatch",
        "AdversarialModel",
        "Codec",
        "Domain",
        "GAN",
        "GANAugmentation",
        "IdentityCodec",
        "Report",
        "Synthesizer",
        "__version__",
        "augmentation",
        "baselines",
        "callbacks",
        "core",
        "evaluation",
        "export",
        "images",
        "layers",
        "load",
        "losses",
        "metrics",
        "random",
        "registry",
        "regularizers",
        "reports",
        "serving",
        "tables",
        "testing",
    ],
    "gankeras.augmentation": [
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
    ],
    "gankeras.baselines": [
        "Bootstrap",
        "Jitter",
        "SMOTE",
    ],
    "gankeras.callbacks": [
        "CollapseGuard",
        "KeepBest",
        "KeepLast",
        "SampleWriter",
    ],
    "gankeras.evaluation": [
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
    ],
    "gankeras.images": [
        "ClassifierFeatures",
        "DCGAN",
        "EfficientNetLite0Features",
        "ImageFeatures",
        "InceptionV3Features",
        "ImageCodec",
        "RandomConvolutions",
        "datasets",
        "image_grid",
        "pictures",
        "write_pngs",
    ],
    "gankeras.layers": [
        "AUGMENTATIONS",
        "AdaptiveAugmentation",
        "Colour",
        "Cutout",
        "DenseOfParts",
        "DifferentiableAugmentation",
        "Dropout",
        "HorizontalFlip",
        "LeakyReLU",
        "MinibatchStandardDeviation",
        "SpanActivation",
        "SpectralNormalization",
        "Translation",
        "UpsampledConv2D",
    ],
    "gankeras.losses": [
        "AdversarialLoss",
        "Hinge",
        "LOSSES",
        "LeastSquares",
        "NonSaturating",
        "Relativistic",
        "Wasserstein",
    ],
    "gankeras.metrics": [
        "ClassCoverage",
        "FeatureMetric",
        "FrechetDistance",
        "InceptionScore",
        "KernelDistance",
        "NearestNeighbourRatio",
        "PRDC",
        "TwoSampleTest",
        "nearest_distances",
    ],
    "gankeras.regularizers": [
        "GradientPenalty",
        "LeCam",
        "R1",
        "R2",
        "REGULARIZERS",
        "Regularizer",
    ],
    "gankeras.reports": [
        "summary",
        "to_figure",
        "to_html",
        "to_markdown",
        "to_text",
    ],
    "gankeras.serving": [
        "export",
        "load",
        "weight_digest",
    ],
    "gankeras.tables": [
        "CTGAN",
        "ConditionCrossEntropy",
        "InformationLoss",
        "TableCodec",
    ],
}


def exported(module_name: str) -> list[str]:
    """What the module's `__init__` imports: nothing is public by accident, nor by a wildcard."""
    module = importlib.import_module(module_name)
    tree = ast.parse(pathlib.Path(module.__file__).read_text(encoding="utf-8"))
    # Its own modules, and what it takes from another floor on purpose: `import Name as Name`.
    names = [
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if node.module.startswith(module_name) or alias.asname == alias.name
    ]
    private = [name for name in names if name.startswith("_") and not name.startswith("__")]
    return sorted(set(names) - set(private))


@pytest.mark.parametrize("module_name", PUBLIC)
def test_names(module_name):
    module = importlib.import_module(module_name)
    assert exported(module_name) == sorted(PUBLIC[module_name])
    assert not [name for name in PUBLIC[module_name] if not hasattr(module, name)]

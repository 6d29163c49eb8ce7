"""Train GANs on scarce data, mix their samples into tf.data, and measure what that bought."""

from gankeras import (
    augmentation,
    baselines,
    callbacks,
    core,
    evaluation,
    images,
    layers,
    losses,
    metrics,
    random,
    registry,
    regularizers,
    reports,
    serving,
    tables,
    testing,
)
from gankeras.augmentation import GANAugmentation
from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.batch import AdversarialBatch
from gankeras.core.codec import Codec, IdentityCodec
from gankeras.core.gan import GAN
from gankeras.core.report import Report
from gankeras.core.synthesizer import Synthesizer
from gankeras.domain import Domain
from gankeras.serving import export, load
from gankeras.version import __version__

"""The discriminator as one turn of the game sees it."""

from typing import Any

import keras
import tensorflow as tf

from gankeras import random
from gankeras.core import networks
from gankeras.core.observer import own
from gankeras.layers import AUGMENTATIONS


class AugmentedDiscriminator:
    """The discriminator behind the differentiable augmentation; each batch passes through it once a turn.

    The loss and the gradient penalties share that pass (as in R3GAN), which saves a forward pass for each penalty.

    Args:
        network: The discriminator.
        augment: Differentiable augmentations, applied in order.
        seed: Int32 `(2,)`, the turn's.
    """

    def __init__(self, network: keras.Model, augment: list, seed: tf.Tensor, training: bool = True):
        self._network = network
        self._augment = augment
        self._seed = seed
        self.training = training
        self._passes: dict[int, tuple] = {}

    def __call__(self, samples: Any, conditions: dict[str, tf.Tensor]) -> tf.Tensor:
        """Logits, float32, one row a decision."""
        return self._pass(samples, conditions)[1]

    def features(self, samples: Any, conditions: dict[str, tf.Tensor]) -> tf.Tensor:
        """What a discriminator with an output `features` saw before it judged, one row a decision."""
        return self._pass(samples, conditions)[3]["features"]

    def logit_gradients(self, samples: Any, conditions: dict[str, tf.Tensor]) -> Any:
        """Gradient of each row's logits with respect to its own samples, in the samples' structure."""
        _, logits, tape, _ = self._pass(samples, conditions)
        return tape.gradient(logits, samples, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    def _pass(self, samples: Any, conditions: dict[str, tf.Tensor]) -> tuple:
        key = id(samples)
        if key not in self._passes:
            seed = random.fold(self._seed, len(self._passes))
            # Persistent, so that two penalties may ask for the same gradient; XLA and grappler merge the copies.
            with (
                tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape,
                random.seed_scope(seed),
            ):
                tape.watch(samples)
                seen = samples
                for index, augmentation in enumerate(self._augment):
                    seen = augmentation(seen, random.fold(seed, index))
                outputs = networks.call(
                    self._network, {**conditions, "samples": seen}, self.training
                )
                logits = tf.cast(outputs["logits"], tf.float32)
            # `samples` is kept so that its id stays its own for the life of the turn.
            self._passes[key] = (samples, logits, tape, outputs)
        return self._passes[key]


def augmentations_of(given: list, sample_shape: tuple[int, ...]) -> list:
    """Augmentations or their names as a game's own objects.

    Raises:
        ValueError: For an unknown name, and where augmentations of images would meet other samples.
    """
    augment = [own(AUGMENTATIONS.get(a)) for a in given]
    wrong = [type(a).__name__ for a in augment if getattr(a, "takes_images", False)]
    if wrong and len(sample_shape) != 3:
        raise ValueError(
            "These augmentations change images of shape (height, width, channels): leave them out, or write one for your data "
            "as a `gankeras.layers.DifferentiableAugmentation`. "
            f"Received: {wrong} for samples of shape {tuple(sample_shape)}."
        )
    return augment

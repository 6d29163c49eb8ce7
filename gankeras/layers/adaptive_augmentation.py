from typing import Any

import keras
import tensorflow as tf

from gankeras import random
from gankeras.layers.differentiable_augmentation import AUGMENTATIONS, DifferentiableAugmentation

AVERAGED_STEPS = 4
LEAST_IMAGES = 20_000
SHARE_OF_RUN = 0.1


@AUGMENTATIONS.register("adaptive")
class AdaptiveAugmentation(DifferentiableAugmentation):
    """Applies augmentations as often as the discriminator needs them: more while it learns the real samples by heart.

    Each augmentation meets each row with one probability. It rises while the real samples' logits agree in sign more
    than `target` says, and falls while they agree less. It starts at 0, is logged as `adaptive_probability` and saved
    with the GAN.

    Args:
        augmentations: Augmentations or their names, in order.
        target: Mean sign of the real logits (of real less fake under a relativistic loss) to hold, in (0, 1).
        images: Real samples over which the probability may go from 0 to 1; None takes a tenth of the run that `fit`
            plans, but at least 20,000.
        limit: Largest probability, in (0, 1]: below 1, rows come unchanged often enough that the generator need not
            draw the changes.

    Raises:
        ValueError: For an unknown name or a number out of range.

    Example:
        >>> adaptive = gankeras.layers.AdaptiveAugmentation(["horizontal_flip", "cutout"])
        >>> gan = gankeras.testing.toy_image_gan(trained_steps=0)
        >>> gan.compile(augment=[adaptive])
        >>> float(gan.augment[0].recall("probability"))
        0.0

    References:
        - Karras et al. 2020, arXiv:2006.06676, section 3 (sign statistic, target 0.6, limit 0.8 of section 2.2, four
          batches a measurement). Deviations: the measurement is a running mean, so the probability moves each step; the
          speed follows the length of the run (theirs is 500,000 images); under a relativistic loss, whose logits have
          no zero, the sign is that of real less fake.
    """

    logged = ("probability",)

    def __init__(
        self,
        augmentations: Any = ("horizontal_flip", "translation", "cutout"),
        target: float = 0.6,
        images: float | None = None,
        limit: float = 0.8,
    ):
        self.augmentations = [AUGMENTATIONS.get(a) for a in augmentations]
        if not 0 < target < 1:
            raise ValueError(f"`target` must lie in (0, 1). Received: target={target!r}.")
        if images is not None and not images > 0:
            raise ValueError(
                f"`images` must be a number above 0, or None. Received: images={images!r}."
            )
        if not 0 < limit <= 1:
            raise ValueError(f"`limit` must lie in (0, 1]. Received: limit={limit!r}.")
        self.target, self.limit = float(target), float(limit)
        self.images = None if images is None else float(images)

    @property
    def takes_images(self) -> bool:
        return any(augmentation.takes_images for augmentation in self.augmentations)

    def initial_state(self) -> dict[str, float]:
        return {"probability": 0.0, "signs": 0.0, "images": self.images or float(LEAST_IMAGES)}

    def plan(self, images: int) -> dict[str, float]:
        if self.images is not None:
            return {}
        return {"images": max(float(LEAST_IMAGES), SHARE_OF_RUN * images)}

    def observe(self, state, seen):
        signs = state["signs"] + (seen.real_signs - state["signs"]) / AVERAGED_STEPS
        step = tf.sign(signs - self.target) * seen.rows / state["images"]
        moved = tf.clip_by_value(state["probability"] + step, 0.0, self.limit)
        return {"probability": moved, "signs": signs, "images": state["images"]}

    def __call__(self, samples, seed):
        probability = self.recall("probability")
        for index, augmentation in enumerate(self.augmentations):
            own = random.fold(seed, index)
            one_a_row = (tf.shape(samples)[0], *[1] * (len(samples.shape) - 1))
            chosen = random.uniform(one_a_row, random.fold(own, 0x70))
            samples = tf.where(chosen < probability, augmentation(samples, own), samples)
        return samples

    def get_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        return {
            "augmentations": [serialize(a) for a in self.augmentations],
            "target": self.target,
            "images": self.images,
            "limit": self.limit,
        }

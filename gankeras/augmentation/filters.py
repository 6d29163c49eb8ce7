"""Filters of drawn samples: what a bank keeps."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras import random
from gankeras.core import networks
from gankeras.core.gan import GAN
from gankeras.core.real_rows import check_comparable, check_finite, is_array
from gankeras.core.synthesizer import GeneratorSynthesizer, Synthesizer
from gankeras.metrics import nearest_distances
from gankeras.metrics.feature_metric import flat_features

CHUNK = 256


class SampleFilter:
    """Says which drawn samples are kept. A subclass defines `keep`, and `prepare` where it must learn first.

    Example:
        >>> class RightHalf(gankeras.augmentation.SampleFilter):
        ...     def keep(self, x, y):
        ...         return x[:, 0] > 0
        >>> gan = gankeras.testing.toy_gan(trained_steps=20)
        >>> RightHalf().keep(gan.sample(8), None).shape
        (8,)
    """

    @property
    def name(self) -> str:
        """The name under which a bank counts what it drops."""
        return type(self).__name__

    def prepare(self, source: Synthesizer) -> None:
        """Called once, before the first draw."""

    def keep(self, x: Any, y: np.ndarray | None) -> np.ndarray:
        """Which rows to keep.

        Args:
            x: Raw samples `(n, ...)`, as the source draws them.
            y: Their class ids `(n,)`, or None.

        Returns:
            Bools `(n,)`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `keep`.")


class LabelAgreement(SampleFilter):
    """Keeps samples that a classifier takes for the class they were drawn as.

    Train the classifier on the training rows alone; one that has seen test rows would carry them into the bank. Of
    several classifiers the mean of their probabilities counts, which is right more often than any one of them.

    Args:
        classifier: A Keras model (or a function) from raw samples to one score a class, logits or probabilities; or
            a list of them.
        confidence: The least probability of the class, in [0, 1).

    Raises:
        ValueError: For a `confidence` out of range, a source without classes, or scores of another shape.

    Example:
        >>> always = lambda x: np.tile([0.1, 0.9], (len(x), 1))
        >>> kept = gankeras.augmentation.LabelAgreement(always).keep(
        ...     np.zeros((3, 2)), np.array([0, 1, 1])
        ... )
        >>> kept.tolist()
        [False, True, True]

    References:
        - Ravuri and Vinyals 2019, arXiv:1905.10887 (labels of samples are often not what the GAN was asked for).
    """

    def __init__(self, classifier: Any, confidence: float = 0.0):
        if not 0 <= confidence < 1:
            raise ValueError(
                f"`confidence` must lie in [0, 1). Received: confidence={confidence!r}."
            )
        several = isinstance(classifier, Sequence)
        self.classifiers = list(classifier) if several else [classifier]
        if not self.classifiers or not all(callable(c) for c in self.classifiers):
            raise ValueError(
                "`classifier` must be a Keras model, a function of raw samples, or a list of them. "
                f"Received: {classifier!r}."
            )
        self.confidence = float(confidence)

    def prepare(self, source: Synthesizer) -> None:
        if source.num_classes is None:
            raise ValueError(
                "`LabelAgreement` needs a source with classes: train the GAN with labels (a codec with "
                "`num_classes=`). Received: a source without classes."
            )

    def keep(self, x: Any, y: np.ndarray | None) -> np.ndarray:
        chances = np.mean(
            [_probabilities(classifier, x) for classifier in self.classifiers], axis=0
        )
        if chances.shape[1] <= y.max():
            raise ValueError(
                "`classifier` must give one score for each class of the source. "
                f"Received: {chances.shape[1]} scores, and samples of class {y.max()}."
            )
        return (chances.argmax(axis=1) == y) & (chances[np.arange(len(y)), y] >= self.confidence)


class DiscriminatorQuantile(SampleFilter):
    """Drops the share of each class' samples that the discriminator finds least real.

    It ranks what the generator draws; it is no judge of noise (see `Outliers`).

    Args:
        quantile: The share, in (0, 1).
        gan: The GAN whose discriminator judges; None takes the one that the bank is drawn from.
        calibration: Samples a class that the threshold is read off.

    Raises:
        ValueError: For a `quantile` out of range, or if there is no discriminator (a SavedModel holds none).

    Example:
        >>> gan = gankeras.testing.toy_gan(trained_steps=2)
        >>> filters = [gankeras.augmentation.DiscriminatorQuantile(0.5, calibration=64)]
        >>> len(gankeras.augmentation.draw_bank(gan, 40, filters, verbose=0))
        40

    References:
        - Azadi et al. 2018, arXiv:1810.06758 (rejection by the discriminator). Deviation: a threshold a class instead of
          a chance of acceptance, since logits of a relativistic discriminator have no fixed zero.
    """

    def __init__(self, quantile: float = 0.2, gan: Any = None, calibration: int = 256):
        if not 0 < quantile < 1:
            raise ValueError(f"`quantile` must lie in (0, 1). Received: quantile={quantile!r}.")
        if int(calibration) != calibration or calibration < 2:
            raise ValueError(
                f"`calibration` must be a whole number of at least 2. Received: calibration={calibration!r}."
            )
        self.quantile, self.gan, self.calibration = float(quantile), gan, int(calibration)
        self._thresholds: np.ndarray | None = None

    def prepare(self, source: Synthesizer) -> None:
        if self.gan is None and not isinstance(source, GeneratorSynthesizer):
            raise ValueError(
                "`DiscriminatorQuantile` needs a discriminator, and only a GAN has one: draw the bank from the GAN, or "
                f"pass `DiscriminatorQuantile(gan=gan)`. Received: a source of type {type(source).__name__}."
            )
        gan = source.gan if self.gan is None else self.gan
        self._logits = _discriminator_of(gan)
        classes = source.num_classes or 1
        labels = np.repeat(np.arange(classes), self.calibration).astype(np.int32)
        # Rows of their own, so that the threshold does not depend on what is kept.
        x = source.sample(len(labels), labels if source.num_classes else None, seed=2**31 - 1)
        logits = self._score(x, labels if source.num_classes else None)
        self._thresholds = np.quantile(logits.reshape(classes, -1), self.quantile, axis=1)

    def keep(self, x: Any, y: np.ndarray | None) -> np.ndarray:
        limits = self._thresholds[0] if y is None else self._thresholds[y]
        return self._score(x, y) >= limits

    def _score(self, x: Any, y: np.ndarray | None) -> np.ndarray:
        return _in_chunks(self._logits, x, y)


class _TrainingDistance(SampleFilter):
    """Judges a sample by its distance to the nearest training row, beside those of training rows to each other."""

    def __init__(self, x_train: Any, quantile: float, features: Callable | None):
        if not 0 <= quantile < 1:
            raise ValueError(f"`quantile` must lie in [0, 1). Received: quantile={quantile!r}.")
        if isinstance(x_train, tuple):
            raise ValueError(
                f"`{self.name}` takes the rows alone, without labels: pass `x` of `(x, y)`. "
                f"Received: a tuple of {len(x_train)}."
            )
        if len(x_train) < 2:
            raise ValueError(
                f"`{self.name}` compares training rows with each other; it needs at least 2. Received: {len(x_train)}."
            )
        check_finite(x_train, "x_train")
        self.features = features
        # One is enough to know what they look like.
        self._first = x_train[:1] if is_array(x_train) else x_train
        self._rows = flat_features(x_train, features)
        distances = nearest_distances(self._rows, self._rows, leave_out_itself=True)
        self.limit = float(np.quantile(distances, quantile))

    def prepare(self, source: Synthesizer) -> None:
        check_comparable(source.element_spec, self._first, "x_train")

    def _distances(self, x: Any) -> np.ndarray:
        return nearest_distances(flat_features(x, self.features), self._rows)[:, 0]

    @property
    def _slack(self) -> float:
        # Covers the rounding of a copy's distance to itself.
        return 1e-6 * max(self.limit, 1.0)


class NearCopies(_TrainingDistance):
    """Drops samples as near to a training row as hardly any other training row is.

    The limit is a quantile of the distance from each training row to its nearest other one. It keeps plain copies out
    of the bank; it makes nothing private.

    Args:
        x_train: The raw training rows `(n, ...)`, at least two.
        quantile: Of those distances, in [0, 1).
        features: Function of raw rows `(n, ...)` to features `(n, d)`; None takes the raw values.

    Raises:
        ValueError: For a `quantile` out of range, fewer than two rows, NaN, or (when a bank is drawn) rows of another
            shape or dtype than the source draws.

    Example:
        >>> train = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
        >>> copies = gankeras.augmentation.NearCopies(train, quantile=0.0)
        >>> copies.keep(np.array([[1.0, 0.0], [6.0, 0.0]]), None).tolist()
        [False, True]

    References:
        - Webster et al. 2019, arXiv:1901.03396 (nearest training rows against a reference).
    """

    def __init__(self, x_train: Any, quantile: float = 0.01, features: Callable | None = None):
        super().__init__(x_train, quantile, features)

    def keep(self, x: Any, y: np.ndarray | None) -> np.ndarray:
        return self._distances(x) > self.limit + self._slack


class Outliers(_TrainingDistance):
    """Drops samples farther from every training row than nearly all training rows are from each other: noise, broken images.

    A discriminator does not do this: late in training it has long ceased to see noise, and scores it like anything else.

    Args:
        x_train: The raw training rows `(n, ...)`, at least two.
        quantile: Of the distance from each training row to its nearest other one, in [0, 1).
        features: Function of raw rows `(n, ...)` to features `(n, d)`; None takes the raw values.

    Raises:
        ValueError: For a `quantile` out of range, fewer than two rows, NaN, or (when a bank is drawn) rows of another
            shape or dtype than the source draws.

    Example:
        >>> train = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
        >>> outliers = gankeras.augmentation.Outliers(train)
        >>> outliers.keep(np.array([[2.0, 0.0], [60.0, 0.0]]), None).tolist()
        [True, False]

    References:
        - Kynkaanniemi et al. 2019, arXiv:1904.06991, section 3 (samples outside the real rows' neighbourhoods).
          Deviation: one radius for all rows.
    """

    def __init__(self, x_train: Any, quantile: float = 0.99, features: Callable | None = None):
        super().__init__(x_train, quantile, features)

    def keep(self, x: Any, y: np.ndarray | None) -> np.ndarray:
        return self._distances(x) <= self.limit + self._slack


def _probabilities(classifier: Any, x: Any) -> np.ndarray:
    model = (
        (lambda v: classifier(v, training=False))
        if isinstance(classifier, keras.Model)
        else classifier
    )
    scores = _in_chunks(lambda v, _: model(v), x, None).astype(np.float64)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise ValueError(
            "`classifier` must give one score for each class, two for two classes. "
            f"Received: scores of shape {scores.shape} for {len(scores)} samples."
        )
    sums = scores.sum(axis=1)
    if (scores >= 0).all() and np.allclose(sums, 1.0, atol=1e-3):
        return scores
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def _discriminator_of(gan: Any) -> Callable:
    if not isinstance(gan, GAN):
        raise ValueError(
            f"`DiscriminatorQuantile(gan=...)` must be a GAN, which has a discriminator. Received: {gan!r}."
        )
    codec = gan.codec

    @tf.function(autograph=False, reduce_retracing=True)
    def logits(x: Any, y: Any) -> tf.Tensor:
        encoded = codec.encode(x, y)
        inputs = {**encoded["conditions"], "samples": encoded["samples"]}
        with random.seed_scope(random.fold(0)):
            found = networks.call(gan.discriminator, inputs, training=False)["logits"]
        found = tf.cast(found, tf.float32)
        # Several decisions on one sample (patches) count by their mean.
        return tf.reduce_mean(tf.reshape(found, (tf.shape(found)[0], -1)), axis=1)

    return logits


def _in_chunks(function: Callable, x: Any, y: np.ndarray | None) -> np.ndarray:
    rows = len(tf.nest.flatten(x)[0])
    parts = []
    for start in range(0, rows, CHUNK):
        piece = slice(start, start + CHUNK)
        some = tf.nest.map_structure(lambda a: tf.convert_to_tensor(a[piece]), x)  # noqa: B023 - called at once
        labels = None if y is None else tf.convert_to_tensor(y[piece])
        parts.append(np.asarray(function(some, labels)))
    return np.concatenate(parts)

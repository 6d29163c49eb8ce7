"""The two-player game: the one training loop of the package."""

from typing import Any

import keras
import tensorflow as tf

from gankeras import random
from gankeras.core import networks
from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.augmented_discriminator import AugmentedDiscriminator, augmentations_of
from gankeras.core.batch import AdversarialBatch
from gankeras.core.codec import Codec, IdentityCodec
from gankeras.core.fused_adam import FusedAdam
from gankeras.core.observer import Observers, own
from gankeras.losses import LOSSES
from gankeras.regularizers import REGULARIZERS

# Streams of randomness within a step.
LATENTS, DISCRIMINATOR_TURN, GENERATOR_TURN = 0, 1, 2


@keras.saving.register_keras_serializable("gankeras")
class GAN(AdversarialModel):
    """A generator and a discriminator that learn from each other, trained by `fit` on raw data.

    Args:
        generator: Functional model `{"latents": (n, d)[, "labels": (n,)]} -> {"samples": (n, ...)}`.
        discriminator: Functional model `{"samples": (n, ...)[, "labels": (n,)]} -> {"logits": (n, ...)}`.
        codec: The `Codec` of the raw data; None takes the samples as float32 tensors of any range, without labels
            unless the generator declares them.
        seed: Of all randomness of the training.

    Call arguments:
        inputs: Dict of the generator's inputs.

    Returns:
        `{"samples": ...}`, encoded, of the averaged generator.

    Raises:
        TypeError: If a network is not a functional model of dicts.
        ValueError: If the networks and the codec do not fit together.

    Example:
        >>> codec = gankeras.IdentityCodec((2,))
        >>> latents = keras.Input((4,), name="latents")
        >>> generator = keras.Model(
        ...     {"latents": latents}, {"samples": keras.layers.Dense(2)(latents)}
        ... )
        >>> samples = keras.Input((2,), name="samples")
        >>> discriminator = keras.Model(
        ...     {"samples": samples}, {"logits": keras.layers.Dense(1)(samples)}
        ... )
        >>> gan = gankeras.GAN(generator, discriminator, codec)
        >>> gan.compile(loss="relativistic", regularizers=[gankeras.regularizers.R1(0.1)])
        >>> history = gan.fit(np.zeros((8, 2), "float32"), batch_size=4, verbose=0)
        >>> gan.sample(3).shape
        (3, 2)

    References:
        - Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1. Deviation: the generator learns from the same fake
          batch that the discriminator was just updated on, which saves a pass of the generator a step.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        codec: Codec | None = None,
        seed: int = 0,
        **kwargs,
    ):
        networks.check_network(generator, "generator", "latents", "samples")
        networks.check_network(discriminator, "discriminator", "samples", "logits")
        codec = codec if codec is not None else _identity_codec(generator)
        _check_fit_together(generator, discriminator, codec)
        super().__init__(generator, codec, seed, **kwargs)
        self.discriminator = discriminator
        # Keras would otherwise build the model with a real batch under a strategy.
        self.built = True

    @property
    def players(self) -> dict[str, keras.Model]:
        return {"discriminator": self.discriminator, "generator": self.generator}

    def compile(
        self,
        loss: Any = "non_saturating",
        regularizers: Any = (),
        generator_optimizer: Any = None,
        discriminator_optimizer: Any = None,
        augment: Any = (),
        discriminator_steps: int = 1,
        ema_half_life: float = 10_000,
        **trainer: Any,
    ) -> None:
        """Sets the game.

        Args:
            loss: An `AdversarialLoss` or its name: one of `gankeras.losses.LOSSES.names()`.
            regularizers: List of `Regularizer` objects or names, or one.
            generator_optimizer: Defaults to `FusedAdam(2e-4, beta_1=0.5)`. For a changing rate give it one of
                `keras.optimizers.schedules`, such as `CosineDecay`; Keras' rate callbacks want a single `model.optimizer`.
            discriminator_optimizer: As above; a larger rate gives two time scales (Heusel et al. 2017, arXiv:1706.08500).
            augment: List of differentiable augmentations, or names, or one, on real and fake alike.
            discriminator_steps: Discriminator updates to one of the generator.
            ema_half_life: Memory of the averaged generator, in images.
            **trainer: `jit_compile`, `run_eagerly`, `steps_per_execution` (1 on several replicas), as in Keras.

        Raises:
            ValueError: For an unknown name, or a number out of range.
        """
        self.adversarial_loss = LOSSES.get(loss)
        self.regularizers = _different([own(REGULARIZERS.get(r)) for r in _several(regularizers)])
        self.augment = augmentations_of(_several(augment), self.codec.sample_shape)
        if int(discriminator_steps) != discriminator_steps or discriminator_steps < 1:
            raise ValueError(
                f"`discriminator_steps` must be a whole number of at least 1. Received: {discriminator_steps!r}."
            )
        if not ema_half_life >= 0:
            raise ValueError(
                f"`ema_half_life` is a number of images, at least 0. Received: {ema_half_life!r}."
            )
        self.discriminator_steps = int(discriminator_steps)
        self.observers = Observers([*self.regularizers, *self.augment])
        self.compile_players(
            optimizers={
                "generator": generator_optimizer or FusedAdam(2e-4, beta_1=0.5),
                "discriminator": discriminator_optimizer or FusedAdam(2e-4, beta_1=0.5),
            },
            metric_names=[
                "discriminator_loss",
                "generator_loss",
                "real_logits",
                "fake_logits",
                "real_signs",
                *[r.name for r in self.regularizers],
                *self.observers.logged,
            ],
            ema_half_life=ema_half_life,
            **trainer,
        )
        self._generate = self.compiled_function(self._generate_batch)
        self._discriminator_gradients = self.compiled_function(self._differentiate_discriminator)
        self._sample_gradients = self.compiled_function(self._differentiate_samples)

    # The four hooks.

    def unpack(self, data: dict[str, Any]) -> tuple[Any, dict[str, tf.Tensor]]:
        """Encoded data as real samples and conditions."""
        return data["samples"], data.get("conditions", {})

    def sample_latents(self, num: tf.Tensor | int, seed: tf.Tensor) -> tf.Tensor:
        """Standard normal latents, `(num, *latent_shape)`."""
        return random.normal(
            (num, *networks.declared_inputs(self.generator)["latents"].shape[1:]), seed
        )

    def discriminator_terms(
        self, discriminator: AugmentedDiscriminator, batch: AdversarialBatch
    ) -> dict[str, tf.Tensor]:
        """What the discriminator minimizes the sum of: named terms, one value a decision."""
        real = discriminator(batch.real, batch.conditions)
        fake = discriminator(batch.fake, batch.conditions)
        terms = {"discriminator_loss": self.adversarial_loss.discriminator(real, fake)}
        return terms | self._penalties("discriminator", discriminator, batch)

    def generator_terms(
        self, discriminator: AugmentedDiscriminator, batch: AdversarialBatch
    ) -> dict[str, tf.Tensor]:
        """What the generator minimizes the sum of: named terms, one value a decision, as functions of `batch.fake`."""
        relativistic = self.adversarial_loss.relativistic
        real = discriminator(batch.real, batch.conditions) if relativistic else None
        fake = discriminator(batch.fake, batch.conditions)
        terms = {"generator_loss": self.adversarial_loss.generator(real, fake)}
        return terms | self._penalties("generator", discriminator, batch)

    # The game.

    def train_step(self, data: dict[str, Any]) -> dict[str, tf.Tensor]:
        """One step on encoded data: each player is updated, the generator on the fakes the discriminator just saw."""
        # Where the data just ended there is no step: no count may go up before the batch is there.
        with tf.control_dependencies(tf.nest.flatten(data)):
            return self._play(data)

    def _play(self, data: dict[str, Any]) -> dict[str, tf.Tensor]:
        real, conditions = self.unpack(data)
        rows = tf.shape(tf.nest.flatten(real)[0])[0]
        for turn in range(self.discriminator_steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([v.value for v in self.generator.trainable_variables])
                latents, fake = self._generate(conditions, rows, self.step_seed(LATENTS, turn))
            batch = AdversarialBatch(real, fake, latents, conditions)
            self._update_discriminator(batch, self.step_seed(DISCRIMINATOR_TURN, turn))
        self._update_generator(batch, fake, tape, self.step_seed(GENERATOR_TURN))
        self.advance(rows)
        return self.finished_logs()

    def test_step(self, data: dict[str, Any]) -> dict[str, tf.Tensor]:
        """The losses on encoded data, without an update."""
        real, conditions = self.unpack(data)
        rows = tf.shape(tf.nest.flatten(real)[0])[0]
        latents, fake = self._generate(conditions, rows, self.step_seed(LATENTS))
        batch = AdversarialBatch(
            real, fake, latents, conditions, self.step_seed(DISCRIMINATOR_TURN)
        )
        discriminator = AugmentedDiscriminator(
            self.discriminator, self.augment, batch.seed, training=False
        )
        terms = self.discriminator_terms(discriminator, batch) | self.generator_terms(
            discriminator, batch
        )
        verdicts = self._verdicts(discriminator(real, conditions), discriminator(fake, conditions))
        means = {name: tf.reduce_mean(term) for name, term in terms.items()}
        # The last batch may be smaller than the others.
        self.log(means | verdicts | self.observers.logged, rows)
        return self.finished_logs()

    def _update_discriminator(self, batch: AdversarialBatch, seed: tf.Tensor) -> None:
        gradients, logs = self._discriminator_gradients(
            batch.real, batch.fake, batch.latents, batch.conditions, seed
        )
        self.log(logs)
        self.update("discriminator", gradients)
        self.observers.observe(logs, tf.shape(tf.nest.flatten(batch.real)[0])[0])
        self.log(self.observers.logged)

    def _update_generator(
        self, batch: AdversarialBatch, fake: Any, tape: tf.GradientTape, seed: tf.Tensor
    ) -> None:
        # The chain rule in two links: how each fake should change, then the weights that change it so.
        directions, logs = self._sample_gradients(
            batch.real, batch.fake, batch.latents, batch.conditions, seed
        )
        variables = [v.value for v in self.generator.trainable_variables]
        gradients = tape.gradient(
            tf.nest.flatten(fake), variables, output_gradients=tf.nest.flatten(directions)
        )
        self.log(logs)
        self.update("generator", gradients)

    def _generate_batch(
        self, conditions: dict[str, tf.Tensor], rows: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, Any]:
        latents = self.sample_latents(rows, seed)
        with random.seed_scope(random.fold(seed, 1)):
            fake = networks.call(self.generator, {**conditions, "latents": latents}, training=True)[
                "samples"
            ]
        return latents, fake

    def _differentiate_discriminator(
        self, real: Any, fake: Any, latents: Any, conditions: Any, seed: tf.Tensor
    ) -> tuple:
        variables = [v.value for v in self.discriminator.trainable_variables]
        batch = AdversarialBatch(real, fake, latents, conditions, seed)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            discriminator = AugmentedDiscriminator(self.discriminator, self.augment, seed)
            terms = self.discriminator_terms(discriminator, batch)
            objective = self.discriminator_optimizer.scale_loss(_per_replica_mean(terms))
        logs = {name: tf.reduce_mean(term) for name, term in terms.items()}
        logs |= self._verdicts(discriminator(real, conditions), discriminator(fake, conditions))
        return tape.gradient(objective, variables), logs

    def _verdicts(self, real: tf.Tensor, fake: tf.Tensor) -> dict[str, tf.Tensor]:
        # The logits of a relativistic loss have no zero of their own.
        sure = real - fake if self.adversarial_loss.relativistic else real
        values = {"real_logits": real, "fake_logits": fake, "real_signs": tf.sign(sure)}
        return {name: tf.reduce_mean(value) for name, value in values.items()}

    def _differentiate_samples(
        self, real: Any, fake: Any, latents: Any, conditions: Any, seed: tf.Tensor
    ) -> tuple:
        batch = AdversarialBatch(real, fake, latents, conditions, seed)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            discriminator = AugmentedDiscriminator(self.discriminator, self.augment, seed)
            terms = self.generator_terms(discriminator, batch)
            objective = self.generator_optimizer.scale_loss(_per_replica_mean(terms))
        directions = tape.gradient(objective, fake)
        if any(direction is None for direction in tf.nest.flatten(directions)):
            raise ValueError(
                "The generator learns by how the logits change with its samples, and they do not: between them must stand "
                "neither `stop_gradient` nor whole numbers. "
                f"Received: samples of dtype {[part.dtype.name for part in tf.nest.flatten(fake)]}."
            )
        return directions, {name: tf.reduce_mean(term) for name, term in terms.items()}

    def _penalties(
        self, player: str, discriminator: AugmentedDiscriminator, batch: AdversarialBatch
    ) -> dict[str, tf.Tensor]:
        return {
            regularizer.name: self._lazy_penalty(regularizer, discriminator, batch)
            for regularizer in self.regularizers
            if regularizer.player == player
        }

    def _lazy_penalty(self, regularizer: Any, network: Any, batch: AdversarialBatch) -> tf.Tensor:
        # In an evaluation no step goes by, so that none would be due, or all.
        if regularizer.interval == 1 or not network.training:
            return regularizer.penalty(network, batch)
        due = tf.convert_to_tensor(self.step_counter.value) % regularizer.interval == 0
        if self._jit_inside_replica:
            # XLA must know the shape of all that a branch keeps for its gradient, and an augmentation may not say it.
            penalty = regularizer.penalty(network, batch) * regularizer.interval
            return tf.where(due, penalty, tf.zeros_like(penalty))
        # As many as there are decisions: a mean over fewer zeros is the same.
        zeros = tf.zeros(tf.shape(network(batch.real, batch.conditions))[:1])
        return tf.cond(
            due, lambda: regularizer.penalty(network, batch) * regularizer.interval, lambda: zeros
        )

    def get_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        return {
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "codec": serialize(self.codec),
            "seed": self.seed,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        deserialize = keras.saving.deserialize_keras_object
        return cls(
            **{
                k: deserialize(v, custom_objects) if isinstance(v, dict) else v
                for k, v in config.items()
            }
        )

    def get_compile_config(self) -> dict:
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        return {
            "loss": serialize(self.adversarial_loss),
            "regularizers": [serialize(r) for r in self.regularizers],
            "generator_optimizer": serialize(self.generator_optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
            "augment": [serialize(a) for a in self.augment],
            "discriminator_steps": self.discriminator_steps,
            "ema_half_life": self.ema_half_life,
            **self._trainer_options,
        }

    def compile_from_config(self, config: dict) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))


def _several(given: Any) -> list:
    """A list, also of one that stands alone."""
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _different(regularizers: list) -> list:
    names = [r.name for r in regularizers]
    if len(set(names)) != len(names):
        raise ValueError(
            f"Each kind of regularizer can be used once; they are logged by name. Received: {names}."
        )
    return regularizers


def _identity_codec(generator: keras.Model) -> IdentityCodec:
    labels = generator.input.get("labels")
    if labels is not None:
        raise ValueError(
            "The generator declares labels, so the codec must say how many classes there are: "
            f"`GAN(generator, discriminator, IdentityCodec({tuple(generator.output['samples'].shape[1:])}, num_classes=...))`. "
            "Received: codec=None."
        )
    return IdentityCodec(generator.output["samples"].shape[1:])


def _check_fit_together(generator: keras.Model, discriminator: keras.Model, codec: Codec) -> None:
    made, seen = generator.output["samples"].shape[1:], discriminator.input["samples"].shape[1:]
    if tuple(made) != tuple(codec.sample_shape) or tuple(seen) != tuple(codec.sample_shape):
        raise ValueError(
            f"Generator, discriminator and codec must have samples of one shape. Received: the generator makes {tuple(made)}, "
            f"the discriminator takes {tuple(seen)}, the codec's are {tuple(codec.sample_shape)}."
        )
    known = {"latents", "samples", *codec.condition_spec}
    foreign = sorted((set(generator.input) | set(discriminator.input)) - known)
    if foreign:
        raise ValueError(
            f"A network declares inputs that the codec does not give; it gives {sorted(known)}. Received: {foreign}."
        )


def _per_replica_mean(terms: dict[str, tf.Tensor]) -> tf.Tensor:
    # TensorFlow's optimizers add gradients up over replicas; this division makes that a mean. It stands only here.
    return (
        tf.add_n([tf.reduce_mean(t) for t in terms.values()])
        / tf.distribute.get_strategy().num_replicas_in_sync
    )

"""The plumbing of every adversarial method: players, optimizers, seeds, averages, saving."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras import random
from gankeras.core import kept, memories, moving_average, training_data
from gankeras.core.codec import Codec
from gankeras.core.graph_errors import DIVERGED, MAX_SKIPPED_UPDATES
from gankeras.core.keep_best import MOST_ROWS, KeepBest
from gankeras.core.keep_last import KeepLast
from gankeras.core.kept import Kept
from gankeras.core.observer import Observers
from gankeras.core.raw_data_model import RawDataModel
from gankeras.core.real_and_synthetic import LEAST_ROWS
from gankeras.core.synthesizer import Synthesizer


class AdversarialModel(RawDataModel):
    """A `keras.Model` with several players, each with a network and an optimizer of its own.

    It owns what every adversarial method needs and no game: `GAN` plays the two-player one. A method with other
    phases subclasses this, lists its `players`, and writes its own `train_step` on top of `step_seed`, `update` and
    `advance`.

    Args:
        generator: Functional model `{"latents": ..., "labels": ...} -> {"samples": ...}`, built.
        codec: The codec of the raw data.
        seed: Of all randomness: latents, augmentation, penalties, the order of the data.
        num_players: How many `players` there are.
    """

    def __init__(
        self, generator: keras.Model, codec: Codec, seed: int = 0, num_players: int = 2, **kwargs
    ):
        super().__init__(codec, seed, **kwargs)
        self.generator = generator
        self.ema_generator = moving_average.copy_network(generator)
        self._synthesizer: Synthesizer | None = None
        self.observers = Observers([])
        self.kept: Kept | None = None
        self.memories = memories.Memories()
        self.skipped_in_a_row = self.add_weight(
            name="skipped_in_a_row",
            shape=(num_players,),
            dtype="int32",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )

    @property
    def players(self) -> dict[str, keras.Model]:
        """The networks that learn, by the name of their player; `<player>_optimizer` is its optimizer."""
        raise NotImplementedError(f"{type(self).__name__} must define `players`.")

    @property
    def metrics(self) -> list:
        # Keras would add a "loss" that nothing updates.
        return list(getattr(self, "_game_metrics", {}).values())

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        # Players arrive built. Keras would first average a batch over the replicas, which fails for dicts on many workers.
        return

    def call(self, inputs: dict[str, tf.Tensor], training: bool = False) -> dict[str, tf.Tensor]:
        """Encoded samples of the averaged generator: `{"latents": (n, d), ...} -> {"samples": (n, ...)}`."""
        return self.ema_generator(inputs, training=False)

    def sample(
        self, num: int, labels: Any = None, conditions: dict | None = None, seed: int = 0
    ) -> Any:
        """Raw samples of the averaged generator: see `Synthesizer.sample`."""
        if self._synthesizer is None:
            self._synthesizer = Synthesizer.from_gan(self)
        return self._synthesizer.sample(num, labels, conditions, seed)

    def compile_players(
        self,
        optimizers: dict[str, Any],
        metric_names: list[str],
        ema_half_life: float,
        **trainer: Any,
    ) -> None:
        """The part of `compile` that every method shares.

        Args:
            optimizers: One for each player, by its name; built here, since Keras would lose the state of one built later.
            metric_names: Of the means that the game logs.
            ema_half_life: In images.
            **trainer: `jit_compile`, `run_eagerly`, `steps_per_execution`, as in Keras.
        """
        self._trainer_options = {
            "jit_compile": trainer.pop("jit_compile", "auto"),
            "run_eagerly": trainer.pop("run_eagerly", False),
            "steps_per_execution": trainer.pop("steps_per_execution", 1),
        }
        if trainer:
            raise TypeError(
                f"`compile` got options that it does not know. Received: {sorted(trainer)}."
            )
        options = _resolve_trainer_options(self._trainer_options, self.players)
        self._jit_inside_replica = options["jit_compile"]
        super().compile(
            optimizer=None,
            run_eagerly=options["run_eagerly"],
            steps_per_execution=options["steps_per_execution"],
            jit_compile=False,
        )
        _check_own_optimizers(optimizers)
        self.ema_half_life = float(ema_half_life)
        for name, network in self.players.items():
            optimizer = keras.optimizers.get(optimizers[name])
            _check_precision(name, network, optimizer)
            if not network.trainable_variables:
                raise ValueError(
                    f"The {name} has nothing to learn: leave it `trainable`, and a GAN that is to stay as it is unfitted. "
                    f"Received: trainable={network.trainable}, {len(network.variables)} variables."
                )
            if not optimizer.built:
                optimizer.build(network.trainable_variables)
            setattr(self, f"{name}_optimizer", optimizer)
        self._game_metrics = {name: keras.metrics.Mean(name=name) for name in metric_names}
        self._game_metrics["skipped_updates"] = keras.metrics.Sum(name="skipped_updates")

    @property
    def features(self) -> Callable | None:
        """Function of raw rows to features `(n, d)`, by which `fit` keeps the best epoch; None: it keeps the last.

        A recipe says its own.
        """
        return None

    def first_callbacks(self, callbacks: list, real: Any) -> list:
        mine = [c for c in callbacks if isinstance(c, KeepBest | KeepLast)]
        if real is not None and not mine and (features := self.features) is not None:
            x, y = training_data.first_rows(real, self.codec, MOST_ROWS)
            if len(tf.nest.flatten(x)[0]) >= LEAST_ROWS:
                mine = [KeepBest(x, y, features)]
        # Before the others, so that a log has their figures and a checkpoint of this epoch holds what they found.
        callbacks = [*mine, *[c for c in callbacks if c not in mine]]
        return sorted(callbacks, key=lambda c: not getattr(c, "before_checkpoints", False))

    def plan(self, images: int) -> None:
        self.observers.plan(images)

    def compiled_function(self, function: Any) -> Any:
        """`function` as it is, or compiled by XLA inside the replica (Keras compiles around it, which two replicas refuse)."""
        return tf.function(function, jit_compile=True) if self._jit_inside_replica else function

    def step_seed(self, *stream: int) -> tf.Tensor:
        """The seed of this step, stream and replica: int32 `(2,)`."""
        step = tf.convert_to_tensor(self.step_counter.value)
        # Two halves: an int32 alone would repeat after 2**31 steps.
        low = tf.bitwise.bitwise_and(step, 0x7FFFFFFF)
        high = tf.bitwise.right_shift(step, tf.constant(31, tf.int64))
        return random.fold(self.seed, low, high, *stream, random.replica())

    def update(self, player: str, gradients: list) -> None:
        """Applies one player's gradients, unless one of them is NaN or infinite: then the update is skipped and counted."""
        optimizer, variables = (
            getattr(self, f"{player}_optimizer"),
            self.players[player].trainable_variables,
        )
        pairs = [(g, v) for g, v in zip(gradients, variables, strict=False) if g is not None]
        # Those of embeddings come as slices, which replicas would gather one by one; the optimizers spread them anyway.
        gradients = [tf.convert_to_tensor(g) for g, _ in pairs]
        variables = [v for _, v in pairs]
        # A sum is NaN or infinite as soon as one term is: one number a tensor to look at.
        poisoned = tf.cast(
            ~tf.math.is_finite(tf.add_n([tf.reduce_sum(g) for g in gradients])), tf.int32
        )
        context = tf.distribute.get_replica_context()
        if context.num_replicas_in_sync > 1:
            poisoned = context.all_reduce(tf.distribute.ReduceOp.SUM, poisoned)
        finite = poisoned == 0
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            # It skips by itself, and lowers its scale by what it skips.
            optimizer.apply(gradients, variables)
        elif context.num_replicas_in_sync == 1:
            tf.cond(finite, lambda: _apply(optimizer, gradients, variables), lambda: tf.constant(0))
        else:
            _apply_and_undo(optimizer, gradients, variables, finite)
        self._count_skipped(player, finite)

    def advance(self, batch_size: tf.Tensor | int) -> None:
        """Ends a step: moves the averaged generator and the step counter.

        Args:
            batch_size: Rows of this replica.
        """
        images = batch_size * tf.distribute.get_strategy().num_replicas_in_sync
        keep = moving_average.decay(
            tf.convert_to_tensor(self.step_counter.value), images, self.ema_half_life
        )
        moving_average.update(self.ema_generator, self.generator, keep)
        self.step_counter.assign_add(1)

    def log(self, values: dict[str, tf.Tensor], weight: tf.Tensor | None = None) -> None:
        """Adds a step's values to the means of the epoch; names that were not announced to `compile` are an error.

        Args:
            values: Scalars by name.
            weight: Of this step in the means; None where all steps weigh alike.
        """
        for name, value in values.items():
            self._game_metrics[name].update_state(value, weight)

    def finished_logs(self) -> dict[str, tf.Tensor]:
        """What a step returns: the means so far, by name."""
        logs = self.get_metrics_result()
        if isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy):
            # Keras reduces the logs of many workers along axis 0, which scalars lack.
            logs = {name: tf.reshape(value, (1,)) for name, value in logs.items()}
        return logs

    def _count_skipped(self, player: str, finite: tf.Tensor) -> None:
        skipped = 1 - tf.cast(finite, tf.int32)
        mine = tf.one_hot(list(self.players).index(player), len(self.players), dtype=tf.int32)
        # A good update sets the player's count back to 0; the other players' stay.
        counts = tf.convert_to_tensor(self.skipped_in_a_row.value)
        counts = (counts + mine * skipped) * (1 - mine * (1 - skipped))
        tf.debugging.Assert(tf.reduce_max(counts) < MAX_SKIPPED_UPDATES, [DIVERGED])
        self.skipped_in_a_row.assign(counts)
        # Every replica counts the same skip, and Keras adds the replicas up.
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        self._game_metrics["skipped_updates"].update_state(tf.cast(skipped, tf.float32) / replicas)

    def save_own_variables(self, store: Any) -> None:
        """Adds the seed states of foreign layers and the parts' memory, so that a resumed run repeats itself."""
        super().save_own_variables(store)
        self.observers.store(store)
        if self.kept is not None:
            self.kept.store(store)
        self.memories.store(store)
        for index, variable in enumerate(self._foreign_seed_states()):
            store[f"seed_state_{index}"] = keras.ops.convert_to_numpy(variable)

    def load_own_variables(self, store: Any) -> None:
        values = {name: np.asarray(store[name]) for name in list(store.keys())}
        self.observers.load(values)
        self.kept = kept.load(values)
        self.memories = memories.load(values)
        for index, variable in enumerate(self._foreign_seed_states()):
            variable.assign(values.pop(f"seed_state_{index}"))
        super().load_own_variables(values)

    def _foreign_seed_states(self) -> list:
        weights = {id(v) for v in self.weights}
        states = [
            v
            for network in self.players.values()
            for v in network.variables
            if id(v) not in weights
        ]
        return states


def _apply(optimizer: Any, gradients: list, variables: list) -> tf.Tensor:
    optimizer.apply(gradients, variables)
    return tf.constant(0)


def _apply_and_undo(optimizer: Any, gradients: list, variables: list, finite: tf.Tensor) -> None:
    # Replicas exchange gradients inside `apply`, and a collective may not stand in a branch: so the update is always made,
    # and taken back where it must not be. What each replica writes by itself is copied in that case alone.
    changed = [v.value for v in [*variables, *optimizer.variables]]
    own = [v for v in changed if v.aggregation == tf.VariableAggregation.NONE]
    shared = [v for v in changed if v.aggregation != tf.VariableAggregation.NONE]
    before = [tf.identity(v) for v in shared]
    kept = tf.cond(
        finite,
        lambda: [tf.zeros((0,) * v.shape.rank, v.dtype) for v in own],
        lambda: [tf.identity(v) for v in own],
    )
    optimizer.apply(gradients, variables)
    tf.cond(finite, lambda: tf.constant(0), lambda: _restore(own, kept))
    for variable, value in zip(shared, before, strict=True):
        variable.assign(tf.where(finite, tf.identity(variable), value))


def _restore(variables: list, values: list) -> tf.Tensor:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(tf.ensure_shape(value, variable.shape))
    return tf.constant(0)


def _resolve_trainer_options(
    options: dict[str, Any], players: dict[str, keras.Model]
) -> dict[str, Any]:
    resolved = dict(options)
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if keras.distribution.distribution() is not None:
        raise ValueError(
            "`keras.distribution` does nothing on the TensorFlow backend. Build and compile the GAN inside "
            "`tf.distribute.MirroredStrategy().scope()` instead. "
            f"Received: {keras.distribution.distribution()!r}."
        )
    if resolved["jit_compile"] == "auto":
        # On a CPU, XLA was from 28 % slower to 28 % faster by model: left to whoever measured.
        resolved["jit_compile"] = bool(tf.config.list_physical_devices("GPU")) and replicas == 1
    if resolved["run_eagerly"]:
        resolved["jit_compile"] = False
    if replicas > 1 and resolved["steps_per_execution"] != 1:
        warnings.warn(
            "`steps_per_execution` above 1 fails with several replicas; 1 is used.", stacklevel=4
        )
        resolved["steps_per_execution"] = 1
    norms = [
        n
        for n, net in players.items()
        if any(isinstance(x, keras.layers.BatchNormalization) for x in _layers(net))
    ]
    if replicas > 1 and norms and resolved["jit_compile"]:
        warnings.warn(
            f"BatchNormalization cannot be synchronized inside XLA, so training is not compiled. Received: it in the {norms}.",
            stacklevel=4,
        )
        resolved["jit_compile"] = False
    return resolved


def _check_own_optimizers(optimizers: dict[str, Any]) -> None:
    given = [o for o in optimizers.values() if isinstance(o, keras.optimizers.Optimizer)]
    if len({id(o) for o in given}) < len(given):
        raise ValueError(
            "Each player needs an optimizer of its own, since it remembers the gradients of one network: make two of them. "
            f"Received: one {type(given[0]).__name__} for {' and '.join(optimizers)}."
        )


def _check_precision(player: str, network: keras.Model, optimizer: Any) -> None:
    halves = [x.name for x in _layers(network) if x.compute_dtype == "float16"]
    if halves and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            f"float16 gradients vanish unless the loss is scaled. Use the policy 'mixed_bfloat16', or wrap both optimizers "
            f"in `keras.optimizers.LossScaleOptimizer`. Received: a {player} with {len(halves)} layers in float16 (the "
            f"first is {halves[0]!r}) and the optimizer {type(optimizer).__name__}."
        )


def _layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in network.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)

"""What every GAN must do, one check a promise: `check(case, tmp_path)` raises an AssertionError where it is broken."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.augmentation import GANAugmentation
from gankeras.core.augmented_discriminator import AugmentedDiscriminator
from gankeras.core.batch import AdversarialBatch
from gankeras.core.gan import GAN
from gankeras.regularizers import R1, R2
from gankeras.serving import export, load
from gankeras.testing.cases import GANCase

# float32 sums in another order; the weights are of order one.
ROUNDING = 2e-5


@functools.cache
def two_replicas() -> tf.distribute.MirroredStrategy:
    """One strategy a process: TensorFlow numbers the collectives of a second one as it did those of the first."""
    devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:  # TensorFlow would wait for the second one forever
        raise RuntimeError(
            "Two replicas need two logical devices. Say so before TensorFlow starts, such as at the top of `conftest.py`: "
            '`tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], '
            f"[tf.config.LogicalDeviceConfiguration()] * 2)`. Received: {len(devices)} device."
        )
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def weights(gan: GAN) -> list[np.ndarray]:
    """Every number that training changes, the optimizers' among them."""
    optimizers = [getattr(gan, f"{name}_optimizer") for name in gan.players] if gan.compiled else []
    variables = [*gan.weights, *[v for o in optimizers for v in o.variables]]
    return [keras.ops.convert_to_numpy(v) for v in variables]


def distance(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    """Largest absolute difference."""
    return max(
        (
            float(np.abs(x.astype(np.float64) - y).max())
            for x, y in zip(a, b, strict=True)
            if x.size
        ),
        default=0.0,
    )


def config_round_trip(case: GANCase, tmp_path: Path) -> None:
    """A GAN's config is JSON and makes the same GAN again."""
    gan = case.build()
    text = json.dumps(gan.get_config(), sort_keys=True)
    again = type(gan).from_config(json.loads(text))
    assert json.dumps(again.get_config(), sort_keys=True) == text
    assert [w.shape for w in again.weights] == [w.shape for w in gan.weights]


def saves_and_resumes_exactly(case: GANCase, tmp_path: Path) -> None:
    """Two steps, a file, and two steps more equal four steps, bit for bit."""
    adam = {"generator_optimizer": "adam", "discriminator_optimizer": "adam"}
    whole, half = case.compiled(**adam), case.compiled(**adam)
    case.fit(whole, 4)
    case.fit(half, 2)
    half.save(tmp_path / "half.keras")
    resumed = keras.models.load_model(tmp_path / "half.keras")
    assert distance(weights(half), weights(resumed)) == 0
    case.fit(resumed, 2)
    assert distance(weights(whole), weights(resumed)) == 0
    assert resumed.data_digest == whole.data_digest is not None


def players_learn_only_their_own_weights(case: GANCase, tmp_path: Path) -> None:
    """With the other's learning rate at zero, one player moves and the other does not."""
    for mover, other in (("generator", "discriminator"), ("discriminator", "generator")):
        gan = case.compiled(**{f"{other}_optimizer": keras.optimizers.SGD(0.0)})
        before = {
            name: [w.numpy() for w in net.trainable_weights] for name, net in gan.players.items()
        }
        case.fit(gan, 1)
        after = {
            name: [w.numpy() for w in net.trainable_weights] for name, net in gan.players.items()
        }
        assert distance(before[other], after[other]) == 0
        assert distance(before[mover], after[mover]) > 0


def one_term_a_decision(case: GANCase, tmp_path: Path) -> None:
    """Terms are not reduced: one value for each row of logits (which may be a pack of rows)."""
    gan = case.compiled(regularizers=[R1(1.0), R2(1.0)])
    batch = _batch(gan, case, 6)
    discriminator = AugmentedDiscriminator(gan.discriminator, gan.augment, gan.step_seed(0))
    terms = gan.discriminator_terms(discriminator, batch) | gan.generator_terms(
        discriminator, batch
    )
    decisions = tf.size(discriminator(batch.real, batch.conditions))
    assert set(terms) == {"discriminator_loss", "r1", "r2", "generator_loss"}
    assert all(tf.size(term) == decisions for term in terms.values())


def two_replicas_equal_one(case: GANCase, tmp_path: Path) -> None:
    """With the same latents, two replicas of eight rows learn what one of sixteen learns."""
    results = []
    for strategy in (tf.distribute.get_strategy(), two_replicas()):
        with strategy.scope():
            gan = case.compiled(regularizers=[R1(0.5), R2(0.5)], augment=[])
        gan.sample_latents = lambda num, seed, net=gan.generator: tf.ones(
            (num, *net.input["latents"].shape[1:])
        )
        history = case.fit(gan, 3).history
        results.append((weights(gan), history))
    assert distance(results[0][0], results[1][0]) < ROUNDING
    for name, values in results[0][1].items():
        np.testing.assert_allclose(results[1][1][name], values, atol=1e-4, err_msg=name)


def replicas_draw_different_latents(case: GANCase, tmp_path: Path) -> None:
    """Each replica has randomness of its own."""
    strategy = two_replicas()
    with strategy.scope():
        gan = case.compiled()
    seeds = strategy.experimental_local_results(strategy.run(tf.function(lambda: gan.step_seed(0))))
    assert (seeds[0].numpy() != seeds[1].numpy()).any()


def xla_equals_graph(case: GANCase, tmp_path: Path) -> None:
    """XLA inside the replica changes speed, not results."""
    plain, jitted = (
        case.compiled(regularizers=[R1(0.5), R2(0.5)], jit_compile=jit) for jit in (False, True)
    )
    for gan in (plain, jitted):
        case.fit(gan, 2)
    assert distance(weights(plain), weights(jitted)) < ROUNDING


def average_lags_and_is_what_call_uses(case: GANCase, tmp_path: Path) -> None:
    """The averaged generator follows the generator at a distance, and samples come from it."""
    gan = case.compiled(ema_half_life=1e9)
    start = [w.numpy() for w in gan.generator.weights]
    case.fit(gan, 30)
    now, average = (
        [w.numpy() for w in gan.generator.weights],
        [w.numpy() for w in gan.ema_generator.weights],
    )
    assert 0 < distance(average, now) < distance(start, now)
    inputs = {name: tf.zeros((2, *t.shape[1:]), t.dtype) for name, t in gan.generator.input.items()}
    called = gan(inputs)["samples"]
    assert (called.numpy() == gan.ema_generator(inputs)["samples"].numpy()).all()
    assert (called.numpy() != gan.generator(inputs)["samples"].numpy()).any()


def samples_match_spec(case: GANCase, tmp_path: Path) -> None:
    """Samples have the raw shape, dtype and range."""
    gan = case.build()
    samples = gan.codec.as_raw(gan.sample(5))

    def check(part: np.ndarray, spec: tf.TensorSpec) -> None:
        assert part.shape == (5, *spec.shape)
        assert part.dtype == spec.dtype.as_numpy_dtype

    tf.nest.map_structure(
        check, dict(samples) if isinstance(samples, dict) else samples, gan.codec.element_spec
    )
    gan.codec.check_samples(samples)


def same_seed_same_samples(case: GANCase, tmp_path: Path) -> None:
    """A seed says what is drawn, and another seed something else."""
    gan = case.build()
    assert _same(gan, gan.sample(3, seed=1), gan.sample(3, seed=1))
    assert not _same(gan, gan.sample(3, seed=1), gan.sample(3, seed=2))


def rows_do_not_depend_on_their_batch(case: GANCase, tmp_path: Path) -> None:
    """A row is a function of its own seed and label."""
    gan = case.build()
    assert _same(gan, gan.sample(600, seed=3)[:2], gan.sample(2, seed=3))
    if gan.codec.num_classes:
        three, two = (gan.sample(len(ids), labels=ids, seed=3) for ids in ([0, 1, 2], [2, 1]))
        assert _same(gan, three[1:2], two[1:2])


def labels_reach_the_generator(case: GANCase, tmp_path: Path) -> None:
    """With the same latents, each class gives another sample."""
    gan = case.build()
    if gan.codec.num_classes:
        drawn = [gan.sample(1, labels=label, seed=0) for label in range(gan.codec.num_classes)]
        assert not any(_same(gan, drawn[0], other) for other in drawn[1:])


def exported_equals_python(case: GANCase, tmp_path: Path) -> None:
    """A SavedModel draws what the GAN draws."""
    gan = case.compiled()
    case.fit(gan, 1)
    export(gan, tmp_path / "model")
    assert _same(gan, load(tmp_path / "model").sample(3, seed=4), gan.sample(3, seed=4))


def maps_into_a_pipeline(case: GANCase, tmp_path: Path) -> None:
    """`dataset.map(GANAugmentation(gan))` keeps the element spec."""
    gan = case.compiled()
    case.fit(gan, 1)
    x, y = gan.codec.as_raw(case.data[0]), case.data[1]
    dataset = tf.data.Dataset.from_tensor_slices(x if y is None else (x, y)).batch(
        8, drop_remainder=True
    )
    mapped = dataset.map(GANAugmentation(gan, ratio=0.5), num_parallel_calls=tf.data.AUTOTUNE)
    assert mapped.element_spec == dataset.element_spec
    first = next(iter(mapped))
    shapes = tf.nest.map_structure(lambda part: (8, *part.shape[1:]), x)
    assert (
        tf.nest.map_structure(lambda part: part.shape, first if y is None else first[0]) == shapes
    )


def gan_contract() -> list[Callable[[GANCase, Path], None]]:
    """All checks."""
    return [
        config_round_trip,
        saves_and_resumes_exactly,
        players_learn_only_their_own_weights,
        one_term_a_decision,
        two_replicas_equal_one,
        replicas_draw_different_latents,
        xla_equals_graph,
        average_lags_and_is_what_call_uses,
        samples_match_spec,
        same_seed_same_samples,
        rows_do_not_depend_on_their_batch,
        labels_reach_the_generator,
        exported_equals_python,
        maps_into_a_pipeline,
    ]


def _batch(gan: GAN, case: GANCase, rows: int) -> AdversarialBatch:
    x, y = case.data
    x = tf.nest.map_structure(lambda part: part[:rows], gan.codec.as_raw(x))
    real, conditions = gan.unpack(gan.codec.encode(x, None if y is None else y[:rows]))
    fake = tf.random.stateless_normal(tf.shape(real), (0, 1))
    return AdversarialBatch(real, fake, None, conditions, gan.step_seed(0))


def _same(gan: GAN, some: Any, others: Any) -> bool:
    """Whether two lots of samples are equal, missing values included."""
    pair = [tf.nest.flatten(gan.codec.as_raw(samples)) for samples in (some, others)]
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(*pair, strict=True)
    )

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.testing.gan_contract import distance, two_replicas, weights
from gankeras.testing.toy import toy_networks


@keras.saving.register_keras_serializable("tests")
class Poison(gk.regularizers.Regularizer):
    """NaN on the steps that `bad` names."""

    registered_as = "poison"
    gan, bad = None, staticmethod(lambda step: step >= 0)

    def penalty(self, network, batch):
        step = tf.convert_to_tensor(self.gan.step_counter.value)
        nan = tf.where(self.bad(step), np.float32(np.nan), np.float32(0))
        return network(batch.real, batch.conditions)[:, 0] * nan


def poisoned(bad):
    penalty = Poison()
    penalty.bad = bad
    gan = gk.testing.toy_gan(regularizers=[penalty])
    penalty.gan = gan
    return gan


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def gan_with_dropout(layer=keras.layers.Dropout):
    keras.utils.set_random_seed(0)
    generator, _ = toy_networks(4)
    samples, labels = (
        keras.Input((2,), name="samples"),
        keras.Input((), dtype="int32", name="labels"),
    )
    hidden = layer(0.5)(keras.layers.Dense(16, "leaky_relu")(samples))
    logits = keras.layers.Dense(1)(
        keras.layers.Concatenate()([hidden, keras.layers.Embedding(4, 4)(labels)])
    )
    discriminator = keras.Model({"samples": samples, "labels": labels}, {"logits": logits})
    gan = gk.GAN(generator, discriminator, gk.IdentityCodec((2,), 4))
    schedules = [keras.optimizers.schedules.CosineDecay(1e-2, 20) for _ in range(2)]
    gan.compile(
        loss="relativistic",
        regularizers=["r1"],
        generator_optimizer=keras.optimizers.Adam(schedules[0]),
        discriminator_optimizer=keras.optimizers.AdamW(schedules[1]),
    )
    return gan


@pytest.mark.parametrize("layer", [keras.layers.Dropout, gk.layers.Dropout])
def test_backup_and_restore_resumes_bit_for_bit(tmp_path, layer):
    x, y = gk.testing.toy_data(64)
    options = dict(
        batch_size=16, steps_per_epoch=3, epochs=4, verbose=0
    )  # 3 of 4 batches: epochs cut passes
    whole = gan_with_dropout(layer)
    history = whole.fit(x, y, **options).history
    with pytest.raises(KeyboardInterrupt):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        gan_with_dropout(layer).fit(x, y, callbacks=[backup, Interrupt(2)], **options)
    resumed = gan_with_dropout(layer)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    rest = resumed.fit(x, y, callbacks=[backup], **options).history
    assert distance(weights(whole), weights(resumed)) == 0
    assert rest["discriminator_loss"] == history["discriminator_loss"][2:]
    assert resumed.step == 12


def test_file_keeps_game_optimizers_and_counts(tmp_path):
    gan = gan_with_dropout()
    gan.fit(*gk.testing.toy_data(64), batch_size=16, verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = keras.models.load_model(tmp_path / "gan.keras")
    assert type(again.adversarial_loss) is gk.losses.Relativistic
    assert [r.get_config() for r in again.regularizers] == [{"weight": 1.0, "interval": 1}]
    assert type(again.discriminator_optimizer) is keras.optimizers.AdamW
    assert again.class_counts.tolist() == [16] * 4
    assert again.trained_rows == 64
    assert again.data_digest == gan.data_digest
    assert distance(weights(gan), weights(again)) == 0


def test_same_seed_same_run_and_another_seed_another():
    x, y = gk.testing.toy_data(64)
    runs = []
    for seed in (0, 0, 1):
        keras.utils.set_random_seed(0)
        gan = gk.GAN(*toy_networks(4), gk.IdentityCodec((2,), 4), seed=seed)
        gan.compile()
        gan.fit(x, y, batch_size=16, verbose=0)
        runs.append(weights(gan))
    assert distance(runs[0], runs[1]) == 0
    assert distance(runs[0], runs[2]) > 0


def test_logs_are_the_names_of_the_contract():
    gan = gk.testing.toy_gan(regularizers=["r1", "r2"])
    x, y = gk.testing.toy_data(64)
    history = gan.fit(x, y, batch_size=32, validation_data=(x, y), verbose=0).history
    names = {
        "discriminator_loss",
        "generator_loss",
        "real_logits",
        "real_signs",
        "fake_logits",
        "r1",
        "r2",
        "skipped_updates",
    }
    assert set(history) == names | {f"val_{name}" for name in names}
    before = weights(gan)
    assert set(gan.evaluate(x, y, return_dict=True, verbose=0)) == names
    learnt = [w for w in gan.trainable_weights]
    assert distance(before[: len(learnt)], weights(gan)[: len(learnt)]) == 0


def test_dataset_form_counts_one_pass_and_keeps_the_order():
    x, y = gk.testing.toy_data(60)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    gan = gk.testing.toy_gan()
    gan.fit(dataset, epochs=3, verbose=0)
    assert gan.step == 12  # 4 batches a pass, the last of 12 rows
    assert gan.class_counts.tolist() == [15] * 4


def test_two_batches_of_the_discriminator_to_one_of_the_generator():
    gan = gk.testing.toy_gan(discriminator_steps=2)
    gan.fit(*gk.testing.toy_data(64), batch_size=16, steps_per_epoch=3, verbose=0)
    assert int(gan.discriminator_optimizer.iterations.numpy()) == 6
    assert int(gan.generator_optimizer.iterations.numpy()) == 3


def test_a_bad_update_is_skipped_and_counted():
    gan = poisoned(lambda step: step == 1)
    x, y = gk.testing.toy_data(64)
    states = []
    for _ in range(3):
        logs = gan.fit(x, y, batch_size=16, steps_per_epoch=1, verbose=0).history
        states.append(([w.numpy() for w in gan.discriminator.weights], logs["skipped_updates"][0]))
    assert [skipped for _, skipped in states] == [0, 1, 0]
    assert distance(states[0][0], states[1][0]) == 0
    assert distance(states[1][0], states[2][0]) > 0
    assert int(gan.discriminator_optimizer.iterations.numpy()) == 2


def test_ten_bad_updates_in_a_row_stop_the_run():
    gan = poisoned(lambda step: step >= 0)
    with pytest.raises(RuntimeError, match="10 updates in a row had a NaN or infinite gradient"):
        gan.fit(*gk.testing.toy_data(64), batch_size=16, steps_per_epoch=40, verbose=0)
    assert all(np.isfinite(w).all() for w in weights(gan) if w.dtype.kind == "f")


def test_replicas_skip_together():
    with two_replicas().scope():
        penalty = Poison()
        penalty.bad = lambda step: (step == 1) & (gk.random.replica() == 1)
        gan = gk.testing.toy_gan(regularizers=[penalty])
        penalty.gan = gan
    x, y = gk.testing.toy_data(64)
    gan.fit(x, y, batch_size=16, steps_per_epoch=1, verbose=0)
    before = [w.numpy() for w in gan.discriminator.weights]
    logs = gan.fit(x, y, batch_size=16, steps_per_epoch=1, verbose=0).history
    assert logs["skipped_updates"] == [1.0]
    assert distance(before, [w.numpy() for w in gan.discriminator.weights]) == 0
    assert int(gan.discriminator_optimizer.iterations.numpy()) == 1


def test_replicas_need_devices(monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [None])
    with pytest.raises(RuntimeError, match="two logical devices.*Received: 1 device"):
        two_replicas.__wrapped__()


def test_replicas_run_under_xla_and_hold_the_same_weights():
    with two_replicas().scope():
        gan = gk.testing.toy_gan(regularizers=["r1"], jit_compile=True)
    gan.fit(*gk.testing.toy_data(64), batch_size=16, steps_per_epoch=2, verbose=0)
    for weight in [*gan.trainable_weights, *gan.ema_generator.weights]:
        first, second = (v.numpy() for v in weight.value.values)
        assert (first == second).all()


def test_a_run_on_replicas_loads_on_one(tmp_path):
    with two_replicas().scope():
        gan = gk.testing.toy_gan()
    gan.fit(*gk.testing.toy_data(64), batch_size=16, steps_per_epoch=2, verbose=0)
    gan.save(tmp_path / "gan.keras")
    assert distance(weights(gan), weights(keras.models.load_model(tmp_path / "gan.keras"))) == 0


def test_steps_per_execution_is_one_on_replicas():
    with two_replicas().scope(), pytest.warns(UserWarning, match="steps_per_execution"):
        gan = gk.testing.toy_gan(steps_per_execution=4)
    assert gan.steps_per_execution == 1


def test_steps_per_execution_changes_nothing_on_one():
    runs = []
    for steps in (1, 4):
        gan = gk.testing.toy_gan(steps_per_execution=steps)
        gan.fit(*gk.testing.toy_data(64), batch_size=16, steps_per_epoch=4, verbose=0)
        runs.append(weights(gan))
    assert distance(*runs) == 0


def test_one_name_may_stand_alone():
    gan = gk.testing.toy_image_gan(trained_steps=0)
    gan.compile(regularizers="r1", augment="translation")
    assert [r.name for r in gan.regularizers] == ["r1"]
    assert [type(a).__name__ for a in gan.augment] == ["Translation"]


def with_batch_norm():
    generator, _ = toy_networks(None)
    samples = keras.Input((2,), name="samples")
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(8)(samples))
    return generator, keras.Model({"samples": samples}, {"logits": keras.layers.Dense(1)(hidden)})


def test_batch_norm_trains_in_a_step_and_rests_in_sampling():
    gan = gk.GAN(*with_batch_norm(), gk.IdentityCodec((2,)))
    gan.compile()
    norm = next(
        x for x in gan.discriminator.layers if isinstance(x, keras.layers.BatchNormalization)
    )
    before = norm.moving_mean.numpy()
    gan.fit(gk.testing.toy_data(64)[0], batch_size=16, verbose=0)
    assert (norm.moving_mean.numpy() != before).any()


def test_batch_norm_on_replicas_is_not_jitted():
    with two_replicas().scope():
        gan = gk.GAN(*with_batch_norm(), gk.IdentityCodec((2,)))
        with pytest.warns(UserWarning, match="BatchNormalization"):
            gan.compile(jit_compile=True)


def test_auto_jit_is_off_on_a_cpu_and_kept_in_the_config():
    gan = gk.testing.toy_gan()
    assert gan.jit_compile is False
    assert gan.get_compile_config()["jit_compile"] == "auto"


def test_keras_distribution_is_refused():
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0"]))
    try:
        with pytest.raises(ValueError, match=r"tf\.distribute"):
            gk.testing.toy_gan()
    finally:
        keras.distribution.set_distribution(None)


def test_learning_rate_schedules_work_and_the_callbacks_say_no():
    gan = gk.testing.toy_gan()
    assert gan.optimizer is None
    with pytest.raises((ValueError, AttributeError)):
        callback = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1)
        gan.fit(*gk.testing.toy_data(32), batch_size=16, callbacks=[callback], verbose=0)


def test_training_beats_the_untrained_generator():
    x, _ = gk.testing.toy_data(256)
    gan = gk.testing.toy_gan(
        loss="relativistic",
        regularizers=[gk.regularizers.R1(0.1), gk.regularizers.R2(0.1)],
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.0),
        discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.0),
    )

    def misses():
        return np.mean(
            [np.linalg.norm(gan.sample(64, labels=c) - x[c], axis=1).mean() for c in range(4)]
        )

    before = misses()
    gan.fit(*gk.testing.toy_data(256), batch_size=64, steps_per_epoch=600, verbose=0)
    assert misses() < before / 3


X, Y = gk.testing.toy_data(32)
ADAM = keras.optimizers.Adam()


def slices(*parts):
    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda gan: gan.fit(X, Y + 1), r"between 0 and 3.*from 1 to 4"),
        (lambda gan: gan.fit(X, np.eye(4)[Y]), "one-hot"),
        (lambda gan: gan.fit(X, Y.astype("float32")), "integer class ids"),
        (lambda gan: gan.fit(X, Y[:5]), "one label a row"),
        (lambda gan: gan.fit(X), "labels are needed"),
        (lambda gan: gan.fit(X[:, :1], Y), "Expected float32 samples"),
        (lambda gan: gan.fit(np.full_like(X, np.nan), Y), "finite"),
        (lambda gan: gan.fit(X[:0], Y[:0]), "nothing to train on"),
        (
            lambda gan: gan.fit(X, np.where(np.arange(32) == 3, 3, Y % 3)),
            "at least 2 rows.*1 of class 3",
        ),
        (lambda gan: gan.fit(X, Y, batch_size=0), "batch_size"),
        (lambda gan: gan.fit(X, Y, batch_size=1.5), "whole number.*Received: batch_size=1.5"),
        (lambda gan: gan.fit("photos", Y), "rows themselves.*Received: 'photos'"),
        (lambda gan: gan.fit(X, Y, class_exponent=2), "class_exponent"),
        (lambda gan: gan.fit(slices(X, Y)), "single elements"),
        (lambda gan: gan.fit(slices(X, Y).batch(8).take(0)), "empty"),
        (lambda gan: gan.fit(slices(X, Y, Y).batch(8)), "sample weights"),
        (lambda gan: gan.fit(slices(X, Y).batch(8), Y), "Leave `y` out"),
        (lambda gan: gan.fit(slices(X, Y).batch(8).repeat()), "steps_per_epoch"),
        (lambda gan: gan.fit(slices(X, np.where(np.arange(32) > 20, 7, Y)).batch(8)), "0 to 3.* 7"),
        (lambda gan: gan.sample(3, labels=4), "between 0 and 3"),
        (lambda gan: gan.sample(3, labels=[0, 1]), "for each of 3 rows"),
        (lambda gan: gan.sample(3, labels="cat"), "Unknown class name"),
        (lambda gan: gan.sample(3, seed=-1), "seed"),
        (lambda gan: gan.sample(-1), "num"),
        (lambda gan: gan.compile(loss="hingee"), "Did you mean 'hinge'"),
        (lambda gan: gan.compile(loss=3), "Expected a .*loss: one of the names.*Received: 3"),
        (
            lambda gan: gan.compile(generator_optimizer=ADAM, discriminator_optimizer=ADAM),
            "Each player needs an optimizer of its own.*Received: one Adam",
        ),
        (lambda gan: gan.compile(regularizers=["r3"]), "Unknown regularizer"),
        (lambda gan: gan.compile(regularizers="r3"), "Unknown regularizer.*'r3'"),
        (lambda gan: gan.compile(regularizers=["r1", "r1"]), "used once"),
        (lambda gan: gan.compile(discriminator_steps=0), "discriminator_steps"),
        (lambda gan: gan.compile(ema_half_life=-1), "ema_half_life"),
    ],
)
def test_bad_input_raises_before_or_at_the_value(call, message):
    gan = gk.testing.toy_gan()
    before = weights(gan)
    with pytest.raises(ValueError, match=message):
        call(gan)
    if "7" not in message:
        assert distance(before, weights(gan)) == 0


@pytest.mark.parametrize(
    "options", [{"class_weight": {0: 2.0}}, {"sample_weight": X}, {"shuffle": True}]
)
def test_options_that_mean_nothing_here(options):
    with pytest.raises(TypeError, match="no use for"):
        gk.testing.toy_gan().fit(X, Y, **options)


def test_fit_before_compile():
    with pytest.raises(ValueError, match="compile"):
        gk.GAN(*toy_networks(4), gk.IdentityCodec((2,), 4)).fit(X, Y)


def test_networks_must_speak_dicts_and_fit_together():
    generator, discriminator = toy_networks(4)
    with pytest.raises(TypeError, match="functional"):
        gk.GAN(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]), discriminator)
    with pytest.raises(ValueError, match="must declare"):
        gk.GAN(discriminator, discriminator)
    with pytest.raises(ValueError, match="one shape"):
        gk.GAN(generator, discriminator, gk.IdentityCodec((3,), 4))
    with pytest.raises(ValueError, match="does not give"):
        gk.GAN(generator, discriminator, gk.IdentityCodec((2,)))
    with pytest.raises(ValueError, match="how many classes"):
        gk.GAN(generator, discriminator)


def test_a_model_is_found_by_importing_the_package_alone(tmp_path):
    """A fresh process that imports nothing but `gankeras` loads a file."""
    import subprocess
    import sys

    gk.testing.toy_gan(trained_steps=1).save(tmp_path / "gan.keras")
    code = "import sys, gankeras, keras; print(keras.models.load_model(sys.argv[1]).step)"
    root = pathlib.Path(gk.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "gan.keras"],
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    assert done.stdout.split() == ["1"]

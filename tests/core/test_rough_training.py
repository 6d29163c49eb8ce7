"""Training that meets bad batches, bad networks and kills."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.testing.gan_contract import distance, weights
from gankeras.testing.toy import toy_networks


@pytest.mark.parametrize("killed_while", ["weights", "epoch"])
def test_a_kill_inside_the_backup_loses_nothing(tmp_path, monkeypatch, killed_while):
    x, y = gk.testing.toy_data(64)
    options = dict(batch_size=16, steps_per_epoch=3, epochs=4, verbose=0)
    whole = gk.testing.toy_gan()
    whole.fit(x, y, **options)

    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    class Killed(keras.callbacks.BackupAndRestore):
        def on_epoch_end(self, epoch, logs=None):
            save = keras.Model.save_weights
            if epoch == 1 and killed_while == "weights":
                monkeypatch.setattr(keras.Model, "save_weights", half_written)
            elif epoch == 1:
                self._training_metadata_path = tmp_path / "no folder" / "metadata.json"
            try:
                super().on_epoch_end(epoch, logs)
            finally:
                monkeypatch.setattr(keras.Model, "save_weights", save)

    def half_written(self, path, *_, **__):
        pathlib.Path(path).write_bytes(b"half a file")
        raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, OSError)):
        gk.testing.toy_gan().fit(x, y, callbacks=[Killed(tmp_path / "backup")], **options)
    resumed = gk.testing.toy_gan()
    resumed.fit(x, y, callbacks=[backup()], **options)
    assert resumed.step == 12
    assert distance(weights(whole), weights(resumed)) == 0


def test_a_bad_batch_leaves_no_memory():
    x, y = gk.testing.toy_data(96)
    x = x.copy()
    x[60, 0] = np.nan
    gan = gk.testing.toy_gan()
    gan.compile(regularizers=["lecam"])
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
    history = gan.fit(dataset, epochs=2, verbose=0).history
    # The middle one of three batches; the generator's own update does not see the real rows.
    assert history["skipped_updates"] == [1.0, 1.0]
    state = {name: float(v.numpy()) for name, v in gan.observers.variables.items()}
    assert np.isfinite(list(state.values())).all(), state


@pytest.mark.parametrize("eagerly", [False, True])
def test_divergence_is_told_in_plain_words(eagerly):
    gan = gk.testing.toy_gan()
    huge = {f"{name}_optimizer": keras.optimizers.SGD(1e30) for name in gan.players}
    gan.compile(run_eagerly=eagerly, **huge)
    with pytest.raises(RuntimeError, match="10 updates in a row.*Lower the learning rate"):
        gan.fit(*gk.testing.toy_data(64), batch_size=16, steps_per_epoch=40, verbose=0)


def test_samples_of_half_precision_layers_leave_as_float32(tmp_path):
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        gan = gk.GAN(*toy_networks(None))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    gan.compile(regularizers=["gradient_penalty"])
    gan.fit(gk.testing.toy_data(32)[0], batch_size=16, verbose=0)
    samples = gan.sample(4)
    assert samples.dtype == np.float32
    gk.export(gan, tmp_path / "model")
    assert gk.load(tmp_path / "model").sample(4).dtype == np.float32


def test_networks_that_cannot_play_are_refused():
    latents, samples = keras.Input((4,), name="latents"), keras.Input((2,), name="samples")
    made = keras.layers.Dense(2)(latents)
    generator = keras.Model({"latents": latents}, {"samples": made})
    discriminator = keras.Model({"samples": samples}, {"logits": keras.layers.Dense(1)(samples)})
    own = keras.Model({"latents": latents}, {"samples": keras.layers.Lambda(lambda v: v * 2)(made)})
    with pytest.raises(TypeError, match="register_keras_serializable.*Received: ValueError"):
        gk.GAN(own, discriminator)
    blind = keras.layers.Dense(1)(keras.ops.stop_gradient(samples))
    gan = gk.GAN(generator, keras.Model({"samples": samples}, {"logits": blind}))
    gan.compile()
    with pytest.raises(ValueError, match="logits change with its samples"):
        gan.fit(gk.testing.toy_data(32)[0], verbose=0)
    generator.trainable = False
    with pytest.raises(ValueError, match="generator has nothing to learn.*trainable=False"):
        gk.GAN(generator, discriminator).compile()

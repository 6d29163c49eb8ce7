"""The guards, on games whose end is known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.callbacks.collapse_guard import spread_and_coverage
from gankeras.testing.gan_contract import distance, weights


def collapse(gan):
    """All samples become one point."""
    last = gan.generator.layers[-1]
    for network in (gan.generator, gan.ema_generator):
        last = network.layers[-1]
        last.kernel.assign(np.zeros(last.kernel.shape))


class CollapseAt(keras.callbacks.Callback):
    """Breaks the generator after one epoch; it cannot recover."""

    before_checkpoints = True  # the guard behind it shall see what it did

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch >= self.epoch:
            collapse(self.model)


@pytest.fixture
def data():
    return gk.testing.toy_data(128)


def train(gan, data, callbacks, epochs=6):
    options = {"batch_size": 32, "steps_per_epoch": 4, "verbose": 0}
    return gan.fit(*data, epochs=epochs, callbacks=callbacks, **options).history


def test_spread_and_coverage_by_hand():
    real = np.array([[0.0], [2.0], [4.0], [10.0], [12.0], [14.0]])
    y = np.array([0, 0, 0, 1, 1, 1])
    synthetic = real.copy()
    synthetic[3:] = 12.0
    found = spread_and_coverage(real, synthetic, y)
    # The second class has no spread; each ball of it reaches its farther neighbour, so all hold a sample.
    assert found == {"spread": 0.0, "coverage": 1.0}
    synthetic[3:] = 100.0
    assert spread_and_coverage(real, synthetic, y)["coverage"] == 0.5


def test_guard_stops_says_why_and_brings_the_weights_back(data):
    gan = gk.testing.toy_gan(trained_steps=150)
    guard = gk.callbacks.CollapseGuard(*data)
    with pytest.warns(UserWarning, match="collapsed, spread 0.000"):
        history = train(gan, data, [CollapseAt(2), guard], epochs=20)
    assert len(history["spread"]) == 4  # two good epochs, two bad ones
    assert "after epoch 4" in guard.reason
    assert spread_and_coverage(data[0], gan.sample(128, data[1]), data[1])["spread"] > 0.1


def test_guard_resumes_as_if_never_stopped(data, tmp_path):
    def run(folder, *more):
        gan, guard = gk.testing.toy_gan(trained_steps=150), gk.callbacks.CollapseGuard(*data)
        # The order must not matter: a checkpoint made before the check would lose what it found.
        backup = keras.callbacks.BackupAndRestore(tmp_path / folder)
        try:
            train(gan, data, [CollapseAt(2), backup, guard, *more])
        except Killed:
            return None
        return gan, guard

    with pytest.warns(UserWarning, match="after epoch 4"):
        whole, judge = run("whole")
    # Between the two bad checks: the good ones and their weights are known to the checkpoint alone.
    assert run("killed", KillAt(150 + 3 * 4 + 2)) is None
    with pytest.warns(UserWarning, match="after epoch 4"):
        second, guard = run("killed")
    assert guard.reason == judge.reason
    assert distance(weights(whole), weights(second)) == 0


def test_a_finished_run_leaves_nothing_of_the_guard(data, tmp_path):
    gan = gk.testing.toy_gan(trained_steps=150)
    train(gan, data, [gk.callbacks.CollapseGuard(*data)], epochs=2)
    gan.save(tmp_path / "gan.keras")
    store = {}
    keras.saving.load_model(tmp_path / "gan.keras").save_own_variables(store)
    assert not [key for key in store if key.startswith("memory_")]


def test_guard_measures_another_gan_anew(data):
    guard = gk.callbacks.CollapseGuard(*data, patience=1)
    train(gk.testing.toy_gan(trained_steps=150), data, [guard], epochs=1)
    # Collapsed from the start, it has no better weights of its own to go back to.
    history = train(gk.testing.toy_gan(), data, [CollapseAt(0), guard], epochs=2)
    assert guard.reason is None
    assert len(history["spread"]) == 2


def test_guard_leaves_a_good_run_alone(data):
    gan = gk.testing.toy_gan(trained_steps=150)
    plain = gk.testing.toy_gan(trained_steps=150)
    guard = gk.callbacks.CollapseGuard(*data, every=2)
    history = train(gan, data, [guard], epochs=5)
    train(plain, data, [], epochs=5)
    assert guard.reason is None
    # After epochs 1, 2, 4 and the last; what monitors the log finds a number in each.
    assert history["spread"][2] == history["spread"][1]
    assert len(set(history["spread"])) == 4
    assert distance(weights(gan), weights(plain)) == 0


@pytest.mark.parametrize("kind", [gk.callbacks.CollapseGuard, gk.callbacks.KeepBest])
def test_rows_to_compare_with_must_look_as_the_samples(data, kind):
    x, y = data
    watch = kind((100 * x).astype("int64"), y)
    with pytest.raises(ValueError, match=r"`x` must look as .*float32 \(2,\).*Received: int64"):
        train(gk.testing.toy_gan(), data, [watch])


def test_rows_to_compare_with_must_be_numbers(data):
    x, y = data[0].copy(), data[1]
    x[3, 0] = np.nan
    with pytest.raises(ValueError, match="`x` must hold finite numbers.*the first is row 3"):
        gk.callbacks.CollapseGuard(x, y)


@pytest.mark.parametrize("kind", [gk.callbacks.CollapseGuard, gk.callbacks.KeepBest])
def test_labels_to_compare_under_are_judged_before_the_training(data, kind):
    x, y = data
    for labels, message in (
        (y + 3, "Received: labels from 3 to 6"),
        (y + 0.5, "integer class ids"),
    ):
        gan = gk.testing.toy_gan()
        with pytest.raises(ValueError, match=message):
            train(gan, data, [kind(x, labels)])
        assert gan.step == 0
    with pytest.raises(ValueError, match="draws no classes.*Received: 128 labels"):
        train(gk.testing.toy_gan(None), (x, None), [kind(x, y)])


def average(gan):
    return gan.ema_generator.get_weights()


def test_keep_best_brings_the_best_epoch_s_average_back(data):
    gan, best = gk.testing.toy_gan(trained_steps=150), gk.callbacks.KeepBest(*data, every=1)
    history = train(gan, data, [CollapseAt(3), best])
    distances = history["kernel_distance"]
    # The breaking callback is named first, but the look comes before it: epoch 3 is whole.
    assert int(np.argmin(distances)) <= gan.kept.epoch <= 3
    near = np.flatnonzero(np.array(distances) <= min(distances) + 2 * best.chance)
    assert gan.kept.epoch == near[-1]
    assert gan.kept.least == min(distances) <= gan.kept.distance < distances[-1]
    again = gk.testing.toy_gan(trained_steps=150)
    train(again, data, [], epochs=gan.kept.epoch + 1)
    assert distance(average(gan), average(again)) == 0
    assert gan.kept.weights is None


def test_keep_best_leaves_the_players_alone(data):
    gan, plain = gk.testing.toy_gan(trained_steps=150), gk.testing.toy_gan(trained_steps=150)
    train(gan, data, [gk.callbacks.KeepBest(*data), CollapseAt(3)])
    train(plain, data, [CollapseAt(3)])
    for name, player in plain.players.items():
        assert distance(gan.players[name].get_weights(), player.get_weights()) == 0
    assert distance(average(gan), average(plain)) > 0
    assert gan.step == plain.step


def test_keep_best_looks_ten_times_a_run_and_not_at_one_epoch(data):
    gan, best = gk.testing.toy_gan(), gk.callbacks.KeepBest(*data)
    options = {"batch_size": 32, "steps_per_epoch": 1, "verbose": 0, "callbacks": [best]}
    distances = gan.fit(*data, epochs=30, **options).history["kernel_distance"]
    assert len(distances) == 30
    # After epochs 1, 3, 6 ... 30; what monitors the log finds a number in each.
    assert np.flatnonzero(np.diff(distances)).tolist() == list(range(1, 29, 3))
    assert gan.kept.least == min(distances)
    assert "kernel_distance" not in gan.fit(*data, epochs=1, **options).history
    assert gan.kept is None


def test_keep_best_prefers_the_later_of_epochs_that_chance_cannot_tell_apart(data):
    best, first = gk.callbacks.KeepBest(*data), gk.testing.toy_gan()
    distances = train(first, data, [best])["kernel_distance"]
    assert 0 < best.chance < 0.2 * min(distances)
    assert first.kept.chance == best.chance
    # Chance made as wide as the whole run: then nothing speaks against the last epoch, and with none for the least alone.
    for chance, epoch in ((max(distances), len(distances) - 1), (0.0, int(np.argmin(distances)))):
        gan, best.chance = gk.testing.toy_gan(), chance
        train(gan, data, [best])
        assert (gan.kept.epoch, gan.kept.distance) == (epoch, distances[epoch])


class Killed(Exception):
    pass


class KillAt(keras.callbacks.Callback):
    """Ends the process' run, as far as Python can, after so many steps."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == self.step:
            raise Killed


def test_keep_best_resumes_as_if_never_stopped(data, tmp_path):
    def callbacks(folder, *more):
        # The order must not matter: a checkpoint made before the look would lose what it found.
        backup = keras.callbacks.BackupAndRestore(folder)
        return [CollapseAt(3), backup, gk.callbacks.KeepBest(*data), *more]

    whole = gk.testing.toy_gan(trained_steps=150)
    train(whole, data, callbacks(tmp_path / "whole"))
    # An epoch after the best, when only the checkpoint still knows it.
    first, second = (gk.testing.toy_gan(trained_steps=150) for _ in range(2))
    with pytest.raises(Killed):
        train(first, data, callbacks(tmp_path / "killed", KillAt(150 + 5 * 4 + 2)))
    train(second, data, callbacks(tmp_path / "killed"))
    assert distance(weights(whole), weights(second)) == 0
    assert (second.kept.epoch, second.kept.distance) == (whole.kept.epoch, whole.kept.distance)


def test_keep_best_forgets_a_finished_run_and_other_data(data):
    gan = gk.testing.toy_gan()
    train(gan, data, [gk.callbacks.KeepBest(*data)])
    collapse(gan)
    worse = train(gan, data, [CollapseAt(0), gk.callbacks.KeepBest(*data)], epochs=2)
    assert gan.kept.least == min(worse["kernel_distance"])
    with pytest.raises(Killed):
        train(gan, data, [gk.callbacks.KeepBest(*data), KillAt(gan.step + 5)])
    assert gan.kept.weights is not None
    other = gk.testing.toy_data(128, seed=1)
    found = train(gan, other, [gk.callbacks.KeepBest(*other)], epochs=2)
    assert gan.kept.least == min(found["kernel_distance"])


def image_data(seed=0):
    return gk.testing.toy_images(48, seed=seed)


def chance(gan, rows):
    return gk.callbacks.KeepBest(*rows, gk.images.RandomConvolutions(gan.codec)).chance


def test_a_recipe_keeps_its_best_epoch_by_itself():
    gan, rows, held = gk.testing.toy_image_gan(trained_steps=0), image_data(), image_data(1)
    options = {"batch_size": 16, "steps_per_epoch": 1, "epochs": 2, "verbose": 0}
    history = gan.fit(*rows, **options).history
    assert gan.kept.least == min(history["kernel_distance"])
    # The training rows, where there is no validation data.
    assert gan.kept.chance == chance(gan, rows)
    gan.fit(*rows, validation_data=held, **options)
    assert gan.kept.chance == chance(gan, held)
    # Either of two callbacks takes its place.
    gan.kept = None
    last = [gk.callbacks.KeepLast()]
    assert "kernel_distance" not in gan.fit(*rows, callbacks=last, **options).history
    assert gan.kept is None
    mine = gk.callbacks.KeepBest(*rows)
    gan.fit(*rows, callbacks=[mine], **options)
    assert gan.kept.chance == mine.chance


def test_a_recipe_keeps_its_best_epoch_of_a_dataset():
    gan, rows = gk.testing.toy_image_gan(trained_steps=0), image_data()
    gan.fit(tf.data.Dataset.from_tensor_slices(rows).batch(16), epochs=2, verbose=0)
    assert gan.kept.chance == chance(gan, rows)


def test_what_guards_find_stands_in_the_csv_log(data, tmp_path):
    import csv

    guards = [gk.callbacks.KeepBest(*data), gk.callbacks.CollapseGuard(*data)]
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    history = train(gk.testing.toy_gan(), data, [*guards, log], epochs=2)
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    for name in ("kernel_distance", "spread", "coverage", "real_signs", "skipped_updates"):
        np.testing.assert_allclose([float(row[name]) for row in rows], history[name], rtol=1e-6)


def test_sample_writer_draws_each_epoch(tmp_path):
    from PIL import Image

    gan, (x, y) = gk.testing.toy_image_gan(trained_steps=0), gk.testing.toy_images(48)
    writer = gk.callbacks.SampleWriter(tmp_path / "pictures", columns=3, every=2)
    gan.fit(x, y, batch_size=16, steps_per_epoch=1, epochs=3, callbacks=[writer], verbose=0)
    names = [p.name for p in writer.paths]
    assert names == ["epoch_0002.png", "epoch_0003.png"]
    assert sorted(p.name for p in (tmp_path / "pictures").iterdir()) == names
    assert np.asarray(Image.open(writer.paths[0])).std() > 0


def test_tensorboard_shows_scalars_and_pictures(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    gan, (x, y) = gk.testing.toy_image_gan(trained_steps=0), gk.testing.toy_images(48)
    logs = tmp_path / "logs"
    callbacks = [
        gk.callbacks.SampleWriter(tmp_path / "pictures", columns=3, log_dir=logs),
        gk.callbacks.CollapseGuard(x, y),
        keras.callbacks.TensorBoard(logs),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
    ]
    options = {"batch_size": 16, "steps_per_epoch": 1, "epochs": 2, "verbose": 0}
    history = gan.fit(x, y, callbacks=callbacks, **options).history
    scalars, pictures = (
        EventAccumulator(str(logs / name)).Reload() for name in ("train", "samples")
    )
    for name, values in history.items():
        shown = scalars.Tensors(f"epoch_{name}")
        found = [float(tf.make_ndarray(event.tensor_proto)) for event in shown]
        np.testing.assert_allclose(found, values, rtol=1e-6, err_msg=name)
    assert {"kernel_distance", "coverage", "real_signs", "skipped_updates"} <= history.keys()
    header = (tmp_path / "log.csv").read_text().splitlines()[0].split(",")
    assert history.keys() <= set(header)
    shown = pictures.Tensors("samples")
    assert [event.step for event in shown] == [0, 1]
    drawn = tf.io.decode_png(tf.make_ndarray(shown[-1].tensor_proto)[2])
    on_disk = tf.io.decode_png((tmp_path / "pictures" / "epoch_0002.png").read_bytes())
    np.testing.assert_array_equal(drawn, on_disk)


def test_sample_writer_says_how_to_get_tensorboard(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"gankeras\[tensorboard\].*log_dir='logs'"):
        gk.callbacks.SampleWriter("pictures", log_dir="logs")


def test_sample_writer_needs_a_way_to_draw(tmp_path, data):
    writer = gk.callbacks.SampleWriter(tmp_path)
    with pytest.raises(ValueError, match="pass `render=`.*IdentityCodec"):
        train(gk.testing.toy_gan(), data, [writer])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda x, y: gk.callbacks.KeepBest(x[:5], y[:5]), "at least 10 real rows.*Received: 5"),
        (lambda x, y: gk.callbacks.KeepBest(x, y, every=0), "`every`.*Received: every=0"),
        (lambda x, y: gk.callbacks.CollapseGuard(x, y, least_spread=1.0), "`least_spread`"),
        (lambda x, y: gk.callbacks.CollapseGuard(x, y, patience=0), "`patience`"),
        (lambda x, y: gk.callbacks.CollapseGuard(x[:12], range(12)), "at most 1 rows of a class"),
        (lambda x, y: gk.callbacks.SampleWriter("p", columns=0), "`columns`"),
    ],
)
def test_bad_arguments(make, match, data):
    with pytest.raises(ValueError, match=match):
        make(*data)


def test_keras_own_callbacks_monitor_the_distance(data):
    """Best is the least, not the first: between looks the log holds numbers."""
    gan = gk.testing.toy_gan()
    stop = keras.callbacks.EarlyStopping("kernel_distance", mode="min", patience=29)
    best = gk.callbacks.KeepBest(*data)
    options = {"batch_size": 32, "steps_per_epoch": 1, "verbose": 0}
    history = gan.fit(*data, epochs=30, callbacks=[best, stop], **options).history
    assert len(history["kernel_distance"]) == 30
    assert stop.best == min(history["kernel_distance"])


@pytest.mark.parametrize("guard", [gk.callbacks.KeepBest, gk.callbacks.CollapseGuard])
def test_rows_of_columns_need_features(guard):
    with pytest.raises(ValueError, match="features=gan.features.*Received: rows of type dict"):
        guard(gk.testing.toy_table(40))

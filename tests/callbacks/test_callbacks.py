"""The guards, on games whose end is known."""

import keras
import numpy as np
import pytest

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


def test_guard_leaves_a_good_run_alone(data):
    gan = gk.testing.toy_gan(trained_steps=150)
    plain = gk.testing.toy_gan(trained_steps=150)
    guard = gk.callbacks.CollapseGuard(*data, every=2)
    history = train(gan, data, [guard], epochs=5)
    train(plain, data, [], epochs=5)
    assert guard.reason is None
    assert len(history["spread"]) == 3  # after epochs 2, 4 and the last
    assert distance(weights(gan), weights(plain)) == 0


def test_keep_best_brings_the_best_epoch_back(data, tmp_path):
    gan = gk.testing.toy_gan(trained_steps=150)
    best = gk.callbacks.KeepBest(*data, path=tmp_path / "best.weights.h5")
    history = train(gan, data, [CollapseAt(3), best])
    distances = history["kernel_distance"]
    assert best.epoch == int(np.argmin(distances)) < 3
    assert best.distance == min(distances) < distances[-1]
    again = gk.testing.toy_gan(trained_steps=150)
    train(again, data, [], epochs=best.epoch + 1)
    assert distance(weights(gan), weights(again)) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best.weights.h5", "best.weights.json"]


def test_keep_best_resumes_as_if_never_stopped(data, tmp_path):
    class Killed(Exception):
        pass

    class KillAt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.step == 150 + 4 * 4 + 2:
                raise Killed

    def callbacks(folder, *more):
        backup = keras.callbacks.BackupAndRestore(folder / "backup")
        best = gk.callbacks.KeepBest(*data, path=folder / "best.weights.h5")
        return [backup, CollapseAt(3), best, *more]

    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole = gk.testing.toy_gan(trained_steps=150)
    train(whole, data, callbacks(tmp_path / "whole"))
    first = gk.testing.toy_gan(trained_steps=150)
    with pytest.raises(Killed):
        train(first, data, callbacks(tmp_path / "killed", KillAt()))
    second = gk.testing.toy_gan(trained_steps=150)
    train(second, data, callbacks(tmp_path / "killed"))
    assert distance(weights(whole), weights(second)) == 0


def test_keep_best_ignores_what_another_run_left(data, tmp_path):
    path = tmp_path / "best.weights.h5"
    train(gk.testing.toy_gan(trained_steps=150), data, [gk.callbacks.KeepBest(*data, path=path)])
    fresh = gk.testing.toy_gan()
    best = gk.callbacks.KeepBest(*data, path=path)
    history = train(fresh, data, [best], epochs=2)
    assert best.distance == min(history["kernel_distance"])


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


def test_sample_writer_needs_a_way_to_draw(tmp_path, data):
    writer = gk.callbacks.SampleWriter(tmp_path)
    with pytest.raises(ValueError, match="pass `render=`.*IdentityCodec"):
        train(gk.testing.toy_gan(), data, [writer])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda x, y: gk.callbacks.KeepBest(x[:5], y[:5]), "at least 10 real rows.*Received: 5"),
        (lambda x, y: gk.callbacks.KeepBest(x, y, every=0), "`every`.*Received: every=0"),
        (
            lambda x, y: gk.callbacks.KeepBest(x, y, path="b.h5"),
            "weights.h5.*Received: path='b.h5'",
        ),
        (lambda x, y: gk.callbacks.CollapseGuard(x, y, least_spread=1.0), "`least_spread`"),
        (lambda x, y: gk.callbacks.CollapseGuard(x, y, patience=0), "`patience`"),
        (lambda x, y: gk.callbacks.SampleWriter("p", columns=0), "`columns`"),
    ],
)
def test_bad_arguments(make, match, data):
    with pytest.raises(ValueError, match=match):
        make(*data)

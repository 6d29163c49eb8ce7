"""Extractors: EfficientNet-Lite0 equals torch's, weight files run no code, images are checked."""

import pickle

import numpy as np
import pytest

import gankeras as gk
from gankeras.images.extractors import as_rgb, checked_images, resized
from gankeras.images.torch_file import MAGIC, read_tensors

TORCH = [
    [-1.8322731256484985, 0.01846018061041832, 0.5769268274307251]
    + [-0.04842781648039818, 0.14543168246746063, -0.25946930050849915],
    [-1.6916553974151611, 0.21354109048843384, 0.39400070905685425]
    + [-0.21535104513168335, 0.5202489495277405, -0.5684676170349121],
]


@pytest.fixture(scope="module")
def net():
    return gk.images.EfficientNetLite0Features(size=96)


@pytest.fixture(scope="module")
def classifier():
    return gk.images.ClassifierFeatures(*gk.testing.toy_images(90), steps=200)


def test_efficientnet_equals_torch(net):
    """TORCH: torch 2.13.0 and efficientnet-lite-pytorch 0.1.0 on the same two seeded images of 96 x 96."""
    x = np.random.RandomState(0).randint(0, 256, (2, 96, 96, 3)).astype("uint8")
    found = net.logits(x)
    assert found.shape == (2, 1000)
    # 1e-5 is the bar; convolutions sum in another order.
    np.testing.assert_allclose(found[:, :6], TORCH, atol=1e-5)
    assert net.name == "efficientnet_lite0"


def test_features_of_any_image(net):
    grey = np.random.RandomState(0).randint(0, 256, (3, 28, 28)).astype("uint8")
    found = net(grey)
    assert found.shape == (3, 1280)
    assert found.dtype == np.float32
    # The same picture in other clothes: a channel axis, three channels, floats, 16 bits.
    channel = grey[..., None]
    for same in (
        channel,
        np.repeat(channel, 3, -1),
        channel / 255.0,
        channel.astype("uint16") * 257,
    ):
        np.testing.assert_allclose(net(same), found, atol=2e-4)  # bilinear weights in float32
    assert gk.metrics.FrechetDistance(net).name == "frechet_distance_efficientnet_lite0"


def test_shrinking_averages():
    checks = np.indices((64, 64)).sum(0) % 2
    small = resized(as_rgb(np.array(255 * checks[None, ..., None], "uint8")), 16).numpy()
    # Without antialiasing a checkerboard shrinks to all black or all white.
    np.testing.assert_allclose(small[0, 2:-2, 2:-2], 0.5, atol=0.02)


def test_a_classifier_knows_its_classes_and_follows_its_seed(classifier):
    x, y = gk.testing.toy_images(90)
    assert classifier(x).shape == (90, 64)
    assert (classifier.probabilities(x).argmax(1) == y).mean() > 0.9
    np.testing.assert_allclose(classifier.probabilities(x).sum(1), 1, atol=1e-6)
    again = gk.images.ClassifierFeatures(x, y, steps=200)
    np.testing.assert_array_equal(again(x), classifier(x))
    assert gk.metrics.KernelDistance(classifier).name == "kernel_distance_classifier"


def test_domains_name_their_extractors(classifier):
    extractors = gk.images.DOMAIN.features
    assert set(extractors) == {
        "classifier",
        "efficientnet_lite0",
        "inception_v3",
        "random_convolutions",
    }
    x, y = gk.testing.toy_images(6)
    for name in ("efficientnet_lite0", "random_convolutions"):
        made = extractors[name](x, y)
        assert made.name == name
        assert len(made(x)) == 6


def test_inception_without_weights_says_what_to_do(tmp_path):
    with pytest.raises(OSError, match="there is no file"):
        gk.images.InceptionV3Features(tmp_path / "none.weights.h5")


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 8, 8, 4), "uint8"), "1 or 3"),
        (np.zeros((0, 8, 8, 1), "uint8"), "there must be one"),
        (np.zeros((2, 8, 8), "int64"), "dtype int64"),
        (np.full((2, 8, 8), 2.0), "values from 2.0"),
        (np.full((2, 8, 8), np.nan), "from 0 to 1"),
    ],
)
def test_other_images_are_refused(x, message):
    with pytest.raises(ValueError, match=message):
        checked_images(x)


def test_labels_of_one_class_are_refused():
    with pytest.raises(ValueError, match="two classes or more"):
        gk.images.ClassifierFeatures(np.zeros((4, 8, 8), "uint8"), np.zeros(4, int))


class Evil:
    def __reduce__(self):
        return print, ("run",)


def test_a_weight_file_runs_no_code(tmp_path, capsys):
    path = tmp_path / "evil.pth"
    path.write_bytes(b"".join(pickle.dumps(thing) for thing in (MAGIC, 1001, {}, {"w": Evil()})))
    with pytest.raises(ValueError, match=r"names builtins.print, which is no tensor"):
        read_tensors(path)
    assert capsys.readouterr().out == ""
    path.write_bytes(b"PK")
    with pytest.raises(ValueError, match="format before 1.6"):
        read_tensors(path)


def test_another_network_is_refused(tmp_path, monkeypatch):
    from gankeras.images import extractors

    monkeypatch.setattr(extractors, "read_tensors", lambda path: {})
    with pytest.raises(ValueError, match="Received: _conv_stem"):
        gk.images.EfficientNetLite0Features(path="other.pth")

"""Features of untrained convolutions."""

import numpy as np

import gankeras as gk
from gankeras.metrics.kernel_distance import discrepancy

CODEC = gk.images.ImageCodec((8, 8, 1))


def test_contract():
    rows = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1)).astype("uint8")
    features = gk.images.RandomConvolutions(CODEC)
    found = features(rows)
    assert found.dtype == np.float32
    assert found.shape == (300, 608)
    # A row does not depend on its batch (to rounding of another batch size), and the seed is all there is to chance.
    np.testing.assert_allclose(features(rows[290:]), found[290:], atol=1e-5)
    np.testing.assert_array_equal(gk.images.RandomConvolutions(CODEC)(rows[:250]), found[:250])
    assert np.abs(gk.images.RandomConvolutions(CODEC, seed=1)(rows) - found).max() > 0.1


def test_by_hand():
    # Middle grey is 0 when encoded, and leaky rectifiers of 0 are 0: nothing to see.
    codec = gk.images.ImageCodec((8, 8, 1), dtype="float32")
    features = gk.images.RandomConvolutions(codec)
    assert np.abs(features(np.full((1, 8, 8, 1), 0.5, "float32"))).max() == 0
    # Convolution and leaky rectifier are homogeneous: half the contrast, half of every feature.
    image = np.random.default_rng(0).uniform(size=(1, 8, 8, 1)).astype("float32")
    np.testing.assert_allclose(
        features(0.5 + (image - 0.5) / 2), features(image) / 2, rtol=1e-4, atol=1e-6
    )


def test_they_rank_what_one_sees():
    rng = np.random.default_rng(0)
    columns = rng.integers(0, 8, 400)
    real = np.zeros((400, 8, 8, 1), "uint8")
    real[np.arange(400), :, columns] = 200  # one bright column at a random place
    blurred = (real // 2 + np.roll(real, 1, axis=2) // 4 + np.roll(real, -1, axis=2) // 4)[:200]
    one_place = np.zeros((200, 8, 8, 1), "uint8")
    one_place[:, :, 3] = 200  # collapsed to one mode
    features = gk.images.RandomConvolutions(CODEC)
    found = [
        discrepancy(*(features(rows).astype("float64") for rows in (real[200:], other)))
        for other in (real[:200], blurred, one_place)
    ]
    assert abs(found[0]) < 0.1 * min(found[1:])

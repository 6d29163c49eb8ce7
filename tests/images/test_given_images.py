"""Images that anybody made: files that do not fit together, and sources that number their classes otherwise."""

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.images.given_images import GivenImages

X, Y = np.zeros((4, 6, 6, 1), np.uint8), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"y": Y, "class_names": ["cat"]}, "ids up to 1, 1 names"),
        ({"y": Y, "x_test": X, "y_test": Y + 1, "class_names": ["a", "b"]}, "in y_test must be"),
        ({"y": Y, "x_test": X, "y_test": Y[:3]}, r"y_test\).*shape \(3,\) for 4 rows"),
        ({"y": Y * 5_000_000_000}, "ids up to 5000000000, no names"),
        ({"y": Y, "is_synthetic": np.ones(3, bool)}, r"shape \(3,\) for 4 rows"),
        ({"y": Y, "is_synthetic": np.zeros(4, bool)}, "synthetic rows are asked for.*--ratio 0"),
    ],
)
def test_npz_whose_arrays_do_not_fit_together(tmp_path, arrays, said):
    np.savez(tmp_path / "made.npz", x=X, **arrays)
    with pytest.raises(ValueError, match=f"{said}.*made.npz"):
        GivenImages.read(str(tmp_path / "made.npz"), {}, synthetic=True)


class Numbered(gk.Synthesizer):
    """Images whose pixels are their class id."""

    def __init__(self):
        spec, names = tf.TensorSpec((6, 6, 1), tf.uint8), ("dog", "cat")
        super().__init__(spec, 2, names, class_counts=np.array([1, 3]))

    def draw(self, seeds, labels=None, conditions=None):
        return tf.cast(tf.tile(labels[:, None, None, None], (1, 6, 6, 1)), tf.uint8)


def test_a_source_may_number_its_classes_otherwise():
    """The source's class 1 is "cat", which the real rows call 0: three of four, as in them."""
    real = GivenImages("pets", X, np.array([0, 0, 0, 1], np.int32), ("cat", "dog"))
    drawn = real.drawn(Numbered(), 40, seed=0)
    _, _, made, _ = real.alike(None, drawn)
    assert np.bincount(made.y).tolist() == [30, 10]
    np.testing.assert_array_equal(made.x[:, 0, 0, 0], 1 - made.y)
    source = made.as_source(Numbered()).freeze()
    assert source.class_counts.tolist() == [3, 1]
    assert source.sample(2, labels=["cat", "dog"])[:, 0, 0, 0].tolist() == [1, 0]
    assert 1 in source.sample(20, seed=0)

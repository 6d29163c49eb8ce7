"""The parts of the recipe, by numbers worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.mixture import GaussianMixture

import gankeras
from gankeras.layers import SpanActivation
from gankeras.layers.span_activation import gumbel
from gankeras.tables import ConditionCrossEntropy, InformationLoss
from gankeras.tables.mixture import fit_mixtures
from gankeras.tables.training_by_sampling import TrainingBySampling


def log_likelihood(mixture, x):
    parts = (
        np.log(mixture.weights)
        - np.log(mixture.deviations)
        - 0.5 * np.log(2 * np.pi)
        - 0.5 * ((x[:, None] - mixture.means) / mixture.deviations) ** 2
    )
    return np.logaddexp.reduce(parts, axis=1).mean()


def test_a_mixture_is_found_again():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-5, 1, 3000), rng.normal(0, 0.5, 1000), rng.normal(9, 2, 6000)])
    flat = rng.random(500)
    found, even = fit_mixtures([x, flat], modes=3)
    # Means to a tenth: three standard errors of the smallest mode are 0.05, and the support is 1,024 points.
    np.testing.assert_allclose(found.means, [-5, 0, 9], atol=0.1)
    np.testing.assert_allclose(found.weights, [0.3, 0.1, 0.6], atol=0.02)
    np.testing.assert_allclose(found.deviations, [1, 0.5, 2], atol=0.1)
    theirs = GaussianMixture(3, random_state=0).fit(x[:, None]).score(x[:, None])
    assert log_likelihood(found, x) > theirs - 0.01
    assert even.weights.sum() == pytest.approx(1)


def test_no_mode_stands_for_a_few_rows():
    x = np.r_[np.random.default_rng(0).normal(0, 1, 2000), [1e6] * 5]
    (found,) = fit_mixtures([x], modes=10)
    assert abs(found.means).max() < 1e4


def test_rare_categories_are_met_as_the_exponent_says():
    codes = np.stack([np.repeat([0, 1], [900, 100]), np.arange(1000) % 4], axis=1)
    order = TrainingBySampling(codes, [2, 4], 500, 0.5, 0, np.array([1.0, 0.0]))
    rows, column, seeds = (np.concatenate([order(i)[part] for i in range(20)]) for part in range(3))
    assert rows.shape[1] == 500
    assert (column == 0).all()
    # The square roots of 900 and 100 stand as 3 to 1; 20,000 draws, three standard errors.
    assert abs((codes[rows, 0] == 1).mean() - 0.25) < 0.01
    assert len(np.unique(seeds)) == seeds.size
    assert (order(3)[0] == order(3)[0]).all()
    assert (order(3)[0] != order(4)[0]).any()


def test_a_slot_that_no_row_holds_is_never_drawn():
    codes = np.array([[0], [2]] * 50)
    order = TrainingBySampling(codes, [4], 100, 0.0, 0, np.ones(1))
    rows, _, _ = order(0)
    assert set(codes[rows].ravel()) == {0, 2}


def test_gumbel_numbers_have_the_gumbel_distribution():
    normal = tf.constant([-4.0, 0.0, 1.0, 4.0])
    from scipy.stats import gumbel_r, norm

    expected = gumbel_r.ppf(norm.cdf(normal.numpy().astype("float64")))
    # float32 near 1: a few units in the last place of the distribution function.
    np.testing.assert_allclose(gumbel(normal), expected, rtol=2e-3, atol=1e-4)


def test_spans_are_softmaxes_of_their_own():
    layer = SpanActivation(1, [2, 3], temperature=0.5)
    out = layer([tf.constant([[0.5, 1.0, 0.0, 0.0, 0.0, 90.0]]), tf.zeros((1, 5))]).numpy()[0]
    # Equal noise everywhere drops out: two logits a unit apart at temperature 0.5.
    share = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(out, [np.tanh(0.5), share, 1 - share, 0, 0, 1], atol=1e-6)


def test_samples_follow_the_shares_of_the_logits():
    layer = SpanActivation(0, [3])
    logits = tf.math.log(tf.constant([[0.6, 0.3, 0.1]])) + tf.zeros((20_000, 1))
    noise = tf.random.stateless_normal((20_000, 3), (0, 1))
    shares = np.bincount(layer([logits, noise]).numpy().argmax(1), minlength=3) / 20_000
    np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=0.012)  # three standard errors


class Judge:
    """A discriminator of two packs of two rows, whose features are the rows' sums."""

    def __call__(self, samples, conditions):
        return tf.zeros((2, 1))

    def features(self, samples, conditions):
        return tf.reduce_sum(tf.reshape(samples, (2, 2, -1)), axis=1)


def test_condition_cross_entropy_by_hand():
    fake = tf.constant([[0.3, 0.5, 0.5], [0.1, 0.25, 0.75], [0, 1.0, 0.0], [0, 0.5, 0.5]])
    asked = tf.constant([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    batch = gankeras.AdversarialBatch(None, fake, None, {"condition": asked})
    penalty = ConditionCrossEntropy(2.0).penalty(Judge(), batch)
    # -log of a half and of a quarter make one pack's mean; the last row was asked nothing.
    np.testing.assert_allclose(penalty, [3 * np.log(2), 0.0], rtol=1e-5, atol=1e-7)


def test_information_loss_by_hand():
    real = tf.constant([[1.0], [1.0], [3.0], [3.0]])  # features 2 and 6: mean 4, deviation 2
    fake = tf.constant([[1.0], [0.0], [1.0], [0.0]])  # features 1 and 1: mean 1, deviation 0
    penalty = InformationLoss(1.0).penalty(Judge(), gankeras.AdversarialBatch(real, fake, None, {}))
    np.testing.assert_allclose(penalty, [5.0, 5.0], atol=2e-3)  # 1e-6 under the root


def test_gradient_penalty_of_packs_takes_the_pack_as_one():
    """Two rows with gradients 3 and 4 are a pack with a gradient of 5."""

    class Packed:
        def __call__(self, samples, conditions):
            return tf.zeros((1, 1))

        def logit_gradients(self, samples, conditions):
            return tf.constant([[3.0], [4.0]])

    batch = gankeras.AdversarialBatch(
        tf.zeros((2, 1)), tf.ones((2, 1)), None, {}, gankeras.random.fold(0)
    )
    penalty = gankeras.regularizers.GradientPenalty(10.0).penalty(Packed(), batch)
    np.testing.assert_allclose(penalty, [160.0], rtol=1e-5)

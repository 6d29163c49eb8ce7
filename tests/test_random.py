import numpy as np
import pytest
import tensorflow as tf

from gankeras import random


def test_fold_is_pure_and_every_counter_counts():
    base = random.fold(3, 1, 2).numpy()
    assert (base == random.fold(3, 1, 2).numpy()).all()
    for other in (
        random.fold(4, 1, 2),
        random.fold(3, 2, 2),
        random.fold(3, 1, 3),
        random.fold(3, 2, 1),
    ):
        assert (base != other.numpy()).any()


@pytest.mark.parametrize("draw", [random.uniform, random.normal, random.gumbel])
def test_xla_and_graph_agree(draw):
    def numbers():
        return draw((64, 8), random.fold(1, 2))

    plain, jitted = tf.function(numbers)(), tf.function(numbers, jit_compile=True)()
    # The bits agree; logarithm and cosine are of different libraries.
    np.testing.assert_allclose(plain, jitted, atol=1e-5)


def test_moments():
    n = 200_000
    u, z = random.uniform((n,), random.fold(0)).numpy(), random.normal((n,), random.fold(0)).numpy()
    # Five standard errors of each moment.
    assert abs(u.mean() - 0.5) < 5 * np.sqrt(1 / 12 / n)
    assert u.min() > 0
    assert u.max() < 1
    assert abs(z.mean()) < 5 / np.sqrt(n)
    assert abs(z.var() - 1) < 5 * np.sqrt(2 / n)


def test_rows_depend_on_their_seed_alone():
    seeds = random.row_seeds(5, 10)
    assert seeds.numpy().tolist() == [(5 << 32) + i for i in range(10)]
    whole = random.normal_rows(seeds, (3, 2)).numpy()
    assert whole.shape == (10, 3, 2)
    assert (whole[4:7] == random.normal_rows(seeds[4:7], (3, 2)).numpy()).all()
    assert (whole != random.normal_rows(seeds, (3, 2), stream=1).numpy()).all()


def test_rows_are_distinct_and_well_distributed():
    rows = random.normal_rows(random.row_seeds(0, 60_000), (2,)).numpy()
    assert len(np.unique(rows, axis=0)) == 60_000
    n = rows.size
    assert abs(rows.mean()) < 5 / np.sqrt(n)
    assert abs(rows.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs(np.corrcoef(rows.T)[0, 1]) < 5 / np.sqrt(len(rows))
    assert abs(np.corrcoef(rows[:-1, 0], rows[1:, 0])[0, 1]) < 5 / np.sqrt(len(rows))


def test_scope_gives_seeds_in_order_and_only_inside():
    with random.seed_scope(random.fold(0)):
        first, second = random.scoped_seed().numpy(), random.scoped_seed().numpy()
    assert (first != second).any()
    with pytest.raises(RuntimeError, match="outside the game"):
        random.scoped_seed()


def test_the_ends_of_the_interval_are_left_out():
    ends = random._unit(tf.constant([0, 2**32 - 1], tf.uint32)).numpy()
    assert ends[0] > 0
    assert ends[1] < 1

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk
from gankeras.augmentation import Bank, SampleFilter, draw_bank


class Below(SampleFilter):
    """Keeps marked rows whose uniform number is small: a known share."""

    def __init__(self, limit):
        self.limit = limit

    def keep(self, x, y):
        return x[:, 1] < self.limit


class Never(SampleFilter):
    def keep(self, x, y):
        return np.zeros(len(x), bool)


def test_rows_are_spread_over_the_classes_and_bear_their_labels(marked):
    bank = draw_bank(marked(), 42, verbose=0)
    assert len(bank) == 42
    assert np.bincount(bank.labels).tolist() == [11, 11, 10, 10]
    # A marked row says its class: -1 - label.
    np.testing.assert_array_equal(bank.samples[:, 0], -1.0 - bank.labels)
    assert len(np.unique(bank.samples[:, 1])) == 42


def test_draw_gives_rows_of_the_asked_class_and_all_of_them(marked):
    bank = draw_bank(marked(class_counts=np.array([5, 5, 5, 5])), 20, verbose=0)
    labels = np.arange(400) % 4
    drawn = bank.sample(400, labels=labels, seed=3)
    np.testing.assert_array_equal(drawn[:, 0], -1.0 - labels)
    assert {tuple(row) for row in drawn.tolist()} == {tuple(r) for r in bank.samples.tolist()}
    assert bank.class_counts.tolist() == [5, 5, 5, 5]
    # A row depends on its own seed alone.
    np.testing.assert_array_equal(bank.sample(3, labels=labels[:3], seed=3), drawn[:3])


def test_same_seed_same_bank_and_other_seed_other_rows(marked):
    one, again, other = (draw_bank(marked(), 40, seed=s, verbose=0).samples for s in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not set(one[:, 1].tolist()) & set(other[:, 1].tolist())


def test_acceptance_counts_what_each_filter_dropped(marked):
    bank = draw_bank(marked(), 400, [Below(0.5), Below(0.25)], verbose=0)
    for counted in bank.record.values():
        assert counted["kept"] == 100
        assert list(counted["dropped"]) == ["1. Below", "2. Below"]
        assert counted["drawn"] == 100 + sum(counted["dropped"].values())
        assert counted["dropped"]["1. Below"] > counted["dropped"]["2. Below"] > 0
    # A quarter of some 1,600 rows: five standard errors.
    assert np.mean(list(bank.acceptance.values())) == pytest.approx(0.25, abs=5 * 0.433 / 40)
    assert bank.samples[:, 1].max() < 0.25


def test_acceptance_of_a_small_bank_leaves_out_rows_after_the_last_kept_one(marked):
    # A chunk of 256 brings far more rows than the eight of each class.
    shares = [
        share
        for seed in range(5)
        for share in draw_bank(marked(), 32, [Below(0.5)], seed, verbose=0).acceptance.values()
    ]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.12)


def test_filters_say_of_each_row_whether_it_stays(marked):
    for answer in (lambda x: x[:, 1], lambda x: np.flatnonzero(x[:, 1] > 0.5), lambda x: True):
        one = Never()
        one.keep = lambda x, y, answer=answer: answer(x)
        with pytest.raises(ValueError, match="one bool a row.*Received: dtype.*`Never`"):
            draw_bank(marked(), 40, [one], verbose=0)


def test_draws_are_bounded_and_the_error_names_the_classes(marked):
    with pytest.raises(ValueError, match=r"10 times.*'1': '0\.000'.*short are"):
        draw_bank(marked(), 40, [Never()], verbose=0)


def test_filters_are_a_list_of_filters(marked):
    with pytest.raises(ValueError, match="must be a list.*Received: Never"):
        draw_bank(marked(), 40, Never(), verbose=0)
    with pytest.raises(ValueError, match="`SampleFilter` object.*Received: <class"):
        draw_bank(marked(), 40, [Never], verbose=0)


def test_save_and_load(marked, table, tmp_path):
    for source in (marked(class_names=("a", "b", "c", "d")), table()):
        bank = draw_bank(source, 20, verbose=0)
        bank.save(tmp_path / "bank.npz")
        assert [p.name for p in tmp_path.iterdir()] == ["bank.npz"]
        again = Bank.load(tmp_path / "bank.npz")
        assert again.element_spec == bank.element_spec
        assert (again.class_names, again.record) == (bank.class_names, bank.record)
        tf.nest.map_structure(
            np.testing.assert_array_equal, again.sample(9, labels=1), bank.sample(9, labels=1)
        )


def test_load_of_something_else(tmp_path):
    np.savez(tmp_path / "other.npz", a=1)
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "other.npz").read_bytes()[:100])
    (tmp_path / "empty.npz").write_bytes(b"")
    for name in ("other.npz", "text.npz", "missing.npz", "cut.npz", "empty.npz"):
        with pytest.raises(ValueError, match="Bank.save"):
            Bank.load(tmp_path / name)


def test_a_bank_that_was_edited_or_has_no_place(marked, tmp_path):
    bank, path = draw_bank(marked(), 20, verbose=0), tmp_path / "bank.npz"
    bank.save(path)
    arrays = dict(np.load(path))
    arrays["facts"] = str(arrays["facts"]).replace("num_classes", "classes")
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"Bank.save.*\(KeyError: 'num_classes'\)"):
        Bank.load(path)
    with pytest.raises(FileNotFoundError, match="folder to write into does not exist.*none/bank"):
        bank.save(tmp_path / "none" / "bank.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["bank.npz"]


def test_source_without_classes():
    bank = draw_bank(gk.testing.toy_gan(None, trained_steps=1), 10, verbose=0)
    assert bank.sample(4).shape == (4, 2)
    assert list(bank.record) == ["all"]


def test_bank_feeds_the_layer_and_checkpoints(marked, tmp_path):
    bank = draw_bank(marked(), 40, verbose=0)
    x, y = np.arange(128, dtype="float32").reshape(64, 2), np.arange(64) % 4
    real = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    for augment in (gk.GANAugmentation(bank, 0.25), gk.GANAugmentation(marked(), 0.25, bank=bank)):
        mixed = real.map(augment)
        found = np.concatenate([rows for rows, _ in mixed.as_numpy_iterator()])
        synthetic = found[found[:, 0] < 0]
        assert len(synthetic) == 16
        assert {tuple(r) for r in synthetic.tolist()} <= {tuple(r) for r in bank.samples.tolist()}
    iterator = iter(mixed)
    checkpoint = tf.train.Checkpoint(iterator=iterator)
    next(iterator)
    path = checkpoint.write(str(tmp_path / "at"))
    second = next(iterator)
    next(iterator)
    checkpoint.read(path)
    np.testing.assert_array_equal(next(iterator)[0], second[0])


def test_bank_of_another_source_is_refused(marked, table):
    with pytest.raises(ValueError, match="`bank`"):
        gk.GANAugmentation(marked(), bank=draw_bank(table(), 10, verbose=0))
    with pytest.raises(ValueError, match="`bank`"):
        gk.GANAugmentation(marked(), bank=marked())


def test_untrained_source_and_bad_numbers(marked):
    with pytest.raises(ValueError, match="untrained"):
        draw_bank(gk.testing.toy_gan(), 10, verbose=0)
    for num in (3, 10.5):
        with pytest.raises(ValueError, match="Received: num"):
            draw_bank(marked(), num, verbose=0)
    for seed in (-1, "a"):
        with pytest.raises(ValueError, match=f"Received: seed={seed!r}"):
            draw_bank(marked(), 10, seed=seed, verbose=0)

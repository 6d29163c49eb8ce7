"""Closest records, guesses and groups by hand; and copies are found out."""

import numpy as np
import pandas as pd
import pytest

from gankeras.evaluation import (
    attribute_inference,
    closest_records,
    judge_table,
    k_anonymity,
)
from gankeras.evaluation.frames.columns import side_by_side
from gankeras.evaluation.frames.mixed_rows import mixed_rows


def distances(frame, like=None):
    columns = side_by_side({"rows": frame, "like": frame if like is None else like})
    points = mixed_rows(columns, "rows", "like")
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def test_numbers_differ_by_the_rows_between_them():
    # Ranks of 10, 20, 1000 and 1000 among themselves: 1/8, 3/8, 6/8, 6/8.
    found = distances({"n": [10.0, 20.0, 1000.0, 1000.0]})
    np.testing.assert_allclose(found[0], [0, 0.25, 0.625, 0.625], atol=1e-12)


def test_columns_count_alike():
    frame = {"n": [1.0, 1.0, 2.0], "c": np.array(["a", "b", "a"])}
    found = distances(frame)
    # Root mean square of the differences: (0, 1), and (ranks 1/3 and 5/6, 0).
    np.testing.assert_allclose(found[0], [0, np.sqrt(1 / 2), 0.5 / np.sqrt(2)], atol=1e-12)


def test_missing_is_one_away_from_known_and_equal_to_missing():
    found = distances({"n": [np.nan, np.nan, 1.0], "c": np.array([None, None, "a"], object)})
    assert found[0, 1] == 0
    assert 1 - 1e-12 <= found[0, 2] <= np.sqrt(1.25) + 1e-12


def test_rare_categories_are_one():
    codes = np.concatenate([np.repeat(np.arange(64), 2), [70, 71]]).astype(str)
    found = distances({"c": codes})
    assert found[-1, -2] == 0
    assert found[0, -1] == pytest.approx(1, abs=1e-12)


def people(rows, seed):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows).astype(float)
    return pd.DataFrame(
        {
            "age": np.where(rng.random(rows) < 0.1, np.nan, age),
            "wage": rng.lognormal(7, 1, rows),
            "town": rng.choice(list("abcdefgh"), rows),
            "ill": rng.choice(["yes", "no"], rows, p=[0.4, 0.6]),
        }
    )


@pytest.fixture(scope="module")
def parts():
    return people(300, 0), people(200, 1)


def test_copies_are_found_out(parts):
    train, holdout = parts
    found = closest_records(train, holdout, train.sample(150, random_state=0))
    assert found.copies == 1
    assert found.holdout_copies == 0
    assert found.median < 1e-7  # squares cancel to about 1e-16
    assert found.share == 1
    fresh = closest_records(train, holdout, people(250, 2))
    assert fresh.copies == 0
    assert fresh.share < 0.05
    assert fresh.median == pytest.approx(fresh.holdout_median, rel=0.2)  # 200 and 250 rows


def test_a_copied_table_gives_away_what_is_hidden(parts):
    train, holdout = parts
    copied = attribute_inference(train, holdout, train, "ill")
    assert copied.train == 1
    assert copied.excess > 0.3
    fresh = attribute_inference(train, holdout, people(300, 3), "ill")
    assert abs(fresh.excess) < 0.15  # two binomials of 300 and 200 rows
    counts = train["ill"].value_counts(normalize=True)
    assert fresh.most_frequent == pytest.approx(counts[holdout["ill"].mode()[0]])


def test_a_number_is_guessed_within_a_twentieth_of_the_rows():
    rows = {"who": np.arange(40).astype(str), "n": np.arange(40.0)}
    off = {"who": rows["who"], "n": rows["n"] + 2.5}  # two rows between: 2 / 40
    further = {"who": rows["who"], "n": rows["n"] + 3.5}
    assert attribute_inference(rows, rows, off, "n", ["who"]).train == 1
    assert attribute_inference(rows, rows, further, "n", ["who"]).train < 0.2


def test_groups_by_hand():
    frame = {"sex": ["f", "f", "m", None, None], "age": [30.0, 30.0, 30.0, np.nan, np.nan]}
    found = k_anonymity(frame, ["sex", "age"])
    assert (found.k, found.groups, found.alone, found.in_few) == (1, 3, 0.2, 1.0)
    assert k_anonymity(frame, "age").k == 2


def test_one_name_is_one_column(parts):
    train, holdout = parts
    one, listed = (
        judge_table(train, holdout, train, quasi_identifiers=q) for q in ("age", ["age"])
    )
    assert one["synthetic"].figures["k"] == listed["synthetic"].figures["k"]


def test_the_judge_puts_the_holdout_beside(parts):
    train, holdout = parts
    asked = {"hidden": ["ill"], "quasi_identifiers": ["age", "town"]}
    copied = judge_table(train, holdout, train, **asked)
    made, real = copied["synthetic"].figures, copied["holdout"].figures
    assert made["column_shapes"].mean == 1
    assert made["copies"].mean == 1 > real["copies"].mean
    assert made["membership_auc"].mean > 0.99
    assert made["guessed/ill"].mean > copied["baseline"].figures["guessed/ill"].mean + 0.3
    assert made["k"].mean == k_anonymity(train, ["age", "town"]).k
    assert real["column_shapes"].mean == pytest.approx(1, abs=0.1)
    titles = [section.title for section in copied.sections]
    assert len(titles) == 5
    bars = copied.sections[0].blocks[1]
    assert bars.series["synthetic rows"] == (1.0,) * 4
    assert set(bars.groups) == set(train)
    fresh = judge_table(train, holdout, people(300, 4))
    assert abs(fresh["synthetic"].figures["membership_auc"].mean - 0.5) < 0.1
    assert type(fresh).from_json(fresh.to_json()) == fresh


def test_the_judge_is_repeatable(parts):
    train, holdout = parts
    first, second = (judge_table(train, holdout, people(50, 5), hidden="wage") for _ in range(2))
    assert first == second


def test_bad_arguments_say_what_is_wrong(parts):
    train, holdout = parts
    with pytest.raises(ValueError, match="`holdout` must have at least 20 rows. Received: 10"):
        judge_table(train, holdout.head(10), train)
    with pytest.raises(ValueError, match="hidden='pay'"):
        attribute_inference(train, holdout, train, "pay")
    with pytest.raises(ValueError, match="no value in synthetic"):
        attribute_inference(train, holdout, train.assign(ill=None), "ill")
    with pytest.raises(ValueError, match="quasi_identifiers"):
        k_anonymity(train, ["pay"])

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from gankeras.tables import TableCodec


def test_conditions_become_codes_and_numbers(adapted):
    codec = adapted
    given = codec.encode_conditions(
        ">50K", {"age": [30, 31], "city": "Rome", "hours": [np.nan, 40.0]}, 2
    )
    at = codec.by_name
    assert given["codes"].shape == (2, 15)
    assert (given["codes"] >= 0).sum(1).tolist() == [4, 4]
    assert given["numbers"][:, at["age"]].tolist() == [30, 31]
    assert (given["codes"][:, at["income"]] == 1).all()
    hours = codec.columns[at["hours"]]
    assert given["codes"][0, at["hours"]] == hours.num_slots - 1


@pytest.mark.parametrize(
    ("labels", "conditions", "words"),
    [
        (None, {"city": "Paris"}, "'city' has no value 'Paris'.*row 0"),
        (None, {"city": ["Rome", "Rome", "Paris"]}, "row 2"),
        (None, {"town": "Rome"}, "must be on columns of the table"),
        (None, {"age": 500}, "'age' is made between 18 and 89.*500 in row 0"),
        (None, {"age": "old"}, "'age' must hold values of dtype int64"),
        (None, {"age": [30, 31]}, "one for each of 3 rows"),
        (None, {"joined": "2035-01-01"}, "'joined' is made between"),
        (None, {"age": np.nan}, "'age' is never missing"),
        (0, {"income": ">50K"}, "give one of them"),
        (2, None, "between 0 and 1"),
        (None, ["city"], "a dict of values by column"),
        (None, {"age": 30.5}, "'age' is made in whole numbers.*30.5 in row 0"),
        (None, {"joined": "2020-05-05 12:00"}, "'joined' is made in the dates' steps.*row 0"),
        (None, {"city": {"Rome": 1}}, "'city' must be one value"),
        (None, {"age": [[30], [31], [32]]}, "'age' must be one value"),
    ],
)
def test_conditions_that_cannot_be_met(adapted, labels, conditions, words):
    with pytest.raises(ValueError, match=words):
        adapted.encode_conditions(labels, conditions, 3)


def test_conditions_that_contradict_each_other():
    table = {"a": np.arange(60), "b": np.arange(60) + 5}
    codec = TableCodec(types={"a": "integer", "b": "integer"}, ordered=[("a", "b")]).adapt(table)
    with pytest.raises(ValueError, match="'a' <= 'b'.*contradict.*{'a': 40, 'b': 20} in row 1"):
        codec.encode_conditions(None, {"a": [10, 40], "b": [20, 20]}, 2)
    # One of them fixed, the other gives way.
    given = codec.encode_conditions(None, {"b": 20}, 50)
    given = codec.network_conditions(tf.range(50, dtype=tf.int64), None, given)
    noise = tf.random.stateless_uniform((50, *codec.sample_shape), (0, 1), -1.0, 1.0)
    made = codec.decode(noise, given)
    assert (made["b"].numpy() == 20).all()
    assert (made["a"].numpy() <= 20).all()


def test_missing_values_of_every_kind_are_missing(adapted):
    for missing in (None, np.nan, pd.NA):
        given = adapted.encode_conditions(None, {"city": [missing, "Rome"], "count": missing}, 2)
        for name, rows in (("city", [0]), ("count", [0, 1])):
            index = adapted.by_name[name]
            last = adapted.columns[index].num_slots - 1
            assert np.flatnonzero(given["codes"][:, index] == last).tolist() == rows

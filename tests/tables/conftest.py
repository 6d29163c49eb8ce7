import numpy as np
import pandas as pd
import pytest

from gankeras.tables import TableCodec


def make_frame(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    hours = rng.normal(40, 10, rows).round(1)
    hours[rng.random(rows) < 0.1] = np.nan
    city = rng.choice(["Oslo", "Rome", "Bern"], rows).astype(object)
    city[::17] = None
    flag = pd.array(rng.random(rows) < 0.5, dtype="boolean")
    flag[3] = pd.NA
    count = pd.array(rng.integers(0, 1000, rows), dtype="Int64")
    count[5] = pd.NA
    joined = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "weight": rng.normal(70, 9, rows).astype("float32"),
            "hours": hours,
            "amount": np.where(rng.random(rows) < 0.4, 0.0, rng.lognormal(8, 2, rows)),
            "city": city,
            "member": rng.random(rows) < 0.5,
            "flag": flag,
            "count": count,
            "joined": joined,
            "zoned": joined.tz_localize("Europe/Oslo"),
            "wait": pd.to_timedelta(rng.integers(1, 500, rows), "min"),
            "grade": pd.Categorical(
                rng.choice(["low", "mid", "high"], rows), ["low", "mid", "high"], ordered=True
            ),
            "code": pd.Categorical(rng.choice([3, 7, 11], rows)),
            "source": "survey",
            "income": rng.choice(["<=50K", ">50K"], rows, p=[0.8, 0.2]),
        }
    )


@pytest.fixture(scope="session")
def everything():
    """A column of each kind."""
    return make_frame()


@pytest.fixture(scope="session")
def adapted(everything):
    return TableCodec(target="income").adapt(everything)

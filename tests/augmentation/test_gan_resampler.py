"""The resampler as scikit-learn and imbalanced-learn use it."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

import gankeras as gk
from gankeras.augmentation import GANResampler


def rows(num=60, seed=0):
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(num) % 5 == 0, "rare", "usual")
    frame = pd.DataFrame(
        {
            "amount": rng.normal(size=num) + 3 * (y == "rare"),
            "months": rng.integers(1, 9, num),
            "home": rng.choice(["own", "rent"], num),
        },
        index=np.arange(num) + 100,
    )
    return frame, pd.Series(y, index=frame.index, name="class")


def _ctgan(frame, target, seed):
    codec = gk.tables.TableCodec(target=target).adapt(frame)
    gan = gk.tables.CTGAN(
        codec, generator_widths=(4,), discriminator_widths=(4,), latent_dim=2, seed=seed
    )
    gan.compile()
    gan.fit(frame, epochs=1, verbose=0)
    return gan


class Copies:
    """Makes sources that copy training rows, and remembers what it was given."""

    def __init__(self):
        self.seen = []

    def __call__(self, frame, target, seed):
        self.seen.append((frame, target, seed))
        names, ids = np.unique(frame[target], return_inverse=True)
        columns = {name: frame[name].to_numpy() for name in frame if name != target}
        return gk.baselines.Bootstrap(columns, ids.astype("int32"), names)


def test_classes_are_balanced_and_types_kept():
    x, y = rows()
    sampler = GANResampler(Copies(), random_state=3)
    more, labels = sampler.fit_resample(x, y)
    assert labels.value_counts().to_dict() == {"usual": 48, "rare": 48}
    assert more.dtypes.equals(x.dtypes)
    assert labels.name == y.name
    pd.testing.assert_frame_equal(more.head(60), x.reset_index(drop=True))
    assert sampler.is_synthetic_.tolist() == [False] * 60 + [True] * 36
    rare = set(x[y == "rare"].itertuples(index=False, name=None))
    assert set(more.tail(36).itertuples(index=False, name=None)) <= rare
    again, _ = GANResampler(Copies(), random_state=3).fit_resample(x, y)
    pd.testing.assert_frame_equal(again, more)


def test_arrays_and_counts_by_class():
    x, y = rows()
    y = (y == "rare").to_numpy().astype("int64")
    array = x[["amount", "months"]].to_numpy("float32")
    make = Copies()
    more, labels = GANResampler(make, {1: 20}).fit_resample(array, y)
    assert more.dtype == np.float32
    assert np.bincount(labels).tolist() == [48, 20]
    frame, target, seed = make.seen[0]
    assert (list(frame), seed) == (["x0", "x1", target], 0)


def test_a_column_may_be_called_class():
    x, y = rows()
    make = Copies()
    GANResampler(make).fit_resample(x.rename(columns={"home": "class"}), y)
    assert make.seen[0][1] == "class_"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (pd.RangeIndex(3), ["0", "1", "2"]),
        (
            pd.MultiIndex.from_tuples(
                [("money", 1), ("time", 1), ("time", 2)], names=["what", "n"]
            ),
            ["('money', 1)", "('time', 1)", "('time', 2)"],
        ),
    ],
)
def test_names_that_are_no_text_come_back(names, told):
    x, y = rows()
    x.columns = names
    make = Copies()
    more, _ = GANResampler(make).fit_resample(x, y)
    assert list(make.seen[0][0])[:3] == told
    pd.testing.assert_index_equal(more.columns, names)
    pd.testing.assert_frame_equal(more.head(60), x.reset_index(drop=True))


def test_nothing_to_add_trains_nothing():
    x, y = rows()
    make = Copies()
    sampler = GANResampler(make, {"rare": 2})
    assert sampler.fit_resample(x, y)[0] is x
    assert make.seen == []
    assert sampler.source_ is None
    assert not sampler.is_synthetic_.any()


def test_a_step_of_a_pipeline_sees_training_folds_alone():
    pipeline = pytest.importorskip("imblearn.pipeline")
    from sklearn.model_selection import cross_val_score

    x, y = rows(100)
    make = Copies()
    model = pipeline.make_pipeline(GANResampler(make), LogisticRegression())
    # `clone` copies what has no get_params: the function is shared through its class.
    model.set_params(ganresampler__source=lambda *given: make(*given))
    scores = cross_val_score(model, x[["amount", "months"]], y, cv=4, scoring="balanced_accuracy")
    assert scores.mean() > 0.8
    assert [len(frame) for frame, *_ in make.seen] == [75] * 4
    model.fit(x[["amount", "months"]], y)
    assert len(model.predict(x[["amount", "months"]].head(7))) == 7


def test_parameters_as_scikit_learn_wants_them():
    sampler = GANResampler(sampling_strategy="minority", epochs=7)
    copied = clone(sampler)
    assert copied is not sampler
    assert copied.get_params() == sampler.get_params()
    assert copied.set_params(epochs=8).epochs == 8
    assert "epochs=8" in repr(copied)
    with pytest.raises(ValueError, match=r"Received: \['epoch'\]"):
        copied.set_params(epoch=8)


def test_a_ctgan_by_default():
    x, y = rows()
    sampler = GANResampler(epochs=1)
    more, labels = sampler.fit_resample(x, y)
    assert labels.value_counts().to_dict() == {"usual": 48, "rare": 48}
    assert more.dtypes.equals(x.dtypes)
    assert more["home"].isin(["own", "rent"]).all()
    assert sampler.source_.class_names == ("rare", "usual")


def test_classes_of_every_kind_reach_the_gan_and_come_back():
    x, _ = rows()
    rare = np.arange(60) % 5 == 0
    days = pd.to_datetime(["2020-01-01", "2020-02-02"])
    kinds = {
        "objects": pd.Series(rare.astype(int), dtype=object),
        "dates": pd.Series(days[rare.astype(int)]),
        "mixed": pd.Series([1 if is_rare else "usual" for is_rare in rare], dtype=object),
        "frame": pd.DataFrame({"class": rare}),
    }
    for name, y in kinds.items():
        more, labels = GANResampler(_ctgan).fit_resample(x, y)
        assert type(labels) is type(y), name
        values = labels if name != "frame" else labels["class"]
        assert values.value_counts().tolist() == [48, 48], name
        assert set(values) == set(y if name != "frame" else y["class"]), name
        assert len(more) == 96
    column = rare.astype(float)[:, None]
    assert GANResampler(_ctgan).fit_resample(x, column)[1].shape == (96, 1)


def test_a_trained_source_knows_whole_floats_by_its_names():
    x, _ = rows()
    y = np.where(np.arange(60) % 5 == 0, 5, 2)
    source = gk.baselines.Bootstrap({n: x[n].to_numpy() for n in x}, y // 5, ["2", "5"])
    _, labels = GANResampler(source).fit_resample(x, y.astype(float))
    assert np.unique(labels, return_counts=True)[1].tolist() == [48, 48]
    assert labels.dtype == float


def test_a_fitted_one_is_copied_without_its_source():
    x, y = rows()
    sampler = GANResampler(_ctgan)
    sampler.fit_resample(x, y)
    copied = pickle.loads(pickle.dumps(sampler))
    assert copied.source_ is None
    assert copied.is_synthetic_.sum() == 36
    assert sampler.source_ is not None
    assert not hasattr(copy.deepcopy(GANResampler()), "source_")


def test_identifiers_that_no_source_makes_keep_their_digits():
    x, y = rows()
    x["id"] = 2**53 + 1 + 2 * np.arange(60)
    with pytest.warns(UserWarning, match="tell every row apart"):
        more, _ = GANResampler(_ctgan).fit_resample(x, y)
    assert more["id"].dtype == "Int64"
    assert more["id"].tolist()[:60] == x["id"].tolist()


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("datetime64[ns]", pd.Timestamp(5)),
        ("datetime64[us]", np.datetime64(5, "us")),
        ("timedelta64[ns]", pd.Timedelta(5)),
        ("bool", np.True_),
    ],
)
def test_counts_are_found_by_classes_of_any_dtype(kind, key):
    x, y = rows()
    y = pd.Series(np.where(y == "rare", 5, 0)).astype(kind)
    _, labels = GANResampler(Copies(), {key: 20}).fit_resample(x, y)
    assert labels.dtype == y.dtype
    assert (labels == key).sum() == 20


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": ["a"] * 60}, "two classes"),
        ({"y": [None] + ["a", "b"] * 29 + ["a"]}, "1 of them missing"),
        ({"y": ["a", "b"]}, "2 classes for 60 rows"),
        ({"sampling_strategy": {"rarer": 5}}, "rarer"),
        ({"sampling_strategy": "more"}, "'more'"),
        ({"x": scipy.sparse.eye(60)}, "sparse matrices dense.*Received: dia"),
        ({"x": np.zeros(60)}, r"shape \(60,\)"),
    ],
)
def test_bad_arguments_say_what_is_wrong(change, message):
    x, y = rows()
    sampler = GANResampler(Copies(), change.get("sampling_strategy", "auto"))
    with pytest.raises(ValueError, match=message):
        sampler.fit_resample(change.get("x", x), change.get("y", y))


def test_seeds_as_scikit_learn_gives_them():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 2)), np.arange(60) % 4 == 0

    def make(frame, target, seed):
        seeds.append(seed)
        columns = {name: frame[name].to_numpy() for name in frame if name != target}
        return gk.baselines.Bootstrap(columns, frame[target].to_numpy().astype(int))

    seeds = []
    for state in (None, np.random.RandomState(1), np.random.default_rng(1), np.int64(5)):
        gk.augmentation.GANResampler(make, random_state=state).fit_resample(x, y)
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in seeds)
    assert seeds[-1] == 5
    with pytest.raises(ValueError, match="`random_state` must be.*'seven'"):
        gk.augmentation.GANResampler(make, random_state="seven").fit_resample(x, y)

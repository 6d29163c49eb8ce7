"""Oversampling by a GAN, where scikit-learn and imbalanced-learn expect a sampler."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gankeras.augmentation.held_source import HeldSource
from gankeras.augmentation.policy import check_strategy, target_counts
from gankeras.core.stacked_frames import stacked
from gankeras.domain import DOMAINS


class GANResampler:
    """Adds synthetic rows to a table until its classes are as large as asked: a step of an imbalanced-learn `Pipeline`.

    By default each `fit_resample` trains a GAN on the rows it is given and on no others, so that in a cross-validation
    no held-out row has a part in it. Such a pipeline resamples in `fit` alone, never in `predict`.

    Args:
        source: None to train a `CTGAN` each time; a function `(frame, target, seed) -> source` that makes another one
            from a DataFrame and the name of its column of classes; or a source that is trained already (a GAN, a
            `Synthesizer` or a path), which then must not have seen rows that judge.
        sampling_strategy: imbalanced-learn's words, or a dict of counts afterwards by class; one that has more keeps its rows.
        epochs: Passes over the rows in the training of the default source.
        random_state: Seed of the training and of the rows, a whole number in [0, 2**31); None for another one each time,
            or a NumPy generator that gives it.

    Attributes:
        source_: The source of the last `fit_resample`, None where nothing was added, and in copies and pickles: the rows
            are made, and it is not needed again.
        is_synthetic_: Bool by row of what it returned.

    Example:
        >>> from sklearn.linear_model import LogisticRegression
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(60, 2)), np.arange(60) % 4 == 0
        >>> def make(frame, target, seed):
        ...     columns = {name: frame[name].to_numpy() for name in frame if name != target}
        ...     return gankeras.baselines.Bootstrap(columns, frame[target].to_numpy().astype(int))
        >>> x_more, y_more = gankeras.augmentation.GANResampler(make).fit_resample(x, y)
        >>> len(x_more), int(y_more.sum())
        (90, 45)
    """

    def __init__(
        self,
        source: Any = None,
        sampling_strategy: str | Mapping = "auto",
        epochs: int = 100,
        random_state: Any = 0,
    ):
        # As scikit-learn wants it: stored as given, checked in use.
        self.source = source
        self.sampling_strategy = sampling_strategy
        self.epochs = epochs
        self.random_state = random_state

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """The rows with synthetic ones after them.

        Args:
            X: DataFrame, or numeric array `(n, columns)`. A source is given names that are no text as text.
            y: Their classes, `(n,)` or one column, of any dtype without missing values.

        Returns:
            `(X, y)` in the types and dtypes that were given; whole numbers and truth values of a column that the source does
            not make, such as identifiers, come in pandas' nullable dtypes, synthetic rows lacking them.

        Raises:
            ValueError: For fewer than two classes, missing ones, or a wrong `sampling_strategy`.
        """
        frame, classes, ids = _labelled(X, y)
        seed = _seed(self.random_state)
        counts = np.bincount(ids, minlength=len(classes))
        added = target_counts(counts, self._strategy_by_id(classes)) - counts
        labels = np.repeat(np.arange(len(classes)), np.maximum(added, 0))
        self.source_ = None
        self.is_synthetic_ = np.arange(len(ids) + len(labels)) >= len(ids)
        if not len(labels):
            return X, y
        self.source_ = HeldSource(self._make(frame, classes, ids, seed)).synthesizer
        made = _sampled(self.source_, labels, _told(classes), seed)
        return _joined(X, frame, made), _joined_labels(y, classes[labels])

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments, as scikit-learn asks for them."""
        return {name: getattr(self, name) for name in _parameters(type(self))}

    def set_params(self, **parameters: Any) -> "GANResampler":
        """Sets arguments, as scikit-learn does."""
        unknown = sorted(set(parameters) - set(_parameters(type(self))))
        if unknown:
            raise ValueError(
                f"`GANResampler` has the parameters {_parameters(type(self))}. Received: {unknown}."
            )
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    def __getstate__(self) -> dict[str, Any]:
        # TensorFlow's graphs cannot be pickled.
        return {**self.__dict__, **({"source_": None} if hasattr(self, "source_") else {})}

    def __sklearn_tags__(self) -> Any:
        from sklearn.base import BaseEstimator

        return BaseEstimator().__sklearn_tags__()

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({given})"

    def _make(self, frame: Any, classes: np.ndarray, ids: np.ndarray, seed: int) -> Any:
        source = self.source
        if isinstance(source, Callable) and not hasattr(source, "sample"):
            make = source
        elif source is None:
            make = self._ctgan
        else:
            return source
        target = "class"
        while target in frame:
            target += "_"
        return make(frame.assign(**{target: _told(classes)[ids]}), target, seed)

    def _ctgan(self, frame: Any, target: str, seed: int) -> Any:
        domain = DOMAINS["tables"]
        gan = domain.recipes["ctgan"](domain.codec(target=target).adapt(frame), seed=seed)
        gan.compile()
        gan.fit(frame, epochs=self.epochs, verbose=0)
        return gan

    def _strategy_by_id(self, classes: np.ndarray) -> Any:
        strategy = self.sampling_strategy
        if not isinstance(strategy, Mapping):
            check_strategy(strategy)
            return strategy
        ids = {value: label for label, value in enumerate(_plain(classes))}
        strategy = dict(zip(_plain(list(strategy)), strategy.values(), strict=True))
        unknown = [key for key in strategy if key not in ids]
        if unknown:
            raise ValueError(
                f"The keys of a `sampling_strategy` dict must be classes of `y`, {list(ids)[:10]}. Received: {unknown}."
            )
        return {ids[key]: count for key, count in strategy.items()}


def _plain(values: Any) -> list:
    """Values as they are found in a dict: NumPy's dates and durations, which `tolist` makes whole numbers, as pandas'."""
    import pandas as pd

    return pd.Series(values).tolist()


def _seed(random_state: Any) -> int:
    """The seed that scikit-learn's usual values of `random_state` stand for."""
    if random_state is None:
        random_state = np.random.default_rng()
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, int | np.integer) and 0 <= random_state < 2**31:
        return int(random_state)
    raise ValueError(
        "`random_state` must be a whole number in [0, 2**31), None or a NumPy generator. "
        f"Received: random_state={random_state!r}."
    )


def _parameters(kind: type) -> list[str]:
    return [name for name in inspect.signature(kind.__init__).parameters if name != "self"]


def _labelled(x: Any, y: Any) -> tuple[Any, np.ndarray, np.ndarray]:
    """The rows as a DataFrame, the sorted classes, and each row's number among them."""
    import pandas as pd

    labels = pd.Series(np.asarray(y).ravel())
    if isinstance(x, pd.DataFrame):
        # Sources want names that are text; those of `DataFrame(array)` are numbers.
        frame = x.reset_index(drop=True).set_axis([str(name) for name in x.columns], axis=1)
    else:
        given, x = type(x).__name__, np.asarray(x)
        if x.ndim != 2:
            raise ValueError(
                "`X` must be a DataFrame or an array (rows, columns); make sparse matrices dense. "
                f"Received: {given}, shape {x.shape}."
            )
        frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])])
    missing = np.flatnonzero(labels.isna())
    if missing.size or len(labels) != len(frame):
        raise ValueError(
            "`y` must hold the class of every row of `X`. "
            f"Received: {len(labels)} classes for {len(frame)} rows, {missing.size} of them missing."
        )
    try:
        classes, ids = np.unique(labels.to_numpy(), return_inverse=True)
    except TypeError:  # of several types, which have no order
        ids, classes = pd.factorize(labels.to_numpy())
    if len(classes) < 2:
        raise ValueError(
            f"`y` must have two classes or more to be balanced. Received: {classes.tolist()}."
        )
    return frame, classes, ids


def _told(classes: np.ndarray) -> np.ndarray:
    """Classes as a table's codec takes them: numbers, truth values and text as they are, all else as text."""
    import pandas as pd

    plain = pd.Series(classes).infer_objects()
    if plain.dtype.kind in "iufb" or all(isinstance(value, str) for value in plain):
        return plain.to_numpy()
    told = np.array([str(value) for value in plain], object)
    if len(set(told)) < len(told):
        raise ValueError(
            f"The classes of `y` must differ as text; give them names. Received: {classes.tolist()[:10]}."
        )
    return told


def _named(value: Any, names: tuple[str, ...]) -> str:
    """What a source calls a class: 1.0 in `y` may be its "1"."""
    name = str(value)
    if name in names or not isinstance(value, int | float) or value != value // 1:
        return name
    return next((n for n in (str(int(value)), str(float(value))) if n in names), name)


def _sampled(source: Any, labels: np.ndarray, classes: np.ndarray, seed: int) -> Mapping:
    """Synthetic columns of these classes, by the source's own numbers where it names its classes."""
    ids = np.arange(len(classes), dtype=np.int32)
    if source.class_names is not None:
        wanted = [_named(value, source.class_names) for value in classes.tolist()]
        if not set(wanted) <= set(source.class_names):
            raise ValueError(
                f"The source must know the classes of `y`, {wanted}. Received: a source of {list(source.class_names)}."
            )
        ids = np.array([source.class_names.index(name) for name in wanted], np.int32)
    return source.sample(len(labels), labels=ids[labels], seed=seed)


def _joined(x: Any, frame: Any, made: Any) -> Any:
    import pandas as pd

    lacking = [name for name in frame if name not in made]
    if lacking and not isinstance(x, pd.DataFrame):
        raise ValueError(f"The source must make every column of `X`. Received: none for {lacking}.")
    fresh = pd.DataFrame({name: made[name] for name in frame if name not in lacking})
    joined = stacked(frame, fresh)
    if isinstance(x, pd.DataFrame):
        return joined.set_axis(x.columns, axis=1)
    return joined.to_numpy(np.asarray(x).dtype)


def _joined_labels(y: Any, fresh: np.ndarray) -> Any:
    import pandas as pd

    if isinstance(y, pd.DataFrame):
        name = y.columns[0]
        more = pd.DataFrame({name: pd.Series(fresh).astype(y.dtypes.iloc[0])})
        return pd.concat([y, more], ignore_index=True)
    if isinstance(y, pd.Series):
        return pd.concat([y, pd.Series(fresh, name=y.name).astype(y.dtype)], ignore_index=True)
    array = np.asarray(y)
    return np.concatenate([array.ravel(), fresh]).reshape(-1, *array.shape[1:])

"""Claim: on imbalanced tables the planner never does harm that five seeds can show, and sometimes helps.

Five real tables, three learners (logistic regression, a small Keras network, gradient boosting), average precision of
the rare class on the last fifth of the rows (abalone19, with 32 rare rows, gets another split each seed). `plan` sees the
training part alone: it trains a CTGAN for each of five splits, on the rows that do not judge, and may say none. What it
chooses is drawn from a CTGAN of the whole training part, and compared with none: intervals of the paired difference over
the seeds, corrected after Holm for all pairs of table and learner.

Beside it, to be read: SMOTENC to equal classes, class weights, F1 at a tuned threshold, the GAN's rows to equal classes,
and how far synthetic rare rows lie from training rows, against SMOTENC's. The rows in results/ were decided by an earlier
rule (one interval for all candidates), and anew by "more than one standard error" from their own held-out figures.

    nohup nice -n 15 python benchmarks/imbalanced_tables.py run &      # appends a row a cell, keeps GANs, resumes
    python benchmarks/imbalanced_tables.py summary
"""

import argparse
import hashlib
import inspect
import json
import os
import pathlib
import tempfile
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from fashion_uplift import append, machine, rows_of
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_predict
from sklearn.pipeline import make_pipeline

import gankeras as gk
from gankeras.evaluation.frames.columns import side_by_side
from gankeras.evaluation.frames.mixed_rows import mixed_rows
from gankeras.metrics.neighbours import nearest_rows
from gankeras.tables import conditions, ctgan, drawn_conditions, numeric_column
from gankeras.tables.learners import boosting, logistic, split_columns

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent.parent / "shared" / "data"
CACHE = HERE.parent / "runs" / "imbalanced_tables"
CELLS = HERE / "results" / "imbalanced_tables.jsonl"

TABLES = {
    "german_credit": "bad",
    "abalone19": None,
    "page_blocks": None,
    "thyroid": "hyperthyroid",
    "flights_late": None,
}
SEEDS = (0, 1, 2, 3, 4)
SPLITS = 5
GAN_STEPS, BATCH = 2000, 500
FIGURE = "average_precision/rare"


class Network(ClassifierMixin, BaseEstimator):
    """Two hidden layers, a thousand steps: a Keras model as scikit-learn takes it."""

    def __init__(self, steps: int = 1000, random_state: int = 0):
        self.steps, self.random_state = steps, random_state

    def fit(self, x, y, sample_weight=None):
        keras.utils.set_random_seed(self.random_state)
        x = x.toarray() if hasattr(x, "toarray") else np.asarray(x)
        self.classes_ = np.unique(y)
        self.model_ = keras.Sequential(
            [
                keras.Input((x.shape[1],)),
                keras.layers.Dense(64, "relu"),
                keras.layers.Dropout(0.2),
                keras.layers.Dense(32, "relu"),
                keras.layers.Dense(len(self.classes_), "softmax"),
            ]
        )
        self.model_.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
        weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        rows = (x.astype("float32"), np.searchsorted(self.classes_, y), weight.astype("float32"))
        batches = tf.data.Dataset.from_tensor_slices(rows).shuffle(len(y), seed=self.random_state)
        batches = batches.repeat().batch(64)
        self.model_.fit(batches, steps_per_epoch=self.steps, epochs=1, verbose=0, shuffle=False)
        return self

    def predict_proba(self, x):
        x = x.toarray() if hasattr(x, "toarray") else np.asarray(x)
        return self.model_(x.astype("float32"), training=False).numpy()

    def predict(self, x):
        return self.classes_[self.predict_proba(x).argmax(-1)]


def network(x: pd.DataFrame):
    return make_pipeline(logistic(x)[0], Network())


LEARNERS = {"logistic": logistic, "network": network, "boosting": boosting}


def load(table: str, seed: int):
    """Training and test part: frames without the class, and 1 for the rare class."""
    schema = json.loads((DATA / "tabular" / "schemas.json").read_text())[table]
    frame = pd.read_csv(DATA / schema["file"])
    target = frame.pop(schema["target"])
    for name in set(schema["categorical"]) & set(frame):
        frame[name] = frame[name].map(str, na_action="ignore").astype(object)
    rare = TABLES[table] or schema["positive_class"]
    y = (target.astype(str) == str(rare)).to_numpy().astype(int)
    if table == "abalone19":
        cut = StratifiedShuffleSplit(1, test_size=0.2, random_state=seed)
        train, test = next(cut.split(frame, y))
    else:
        train, test = np.split(np.arange(len(y)), [len(y) - len(y) // 5])
    x, x_test = (frame.iloc[rows].reset_index(drop=True) for rows in (train, test))
    # Test rows that are training rows too prove nothing.
    (x_test, y_test), _ = gk.evaluation.drop_overlap(
        ({n: x[n].astype(str) for n in x}, y[train]),
        ({n: x_test[n].astype(str) for n in x_test}, np.arange(len(test))),
    )
    kept = test[y_test]
    return (x, y[train]), (frame.iloc[kept].reset_index(drop=True), y[kept])


def trained(x: pd.DataFrame, y: np.ndarray, seed: int):
    frame = x.assign(target_class=np.where(np.asarray(y) == 1, "rare", "a usual one"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        codec = gk.tables.TableCodec(target="target_class").adapt(frame)
    gan = gk.tables.CTGAN(codec, seed=seed)
    gan.compile()
    batch = min(BATCH, len(frame) // 40 * 10)
    # Ten looks at which weights to keep: a pass over a small table is too short for one each.
    gan.fit(frame, batch_size=batch, steps_per_epoch=GAN_STEPS // 10, epochs=10, verbose=0)
    return gan


def sources_of(seed: int):
    """A function `(x, y) -> GAN` that trains once for each set of rows; the GANs are kept under runs/, to resume."""
    made = {}
    CACHE.mkdir(parents=True, exist_ok=True)

    def source(x, y):
        rows = pd.util.hash_pandas_object(x.astype(str)).to_numpy().tobytes()
        # Another recipe or codec, another GAN.
        recipe = "".join(
            map(inspect.getsource, (ctgan, conditions, drawn_conditions, numeric_column))
        )
        key = hashlib.sha256(rows + f"{GAN_STEPS} {seed} {recipe}".encode()).hexdigest()[:16]
        file = CACHE / f"{key}.keras"
        if key not in made:
            if file.exists():
                made[key] = keras.models.load_model(file)
            else:
                made[key] = trained(x, np.asarray(y), seed)
                made[key].save(file)
        return made[key]

    return source


def smotenc(x: pd.DataFrame, y: np.ndarray, seed: int) -> pd.DataFrame | None:
    """Rare rows made by SMOTENC until the classes are equal; what is missing is filled before."""
    from imblearn.over_sampling import SMOTE, SMOTENC

    numbers, others = split_columns(x)
    filled = x.copy()
    for name in numbers:
        filled[name] = filled[name].astype(float).fillna(filled[name].median())
    for name in others:
        filled[name] = filled[name].astype(object).where(filled[name].notna(), "").astype(str)
    nearest = min(5, int(y.sum()) - 1)
    if others:
        sampler = SMOTENC(others, k_neighbors=nearest, random_state=seed)
    else:
        sampler = SMOTE(k_neighbors=nearest, random_state=seed)
    made, _ = sampler.fit_resample(filled, y)
    made = made.iloc[len(x) :].reset_index(drop=True)
    for name in others:
        made[name] = made[name].astype(object).where(made[name] != "", None)
    return made


def scores(build, x, y, x_test, y_test, seed: int, weights=None) -> dict[str, float]:
    model = gk.evaluation.estimator.seeded(build(x), seed)
    more = {} if weights is None else {f"{model.steps[-1][0]}__sample_weight": weights}
    model.fit(x, y, **more)
    chance = model.predict_proba(x_test)[:, 1]
    return {
        "average_precision": float(average_precision_score(y_test, chance)),
        "f1": float(f1_score(y_test, chance > 0.5)),
    }


def tuned_f1(build, x, y, x_test, y_test, seed: int) -> float:
    model = gk.evaluation.estimator.seeded(build(x), seed)
    inner = cross_val_predict(model, x, y, cv=3, method="predict_proba")[:, 1]
    edges = np.quantile(inner, np.linspace(0, 1, 101))
    best = max(edges, key=lambda edge: f1_score(y, inner > edge))
    return float(f1_score(y_test, model.fit(x, y).predict_proba(x_test)[:, 1] > best))


def drawn(gan, labels: np.ndarray, like: pd.DataFrame, seed: int) -> pd.DataFrame:
    names = np.array(["a usual one", "rare"])[labels]
    made = gan.sample(len(labels), labels=names, seed=seed).reindex(columns=like.columns)
    return made.astype({n: like[n].dtype for n in like if made[n].notna().any()})


def added(x, y, made: pd.DataFrame, labels: np.ndarray):
    return pd.concat([x, made], ignore_index=True), np.concatenate([y, labels])


def distance(real: pd.DataFrame, made: pd.DataFrame) -> float:
    """Median distance of synthetic rare rows to the closest training record."""
    numbers, _ = split_columns(real)
    kinds = {n: "numeric" if n in numbers else "categorical" for n in real}
    columns = side_by_side({"real": real, "made": made}, kinds)
    found, _ = nearest_rows(
        mixed_rows(columns, "made", "real"), mixed_rows(columns, "real", "real")
    )
    return float(np.median(found))


def measure(table: str, seed: int, learner: str, source) -> dict:
    start, clock = time.time(), time.process_time()
    (x, y), (x_test, y_test) = load(table, seed)
    build, test = LEARNERS[learner], (x_test, y_test)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        splits = [100 * seed + number for number in range(SPLITS)]
        plan = gk.evaluation.plan(
            lambda rows, labels: source(rows, labels),
            (x, y),
            build(x),
            splits=splits,
            figure=FIGURE,
        )
        gan = source(x, y)
        labels = plan.added_labels()
        even = np.ones(int((y == 0).sum() - (y == 1).sum()), int)
        balanced = drawn(gan, even, x, seed + 1)
        interpolated = smotenc(x, y, seed)
        rare = np.ones(len(interpolated), int)
        found = {"none": scores(build, x, y, *test, seed)}
        found["planner"] = (
            scores(build, *added(x, y, drawn(gan, labels, x, seed), labels), *test, seed)
            if len(labels)
            else found["none"]
        )
        found["gan_balanced"] = scores(build, *added(x, y, balanced, even), *test, seed)
        found["smotenc"] = scores(build, *added(x, y, interpolated, rare), *test, seed)
        weights = len(y) / (2 * np.bincount(y))
        found["class_weights"] = scores(build, x, y, *test, seed, weights[y])
        found["threshold"] = {"f1": tuned_f1(build, x, y, *test, seed)}
    return {
        "table": table,
        "seed": seed,
        "learner": learner,
        "rows": [len(y), int(y.sum()), len(y_test), int(y_test.sum())],
        "scores": found,
        "chosen": plan.settings["chosen"],
        "added": len(labels),
        "reach": "one standard error",
        "planned": {
            c.name: [c.difference.mean, c.difference.low, c.difference.high]
            for c in plan.comparisons
        },
        "distance": {"gan": distance(x, balanced), "smotenc": distance(x, interpolated)},
        "seconds": round(time.time() - start),
        "cpu_seconds": round(time.process_time() - clock),
        "gan_steps": GAN_STEPS,
        **machine(),
    }


def run(tables: list[str], learners: list[str], seeds: list[int], cells: pathlib.Path) -> None:
    done = {(row["table"], row["seed"], row["learner"]) for row in rows_of(cells)}
    for table in tables:
        for seed in seeds:
            source = sources_of(seed)
            for learner in learners:
                if (table, seed, learner) in done:
                    continue
                row = measure(table, seed, learner, source)
                append(cells, row)
                print(json.dumps(row), flush=True)


def interval(values: np.ndarray, alpha: float) -> list[float]:
    mean, num = float(values.mean()), len(values)
    if num < 2 or np.ptp(values) == 0:
        return [mean, mean]
    half = stats.t.ppf(1 - alpha / 2, num - 1) * values.std(ddof=1) / np.sqrt(num)
    return [mean - half, mean + half]


def p_value(values: np.ndarray) -> float:
    if len(values) < 2 or np.ptp(values) == 0:
        return 1.0
    return float(stats.ttest_1samp(values, 0).pvalue)


def summarise(cells: pathlib.Path) -> dict:
    rows = rows_of(cells)
    pairs = []
    for table in TABLES:
        (x, _), (x_test, y_test) = load(table, 0)
        real = distance(x, x_test[y_test == 1].reset_index(drop=True))
        for learner in LEARNERS:
            mine = [r for r in rows if (r["table"], r["learner"]) == (table, learner)]
            if not mine:
                continue
            ap = {
                name: np.array([r["scores"][name]["average_precision"] for r in mine])
                for name in ("none", "planner", "gan_balanced", "smotenc", "class_weights")
            }
            difference = ap["planner"] - ap["none"]
            gan, by_smotenc = (
                np.array([r["distance"][n] for r in mine]) for n in ("gan", "smotenc")
            )
            pairs.append(
                {
                    "table": table,
                    "learner": learner,
                    "seeds": len(mine),
                    "average_precision": {name: float(v.mean()) for name, v in ap.items()},
                    "f1": {
                        name: float(np.mean([r["scores"][name]["f1"] for r in mine]))
                        for name in (*ap, "threshold")
                    },
                    "added": [r["added"] for r in mine],
                    "difference": float(difference.mean()),
                    "p": p_value(difference),
                    "differences": difference.tolist(),
                    "distance_ratio": float(np.median(gan / np.maximum(by_smotenc, 1e-9))),
                    # New real rows beside them: SMOTENC's rows may lie further off than these, or nearer.
                    "distance": {
                        "gan": float(np.median(gan)),
                        "smotenc": float(np.median(by_smotenc)),
                        "test_rows": real,
                    },
                }
            )
    order = sorted(range(len(pairs)), key=lambda i: pairs[i]["p"])
    for rank, index in enumerate(order):
        # Holm: the smallest p is held against alpha / m, the next against alpha / (m - 1) ... of all pairs, also where
        # `--cells` holds some of them.
        alpha = 0.05 / (len(TABLES) * len(LEARNERS) - rank)
        low, high = interval(np.array(pairs[index]["differences"]), alpha)
        pairs[index] |= {"low": low, "high": high, "level": 1 - alpha}
    return {
        "claim": __doc__.splitlines()[0],
        "seeds": sorted({r["seed"] for r in rows}),
        "wholly_below": [f"{p['table']}/{p['learner']}" for p in pairs if p["high"] < 0],
        "wholly_above_and_added": [
            f"{p['table']}/{p['learner']}" for p in pairs if p["low"] > 0 and any(p["added"])
        ],
        "pairs": pairs,
        **machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["run", "summary"])
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    parser.add_argument("--learners", nargs="*", default=list(LEARNERS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument(
        "--cells", type=pathlib.Path, default=CELLS, help="a row a cell; the summary stands beside"
    )
    parser.add_argument("--try-out", action="store_true", help="a few steps, nothing is kept")
    options = parser.parse_args()
    if options.try_out:
        global GAN_STEPS, SPLITS
        GAN_STEPS, SPLITS = 20, 2
        run(options.tables, options.learners, [0], pathlib.Path(tempfile.mkdtemp()) / "cells.jsonl")
        return
    if options.command == "run":
        run(options.tables, options.learners, options.seeds, options.cells)
    summary = summarise(options.cells)
    options.cells.with_suffix(".json").write_text(json.dumps(summary, indent=1) + "\n")
    for p in summary["pairs"]:
        ap = " ".join(f"{name} {value:.3f}" for name, value in p["average_precision"].items())
        print(
            f"{p['table']:14} {p['learner']:9} {p['seeds']} seeds: {p['difference']:+.3f} "
            f"({p['low']:+.3f} to {p['high']:+.3f}) added {p['added']}  {ap}  distance x{p['distance_ratio']:.1f}"
        )


if __name__ == "__main__":
    main()

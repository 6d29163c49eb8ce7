"""Claim: a CTGAN of Adult makes rows that a learner can be trained on, follows conditions on any column, and gives no row away.

One model for all of it, trained on the first four fifths of `../shared/data/tabular/adult.csv.gz`. On the last fifth, real
rows alone: F1 (income > 50K) of gradient boosting and logistic regression trained on as many synthetic rows, beside the same
learners trained on the real ones. Column shapes and pair trends as sdmetrics 0.32 defines them (`table_metrics_equality.py`
holds ours to theirs). Agreement: for every discrete column and every value of at least 50 training rows, 512 rows drawn under
that condition, and the share in which the generator made the value by itself.

The peer, `ctgan` 0.12.1, runs in an environment of its own (`python -m venv /work/peers_6`; torch 2.13.0, ctgan 0.12.1) at the
settings of its documentation, missing values as a category of their own, since it takes none.

    python benchmarks/ctgan_quality.py [--programs gankeras ctgan] [--seeds 0 1 2 3 4]      # appends a row a run, and resumes
    python benchmarks/ctgan_quality.py --try-out [--settings '{...}']       # on a split of the training part, to tune on
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from fashion_uplift import append, machine, rows_of
from sklearn.metrics import average_precision_score, f1_score

import gankeras as gk
from gankeras.tables.learners import boosting, logistic

HERE = pathlib.Path(__file__).parent
ADULT = HERE.parent.parent / "shared" / "data" / "tabular" / "adult.csv.gz"
RESULTS = HERE / "results"
TARGET, POSITIVE = "income", ">50K"
NUMERIC = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
EPOCHS = {"gankeras": 300, "ctgan": 300}
LEAST_ROWS, DRAWN = 50, 512
PEER = """
import sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, torch
from ctgan import CTGAN
train, out, epochs, seed, rows = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
torch.manual_seed(seed); np.random.seed(seed)
frame = pd.read_csv(train, keep_default_na=False)
wall, cpu = time.perf_counter(), time.process_time()
model = CTGAN(epochs=epochs, enable_gpu=False)
model.fit(frame, [c for c in frame if frame[c].dtype == object])
print(time.perf_counter() - wall, time.process_time() - cpu)
model.sample(rows).to_csv(out, index=False)
"""


def parts(try_out: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows; for tuning, both from the training part."""
    frame = pd.read_csv(ADULT)
    train = frame.head(len(frame) - len(frame) // 5)
    if not try_out:
        return train, frame.tail(len(frame) // 5)
    return train.head(len(train) * 4 // 5), train.tail(len(train) - len(train) * 4 // 5)


def learnt(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    found = {}
    for name, learner in (("boosting", boosting), ("logistic", logistic)):
        model = learner(train.drop(columns=TARGET))
        model.fit(train.drop(columns=TARGET), train[TARGET] == POSITIVE)
        scores = model.predict_proba(test.drop(columns=TARGET))[:, 1]
        found[f"{name}_f1"] = f1_score(test[TARGET] == POSITIVE, scores > 0.5)
        found[f"{name}_ap"] = average_precision_score(test[TARGET] == POSITIVE, scores)
    return found


def total_variation(real: pd.DataFrame, made: pd.DataFrame) -> float:
    """Mean over columns, numbers in ten groups of equal real counts, missing values a group of their own."""
    distances = []
    for name in real:
        pair = [real[name], made[name]]
        if name in NUMERIC:
            edges = np.unique(np.quantile(real[name].dropna(), np.linspace(0, 1, 11)))[1:-1]
            pair = [pd.Series(np.digitize(part, edges)) for part in pair]
        shares = [part.value_counts(normalize=True, dropna=False) for part in pair]
        shares = [share.rename(index=lambda v: str(v)) for share in shares]
        distances.append(0.5 * shares[0].sub(shares[1], fill_value=0).abs().sum())
    return float(np.mean(distances))


def agreement(gan: gk.tables.CTGAN, train: pd.DataFrame) -> dict:
    """The least agreement before forcing over all values of all discrete columns, and where it was."""
    found, forced = {}, True
    for name in [c for c in train if c not in NUMERIC]:
        counts = train[name].value_counts()
        for value in counts[counts >= LEAST_ROWS].index:
            drawn = gan.sample(DRAWN, conditions={name: value}, seed=3)
            found[f"{name}={value}"] = drawn.attrs["agreement"][name]
            forced &= bool((drawn[name] == value).all())
    worst = min(found, key=found.get)
    columns = {key.partition("=")[0] for key in found}
    least = {c: min(v for k, v in found.items() if k.startswith(f"{c}=")) for c in sorted(columns)}
    return {"worst": worst, "least": found[worst], "all_forced": forced, "by_column": least}


def run(program: str, seed: int, settings: dict, try_out: bool) -> dict:
    train, test = parts(try_out)
    epochs = settings.get("epochs", EPOCHS[program])
    more = {}
    if program == "gankeras":
        wall, cpu = time.perf_counter(), time.process_time()
        codec = gk.tables.TableCodec(target=TARGET, **settings.get("codec", {})).adapt(train)
        gan = gk.tables.CTGAN(codec, seed=seed, **settings.get("gan", {}))
        game = {}
        if settings.get("cosine"):
            game["steps"] = epochs * (len(train) // 500)
        if shrink := settings.get("gradient_penalty_shrink"):
            penalty = gk.regularizers.GradientPenalty(10.0, shrink=shrink)
            game["regularizers"] = [penalty, gk.tables.ConditionCrossEntropy(1.0)]
        gan.compile(**game)
        gan.fit(train, epochs=epochs, verbose=0)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        made = gan.sample(len(train), seed=1)
        more["agreement"] = agreement(gan, train)
    else:
        made, wall, cpu = peer(train, epochs, seed)
    shares = [(part[TARGET] == POSITIVE).mean() for part in (train, made)]
    return {
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "epochs": epochs,
        **learnt(made, test),
        "real": learnt(train, test),
        "target_margin": float(abs(shares[0] - shares[1])),
        "total_variation": total_variation(train, made),
        **judged(train, test, made),
        **more,
    }


def judged(train: pd.DataFrame, test: pd.DataFrame, made: pd.DataFrame) -> dict:
    report = gk.evaluation.judge_table(train, test, made)
    names = ("column_shapes", "pair_trends", "membership_auc", "closest_record", "copies")
    return {
        name if part == "synthetic" else f"{part}_{name}": report[part].figures[name].mean
        for part in ("synthetic", "holdout")
        for name in names
        if name in report[part].figures
    }


def peer(train: pd.DataFrame, epochs: int, seed: int) -> tuple[pd.DataFrame, float, float]:
    python = os.environ.get("GANKERAS_PEERS", "/work/peers_6/bin/python")
    with tempfile.TemporaryDirectory() as folder:
        given, out = f"{folder}/train.csv", f"{folder}/made.csv"
        filled = train.copy()
        for name in [c for c in train if c not in NUMERIC]:
            filled[name] = train[name].fillna("(missing)").astype(object)
        filled.to_csv(given, index=False)
        command = [python, "-c", PEER, given, out, str(epochs), str(seed), str(len(train))]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        made = pd.read_csv(out, keep_default_na=False)
    wall, cpu = map(float, text.split()[-2:])
    return made.replace("(missing)", np.nan), wall, cpu


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=UserWarning)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programs", nargs="+", choices=list(EPOCHS), default=list(EPOCHS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--settings", type=json.loads, default={})
    parser.add_argument("--try-out", action="store_true", help="another file of results")
    options = parser.parse_args()
    path = RESULTS / f"ctgan_quality{'_development' if options.try_out else ''}.jsonl"
    for program in options.programs:
        for seed in options.seeds:
            cell = {"program": program, "seed": seed, "settings": options.settings}
            if any(cell.items() <= row.items() for row in rows_of(path)):
                continue
            found = run(program, seed, options.settings, options.try_out)
            cores = {"cores_used": len(os.sched_getaffinity(0))}
            append(path, {**cell, **found, **machine(), **cores})
            print(json.dumps(found, indent=1))

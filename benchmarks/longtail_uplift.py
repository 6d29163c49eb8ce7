"""Does a GAN help a classifier whose classes run from 900 images down to 40?

Long-tailed Fashion-MNIST (22:1), judged on 5,000 balanced test images by balanced accuracy. Each seed trains a GAN of its
own on all 2,980 images, and its classifiers from weights of their own. With `--pool development` the images come from
rows 30,000 to 49,999 of Fashion-MNIST's training part and the judges from rows 50,000 to 59,999: choices were made there.

    python benchmarks/longtail_uplift.py gans       # trains what is missing, resumable by seed
    python benchmarks/longtail_uplift.py arms       # adds a JSON row a cell, and resumes
    python benchmarks/longtail_uplift.py summary    # the tables, and results/longtail_uplift_<pool>.json
"""

import argparse
import itertools
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from fashion_uplift import (
    append,
    as_uplift_takes,
    build_classifier,
    classical,
    fashion,
    gan_path,
    machine,
    rows_of,
    train_gan,
)

import gankeras as gk
from gankeras.evaluation.intervals import estimate

RESULTS = pathlib.Path(__file__).parent / "results"
COUNTS = (900, 640, 450, 320, 225, 160, 110, 80, 55, 40)
STEPS, BATCH, GAN_STEPS, BANK = 2500, 64, 12_000, 20_000
# Chosen on the development pool.
RATIO, RATIOS = 0.5, {"gan+oversampling+classical": 0.3}
FILTERED = "gan+classical"
ARMS = tuple(gk.evaluation.arms.ARMS)
FILTERS = ("none", "NearCopies", "DiscriminatorQuantile", "LabelAgreement")


def data(options, seed: int):
    """Training images, judges, and how many judges repeated a training image."""
    if options.pool == "final":
        images = gk.images.datasets.load_npz(options.npz)
        train, judges = (images.x_train, images.y_train), (images.x_test, images.y_test)
    else:
        (x, y), _ = fashion(options.data_dir)
        rng = np.random.default_rng(seed)
        members = [30_000 + np.flatnonzero(y[30_000:50_000] == c) for c in range(10)]
        rows = np.concatenate(
            [rng.choice(m, n, replace=False) for m, n in zip(members, COUNTS, strict=True)]
        )
        train, judges = (x[rows], y[rows]), (x[50_000:], y[50_000:])
    judges, dropped = gk.evaluation.drop_overlap(train, judges)
    return train, judges, dropped


def gans(options, path: pathlib.Path) -> None:
    for seed in options.seeds:
        file = gan_path(options, seed)
        if file.exists():
            continue
        train, _, _ = data(options, seed)
        wall = time.perf_counter()
        gan = train_gan(train, seed, options.gan_steps)
        wall = time.perf_counter() - wall
        file.parent.mkdir(parents=True, exist_ok=True)
        gan.save(file)
        row = {"kind": "gan", "pool": options.pool, "seed": seed, "steps": options.gan_steps}
        append(path, {**row, "wall_seconds": wall, **machine()})
        grid = gan.sample(100, labels=np.repeat(np.arange(10), 10), seed=0)
        gk.images.image_grid(
            {"synthetic": grid.reshape(10, 10, 28, 28, 1)}, file.with_suffix(".png")
        )


def agreeing_classifiers(train, seed: int) -> list[keras.Model]:
    """Two classifiers for `LabelAgreement`, trained on the training images alone, every class as often."""
    x, y = train
    members = [np.flatnonzero(y == c) for c in range(10)]
    models = []
    for number in range(2):
        keras.utils.set_random_seed(10_000 + 10 * seed + number)
        rng = np.random.default_rng([seed, number])
        rows = [rng.choice(members[c]) for c in rng.integers(0, 10, STEPS * BATCH)]
        dataset = tf.data.Dataset.from_tensor_slices((x[rows], y[rows])).batch(BATCH)
        models.append(build_classifier())
        models[-1].fit(dataset.map(lambda a, b: (classical(a), b)), verbose=0, shuffle=False)
    return models


def filters(name: str, train, seed: int) -> list:
    if name == "none":
        return []
    if name == "NearCopies":
        return [gk.augmentation.NearCopies(train[0])]
    if name == "DiscriminatorQuantile":
        return [gk.augmentation.DiscriminatorQuantile(0.2)]
    return [gk.augmentation.LabelAgreement(agreeing_classifiers(train, seed))]


def arms(options, path: pathlib.Path) -> None:
    """Every arm with an unfiltered bank, then the filtered arm with each filter."""
    for kept, seed in itertools.product(options.filters, options.seeds):
        done = {
            r["arm"]
            for r in rows_of(path)
            if r["kind"] == "arm" and (r["seed"], r["filter"]) == (seed, kept)
        }
        missing = [a for a in (ARMS if kept == "none" else (FILTERED,)) if a not in done]
        if not missing or (options.share is not None and seed % 2 != options.share):
            continue
        train, judges, dropped = data(options, seed)
        gan = keras.models.load_model(gan_path(options, seed))
        bank = gk.augmentation.draw_bank(gan, BANK, filters(kept, train, seed), seed, verbose=0)
        for arm in missing:
            report = gk.evaluation.uplift(
                bank,
                train,
                judges,
                build_classifier,
                steps=STEPS,
                seeds=[seed],
                augmentation=classical,
                arms=[arm],
                ratio=as_uplift_takes(RATIOS.get(arm, RATIO)),
                sampling_strategy="not majority",
            )
            found = {name: figure.mean for name, figure in report[arm].figures.items()}
            key = {"kind": "arm", "pool": options.pool, "seed": seed, "filter": kept, "arm": arm}
            counts = {"dropped_overlap": dropped, "acceptance": bank.acceptance}
            append(path, {**key, "ratio": RATIOS.get(arm, RATIO), **found, **counts})
            print(seed, kept, arm, found["balanced_accuracy"], flush=True)


def summary(options, path: pathlib.Path) -> None:
    """Balanced accuracy and recall of each arm, the filters' gains, the intervals over the seeds."""
    rows = [r for r in rows_of(path) if r["pool"] == options.pool]
    cells = {(r["filter"], r["arm"], r["seed"]): r for r in rows if r["kind"] == "arm"}

    def values(kept: str, arm: str, figure: str = "balanced_accuracy") -> np.ndarray:
        return np.array([cells[kept, arm, seed][figure] for seed in options.seeds])

    def gain(kept: str, arm: str, other: np.ndarray) -> dict:
        found = estimate(values(kept, arm) - other)
        return {"mean": found.mean, "low": found.low, "high": found.high}

    recalls = [name for name in next(iter(cells.values())) if name.startswith("recall/")]
    table = [("none", arm) for arm in ARMS] + [(f, FILTERED) for f in FILTERS[1:]]
    shown = {}
    for kept, arm in table:
        name = arm if kept == "none" else f"{arm}, {kept}"
        shown[name] = {
            "balanced_accuracy": values(kept, arm).tolist(),
            "mean": float(values(kept, arm).mean()),
            "recall": {r[7:]: float(values(kept, arm, r).mean()) for r in recalls},
        }
        by_class = " ".join(f"{100 * v:4.0f}" for v in shown[name]["recall"].values())
        print(f"{name:38s} {100 * shown[name]['mean']:6.2f}   recall {by_class}")
    usual = ("real", "classical", "oversampling", "class_weights")
    best = max(usual, key=lambda arm: values("none", arm).mean())
    pairs = [("none", arm) for arm in ARMS if arm.startswith("gan") and arm != "gan_only"]
    gains = {
        f"{arm} ({kept}) - {other}": gain(kept, arm, values("none", other))
        for kept, arm in [*pairs, *[(f, FILTERED) for f in FILTERS[1:]]]
        for other in dict.fromkeys([best, "oversampling+classical"])
    }
    for name, found in gains.items():
        low, mean, high = (100 * found[key] for key in ("low", "mean", "high"))
        print(f"{name}: {mean:+.2f} points, {low:+.2f} to {high:+.2f}")
    kept = {
        name: {
            label: float(
                np.mean([cells[name, FILTERED, s]["acceptance"][label] for s in options.seeds])
            )
            for label in cells[name, FILTERED, options.seeds[0]]["acceptance"]
        }
        for name in FILTERS
    }
    result = {
        "claim": "balanced accuracy >= 1 point above the best of class weights, oversampling and classical augmentation",
        "seeds": options.seeds,
        "ratio": {
            arm: RATIOS.get(arm, RATIO) for arm in ARMS if "gan" in arm and arm != "gan_only"
        },
        "bank": BANK,
        "best_usual_remedy": best,
        "gains": gains,
        "arms": shown,
        "filters_keep": kept,
        "gan_steps": sorted({r["steps"] for r in rows if r["kind"] == "gan"}),
        **machine(),
    }
    path.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["gans", "arms", "summary"])
    parser.add_argument("--pool", choices=["final", "development"], default="final")
    parser.add_argument("--npz", default="../shared/data/images/fashion_longtail28.npz")
    parser.add_argument("--data-dir", default="../shared/tfds")
    parser.add_argument("--cache", default="runs/longtail_uplift")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--gan-steps", type=int, default=GAN_STEPS)
    parser.add_argument("--filters", nargs="+", choices=FILTERS, default=list(FILTERS))
    parser.add_argument("--share", type=int, choices=[0, 1], help="every other seed")
    parsed = parser.parse_args()
    globals()[parsed.part](parsed, RESULTS / f"longtail_uplift_{parsed.pool}.jsonl")

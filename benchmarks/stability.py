"""Claim: a run of the default recipe ends within 1.2 x of its own best kernel distance, and the kept one within 1.05 x.

DCGAN on Fashion-MNIST under {non-saturating + R1, relativistic + R1 + R2} x {differentiable, adaptive augmentation} x
{50, 500 images a class}, three seeds. Each run draws its images from training rows 0 to 19,999. Along the way 2,000
samples (200 a class) are compared with rows 20,000 to 29,999 by the kernel distance of a classifier's features; that
classifier learnt rows 30,000 to 59,999. The test part is not touched. `kept` is what the recipe's own keep-best would
have chosen: it sees the run's training images alone, and features that learnt nothing.

    python benchmarks/stability.py runs      # appends a JSON row a run, and resumes
    python benchmarks/stability.py kept      # judges the kept samples of each run as keep-best would
    python benchmarks/stability.py table     # results/stability.json and the table of docs/stability.md
    python benchmarks/stability.py float32   # the recipe's runs again in float32, beside those in bfloat16
"""

import argparse
import itertools
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from fashion_uplift import append, fashion, machine, rows_of
from interruptible import Interruptible

import gankeras as gk
from gankeras.core.keep_best import DEVIATIONS, MOST_ROWS, chance_of
from gankeras.core.real_and_synthetic import RealAndSynthetic
from gankeras.evaluation.intervals import estimate
from gankeras.metrics.kernel_distance import discrepancy

HERE = pathlib.Path(__file__).parent
ROWS = HERE / "results" / "stability.jsonl"
FULL = HERE / "results" / "stability_float32.jsonl"
RECIPE = {"game": "relativistic + R1 + R2", "view": "adaptive"}
BATCH, LOOKS, SAMPLES = 64, 12, 200
GAMES = {
    "non-saturating + R1": ("non_saturating", ("r1",)),
    "relativistic + R1 + R2": ("relativistic", ("r1", "r2")),
}
VIEWS = ("differentiable", "adaptive")
SIZES = (50, 500)


def judge(options) -> tuple[keras.Model, np.ndarray]:
    """Features of a classifier of rows 30,000 on, and those of 5,000 reference rows."""
    path = pathlib.Path(options.cache) / "judge.keras"
    (x, y), _ = fashion(options.data_dir)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(0)
        layers = keras.layers
        model = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Rescaling(1 / 255),
                layers.Conv2D(32, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(64, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(128, activation="relu"),
                layers.Dense(10),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss=loss, metrics=["accuracy"])
        held = x[20_000:30_000], y[20_000:30_000]
        model.fit(x[30_000:], y[30_000:], batch_size=128, epochs=4, validation_data=held, verbose=2)
        model.save(path)
    model = keras.models.load_model(path)
    features = keras.Model(model.inputs, model.layers[-2].output)
    rows = np.concatenate([20_000 + np.flatnonzero(y[20_000:30_000] == c)[:500] for c in range(10)])
    return features, features.predict(x[rows], batch_size=500, verbose=0)


class Look(keras.callbacks.Callback):
    """The kernel distance after each epoch; the samples are kept."""

    def __init__(self, options, path: pathlib.Path):
        super().__init__()
        self.features, self.reference = judge(options)
        self.path, self.found, self.samples = path, [], []
        if path.exists():  # an interrupted run's
            with np.load(path) as kept:
                self.found, self.samples = kept["found"].tolist(), list(kept["samples"])
        self.labels = np.repeat(np.arange(10), SAMPLES)

    def on_epoch_end(self, epoch, logs=None):
        # An epoch that an interrupted run had looked at, and not yet backed up, is looked at again.
        self.found, self.samples = self.found[:epoch], self.samples[:epoch]
        samples = self.model.sample(len(self.labels), self.labels, seed=0)
        features = self.features.predict(samples, batch_size=500, verbose=0)
        self.found.append(discrepancy(self.reference, features))
        self.samples.append(samples)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(self.path, samples=np.stack(self.samples), found=self.found)


def drawn(options, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The run's training images."""
    (x, y), _ = fashion(options.data_dir)
    rng = np.random.default_rng([size, seed])
    rows = [rng.choice(np.flatnonzero(y[:20_000] == c), size, replace=False) for c in range(10)]
    return x[np.concatenate(rows)], y[np.concatenate(rows)]


def sample_path(options, cell: dict) -> pathlib.Path:
    name = f"{cell['game']} {cell['view']} {cell['a_class']} {cell['seed']}.npz"
    return pathlib.Path(options.cache) / cell.get("policy", "") / name.replace(" ", "_")


def run(options, cell: dict) -> dict:
    x, y = drawn(options, cell["a_class"], cell["seed"])
    look = Look(options, sample_path(options, cell))
    keras.mixed_precision.set_global_policy(cell.get("policy", "mixed_bfloat16"))
    gan = gk.images.DCGAN(gk.images.ImageCodec((28, 28, 1), num_classes=10), seed=cell["seed"])
    loss, names = GAMES[cell["game"]]
    view = (
        gk.layers.Translation(0.125)
        if cell["view"] == "differentiable"
        else gk.layers.AdaptiveAugmentation([gk.layers.Translation(0.125)])
    )
    kinds = {"r1": gk.regularizers.R1, "r2": gk.regularizers.R2}
    regularizers = [kinds[name](0.5, interval=4) for name in names]
    gan.compile(loss, regularizers, steps=options.steps, augment=[view])
    interruptible = Interruptible(sample_path(options, cell).with_suffix(""))
    gan.fit(
        x,
        y,
        batch_size=BATCH,
        epochs=LOOKS,
        steps_per_epoch=options.steps // LOOKS,
        verbose=0,
        callbacks=[gk.callbacks.KeepLast(), look, *interruptible.callbacks],
    )
    keras.mixed_precision.set_global_policy("float32")
    found = {"distances": look.found, "last_over_best": look.found[-1] / min(look.found)}
    if cell["view"] == "adaptive":
        found["probability"] = float(gan.augment[0].recall("probability"))
    cores = {"pinned_to": len(os.sched_getaffinity(0))}
    return {**found, **interruptible.done(), **cores}


def runs(options) -> None:
    # Seed by seed, so that a run that is cut short has whole tables.
    cells = [
        {"steps": options.steps, "game": game, "view": view, "a_class": size, "seed": seed}
        for seed in range(options.seeds)
        for size in options.sizes
        for game in GAMES
        for view in VIEWS
    ]
    left = options.most
    for cell in cells:
        if left and not any(cell.items() <= row.items() for row in rows_of(ROWS)):
            append(ROWS, {**cell, **run(options, cell), **machine()})
            left -= 1


def float32(options) -> None:
    """Last kernel distances of the same runs in both precisions, and their paired difference over all runs."""
    for seed, size in itertools.product(range(options.seeds), options.sizes):
        cell = {**RECIPE, "steps": options.steps, "a_class": size, "seed": seed}
        cell["policy"] = "float32"
        if not any(cell.items() <= row.items() for row in rows_of(FULL)):
            append(FULL, {**cell, **run(options, cell), **machine()})
    pairs = []
    for row in rows_of(FULL):
        key = {name: row[name] for name in (*RECIPE, "steps", "a_class", "seed")}
        half = next(r for r in rows_of(ROWS) if key.items() <= r.items())
        pairs.append((row["a_class"], row["distances"][-1], half["distances"][-1]))
        print(
            f"{row['a_class']:4} a class, seed {row['seed']}: {pairs[-1][1]:.4f} and {pairs[-1][2]:.4f}"
        )
    found = estimate(np.array([half - full for _, full, half in pairs]))
    print(f"bfloat16 - float32: {found.mean:+.4f}, {found.low:+.4f} to {found.high:+.4f}")


def kept(options) -> None:
    """Adds the epoch that keep-best would have chosen to each run whose samples are still there."""
    rows = rows_of(ROWS)
    for row in rows:
        path = sample_path(options, row)
        if "kept_epoch" in row or not path.exists():
            continue
        x, y = drawn(options, row["a_class"], row["seed"])
        features = gk.images.RandomConvolutions(gk.images.ImageCodec((28, 28, 1), num_classes=10))
        real = RealAndSynthetic(x, y, features, MOST_ROWS).real
        with np.load(path) as file:
            found = [
                discrepancy(real, features(samples[::2]).astype("float64"))
                for samples in file["samples"]
            ]
        # The latest epoch that was, when it came, as near as any before it: as `KeepBest` goes.
        near = np.array(found) <= np.minimum.accumulate(found) + DEVIATIONS * chance_of(real)
        row["kept_epoch"] = int(np.flatnonzero(near)[-1])
        row["kept_over_best"] = row["distances"][row["kept_epoch"]] / min(row["distances"])
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows))


def table(options) -> None:
    """The recipes side by side, in JSON and in docs/stability.md."""
    rows = rows_of(ROWS)
    _, reference = judge(options)
    chance = discrepancy(reference[::2], reference[1::2])
    recipes, lines = [], []
    for size in SIZES:
        for game in GAMES:
            for view in VIEWS:
                key = {"game": game, "view": view, "a_class": size}
                found = [row for row in rows if key.items() <= row.items()]
                if not found:
                    continue
                recipe = {
                    **key,
                    "runs": len(found),
                    "last": float(np.mean([row["distances"][-1] for row in found])),
                    "best": float(np.mean([min(row["distances"]) for row in found])),
                    "last_over_best": [row["last_over_best"] for row in found],
                    "kept_over_best": [row.get("kept_over_best") for row in found],
                }
                recipes.append(recipe)
                worst = [
                    f"{max(v):.2f}" if None not in (v := recipe[name]) else "-"
                    for name in ("last_over_best", "kept_over_best")
                ]
                lines.append(
                    f"| {size} | {game} | {view} | {recipe['runs']} | {recipe['best']:.3f} | "
                    f"{recipe['last']:.3f} | {worst[0]} | {worst[1]} |"
                )
    summary = {"real_against_real": chance, "recipes": recipes, **machine()}
    text = json.dumps(summary, indent=1)
    (HERE / "results" / "stability.json").write_text(text + "\n", encoding="utf-8")
    head = [
        "| a class | game | augmentation | runs | best | last | worst last / best | worst kept / best |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    page = HERE.parent / "docs" / "stability.md"
    before, mark, after = page.read_text(encoding="utf-8").partition("<!-- table -->\n")
    _, end, after = after.partition("<!-- end -->")
    page.write_text(before + mark + "\n".join([*head, *lines]) + "\n" + end + after)
    print("\n".join([*head, *lines, f"real against real: {chance:.4f}"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["runs", "kept", "table", "float32"])
    parser.add_argument("--data-dir", default=str(HERE.parent.parent / "shared" / "tfds"))
    parser.add_argument("--cache", default=str(HERE.parent / "runs" / "stability"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--sizes", type=int, nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--most", type=int, default=24, help="runs of this call")
    options = parser.parse_args()
    globals()[options.command](options)

"""Does a GAN help a classifier that has 50 images of each class of Fashion-MNIST?

Each seed draws a subset of its own (from training rows 0 to 29,999) and trains a GAN of its own on it. All arms are
then judged on the 10,000 test images, each classifier scored once. Classifier noise is about 0.7 points, so each arm is
trained `--repeats` times a seed and averaged; the interval is over the seeds. With `--pool development` subsets come
from rows 30,000 to 49,999 and judges from rows 50,000 to 59,999 of the training part: recipe choices were made there,
the synthetic share's among them ("falling": from all of a batch to none of it, by half a cosine).

    python benchmarks/fashion_uplift.py gans            # trains what is missing, at most 10 minutes each on two cores
    python benchmarks/fashion_uplift.py ratio           # tries the ratios on a validation cut of the 500 images
    python benchmarks/fashion_uplift.py arms            # adds a JSON row a cell, and resumes
    python benchmarks/fashion_uplift.py summary         # the table, and results/fashion_uplift_<pool>.json
"""

import argparse
import itertools
import json
import os
import pathlib
import platform
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

import gankeras as gk
from gankeras.evaluation.intervals import estimate

RESULTS = pathlib.Path(__file__).parent / "results"
ARMS = ("real", "classical", "gan", "gan+classical", "gan_only")
STEPS, BATCH = 2500, 64
RATIOS = (0.3, 0.5, "falling")
GAN_STEPS = 12_000
BANK = 20_000


def fashion(data_dir: str):
    import tensorflow_datasets as tfds

    parts = tfds.load(
        "fashion_mnist", data_dir=data_dir, download=False, batch_size=-1, as_supervised=True
    )
    (x, y), (x_test, y_test) = [tuple(p.numpy() for p in parts[s]) for s in ("train", "test")]
    return (x, y.astype("int32")), (x_test, y_test.astype("int32"))


def split(options, seed: int):
    """The seed's 500 images, and the images that judge."""
    (x, y), test = fashion(options.data_dir)
    low, high = (0, 30_000) if options.pool == "final" else (30_000, 50_000)
    rng = np.random.default_rng(seed)
    rows = np.concatenate(
        [rng.choice(low + np.flatnonzero(y[low:high] == c), 50, replace=False) for c in range(10)]
    )
    train = (x[rows], y[rows])
    judges = test if options.pool == "final" else (x[50_000:], y[50_000:])
    judges, dropped = gk.evaluation.drop_overlap(train, judges)
    return train, judges, dropped


def train_gan(train, seed: int, steps: int):
    """The recipe as it comes, with bfloat16 inner layers."""
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    keras.utils.set_random_seed(seed)
    gan = gk.images.DCGAN(gk.images.ImageCodec((28, 28, 1), num_classes=10), seed=seed)
    gan.compile(steps=steps)
    gan.fit(*train, batch_size=BATCH, steps_per_epoch=steps // 12, epochs=12, verbose=2)
    keras.mixed_precision.set_global_policy("float32")
    return gan


def build_classifier():
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss=loss, metrics=["accuracy"])
    return model


def classical(x):
    """Flip, and a shift of at most 2 pixels, anew for each image."""
    n = tf.shape(x)[0]
    x = tf.where(tf.random.uniform((n, 1, 1, 1)) < 0.5, x, tf.reverse(x, [2]))
    padded = tf.pad(x, [[0, 0], [2, 2], [2, 2], [0, 0]])
    corners = tf.random.uniform((2, n, 1), 0, 5, tf.int32)
    rows, columns = corners[0] + tf.range(28)[None], corners[1] + tf.range(28)[None]
    return tf.gather(tf.gather(padded, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)


def machine() -> dict:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "gankeras": gk.__version__,
    }


def append(path: pathlib.Path, row: dict) -> None:
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")


def rows_of(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def gan_path(options, seed: int) -> pathlib.Path:
    return pathlib.Path(options.cache) / f"{options.pool}_{seed}.keras"


def gans(options, path: pathlib.Path) -> None:
    for seed in options.seeds:
        if gan_path(options, seed).exists():
            continue
        train, _, _ = split(options, seed)
        wall, cpu = time.perf_counter(), time.process_time()
        gan = train_gan(train, seed, options.gan_steps)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        gan_path(options, seed).parent.mkdir(parents=True, exist_ok=True)
        gan.save(gan_path(options, seed))
        row = {"kind": "gan", "pool": options.pool, "seed": seed, "steps": options.gan_steps}
        append(path, {**row, "wall_seconds": wall, "cpu_seconds": cpu, **machine()})
        grid = gan.sample(100, labels=np.repeat(np.arange(10), 10), seed=0).reshape(
            10, 10, 28, 28, 1
        )
        gk.images.image_grid({"synthetic": grid}, gan_path(options, seed).with_suffix(".png"))


def as_uplift_takes(ratio):
    """A ratio, or the schedule that "falling" names."""
    return keras.optimizers.schedules.CosineDecay(1.0, STEPS) if ratio == "falling" else ratio


def ratio(options, path: pathlib.Path) -> None:
    """Tries each ratio: a fifth of each class is held out from the classifier."""
    for seed, candidate in itertools.product(options.seeds, RATIOS):
        key = {"kind": "ratio", "pool": options.pool, "seed": seed, "ratio": candidate}
        done = any(key.items() <= row.items() for row in rows_of(path))
        if done or (options.share is not None and seed % 2 != options.share):
            continue
        (x, y), _, _ = split(options, seed)
        held = np.arange(len(x)) % 50 >= 40
        report = gk.evaluation.uplift(
            keras.models.load_model(gan_path(options, seed)),
            (x[~held], y[~held]),
            (x[held], y[held]),
            build_classifier,
            steps=STEPS,
            seeds=[seed],
            augmentation=classical,
            arms=["gan", "gan+classical"],
            ratio=as_uplift_takes(candidate),
        )
        append(path, {**key, **{r.name: r.figures["accuracy"].mean for r in report.results}})


def validation(path: pathlib.Path, pool: str) -> dict:
    """Mean accuracy of real + GAN + classical on the held-out images by ratio, over the seeds."""
    rows = [row for row in rows_of(path) if row["kind"] == "ratio" and row["pool"] == pool]
    found = {c: [r["gan+classical"] for r in rows if r["ratio"] == c] for c in RATIOS}
    if any(len(values) == 0 for values in found.values()):
        raise SystemExit("Run `fashion_uplift.py ratio` first, or give --ratio.")
    return {candidate: float(np.mean(values)) for candidate, values in found.items()}


def arms(options, path: pathlib.Path) -> None:
    if options.ratio is None:
        means = validation(path, options.pool)
        options.ratio = max(sorted(means, key=str), key=means.get)
    for repeat, seed in itertools.product(range(options.repeats), options.seeds):
        missing = [
            arm
            for arm in options.arms
            if not any(
                row["kind"] == "arm"
                and (row["pool"], row["seed"], row["repeat"], row["arm"])
                == (options.pool, seed, repeat, arm)
                for row in rows_of(path)
            )
        ]
        if options.share is not None:
            # Whole seeds to one process or the other; the odd one out is shared by arm.
            odd_one_out = seed == options.seeds[-1] and len(options.seeds) % 2
            missing = [
                arm
                for place, arm in enumerate(ARMS)
                if arm in missing and (place if odd_one_out else seed) % 2 == options.share
            ]
        if not missing:
            continue
        train, judges, dropped = split(options, seed)
        gan = keras.models.load_model(gan_path(options, seed))
        # Drawn once, unfiltered: as fresh draws, and a classifier's training takes a third of the time.
        bank = gk.augmentation.draw_bank(gan, BANK, seed=seed, verbose=0)
        report = gk.evaluation.uplift(
            bank,
            train,
            judges,
            build_classifier,
            steps=STEPS,
            seeds=[seed + 1000 * repeat],
            augmentation=classical,
            arms=missing,
            ratio=as_uplift_takes(options.ratio),
        )
        for result in report.results:
            key = {
                "kind": "arm",
                "pool": options.pool,
                "seed": seed,
                "repeat": repeat,
                "arm": result.name,
            }
            accuracy = result.figures["accuracy"].mean
            counts = {"judges": len(judges[0]), "dropped_overlap": dropped}
            append(path, {**key, "ratio": options.ratio, "accuracy": accuracy, **counts})
            print(seed, repeat, result.name, accuracy, flush=True)


def summary(options, path: pathlib.Path) -> None:
    """Each seed's arm is the mean of its repeats; the intervals are over the seeds."""
    rows = [row for row in rows_of(path) if row["pool"] == options.pool]
    cells = [row for row in rows if row["kind"] == "arm"]
    table = {
        arm: [
            float(np.mean([r["accuracy"] for r in cells if (r["arm"], r["seed"]) == (arm, seed)]))
            for seed in options.seeds
        ]
        for arm in ARMS
    }
    for arm, values in table.items():
        shown = " ".join(f"{100 * v:6.2f}" for v in values)
        print(f"{arm:15s} {shown}   mean {100 * np.mean(values):6.2f}")
    best = max(("real", "classical"), key=lambda arm: np.mean(table[arm]))
    gains = {}
    # Samples alone are held against the real images that they came from.
    for arm, other in (("gan", best), ("gan+classical", best), ("gan_only", "real")):
        gain = estimate(np.subtract(table[arm], table[other]))
        gains[arm] = {"over": other, "mean": gain.mean, "low": gain.low, "high": gain.high}
        print(
            f"{arm} - {other}: {100 * gain.mean:+.2f} points, {100 * gain.low:+.2f} to {100 * gain.high:+.2f}"
        )
    result = {
        "claim": "50 images a class: real + GAN beats the best of real and classical by >= 1.0 point, interval above 0",
        "seeds": options.seeds,
        "bank": BANK,
        "repeats": {
            arm: len([r for r in cells if r["arm"] == arm]) / len(options.seeds) for arm in ARMS
        },
        "ratio": {
            arm: sorted({row["ratio"] for row in cells if row["arm"] == arm}, key=str)
            for arm in ARMS
            if arm.startswith("gan") and arm != "gan_only"
        },
        "accuracy": table,
        "mean_accuracy": {arm: float(np.mean(values)) for arm, values in table.items()},
        "compared_with": best,
        "gain": gains,
        "gan_wall_seconds": [row["wall_seconds"] for row in rows if row["kind"] == "gan"],
        "gan_steps": sorted({row["steps"] for row in rows if row["kind"] == "gan"}),
        **machine(),
    }
    path.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["gans", "ratio", "arms", "summary"])
    parser.add_argument("--pool", choices=["final", "development"], default="final")
    parser.add_argument("--data-dir", default="../shared/tfds")
    parser.add_argument("--cache", default="runs/fashion_uplift")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument(
        "--ratio",
        type=lambda text: text if text == "falling" else float(text),
        help='a number or "falling", instead of the chosen one',
    )
    parser.add_argument("--gan-steps", type=int, default=GAN_STEPS)
    parser.add_argument(
        "--share",
        type=int,
        choices=[0, 1],
        help="do every other cell: two processes share the work",
    )
    parsed = parser.parse_args()
    out = RESULTS / f"fashion_uplift_{parsed.pool}.jsonl"
    globals()[parsed.part](parsed, out)

"""Claim: on a ring of 8 and a grid of 25 Gaussians every mode is found, and >= 95 % of samples lie in one.

Ring: radius 2, deviation 0.02. Grid: spacing 2, deviation 0.05. A sample lies in a mode if it is within three deviations
of its centre; a mode is found if at least a tenth of its even share of 10,000 samples do. Five seeds, each under four
minutes on two cores.

    python benchmarks/mode_coverage.py [--sets ring grid] [--seeds 5] [--steps 20000]
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from fashion_uplift import machine

import gankeras as gk

OUT = pathlib.Path(__file__).parent / "results" / "mode_coverage.json"
BATCH, WIDTH, LATENTS = 256, 256, 8


def centres(name: str) -> tuple[np.ndarray, float]:
    if name == "ring":
        angle = 2 * np.pi * np.arange(8) / 8
        return 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=-1), 0.02
    side = 2.0 * (np.arange(5) - 2)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2), 0.05


def rows_of(name: str, num: int, seed: int) -> np.ndarray:
    places, deviation = centres(name)
    rng = np.random.default_rng(seed)
    chosen = places[rng.integers(0, len(places), num)]
    return (chosen + rng.normal(0, deviation, (num, 2))).astype("float32")


def score(name: str, samples: np.ndarray) -> dict:
    places, deviation = centres(name)
    distances = np.linalg.norm(samples[:, None] - places[None], axis=-1)
    near = distances.argmin(axis=1)[distances.min(axis=1) <= 3 * deviation]
    counts = np.bincount(near, minlength=len(places))
    found = int((counts >= 0.1 * len(samples) / len(places)).sum())
    return {"modes": found, "of": len(places), "share_in_modes": len(near) / len(samples)}


def network(shape: tuple[int, ...], given: str, gives: str, units: int, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(shape, name=given)
    x = inputs
    for _ in range(3):
        x = keras.layers.LeakyReLU(0.2)(
            keras.layers.Dense(WIDTH, kernel_initializer="he_normal")(x)
        )
    return keras.Model({given: inputs}, {gives: keras.layers.Dense(units)(x)})


def train(name: str, seed: int, steps: int, rate: float, penalty: float) -> tuple[gk.GAN, float]:
    gan = gk.GAN(
        network((LATENTS,), "latents", "samples", 2, seed),
        network((2,), "samples", "logits", 1, seed + 1000),
        seed=seed,
    )

    def optimizer():
        falling = keras.optimizers.schedules.CosineDecay(rate, steps)
        return keras.optimizers.Adam(falling, beta_1=0.0, beta_2=0.99)

    gan.compile(
        "relativistic",
        [gk.regularizers.R1(penalty), gk.regularizers.R2(penalty)],
        optimizer(),
        optimizer(),
        ema_half_life=50_000,
    )
    begin = time.perf_counter()
    gan.fit(rows_of(name, 100_000, seed), batch_size=BATCH, steps_per_epoch=steps, verbose=0)
    return gan, time.perf_counter() - begin


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", choices=["ring", "grid"], default=["ring", "grid"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--penalty", type=float, default=0.02)
    parser.add_argument("--try-out", action="store_true", help="seeds from 100 on; writes nothing")
    options = parser.parse_args()
    results = []
    for name in options.sets:
        for number in range(options.seeds):
            seed = 100 + number if options.try_out else number
            gan, seconds = train(name, seed, options.steps, options.rate, options.penalty)
            found = score(name, gan.sample(10_000, seed=1))
            row = {"set": name, "seed": seed, "seconds": seconds, **found}
            results.append(row)
            print(row, flush=True)
    if not options.try_out:
        good = [
            r["modes"] == r["of"] and r["share_in_modes"] >= 0.95 and r["seconds"] < 240
            for r in results
        ]
        settings = {k: getattr(options, k) for k in ("steps", "rate", "penalty")}
        text = json.dumps({"holds": all(good), **settings, "runs": results, **machine()}, indent=1)
        OUT.write_text(text + "\n", encoding="utf-8")

"""Does an unconditional DCGAN find all 1,000 modes of "stacked Fashion"?

Three Fashion-MNIST images, drawn independently, are the three channels of one image, so there are 1,000 combinations of
classes, all equally frequent. A classifier trained on single real images (training part) judges each channel of 26,000
synthetic stacks, and of as many stacks of test images. The GAN sees stacks of training images alone and no label.

    python benchmarks/stacked_fashion.py [--seeds 0] [--steps 12000]    # appends a row a seed, and resumes
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from fashion_uplift import append, build_classifier, fashion, machine, rows_of

import gankeras as gk

RESULTS = pathlib.Path(__file__).parent / "results"
DRAWN = 26_000
STACKS = 60_000
JUDGE_EPOCHS = 8


def stacks(x: np.ndarray, num: int, seed: int) -> np.ndarray:
    """`num` images whose channels are images of `x`, drawn with replacement."""
    rows = np.random.default_rng(seed).integers(0, len(x), (num, 3))
    return np.concatenate([x[rows[:, channel]] for channel in range(3)], axis=-1)


def judged(judge: keras.Model, images: np.ndarray) -> dict[str, float]:
    """Modes found, and the KL divergence from the 1,000 equal shares in nats."""
    digits = [
        judge.predict(images[..., channel : channel + 1], batch_size=1000, verbose=0).argmax(1)
        for channel in range(3)
    ]
    counts = np.bincount(digits[0] * 100 + digits[1] * 10 + digits[2], minlength=1000)
    shares = counts[counts > 0] / counts.sum()
    return {"modes": int((counts > 0).sum()), "kl": float((shares * np.log(shares * 1000)).sum())}


def train_gan(images: np.ndarray, seed: int, steps: int, width: int) -> gk.GAN:
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    keras.utils.set_random_seed(seed)
    gan = gk.images.DCGAN(gk.images.ImageCodec((28, 28, 3)), width=width, seed=seed)
    gan.compile(steps=steps)
    gan.fit(images, batch_size=64, steps_per_epoch=steps // 12, epochs=12, verbose=2)
    keras.mixed_precision.set_global_policy("float32")
    return gan


def main(options) -> None:
    path = RESULTS / "stacked_fashion.jsonl"
    (x, y), (x_test, y_test) = fashion(options.data_dir)
    keras.utils.set_random_seed(0)
    judge = build_classifier()
    judge.fit(x, y, batch_size=64, epochs=JUDGE_EPOCHS, verbose=0)
    accuracy = float(judge.evaluate(x_test, y_test, verbose=0)[1])
    held_out = judged(judge, stacks(x_test, DRAWN, seed=1))
    print("judge", accuracy, "held-out", held_out, flush=True)
    for seed in options.seeds:
        key = {"seed": seed, "steps": options.steps, "width": options.width}
        if any(key.items() <= row.items() for row in rows_of(path)):
            continue
        wall, cpu = time.perf_counter(), time.process_time()
        gan = train_gan(stacks(x, STACKS, seed=seed), seed, options.steps, options.width)
        spent = {
            "wall_seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu,
        }
        made = gan.sample(DRAWN, seed=1)
        found = judged(judge, made)
        row = {**key, **found, "held_out": held_out, "judge_accuracy": accuracy, **spent}
        append(path, {**row, **machine()})
        print(json.dumps(row), flush=True)
        if options.picture:
            gk.images.image_grid(
                {"synthetic": made[:100].reshape(10, 10, 28, 28, 3)}, options.picture
            )
    rows = [
        row
        for row in rows_of(path)
        if (row["steps"], row["width"]) == (options.steps, options.width)
    ]
    summary = {
        "claim": "modes >= 99 % of the held-out stacks' and KL <= theirs + 0.1, 26,000 stacks each",
        "runs": len(rows),
        "least_share_of_modes": min(r["modes"] / r["held_out"]["modes"] for r in rows),
        "most_kl_above": max(r["kl"] - r["held_out"]["kl"] for r in rows),
        **machine(),
    }
    path.with_suffix(".json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--data-dir", default="../shared/tfds")
    parser.add_argument("--picture", help="PNG of a hundred samples")
    main(parser.parse_args())

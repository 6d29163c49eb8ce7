"""Claim: two replicas on two cores cost at most 1.15 x what one replica does for the same global batch.

The same DCGAN on the same rows, once as it is and twice under `MirroredStrategy` over two logical CPUs: with the exchange
of gradients that it comes with, and with `ReductionToOneDevice`, which in one process has nothing to send. Trained through
`gan.fit` in turns, and counted twice: the whole `fit` up to the end of its last step, and from the end of its first step, before
which a strategy makes its iterators. (TensorFlow lets go of them up to a minute after the last, whatever was trained.) All
may use every core: the replicas halve the batch and share the threads. By the clock, and in CPU seconds. Each replica
updates a copy of the weights of its own, which costs the same for any batch; so a small batch and a larger one are measured.

    python benchmarks/replica_cost.py [--rounds 12] [--batches 64 256]
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from fashion_uplift import machine

import gankeras as gk

ON_ONE_DEVICE = tf.distribute.ReductionToOneDevice()


def build(game: dict) -> gk.GAN:
    gan = gk.images.DCGAN(gk.images.ImageCodec((28, 28, 1), num_classes=10))
    gan.compile(**game)
    return gan


class Clock(keras.callbacks.Callback):
    """The clock and the CPU at the beginning of training and at the end of each step."""

    def on_train_begin(self, logs=None):
        self.times = [(time.perf_counter(), time.process_time())]

    def on_train_batch_end(self, batch, logs=None):
        self.times.append((time.perf_counter(), time.process_time()))

    def spent(self) -> dict[str, float]:
        """Milliseconds a step."""
        times, steps = 1e3 * np.array(self.times), len(self.times) - 1
        spans = {
            "fit": (times[-1] - times[0]) / steps,
            "steps": (times[-1] - times[1]) / (steps - 1),
        }
        return {
            f"{kind}_{span}": float(value)
            for span, values in spans.items()
            for kind, value in zip(("wall", "cpu"), values, strict=True)
        }


def measure(gans: dict[str, gk.GAN], batch: int, rounds: int, steps: int) -> dict:
    """The GANs in turns, `steps` steps a round."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (512, 28, 28, 1)).astype("uint8"), np.arange(512) % 10

    def run(gan: gk.GAN) -> dict[str, float]:
        clock = Clock()
        gan.fit(x, y, batch, steps_per_epoch=steps, verbose=0, callbacks=[clock])
        return clock.spent()

    for gan in gans.values():
        run(gan)  # traces
    found = {name: [] for name in gans}
    for index in range(rounds):
        for name in list(gans) if index % 2 else reversed(gans):
            found[name].append(run(gans[name]))
    result = {"batch": batch, "steps_a_round": steps, "rounds": rounds}
    for kind in found["one"][0]:
        times = {name: np.array([run[kind] for run in runs]) for name, runs in found.items()}
        result[kind] = {"ms_a_step": {name: float(np.median(v)) for name, v in times.items()}}
        for name in list(times)[1:]:
            ratios = times[name] / times["one"]
            result[kind][f"{name}_over_one"] = {
                "median": float(np.median(ratios)),
                "least": float(ratios.min()),
                "most": float(ratios.max()),
            }
    return result


def main(rounds: int, steps: int, batches: list[int], out: str) -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    game = {"loss": "relativistic", "augment": ["translation"]}
    gans = {"one": build(game)}
    for name, exchange in (("two", None), ("two_on_one_device", ON_ONE_DEVICE)):
        with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=exchange).scope():
            gans[name] = build(game)
    # As many images a round whatever the batch.
    found = [measure(gans, batch, rounds, max(1, steps * 64 // batch)) for batch in batches]
    result = {"batches": found, "usable_cores": len(os.sched_getaffinity(0))}
    text = json.dumps({**result, **machine()}, indent=1)
    pathlib.Path(out).write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 256])
    default = pathlib.Path(__file__).parent / "results" / "replica_cost.json"
    parser.add_argument("--out", default=str(default))
    options = parser.parse_args()
    main(options.rounds, options.steps, options.batches, options.out)

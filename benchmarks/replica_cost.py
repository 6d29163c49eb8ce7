"""Claim: two replicas on two cores cost at most 1.15 x what one replica does for the same global batch.

The same DCGAN on the same rows, once as it is and twice under `MirroredStrategy` over two logical CPUs: with TensorFlow's
usual threads, where each operation of either replica is cut into a piece for every core, and with one thread an operation
(`TF_NUM_INTRAOP_THREADS=1`), which leaves a core to each replica. One replica has the usual threads, its fastest. Each in a
process of its own, since threads are set once a process; they wait for each other and train through `gan.fit` in turns.
Counted twice: the whole `fit` up to the end of its last step, and from the end of its first step, before which a strategy
makes its iterators. (TensorFlow lets go of them up to a minute after the last, whatever was trained.) By the clock, and in
CPU seconds. Each replica updates a copy of the weights of its own, which costs the same for any batch; so a small batch and a
larger one are measured.

    python benchmarks/replica_cost.py [--rounds 12] [--batches 64 256]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from fashion_uplift import machine

import gankeras as gk

KINDS = ("wall_fit", "cpu_fit", "wall_steps", "cpu_steps")
# Replicas, and what their process finds in its environment.
SETTINGS = {
    "one": (1, {}),
    "two": (2, {}),
    "two_one_thread_an_operation": (2, {"TF_NUM_INTRAOP_THREADS": "1"}),
}


class Clock(keras.callbacks.Callback):
    """The clock and the CPU at the beginning of training and at the end of each step."""

    def on_train_begin(self, logs=None):
        self.times = [(time.perf_counter(), time.process_time())]

    def on_train_batch_end(self, batch, logs=None):
        self.times.append((time.perf_counter(), time.process_time()))

    def spent(self) -> list[float]:
        """Milliseconds a step, in the order of `KINDS`."""
        times, steps = 1e3 * np.array(self.times), len(self.times) - 1
        whole = (times[-1] - times[0]) / steps
        after_first = (times[-1] - times[1]) / (steps - 1)
        return [*whole.tolist(), *after_first.tolist()]


def work(replicas: int) -> None:
    """Trains as many steps of such a batch as each line of the standard input says."""
    devices = [f"CPU:{index}" for index in range(replicas)]
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * replicas
    )
    strategy = tf.distribute.MirroredStrategy(devices) if replicas > 1 else None
    with strategy.scope() if strategy else tf.distribute.get_strategy().scope():
        gan = gk.images.DCGAN(gk.images.ImageCodec((28, 28, 1), num_classes=10))
        gan.compile(loss="relativistic", augment=["translation"])
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (512, 28, 28, 1)).astype("uint8"), np.arange(512) % 10
    for line in sys.stdin:
        batch, steps = map(int, line.split())
        clock = Clock()
        gan.fit(x, y, batch, steps_per_epoch=steps, verbose=0, callbacks=[clock])
        print(json.dumps(clock.spent()), flush=True)


class Worker:
    """A process that trains when asked, and else waits."""

    def __init__(self, replicas: int, environment: dict[str, str]):
        threads = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
        usual = {name: value for name, value in os.environ.items() if name not in threads}
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--work", str(replicas)],
            env=usual | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, batch: int, steps: int) -> list[float]:
        self._process.stdin.write(f"{batch} {steps}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"A worker ended with exit code {self._process.wait()}.")
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def measure(workers: dict[str, Worker], batch: int, rounds: int, steps: int) -> dict:
    """The workers in turns, `steps` steps a round."""
    for worker in workers.values():
        worker.run(batch, steps)  # traces
    runs = {name: [] for name in workers}
    for index in range(rounds):
        for name in list(workers) if index % 2 else reversed(workers):
            runs[name].append(workers[name].run(batch, steps))
    result = {"batch": batch, "steps_a_round": steps, "rounds": rounds}
    for column, kind in enumerate(KINDS):
        times = {name: np.array(found)[:, column] for name, found in runs.items()}
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
    workers = {name: Worker(*setting) for name, setting in SETTINGS.items()}
    # As many images a round whatever the batch.
    found = [measure(workers, batch, rounds, max(1, steps * 64 // batch)) for batch in batches]
    for worker in workers.values():
        worker.close()
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
    parser.add_argument("--work", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work)
    else:
        main(options.rounds, options.steps, options.batches, options.out)

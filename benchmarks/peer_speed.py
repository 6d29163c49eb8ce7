"""Claim: a step of `gan.fit` is >= 1.15 x as fast as PyTorch's, eager and `torch.compile`d, with the same networks, and
with `mixed_bfloat16` >= 1.2 x as fast as our own float32.

DCGAN at 28 x 28 pixels, batches of 64, the relativistic game with Adam and an averaged generator, in float32. Penalties
are left out, since `torch.compile` has no second derivatives. Both sides train the generator on the fakes that the
discriminator has just seen, and both fold the upsampling into the convolution. Ours runs through `fit`: pipeline, guard
and metrics included. PyTorch runs in a process of its own and may choose the memory layout that suits it better; the
rounds alternate, and whoever does not run waits. The share of the machine's peak is the steps' own arithmetic over what
a 2048 x 2048 float32 matrix product reaches, both in CPU seconds.

    python -m venv peers && peers/bin/pip install torch==2.14.1
    python benchmarks/peer_speed.py --peer-python peers/bin/python [--rounds 12]
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
from training_speed import timed

import gankeras as gk

HERE = pathlib.Path(__file__).parent
BATCH = 64
WAYS = {"torch eager": "eager", "torch compiled": "compile"}


class Peer:
    """PyTorch in its own process."""

    def __init__(self, python: str):
        command = [python, str(HERE / "torch_peer.py")]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = ""

    def run(self, way: str, memory: str, steps: int) -> tuple[float, float]:
        """Milliseconds a step, by the clock and of the CPU."""
        print(way, memory, steps, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("PyTorch's process ended; its error stands above.")
        found = json.loads(line)
        self.version = found["torch"]
        return found["wall"] / steps * 1e3, found["cpu"] / steps * 1e3

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def ours(policy: str, x: np.ndarray, y: np.ndarray, steps: int):
    keras.mixed_precision.set_global_policy(policy)
    gan = gk.images.DCGAN(gk.images.ImageCodec((28, 28, 1), num_classes=10))
    gan.compile(regularizers=[], augment=[])
    keras.mixed_precision.set_global_policy("float32")
    return gan, lambda: timed(lambda: gan.fit(x, y, BATCH, steps_per_epoch=steps, verbose=0), steps)


def products(network: keras.Model) -> float:
    """Multiplications of one image's forward pass."""
    total = 0.0
    for layer in network.layers:
        if isinstance(layer, gk.layers.UpsampledConv2D):
            height, width = layer.output.shape[1:3]
            # Four products for nine, as it is run.
            total += height * width * float(np.prod(layer.kernel.shape)) * 4 / 9
        elif isinstance(layer, keras.layers.Conv2D):
            height, width = layer.output.shape[1:3]
            total += height * width * float(np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Dense):
            total += float(np.prod(layer.kernel.shape))
    return total


def operations_a_step(gan: gk.GAN) -> float:
    """Additions and multiplications of a step: passes forward, and those back to weights and to samples."""
    generator = 3 * products(gan.generator)  # forward, to weights, to activations
    discriminator = (2 + 4 + 2 + 1) * products(gan.discriminator)
    return 2 * BATCH * (generator + discriminator)


def peak() -> float:
    """Operations of a large float32 product in a second of one core, the best of ten."""
    a = tf.random.normal((2048, 2048))
    tf.linalg.matmul(a, a)
    best = 0.0
    for _ in range(10):
        begin = time.process_time()
        tf.linalg.matmul(a, a).numpy()
        best = max(best, 2 * 2048**3 / (time.process_time() - begin))
    return best


def measure(options) -> dict[str, list[tuple[float, float]]]:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (512, 28, 28, 1)).astype("uint8"), np.arange(512) % 10
    peer = Peer(options.peer_python)
    gan, runs = None, {}
    for name, policy in (("gankeras", "float32"), ("gankeras bfloat16", "mixed_bfloat16")):
        made, runs[name] = ours(policy, x, y, options.steps)
        gan = gan or made
    for name, way in WAYS.items():
        # The better layout of two; the first run of each also traces and compiles.
        tries = {}
        for memory in ("channels_last", "nchw"):
            peer.run(way, memory, options.steps)
            tries[memory] = min(peer.run(way, memory, options.steps)[0] for _ in range(3))
        memory = min(tries, key=tries.get)
        runs[name] = lambda way=way, memory=memory: peer.run(way, memory, options.steps)
    for run in runs.values():
        run()
    found = {name: [] for name in runs}
    for index in range(options.rounds):
        names = list(runs)[index % len(runs) :] + list(runs)[: index % len(runs)]
        for name in names:
            found[name].append(runs[name]())
    version = peer.version
    peer.close()
    return {"times": found, "torch": version, "operations": operations_a_step(gan)}


def report(options, measured: dict) -> dict:
    result = {"batch": BATCH, "steps_a_round": options.steps, "rounds": options.rounds}
    for place, kind in enumerate(("wall", "cpu")):
        times = {name: np.array(v)[:, place] for name, v in measured["times"].items()}
        pairs = {f"gankeras over {name}": (times[name], times["gankeras"]) for name in WAYS}
        pairs["bfloat16 over float32"] = times["gankeras"], times["gankeras bfloat16"]
        result[kind] = {"ms_a_step": {name: float(np.median(v)) for name, v in times.items()}}
        for name, (slow, fast) in pairs.items():
            ratios = slow / fast
            result[kind][name] = {
                "median": float(np.median(ratios)),
                "least": float(ratios.min()),
                "most": float(ratios.max()),
            }
    fastest = peak()
    result["operations_a_step"] = measured["operations"]
    result["peak_operations_a_core_second"] = fastest
    result["share_of_peak"] = {
        name: measured["operations"] / (ms / 1e3) / fastest
        for name, ms in result["cpu"]["ms_a_step"].items()
    }
    result["usable_cores"] = len(os.sched_getaffinity(0))
    return {**result, "torch": measured["torch"], **machine()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--out", default=str(HERE / "results" / "peer_speed.json"))
    options = parser.parse_args()
    text = json.dumps(report(options, measure(options)), indent=1)
    pathlib.Path(options.out).write_text(text + "\n", encoding="utf-8")
    print(text)

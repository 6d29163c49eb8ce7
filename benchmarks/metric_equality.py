"""Do our metrics equal torch-fidelity's and scipy's on the same 10,000 x 2,048 features, and at what cost?

The peers run in a virtual environment of their own, since torch does not belong beside TensorFlow:

    python -m venv peers
    peers/bin/pip install torch==2.13.0 scipy tqdm
    peers/bin/pip install --no-deps torch-fidelity==0.4.0
    python benchmarks/metric_equality.py --peers peers/bin/python

torch-fidelity imports torchvision, PIL and requests to read images. Features are given to it directly, so where one of
these is missing an empty stand-in is imported in its place; no figure depends on them.

Each part adds a JSON row and is not run twice: `ours`, `peers`, `memory`, `distances`.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import numpy as np

RESULTS = pathlib.Path(__file__).parent / "results"
ROWS, WIDTH, CLASSES = 10_000, 2_048, 1_008
FRECHET_RUNS = 7


def features(rows: int = ROWS, width: int = WIDTH) -> tuple[np.ndarray, np.ndarray]:
    """Positive, correlated, of falling variance, as Inception's are; the second side shifted a little."""
    rng = np.random.default_rng(0)
    scale = 0.5 * np.arange(1, width + 1) ** -0.3
    base = rng.normal(size=(64, width))
    sides = []
    for shift in (0.0, 0.15):
        hidden = rng.normal(size=(rows, 64)) @ base / 8
        own = rng.normal(size=(rows, width))
        sides.append((np.abs(hidden + own + shift) * scale).astype(np.float32))
    return sides[0], sides[1]


def logits(rows: int = ROWS, classes: int = CLASSES) -> np.ndarray:
    return (3 * np.random.default_rng(1).normal(size=(rows, classes))).astype(np.float32)


def forget_peak() -> int:
    """Resident memory now, in bytes; the peak counts from here on, not from what made the input."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def peak() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def timed(function, *arguments, runs: int = 1):
    """What it returns, and the median of its CPU seconds."""
    seconds = []
    for _ in range(runs):
        cpu = time.process_time()
        found = function(*arguments)
        seconds.append(time.process_time() - cpu)
    return found, statistics.median(seconds)


def ours(rows: int) -> dict:
    import gankeras as gk

    real, fake = features(rows)

    def run(metric):
        metric.reset_state()
        metric.update_state(real, fake)
        return metric.result()

    probabilities = softmax(logits(rows))
    found, seconds = {}, {}
    found["frechet"], seconds["frechet"] = timed(
        run, gk.metrics.FrechetDistance(), runs=FRECHET_RUNS
    )
    found["kernel"], seconds["kernel"] = timed(run, gk.metrics.KernelDistance(subsets=20))
    prdc, seconds["prdc"] = timed(run, gk.metrics.PRDC(k=3))
    found |= {name: prdc[name] for name in ("precision", "recall")}
    score = gk.metrics.InceptionScore(lambda rows: rows, seed=None)
    score.update_state(synthetic=probabilities)
    found["inception_score"], seconds["inception_score"] = timed(score.result)
    return {"figures": found, "cpu_seconds": seconds}


def softmax(values: np.ndarray) -> np.ndarray:
    values = np.exp(values.astype(np.float64) - values.max(axis=1, keepdims=True))
    return values / values.sum(axis=1, keepdims=True)


def peers(rows: int) -> dict:
    """Runs under the peers' Python."""
    missing = stand_in()
    import torch
    from scipy import linalg
    from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc

    real, fake = (torch.from_numpy(side) for side in features(rows))
    options = {"verbose": False, "cuda": False, "rng_seed": 2020}
    found, seconds = {}, {}

    def frechet():
        a, b = (metric_fid.fid_features_to_statistics(side) for side in (real, fake))
        return metric_fid.fid_statistics_to_metric(a, b, verbose=False)

    result, seconds["frechet"] = timed(frechet, runs=FRECHET_RUNS)
    found["frechet"] = result["frechet_inception_distance"]
    kid = {"kid_subsets": 20, "kid_subset_size": min(1000, rows), "kid_kernel": "poly"}
    result, seconds["kernel"] = timed(
        lambda: metric_kid.kid_features_to_metric(real.double(), fake.double(), **kid, **options)
    )
    found["kernel"] = result["kernel_inception_distance_mean"]
    # In double precision: in single a row on the border of a ball falls to either side.
    prc = {"prc_neighborhood": 3, "prc_batch_size": 2500, "save_cpu_ram": True}
    result, seconds["prdc"] = timed(
        lambda: metric_prc.prc_features_to_metric(fake.double(), real.double(), **prc, **options)
    )
    found |= {name: result[name] for name in ("precision", "recall")}
    result, seconds["inception_score"] = timed(
        lambda: metric_isc.isc_features_to_metric(torch.from_numpy(logits(rows)), shuffle=False)
    )
    found["inception_score"] = result["inception_score_mean"]

    def by_scipy():
        a, b = (side.numpy().astype(np.float64) for side in (real, fake))
        root = linalg.sqrtm(np.cov(a.T) @ np.cov(b.T))
        apart = np.square(a.mean(0) - b.mean(0)).sum()
        return float(apart + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * np.real(root)))

    found["frechet_by_scipy"], seconds["frechet_by_scipy"] = timed(by_scipy)
    versions = {"torch": torch.__version__, "scipy": __import__("scipy").__version__}
    return {"figures": found, "cpu_seconds": seconds, "stand_ins": missing, **versions}


def stand_in() -> list[str]:
    """Puts an empty module in place of what torch-fidelity imports for images and this machine lacks."""
    import importlib.util
    from unittest import mock

    missing = []
    for name in ("torchvision", "PIL", "requests"):
        if importlib.util.find_spec(name) is None:
            missing.append(name)
    for name in missing:
        sys.modules[name] = mock.MagicMock(name=name, __version__="0", __spec__=None)
    for name in (
        "models",
        "transforms",
        "datasets",
        "models.feature_extraction",
        "transforms.functional",
    ):
        if "torchvision" in missing:
            sys.modules[f"torchvision.{name}"] = mock.MagicMock(name=name, __spec__=None)
    return missing


def memory(rows: int) -> dict:
    """Resident growth of precision and recall, features being there already."""
    import gankeras as gk

    real, fake = features(rows)
    gk.metrics.PRDC(k=3)
    before = forget_peak()
    metric = gk.metrics.PRDC(k=3)
    metric.update_state(real, fake)
    metric.result()
    return {"mib": (peak() - before) / 2**20, "rows": rows}


def distances(rows: int) -> dict:
    from gankeras.metrics import nearest_distances

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(30_000, 20)), rng.normal(size=(30_000, 20))
    before = forget_peak()
    _, seconds = timed(nearest_distances, a, b)
    return {"mib": (peak() - before) / 2**20, "cpu_seconds": seconds, "rows": 30_000}


PARTS = {"ours": ours, "peers": peers, "memory": memory, "distances": distances}


def run_one(part: str, rows: int, path: pathlib.Path) -> None:
    found = PARTS[part](rows)
    row = {"part": part, **found, "cores": len(os.sched_getaffinity(0))}
    with path.open("a") as file:
        file.write(json.dumps({**row, "python": platform.python_version()}) + "\n")


def main(options) -> None:
    path = RESULTS / "metric_equality.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    found = {row["part"]: row for row in map(json.loads, lines)}
    for part in PARTS:
        if part not in found:
            python = options.peers if part == "peers" else sys.executable
            # A process each: resident memory only ever grows.
            command = [python, __file__, "--part", part, "--rows", str(options.rows)]
            subprocess.run(command, check=True)
    found = {row["part"]: row for row in map(json.loads, path.read_text().splitlines())}
    mine, theirs = found["ours"]["figures"], found["peers"]["figures"]
    off = {name: abs(mine[name] / theirs[name] - 1) for name in mine}
    off["frechet against scipy"] = abs(mine["frechet"] / theirs["frechet_by_scipy"] - 1)
    seconds = {name: found[name]["cpu_seconds"] for name in ("ours", "peers")}
    result = {
        "claim": "equal to 1e-4 relative; Frechet distance in half of torch-fidelity's CPU seconds; precision and recall "
        "within 1 GiB; nearest distances of 30,000 x 30,000 x 20 within 2 GiB and 60 CPU seconds",
        "rows": options.rows,
        "width": WIDTH,
        "ours": mine,
        "theirs": theirs,
        "relative_difference": off,
        "cpu_seconds": seconds,
        "frechet_share_of_cpu": seconds["ours"]["frechet"] / seconds["peers"]["frechet"],
        "precision_recall_mib": found["memory"]["mib"],
        "nearest_distances": {k: found["distances"][k] for k in ("mib", "cpu_seconds")},
        "stand_ins": found["peers"]["stand_ins"],
        "versions": {k: found["peers"][k] for k in ("torch", "scipy")}
        | {"torch-fidelity": "0.4.0"},
        "numpy": np.__version__,
        "cores": os.cpu_count(),
    }
    path.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", default=sys.executable, help="Python that has torch-fidelity")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--part", choices=list(PARTS))
    parsed = parser.parse_args()
    if parsed.part:
        run_one(parsed.part, parsed.rows, RESULTS / "metric_equality.jsonl")
    else:
        main(parsed)

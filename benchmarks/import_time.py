"""Claim: `import gankeras` costs at most 1.1 times what `import keras` costs.

Both are imported in fresh processes, one after the other in turn, with the order reversed every other
round. Seconds of CPU (user and system, all threads) and of wall clock, each round's ratio, and the
median of the ratios: a load on the machine falls on both. A bare `python -c pass` stands beside.

    python benchmarks/import_time.py [--rounds 15]
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
from importlib import metadata

PROGRAMS = {"python": "pass", "keras": "import keras", "gankeras": "import gankeras"}
BAR = 1.1
OUT = pathlib.Path(__file__).parent / "results" / "import_time.json"


def measure(code: str) -> dict[str, float]:
    """Seconds that one fresh process takes."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"`{code}` failed in a fresh process. Received: {process.returncode}.")
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall}


def main(rounds: int) -> None:
    for code in PROGRAMS.values():
        measure(code)  # fills the disk cache and writes the .pyc files
    seconds = {name: {"cpu": [], "wall": []} for name in PROGRAMS}
    for number in range(rounds):
        names = list(PROGRAMS) if number % 2 else list(PROGRAMS)[::-1]
        for name in names:
            for clock, value in measure(PROGRAMS[name]).items():
                seconds[name][clock].append(round(value, 4))
    ratios = {
        clock: [
            ours / theirs
            for ours, theirs in zip(
                seconds["gankeras"][clock], seconds["keras"][clock], strict=True
            )
        ]
        for clock in ("cpu", "wall")
    }
    result = {
        "claim": f"import gankeras <= {BAR} x import keras",
        "rounds": rounds,
        "median_ratio": {c: round(statistics.median(r), 4) for c, r in ratios.items()},
        "quartiles_of_ratio": {
            c: [round(q, 4) for q in statistics.quantiles(r, n=4)] for c, r in ratios.items()
        },
        "median_seconds": {
            name: {c: round(statistics.median(v), 3) for c, v in clocks.items()}
            for name, clocks in seconds.items()
        },
        "holds": all(statistics.median(r) <= BAR for r in ratios.values()),
        "seconds": seconds,
        "python": platform.python_version(),
        "versions": {n: metadata.version(n) for n in ("gankeras", "tensorflow", "keras", "numpy")},
        "cores": os.cpu_count(),
        "load_average_at_end": os.getloadavg()[0],
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(result, indent=1) + "\n")
    shown = ("median_seconds", "median_ratio", "quartiles_of_ratio", "holds")
    print(json.dumps({key: result[key] for key in shown}, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    main(parser.parse_args().rounds)

"""Claim: training on Adult is several times faster than ctgan 0.12.1, encoding and conditional sampling take seconds.

Two programs, alternated, on the same 20,000 rows in batches of 500: the fit of one epoch and of ten, whose difference over
nine is an epoch. Wall and CPU seconds both; on a busy machine only the CPU seconds of one pinned core can be compared, and
the row says how busy it was. Ours once more with TensorFlow's threads set by hand. Also: adapt and encode of 500,000 rows
of 10 columns, 10,000 rows under a condition, and CPU seconds an epoch and resident memory up to 1,000,000 rows.

    taskset -c 0 python benchmarks/ctgan_speed.py [--rounds 3] [--only peers codec sampling rows]     # writes ctgan_speed.json
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

HERE = pathlib.Path(__file__).parent
ADULT = HERE.parent.parent / "shared" / "data" / "tabular" / "adult.csv.gz"
OUT = HERE / "results" / "ctgan_speed.json"
ROWS = 20_000
NUMERIC = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
# Small matrices: two operations at once keep two cores busier than two threads in one.
THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "2"}
PEER = """
import sys, time, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from ctgan import CTGAN
frame, epochs = pd.read_csv(sys.argv[1], keep_default_na=False), int(sys.argv[2])
wall, cpu = time.perf_counter(), time.process_time()
CTGAN(epochs=epochs, batch_size=500, enable_gpu=False).fit(frame, [c for c in frame if frame[c].dtype == object])
print(time.perf_counter() - wall, time.process_time() - cpu)
"""
OURS = """
import sys, time
import pandas as pd, tensorflow as tf
import gankeras as gk
frame, epochs = pd.read_csv(sys.argv[1], keep_default_na=False), int(sys.argv[2])
wall, cpu = time.perf_counter(), time.process_time()
gan = gk.tables.CTGAN(gk.tables.TableCodec(target="income").adapt(frame))
gan.compile()
gan.fit(frame, epochs=epochs, batch_size=500, verbose=0)
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def timed(
    python: str, script: str, more: dict[str, str], epochs: int, table: str
) -> tuple[float, float]:
    command = [python, "-c", script, table, str(epochs)]
    environment = {**os.environ, **more}
    text = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment
    ).stdout
    wall, cpu = map(float, text.split()[-2:])
    return wall, cpu


def peers(rounds: int) -> dict:
    """Median over rounds; the programs take turns, so that a busy minute meets both."""
    import pandas as pd

    frame = pd.read_csv(ADULT).head(ROWS)
    for name in [c for c in frame if c not in NUMERIC]:
        frame[name] = frame[name].fillna("(missing)").astype(object)
    # As text: the programs' environments hold different releases of pandas.
    table = f"{tempfile.mkdtemp()}/adult.csv"
    frame.to_csv(table, index=False)
    programs = {
        "ctgan": (os.environ.get("GANKERAS_PEERS", "/work/peers_6/bin/python"), PEER, {}),
        "gankeras": (sys.executable, OURS, {}),
        "gankeras_with_threads_set": (sys.executable, OURS, THREADS),
    }
    times: dict = {name: {1: [], 10: []} for name in programs}
    for _ in range(rounds):
        for epochs in (1, 10):
            for name, program in programs.items():
                times[name][epochs].append(timed(*program, epochs, table))
    found: dict = {}
    for name, by_epochs in times.items():
        for kind, place in (("wall", 0), ("cpu", 1)):
            whole = {e: statistics.median(t[place] for t in ts) for e, ts in by_epochs.items()}
            found[f"{name}_{kind}_seconds_of_10_epochs"] = whole[10]
            found[f"{name}_{kind}_seconds_an_epoch"] = (whole[10] - whole[1]) / 9
    for name in list(programs)[1:]:
        for key in (
            f"{k}_seconds_{w}" for k in ("wall", "cpu") for w in ("an_epoch", "of_10_epochs")
        ):
            found[f"{name}_times_faster_{key}"] = found[f"ctgan_{key}"] / found[f"{name}_{key}"]
    return found


def codec() -> dict:
    import numpy as np
    import pandas as pd

    import gankeras as gk

    rng = np.random.default_rng(0)
    rows = 500_000
    frame = pd.DataFrame({f"number_{i}": rng.normal(i, 1 + i, rows) for i in range(5)})
    frame["amount"] = np.where(rng.random(rows) < 0.6, 0, rng.lognormal(8, 2, rows))
    frame["age"] = rng.integers(18, 90, rows)
    frame["city"] = rng.choice([f"city {i}" for i in range(300)], rows)
    frame["sex"] = rng.choice(["f", "m"], rows)
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
    cpu = time.process_time()
    made = gk.tables.TableCodec().adapt(frame)
    adapted = time.process_time() - cpu
    made.encode_table(made.as_raw(frame))
    return {
        "codec_500000_x_10_adapt_cpu_seconds": adapted,
        "codec_500000_x_10_adapt_and_encode_cpu_seconds": time.process_time() - cpu,
    }


def sampling() -> dict:
    import pandas as pd

    import gankeras as gk

    frame = pd.read_csv(ADULT).head(ROWS)
    gan = gk.tables.CTGAN(gk.tables.TableCodec(target="income").adapt(frame))
    asked = {"sex": "Female", "income": ">50K"}
    found = {}
    for name in ("first", "second"):
        wall, cpu = time.perf_counter(), time.process_time()
        gan.sample(10_000, conditions=asked)
        found[f"conditional_10000_{name}_call_cpu_seconds"] = time.process_time() - cpu
        found[f"conditional_10000_{name}_call_wall_seconds"] = time.perf_counter() - wall
    return found


def rows() -> dict:
    """CPU seconds an epoch by number of rows: Adult's, repeated with noise in its numbers."""
    import numpy as np
    import pandas as pd

    import gankeras as gk

    adult = pd.read_csv(ADULT)
    found: dict = {}
    for size in (50_000, 200_000, 1_000_000):
        rng = np.random.default_rng(0)
        frame = adult.iloc[rng.integers(0, len(adult), size)].reset_index(drop=True)
        frame["fnlwgt"] += rng.integers(-500, 500, size)
        gan = gk.tables.CTGAN(gk.tables.TableCodec(target="income").adapt(frame))
        gan.compile()
        gan.fit(frame, epochs=1, steps_per_epoch=2, verbose=0)  # traced
        # A whole pass of a million rows is minutes; what grows with the rows is the order of a pass.
        feed = gan.feed(gan.codec.as_raw(frame), None, 500, 0.5)
        cpu = time.process_time()
        feed.order(1)
        order = time.process_time() - cpu
        cpu = time.process_time()
        gan.fit(frame, epochs=1, steps_per_epoch=100, verbose=0)
        found[f"cpu_seconds_of_fit_with_100_steps_{size}_rows"] = time.process_time() - cpu
        found[f"cpu_seconds_of_a_pass_order_{size}_rows"] = order
        found[f"peak_memory_gib_{size}_rows"] = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        )
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parts = {"codec": codec, "sampling": sampling, "rows": rows}
    parser.add_argument("--only", nargs="+", choices=["peers", *parts], default=["peers", *parts])
    parser.add_argument("--out", type=pathlib.Path, default=OUT, help="JSON that it adds to")
    options = parser.parse_args()
    found = json.loads(options.out.read_text()) if options.out.exists() else {}
    if "peers" in options.only:
        found |= peers(options.rounds) | {"rounds": options.rounds}
    for name in [name for name in parts if name in options.only]:
        found |= parts[name]()
    from fashion_uplift import machine

    busy = {"load_average": os.getloadavg(), "cores_used": len(os.sched_getaffinity(0))}
    text = json.dumps({**found, **machine(), **busy}, indent=1)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(text)

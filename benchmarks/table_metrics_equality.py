"""Claim: column shapes and pair trends equal those of sdmetrics 0.32.0 on the same frames to 1e-6.

Real tables of `../shared/data/tabular` against a table that is off: rows drawn from the training part, three in ten
values of each column moved to other rows, numbers a tenth larger, one value in twenty missing; and the real holdout.
sdmetrics needs pandas below 3, so it runs in an environment of its own, on CSV files of the same frames:

    python -m venv peers && peers/bin/pip install sdmetrics==0.32.0
    python benchmarks/table_metrics_equality.py --peer-python peers/bin/python
    python benchmarks/table_metrics_equality.py --peer-python peers/bin/python --constants    # for tests/evaluation/frames
"""

import argparse
import json
import pathlib
import runpy
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent.parent / "shared" / "data"
OUT = HERE / "results" / "table_metrics_equality.json"
TABLES = ("adult", "thyroid", "flights_late", "german_credit")
PROPERTIES = {"column_shapes": "Column Shapes", "pair_trends": "Column Pair Trends"}

# Runs in the peer's environment. CSV keeps every bit of a float under float_precision="round_trip".
PEER = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import pandas as pd, sdmetrics
from sdmetrics.reports.single_table import QualityReport
folder = sys.argv[1]
numeric = json.load(open(folder + "/numeric.json"))
real, made = (pd.read_csv(f"{folder}/{n}.csv", float_precision="round_trip") for n in ("real", "synthetic"))
columns = {c: {"sdtype": "numerical" if c in numeric else "categorical"} for c in real}
report = QualityReport()
report.generate(real, made, {"columns": columns}, verbose=False)
found = {"versions": {"sdmetrics": sdmetrics.__version__, "pandas": pd.__version__}}
for name in ("Column Shapes", "Column Pair Trends"):
    table = report.get_details(name)
    keys = table["Column"] if "Column" in table else table["Column 1"] + "|" + table["Column 2"]
    scores = {k: None if pd.isna(v) else float(v) for k, v in zip(keys, table["Score"])}
    found[name] = {"score": float(report.get_properties().set_index("Property").loc[name, "Score"]), "parts": scores}
json.dump(found, open(folder + "/peer.json", "w"))
"""


def damaged(real: pd.DataFrame, numeric: list[str], rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    made = real.iloc[rng.integers(0, len(real), rows)].reset_index(drop=True)
    for name in made:
        values, moved = made[name].to_numpy(dtype=object), rng.random(rows) < 0.3
        values[moved] = rng.permutation(values[moved])
        column = pd.Series(values, name=name)
        if name in numeric:
            column = column.astype(float) * 1.1
        made[name] = column.astype(object).where(rng.random(rows) > 0.05, None)
    return made


def peer_scores(python: str, real: pd.DataFrame, made: pd.DataFrame, numeric: list[str]):
    """What sdmetrics says, and the frames as both sides read them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in (("real", real), ("synthetic", made)):
            frame.to_csv(f"{folder}/{name}.csv", index=False)
        pathlib.Path(folder, "numeric.json").write_text(json.dumps(numeric))
        subprocess.run([python, "-c", PEER, folder], check=True)
        peer = json.loads(pathlib.Path(folder, "peer.json").read_text())
        read = [
            pd.read_csv(f"{folder}/{n}.csv", float_precision="round_trip")
            for n in ("real", "synthetic")
        ]
    return peer, *read


def compare(python: str, real: pd.DataFrame, made: pd.DataFrame, numeric: list[str]) -> dict:
    from gankeras.evaluation import column_shapes, pair_trends

    peer, real, made = peer_scores(python, real, made, numeric)
    kinds = {name: "numeric" if name in numeric else "categorical" for name in real}
    row = {"versions": peer["versions"]}
    for function in (column_shapes, pair_trends):
        start = time.process_time()
        ours = function(real, made, kinds)
        seconds = time.process_time() - start
        theirs = peer[PROPERTIES[function.__name__]]
        parts = {"|".join(k) if isinstance(k, tuple) else k: v for k, v in ours.parts.items()}
        scored = {key: value for key, value in theirs["parts"].items() if value is not None}
        row[function.__name__] = {
            "ours": ours.score,
            "sdmetrics": theirs["score"],
            "scored": len(parts),
            "same_parts": parts.keys() == scored.keys(),
            "largest_difference": max(abs(parts[k] - v) for k, v in scored.items() if k in parts),
            "cpu_seconds": round(seconds, 3),
        }
    return row


def print_constants(python: str) -> None:
    test = HERE.parent / "tests" / "evaluation" / "frames" / "test_similarity.py"
    real, made = runpy.run_path(str(test))["frames"]()
    peer, *_ = peer_scores(python, real, made, ["base", "near", "whole"])
    for name in PROPERTIES.values():
        scores = {k: v for k, v in peer[name]["parts"].items() if v is not None}
        print({tuple(k.split("|")) if "|" in k else k: round(v, 12) for k, v in scores.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--constants", action="store_true")
    options = parser.parse_args()
    if options.constants:
        print_constants(options.peer_python)
        return
    schemas = json.loads((DATA / "tabular" / "schemas.json").read_text())
    rows = []
    for table in TABLES:
        frame = pd.read_csv(DATA / schemas[table]["file"])
        train, holdout = frame.iloc[: -(len(frame) // 5)], frame.tail(len(frame) // 5)
        numeric = schemas[table]["numeric"]
        for name, made in (
            ("damaged", damaged(train, numeric, 2 * len(holdout), 0)),
            ("holdout", holdout),
        ):
            row = {
                "table": table,
                "against": name,
                **compare(options.peer_python, train, made, numeric),
            }
            rows.append(row)
            print(json.dumps(row), flush=True)
    figures = [row[name] for row in rows for name in PROPERTIES]
    summary = {
        "claim": __doc__.splitlines()[0],
        "same_parts": all(figure["same_parts"] for figure in figures),
        "largest_difference": max(figure["largest_difference"] for figure in figures),
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "cells": rows,
    }
    OUT.write_text(json.dumps(summary, indent=1) + "\n")
    print(f"largest difference {summary['largest_difference']:.2e}")


if __name__ == "__main__":
    main()

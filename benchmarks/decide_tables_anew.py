"""Rows of `imbalanced_tables.py` that the planner's earlier rule decided, decided anew by "more than one standard error".

The earlier rule's held-out figures decide; only where they say to add is a CTGAN trained, on all training rows, and drawn
from. Running such cells whole would be a selection: GANs differ between machines, and so would their plans.

    python benchmarks/decide_tables_anew.py     # imbalanced_tables_earlier_rule.jsonl -> imbalanced_tables.jsonl
"""

import json
import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import imbalanced_tables as tables
import numpy as np
from fashion_uplift import rows_of
from scipy import stats

from gankeras.evaluation.estimator import added_labels

EARLIER = tables.HERE / "results" / "imbalanced_tables_earlier_rule.jsonl"


def decided(row: dict) -> dict:
    """The row with intervals of one standard error, and the planner's scores by them."""
    # Four candidates shared an error of 10 %; five splits have four degrees of freedom.
    quantile = stats.t.ppf(1 - 0.1 / len(row["planned"]) / 2, tables.SPLITS - 1)
    errors = {n: (high - low) / 2 / quantile for n, (_, low, high) in row["planned"].items()}
    means = {name: mean for name, (mean, _, _) in row["planned"].items()}
    planned = {n: [mean, mean - errors[n], mean + errors[n]] for n, mean in means.items()}
    told = "anew, by the held-out figures of the first decision"
    row = {**row, "planned": planned, "reach": "one standard error", "decided": told}
    gains = {name: mean for name, mean in means.items() if mean > errors[name]}
    return added(row, max(gains, key=gains.get)) if gains else row


def added(row: dict, name: str) -> dict:
    """The row with what adding this candidate scores on the test rows."""
    _, ratio, *strategy = name.split(" ", 2)
    ratio, strategy = float(ratio), strategy[0] if strategy else None
    (x, y), test = tables.load(row["table"], row["seed"])
    labels = added_labels(np.bincount(y), strategy, ratio)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = tables.drawn(tables.sources_of(row["seed"])(x, y), labels, x, row["seed"])
        build, parts = tables.LEARNERS[row["learner"]], tables.added(x, y, made, labels)
        scores = {**row["scores"], "planner": tables.scores(build, *parts, *test, row["seed"])}
    print(row["table"], row["seed"], row["learner"], name, scores["none"], scores["planner"])
    chosen = {"name": name, "ratio": ratio, "sampling_strategy": strategy}
    chosen |= {"classical": False, "shares": {}}
    return {**row, "scores": scores, "chosen": chosen, "added": len(labels)}


if __name__ == "__main__":
    found = [decided(row) for row in rows_of(EARLIER)]
    tables.CELLS.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")

"""Does the evaluation say what is known to be true? Twenty seeds a truth, on scikit-learn's digits and on Gaussian modes.

- `copies`: a source that repeats training rows. Membership AUC >= .9, and it is flagged as memorised.
- `half the classes`, `half the modes`: a source that lacks them. Recall <= .6.
- `shuffled labels`: fresh real rows under labels dealt at random, ratio .5. "hurts".
- `bootstrap`: training rows drawn again, ratio .5. "no effect" in 17 of 20 at least.
- `oracle`: fresh real rows, ratio .5, five real rows a class. "helps", and it is not flagged as memorised.

Flagged as memorised: more than five times the share of samples that come as near to a training row as the nearest hundredth
of the holdout does, or a membership AUC >= .9. The three verdicts are uplift's, each over ten draws of training rows (over
five, the first run, one oracle of twenty had no effect) and a logistic regression; a seed is one such uplift.

    python benchmarks/known_truths.py           # adds a JSON row a cell, resumes, writes results/known_truths.json
"""

import argparse
import json
import os
import pathlib
import platform
from collections import Counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

import gankeras as gk

RESULTS = pathlib.Path(__file__).parent / "results"
SCARCE, DRAWS, RATIO = 5, 10, 0.5


def digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x, first = np.unique((x / 16).astype("float32"), axis=0, return_index=True)
    return x, y[first].astype("int32")


def cut(seed: int, *sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Disjoint parts of the digits, in an order of the seed's own; the rest comes last."""
    x, y = digits()
    order = np.random.default_rng(seed).permutation(len(y))
    parts = np.split(order, np.cumsum(sizes))
    return [(x[rows], y[rows]) for rows in parts]


def leaks(source, train, holdout) -> dict:
    found = gk.evaluation.memorisation(source, train, holdout)
    attack = gk.evaluation.membership(source, train, holdout)
    flagged = found.share > 5 * found.expected or attack.auc >= 0.9
    return {"share": found.share, "auc": attack.auc, "flagged": bool(flagged)}


def copies(seed: int) -> dict:
    (x, y), (holdout, _), _ = cut(seed, 400, 400)
    return leaks(gk.baselines.Bootstrap(x, y), x, holdout)


def recall(real, synthetic) -> float:
    metric = gk.metrics.PRDC(k=3)
    metric.update_state(real, synthetic)
    return metric.result()["recall"]


def half_the_classes(seed: int) -> dict:
    (x, _), (pool, y) = cut(seed, 800)
    kept = np.random.default_rng([seed, 1]).permutation(10)[:5]
    made = pool[np.isin(y, kept)]
    return {"recall": recall(x, made), "all_classes": recall(x, pool[: len(made)])}


def half_the_modes(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    centres = 5 * rng.normal(size=(8, 4))

    def drawn(modes: int) -> np.ndarray:
        return centres[rng.integers(modes, size=800)] + rng.normal(size=(800, 4))

    real = drawn(8)
    return {"recall": recall(real, drawn(4)), "all_modes": recall(real, drawn(8))}


def judged(seed: int, source) -> dict:
    """Uplift over draws of scarce training rows; `source` makes rows of training and of fresh rows."""
    from sklearn.linear_model import LogisticRegression

    test, pool, fresh = cut(seed, 500, 500)

    def made(draw: int):
        rng = np.random.default_rng([seed, draw])
        rows = [rng.choice(np.flatnonzero(pool[1] == c), SCARCE, replace=False) for c in range(10)]
        train = tuple(part[np.concatenate(rows)] for part in pool)
        return source(train, fresh, rng), train

    model = LogisticRegression(C=100.0, max_iter=500)
    arms = ["real", "gan"]
    report = gk.evaluation.uplift(made, pool, test, model, seeds=DRAWS, arms=arms, ratio=RATIO)
    difference = report.comparisons[0].difference
    return {"verdict": report.verdict, "gain": difference.mean}


def shuffled_labels(seed: int) -> dict:
    return judged(
        seed, lambda train, fresh, rng: gk.baselines.Bootstrap(fresh[0], rng.permutation(fresh[1]))
    )


def bootstrap(seed: int) -> dict:
    return judged(seed, lambda train, fresh, rng: gk.baselines.Bootstrap(*train))


def oracle(seed: int) -> dict:
    (x, _), (holdout, _), fresh = cut(seed, 400, 400)
    found = judged(seed, lambda train, fresh, rng: gk.baselines.Bootstrap(*fresh))
    return {**found, **leaks(gk.baselines.Bootstrap(*fresh), x, holdout)}


TRUTHS = {
    f.__name__: f
    for f in (copies, half_the_classes, half_the_modes, shuffled_labels, bootstrap, oracle)
}


def summary(rows: list[dict]) -> dict:
    found = {}
    for name in TRUTHS:
        cells = [row for row in rows if row["truth"] == name]
        numbers = {k for row in cells for k, v in row.items() if isinstance(v, float)}
        found[name] = {
            "seeds": len(cells),
            "verdicts": dict(Counter(row["verdict"] for row in cells if "verdict" in row)),
            "flagged": sum(row.get("flagged", False) for row in cells),
            **{
                k: {"least": min(r[k] for r in cells), "most": max(r[k] for r in cells)}
                for k in sorted(numbers)
            },
        }
    verdicts = {name: found[name]["verdicts"] for name in found}
    met = {
        "copies": found["copies"]["auc"]["least"] >= 0.9 and found["copies"]["flagged"] >= 20,
        "half_the_classes": found["half_the_classes"]["recall"]["most"] <= 0.6,
        "half_the_modes": found["half_the_modes"]["recall"]["most"] <= 0.6,
        "shuffled_labels": verdicts["shuffled_labels"] == {"hurts": 20},
        "bootstrap": verdicts["bootstrap"].get("no effect", 0) >= 17,
        "oracle": verdicts["oracle"] == {"helps": 20} and not found["oracle"]["flagged"],
    }
    return {"met": met, "truths": found}


def main(options) -> None:
    path = RESULTS / "known_truths.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(row["truth"], row["seed"]) for row in rows}
    for seed in range(options.seeds):
        for name, truth in TRUTHS.items():
            if (name, seed) not in done:
                rows.append({"truth": name, "seed": seed, **truth(seed)})
                with path.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
    result = {
        **summary(rows),
        "draws": DRAWS,
        "rows_a_class": SCARCE,
        "ratio": RATIO,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "gankeras": gk.__version__,
    }
    path.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    main(parser.parse_args())

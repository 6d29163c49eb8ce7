"""Does the planner say rightly how much to add, on the image sets of ../shared/data?

Each seed draws its training rows, cuts a quarter off for validation, and trains one GAN on the rest; the planner
compares amounts on that quarter, which neither the GAN nor a classifier has seen. What it chose is then trained on all
training rows and compared with none (the same classifier on the real rows as they are) on the test part, which nothing before
has seen. Every candidate is measured there too, after the plan is made, to see where adding hurts.

The classifiers are a small convolutional network, and a support vector machine and a logistic regression on pixels. The
regression was added after six cells of the support vector machine were seen, which hardly minds imbalance; the network after
eleven cells of both (`planner_images_before_adaptive.jsonl`, with GANs of an earlier recipe), when it had gained from GANs in
`longtail_uplift.py`. Figures of all three are printed. Of the network on the long tail of Fashion-MNIST three seeds were added
after five had been seen.

The rule "more than one standard error" replaced an interval at 90 % for all candidates together after 49 cells had been seen
by it (they say so themselves, and are decided anew from their intervals). The long tail of digits with the regression, where
it would have gained, was then run with twenty fresh seeds, 5 to 24, fixed beforehand: these alone are judged.

    python benchmarks/planner_images.py gans       # trains what is missing, resumable
    python benchmarks/planner_images.py plans      # adds a JSON row a set and seed, and resumes
    python benchmarks/planner_images.py oversampling  # a row a cell: what that buys without a GAN
    python benchmarks/planner_images.py summary    # the table, and results/planner_images.json
"""

import argparse
import dataclasses
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from fashion_uplift import append, machine, rows_of
from scipy import stats

import gankeras as gk
from gankeras.evaluation.intervals import estimate, holm
from gankeras.images.small_classifier import small_classifier

RESULTS = pathlib.Path(__file__).parent / "results"
VALIDATION = 0.25
# Five classifiers a plan left a gain of three points unseen.
SPLITS, DRAWS = 10, 2
NETWORK_STEPS = 500
LEARNERS = {
    "network": f"gankeras.images.small_classifier, {NETWORK_STEPS} steps",
    "svm": "SVC(C=10) on pixels",
    "logistic": "LogisticRegression() on 50 principal components of pixels",
}

# The seeds below these were seen when the planner's rule was chosen.
FIRST_FRESH_SEED = {("digits8_longtail", "logistic"): 5}


@dataclasses.dataclass(frozen=True)
class Case:
    """One image set: rows of each class that a seed draws (None: all), GAN steps, the file."""

    counts: tuple[int, ...] | None
    gan_steps: int
    file: str | None = None


CASES = {
    "digits8": Case((20,) * 10, 3000),
    # The whole set: 12 % of the patches are strongly stained.
    "histology32": Case(None, 3000),
    "emoji32": Case(None, 3000),
    "fashion_longtail28": Case(None, 3000),
    # Added when the network had gained on the long tail above, and on no balanced set.
    "digits8_longtail": Case((120, 89, 66, 49, 36, 27, 20, 15, 11, 8), 3000, "digits8"),
}


@dataclasses.dataclass(frozen=True)
class Parts:
    """What a seed works with: rows for the GAN, rows for the planner, test rows, classes."""

    fit: tuple
    validation: tuple
    test: tuple
    classes: int


def parts(options, name: str, seed: int) -> Parts:
    file = np.load(pathlib.Path(options.images) / f"{CASES[name].file or name}.npz")
    data = {key: file[key] for key in ("x_train", "y_train", "x_test", "y_test")}
    x, x_test = (a if a.ndim == 4 else a[..., None] for a in (data["x_train"], data["x_test"]))
    # Grey levels of the digits end at 16; all others at 255, as codec and classifiers expect of whole numbers.
    x, x_test = (a * (255 // x.max()).astype("uint8") for a in (x, x_test))
    y, y_test = (data[key].astype("int32") for key in ("y_train", "y_test"))
    rng = np.random.default_rng([seed, len(name)])
    fit, validation = [], []
    for label in range(int(y.max()) + 1):
        members = rng.permutation(np.flatnonzero(y == label))
        members = members[: CASES[name].counts[label]] if CASES[name].counts else members
        cut = round(VALIDATION * len(members))
        validation.append(members[:cut])
        fit.append(members[cut:])
    fit, validation = np.concatenate(fit), np.concatenate(validation)
    # A picture that the test part repeats would be judged by a GAN that has seen it.
    test, _ = gk.evaluation.drop_overlap((x, y), (x_test, y_test))
    unseen, _ = gk.evaluation.drop_overlap((x[fit], y[fit]), (x[validation], y[validation]))
    return Parts((x[fit], y[fit]), unseen, test, int(y.max()) + 1)


def gan_path(options, name: str, seed: int) -> pathlib.Path:
    return pathlib.Path(options.cache) / f"{name}_{seed}.keras"


def gans(options, path: pathlib.Path) -> None:
    for seed in options.seeds:
        for name in options.sets:
            file = gan_path(options, name, seed)
            if file.exists():
                continue
            part, case = parts(options, name, seed), CASES[name]
            cpu = time.process_time()
            keras.mixed_precision.set_global_policy("mixed_bfloat16")
            keras.utils.set_random_seed(seed)
            codec = gk.images.ImageCodec(part.fit[0].shape[1:], num_classes=part.classes)
            gan = gk.images.DCGAN(codec, width=options.width, seed=seed)
            gan.compile(steps=case.gan_steps)
            gan.fit(
                *part.fit, batch_size=64, steps_per_epoch=case.gan_steps // 4, epochs=4, verbose=2
            )
            keras.mixed_precision.set_global_policy("float32")
            file.parent.mkdir(parents=True, exist_ok=True)
            gan.save(file)
            row = {"kind": "gan", "set": name, "seed": seed, "steps": case.gan_steps}
            append(path, {**row, "cpu_seconds": time.process_time() - cpu, **machine()})
            labels = np.repeat(np.arange(part.classes), 8)
            grid = gan.sample(len(labels), labels=labels, seed=0)
            grid = grid.reshape(part.classes, 8, *grid.shape[1:])
            gk.images.image_grid({"synthetic": grid}, file.with_suffix(".png"))
            print(name, seed, f"{time.process_time() - cpu:.0f} CPU seconds", flush=True)


def classifier(learner: str, part: Parts):
    if learner == "network":
        return small_classifier(part.fit[0], part.classes)
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import SVC

    scale = FunctionTransformer(scaled)
    if learner == "svm":
        return make_pipeline(scale, SVC(C=10.0))
    parts = PCA(50, svd_solver="randomized", random_state=0)
    return make_pipeline(scale, parts, LogisticRegression(max_iter=300))


def scaled(x):
    return x / 255.0


def taken(row: dict) -> str:
    """What the planner took, `"none"` for nothing; rows of the earlier rule are decided by the present one."""
    if "reach" in row:
        return row["chosen"]["name"] if row["chosen"]["ratio"] else "none"
    # No t quantile is below the normal one: their errors were this large at most.
    quantile = stats.norm.ppf(0.5 + (1 - 0.1 / len(row["held_out"])) / 2)
    gains = {
        name: mean
        for name, (mean, low, high) in row["held_out"].items()
        if mean > (high - low) / 2 / quantile
    }
    return max(gains, key=gains.get) if gains else "none"


def plans_of(path: pathlib.Path) -> list[dict]:
    return [row for row in rows_of(path) if row["kind"] == "plan"]


def plans(options, path: pathlib.Path) -> None:
    done = {(r["set"], r["seed"], r["learner"]) for r in plans_of(path)}
    for seed in options.seeds:
        for name in options.sets:
            file = gan_path(options, name, seed)
            if (name, seed, options.learner) in done or not file.exists():
                continue
            part, cpu = parts(options, name, seed), time.process_time()
            gan, model = keras.models.load_model(file), classifier(options.learner, part)
            plan = gk.evaluation.plan(
                gan, part.fit, model, part.validation, NETWORK_STEPS, splits=SPLITS
            )
            row = {"kind": "plan", "set": name, "seed": seed, "figure": plan.headline}
            row |= {
                "learner": options.learner,
                "verdict": plan.verdict,
                "chosen": plan.settings["chosen"],
            }
            row["reach"] = "one standard error"
            row["held_out"] = {
                c.name: [c.difference.mean, c.difference.low, c.difference.high]
                for c in plan.comparisons
            }
            row["test"] = on_test(gan, part, plan, model)
            append(path, {**row, "cpu_seconds": time.process_time() - cpu, **machine()})
            print(name, seed, gk.reports.summary(plan), row["test"], flush=True)


def on_test(gan, part: Parts, plan, model) -> dict[str, float]:
    """The figure of none and of every candidate on the test part, each the mean of a few draws."""
    x, y = (np.concatenate(pair) for pair in zip(part.fit, part.validation, strict=True))
    found = {}
    for strategy, ratios in ((None, [0.1, 0.25, 0.5]), ("not majority", [0.5])):
        arms = ["real", "gan"] if strategy is None else ["gan"]
        for ratio in ratios:
            report = gk.evaluation.uplift(
                gan,
                (x, y),
                part.test,
                model,
                NETWORK_STEPS,
                seeds=DRAWS,
                arms=arms if ratio == ratios[0] else ["gan"],
                ratio=ratio,
                sampling_strategy=strategy,
            )
            suffix = f"gan {ratio:g}" + ("" if strategy is None else f" {strategy}")
            for result in report.results:
                key = "none" if result.name == "real" else suffix
                found[key] = result.figures[plan.headline].mean
    return found


def oversampling(options, path: pathlib.Path) -> None:
    """What repeating real rows of rare classes buys without any GAN, beside what was planned: to be read, not judged."""
    done = {
        (r["set"], r["seed"], r["learner"]) for r in rows_of(path) if r["kind"] == "oversampling"
    }
    for row in plans_of(path):
        name, seed, learner = row["set"], row["seed"], row["learner"]
        asked = (name in options.sets, seed in options.seeds, learner == options.learner)
        if (name, seed, learner) in done or not all(asked):
            continue
        part, cpu = parts(options, name, seed), time.process_time()
        x, y = (np.concatenate(pair) for pair in zip(part.fit, part.validation, strict=True))
        report = gk.evaluation.uplift(
            gk.baselines.Bootstrap(x, y),
            (x, y),
            part.test,
            classifier(learner, part),
            NETWORK_STEPS,
            seeds=DRAWS,
            arms=["real", "oversampling"],
        )
        found = {r.name: r.figures[row["figure"]].mean for r in report.results}
        less = {"set": name, "seed": seed, "learner": learner, **found}
        append(path, {"kind": "oversampling", **less, "cpu_seconds": time.process_time() - cpu})
        print(name, seed, learner, found, flush=True)


def summary(options, path: pathlib.Path) -> None:
    """Planned less none by set, with intervals that cover all sets together; every candidate less none."""
    rows = plans_of(path)
    pairs = [(name, learner) for learner in LEARNERS for name in CASES]
    gains, table = {}, {}
    for name, learner in pairs:
        first = FIRST_FRESH_SEED.get((name, learner), 0)
        cells = [r for r in rows if (r["set"], r["learner"]) == (name, learner)]
        cells = [r for r in cells if r["seed"] >= first]
        cells.sort(key=lambda r: r["seed"])
        if not cells:
            continue
        key = f"{name}, {learner}"
        chosen = [taken(r) for r in cells]
        gains[key] = [r["test"][t] - r["test"]["none"] for r, t in zip(cells, chosen, strict=True)]
        candidates = [c for c in cells[0]["test"] if c != "none"]
        less = {c: [r["test"][c] - r["test"]["none"] for r in cells] for c in candidates}
        oversampled = [
            r["oversampling"] - r["real"]
            for r in rows_of(path)
            if r["kind"] == "oversampling" and (r["set"], r["learner"]) == (name, learner)
            if r["seed"] in {c["seed"] for c in cells}
        ]
        table[key] = {
            "figure": cells[0]["figure"],
            "seeds": [r["seed"] for r in cells],
            "chosen": chosen,
            "none": [r["test"]["none"] for r in cells],
            "planned_less_none": gains[key],
            "candidates_less_none": {c: interval(estimate(v)) for c, v in less.items()},
            "oversampling_less_none": interval(estimate(oversampled)) if oversampled else None,
        }
    wide = holm([estimate(values) for values in gains.values()])
    for key, found in zip(gains, wide, strict=True):
        table[key]["holm"] = interval(found)
        print(key, table[key]["chosen"], table[key]["holm"])
        for name, values in table[key]["candidates_less_none"].items():
            print(f"    {name:24s}", values)
        print("    oversampling            ", table[key]["oversampling_less_none"])
    result = {
        "claim": "no Holm-corrected interval of planned less none lies wholly below 0; on two sets one lies above it; "
        "where adding is shown to hurt, the planner says none",
        "splits": SPLITS,
        "draws": DRAWS,
        "learners": LEARNERS,
        "sets": table,
        **machine(),
    }
    path.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def interval(found) -> dict:
    return {"mean": found.mean, "low": found.low, "high": found.high, "level": found.level}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=["gans", "plans", "oversampling", "summary"])
    parser.add_argument("--images", default="../shared/data/images")
    parser.add_argument("--cache", default="runs/planner_images")
    parser.add_argument("--sets", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--learner", choices=list(LEARNERS), default="network")
    parser.add_argument("--width", type=int, default=16)
    parsed = parser.parse_args()
    globals()[parsed.part](parsed, RESULTS / "planner_images.jsonl")

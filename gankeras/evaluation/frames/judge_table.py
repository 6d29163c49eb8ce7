"""Everything that two data frames tell about a third: is it alike, and does it leak?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gankeras.core.estimate import Estimate, Result
from gankeras.core.report import Report
from gankeras.evaluation.frames.attribute_inference import infer
from gankeras.evaluation.frames.closest_records import check_enough, closest
from gankeras.evaluation.frames.columns import Column, side_by_side
from gankeras.evaluation.frames.k_anonymity import group_sizes
from gankeras.evaluation.frames.mixed_rows import mixed_rows
from gankeras.evaluation.frames.similarity import Similarity, shapes_of, trends_of
from gankeras.evaluation.frames.table_sections import table_sections
from gankeras.evaluation.membership import guessed_members
from gankeras.metrics import nearest_distances
from gankeras.version import __version__

MOST_ATTACKED = 5000
SHAPES = "column_shapes/"
PARTS = ("train", "holdout", "synthetic")
LABELS = {
    "synthetic": "synthetic rows",
    "holdout": "real holdout rows",
    "baseline": "without synthetic rows",
}
NOTES = (
    "Each figure of the holdout is the same one with real rows that were not trained on in the place of synthetic ones: "
    "what it would be if nothing leaked, or if nothing could be better.",
    "Distances to the closest record are a smoke test for copies. The attacks are the simplest there are: where one "
    "works, rows leak; where it fails, a better one may work.",
)


def judge_table(
    train: Any,
    holdout: Any,
    synthetic: Any,
    kinds: Mapping | None = None,
    *,
    hidden: Sequence[str] = (),
    quasi_identifiers: Sequence[str] = (),
    seed: int = 0,
) -> Report:
    """Judge a synthetic table, whoever made it, by real rows that it was made from and real rows that it was not.

    Args:
        train: Real rows that the synthetic ones were made from: a DataFrame or a dict of arrays, at least 20 rows.
        holdout: Real rows of the same population that were not used, at least 20.
        synthetic: Synthetic rows.
        kinds: `"numeric"` or `"categorical"` by column, where the dtype does not tell.
        hidden: Columns that an attacker would like to guess (see `attribute_inference`).
        quasi_identifiers: Columns that an outsider may know (see `k_anonymity`).
        seed: Decides which rows are attacked.

    Returns:
        A `Report` of kind `"table"` with the results `"synthetic"` and `"holdout"`, each with the figures
        `column_shapes`, `pair_trends`, `closest_record`, `nearer_than_holdout`, `copies`, `membership_auc`,
        `membership_at_1_percent`, by hidden column `guessed/<column>`, and with quasi-identifiers `k`, `alone`,
        `in_few`. `"baseline"` has what is guessed without the synthetic table. It has no
        verdict: what is near enough is for the reader to say.

    Raises:
        ValueError: For too few rows, other columns, unknown names, or values that are no numbers in a numeric column.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> train, holdout, made = ({"age": rng.normal(size=200)} for _ in range(3))
        >>> report = gankeras.evaluation.judge_table(train, holdout, made)
        >>> report["synthetic"].figures["column_shapes"].mean > 0.8
        True
    """
    columns = side_by_side({"train": train, "holdout": holdout, "synthetic": synthetic}, kinds)
    check_enough(columns, PARTS)
    hidden, known = _names(hidden), _names(quasi_identifiers)
    figures, notes = _figures(columns, hidden, known, seed)
    # By column they are a chart of their own: a table may have hundreds.
    by_column = {part: _popped(figures[part], SHAPES) for part in ("holdout", "synthetic")}
    results = tuple(_result(name, found) for name, found in figures.items() if found)
    return Report(
        kind="table",
        headline="column_shapes",
        results=results,
        reason="likeness and nearness have no threshold; read each figure beside the holdout's",
        notes=(*NOTES, *notes),
        settings={
            "hidden": hidden,
            "quasi_identifiers": known,
            "seed": seed,
            **_facts(columns),
        },
        sections=table_sections(results, by_column),
    )


def _facts(columns: tuple[Column, ...]) -> dict[str, Any]:
    return {
        "rows": {part: len(columns[0].parts[part]) for part in PARTS},
        "kinds": {str(c.name): "numeric" if c.is_numeric else "categorical" for c in columns},
        "definitions": "column shapes and pair trends as in sdmetrics 0.32",
        "versions": {"gankeras": __version__, "numpy": np.__version__},
    }


def _names(given: str | Sequence[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _figures(
    columns: tuple[Column, ...], hidden: list[str], quasi_identifiers: list[str], seed: int
) -> tuple[dict[str, dict[str, float]], list[str]]:
    figures: dict[str, dict[str, float]] = {name: {} for name in LABELS}
    notes = []
    for part in ("synthetic", "holdout"):
        shapes, trends = shapes_of(columns, "train", part), trends_of(columns, "train", part)
        figures[part] |= _similar(shapes, trends)
        notes += _skips(shapes, part)
    _nearness(columns, figures)
    _membership(columns, figures, seed)
    for name in hidden:
        found = infer(columns, name, None, seed)
        figures["synthetic"][f"guessed/{name}"] = found.train
        figures["holdout"][f"guessed/{name}"] = found.holdout
        figures["baseline"][f"guessed/{name}"] = found.from_holdout
        figures["baseline"][f"most_frequent/{name}"] = found.most_frequent
    if quasi_identifiers:
        for part in ("synthetic", "holdout"):
            sizes = group_sizes(columns, part, quasi_identifiers)
            figures[part] |= {"k": sizes.k, "alone": sizes.alone, "in_few": sizes.in_few}
    return figures, notes


def _popped(figures: dict[str, float], prefix: str) -> dict[str, float]:
    names = [name for name in figures if name.startswith(prefix)]
    return {name.removeprefix(prefix): figures.pop(name) for name in names}


def _result(name: str, figures: dict[str, float]) -> Result:
    reason = "one table has no spread"
    estimates = {
        key: Estimate(float(value), (float(value),), reason=reason)
        for key, value in figures.items()
    }
    return Result(name, LABELS[name], "shown" if name == "synthetic" else "comparison", estimates)


def _similar(shapes: Similarity, trends: Similarity) -> dict[str, float]:
    found = {f"{SHAPES}{name}": score for name, score in shapes.parts.items()}
    overall = {"column_shapes": shapes.score, "pair_trends": trends.score}
    return {name: score for name, score in overall.items() if score is not None} | found


def _skips(shapes: Similarity, part: str) -> list[str]:
    return [
        f"Column {name} ({part}) has no score: {reason}." for name, reason in shapes.skipped.items()
    ]


def _nearness(columns: tuple[Column, ...], figures: dict[str, dict[str, float]]) -> None:
    near = closest(columns)
    figures["synthetic"] |= {
        "closest_record": near.median,
        "nearer_than_holdout": near.share,
        "copies": near.copies,
    }
    figures["holdout"] |= {
        "closest_record": near.holdout_median,
        "nearer_than_holdout": near.holdout_share,
        "copies": near.holdout_copies,
    }


def _membership(
    columns: tuple[Column, ...], figures: dict[str, dict[str, float]], seed: int
) -> None:
    rng = np.random.Generator(np.random.Philox(key=[seed, 0x3E3]))
    made = mixed_rows(columns, "synthetic", "train")
    distances = {}
    for part in ("train", "holdout"):
        points = mixed_rows(columns, part, "train")
        points = points[np.sort(rng.permutation(len(points))[:MOST_ATTACKED])]
        distances[part] = nearest_distances(points, made)[:, 0]
    found = guessed_members(distances["train"], distances["holdout"])
    figures["synthetic"] |= {
        "membership_auc": found.auc,
        "membership_at_1_percent": found.true_positives,
    }
    # Known without an attack: rows that nothing was made from cannot be told apart.
    figures["holdout"] |= {"membership_auc": 0.5, "membership_at_1_percent": 0.01}

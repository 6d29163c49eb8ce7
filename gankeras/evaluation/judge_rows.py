"""Everything that real rows tell about synthetic ones: are they alike, and do they leak?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gankeras.core.codec import names_of
from gankeras.core.real_rows import check_finite
from gankeras.core.report import Report, Result
from gankeras.core.section import Section
from gankeras.evaluation import row_sections as sections
from gankeras.evaluation.fidelity import Fidelity, fidelity
from gankeras.evaluation.membership import membership_of
from gankeras.evaluation.memorisation import LEAST_ROWS, memorised
from gankeras.evaluation.number_types import check_same_numbers
from gankeras.evaluation.overlap import overlapping
from gankeras.evaluation.remembered_features import RememberedFeatures
from gankeras.evaluation.rows import Rows, check_rows
from gankeras.metrics.feature_metric import flat_features
from gankeras.version import __version__

MOST_ROWS = 5000
NO_HOLDOUT = "there are no real rows that the synthetic ones were not made from"
NOTES = (
    "Each figure of real rows is the same one with real rows in the place of synthetic ones: what it would be if nothing "
    "could be better.",
    "Distances to training rows are a smoke test for copies, and the attack is the simplest there is: where it works, "
    "rows leak; where it fails, a better one may work.",
)


def judge_rows(
    train: Any,
    holdout: Any,
    synthetic: Any,
    features: Callable | None = None,
    *,
    class_names: Sequence[str] | None = None,
    show: Callable[[Any], Sequence[Any]] | None = None,
    seed: int = 0,
) -> Report:
    """Judge synthetic images or arrays, whoever made them, by real rows they were made from and real rows they were not.

    Tables have `judge_table`; whether the rows help a classifier is for `uplift` to say.

    Args:
        train: Real rows `x` that the synthetic ones were made from, or a pair `(x, y)` with class ids; at least 20 rows.
        holdout: Real rows of the same population that were not used, in the same form; or None: then the training rows
            are cut in half for the comparison of real with real rows, and nothing is said of leaks.
        synthetic: Synthetic rows, in the same form.
        features: Function of raw rows to features `(n, d)`; None takes the raw values.
        class_names: Names of the classes.
        show: Makes cells of a gallery of raw rows (`gankeras.images.pictures` for images); None shows none.
        seed: Decides which rows are taken where there are more than 5,000 of a part.

    Returns:
        A `Report` of kind `"rows"` with the results `"synthetic"` and `"holdout"` (the figures of `fidelity`, and
        `nearer_than_holdout`, `membership_auc`, `membership_at_1_percent`) and a section for each question. It has no
        verdict: what is near enough is for the reader to say.

    Raises:
        ValueError: For rows of different shapes, fewer than 20 of a part, NaN, a class missing on one side, or holdout
            rows that are training rows.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> train, holdout, made = (rng.normal(size=(80, 2)) for _ in range(3))
        >>> report = gankeras.evaluation.judge_rows(train, holdout, made)
        >>> report["synthetic"].figures["membership_auc"].mean < 0.7
        True
    """
    given = {"train": train, "holdout": holdout, "synthetic": synthetic}
    parts, names = _checked(given, class_names)
    parts, notes = _at_most(parts, seed)
    features = None if features is None else RememberedFeatures(features)
    likeness, found, results = _likeness(parts, names, features, seed)
    leaks, figures = _leaks(parts, names, features, show)
    results = tuple(
        Result(r.name, r.label, r.role, {**r.figures, **sections.once(figures[r.name])})
        for r in results
    )
    return Report(
        kind="rows",
        headline="two_sample_auc",
        results=results,
        reason="likeness and nearness have no threshold; read each figure beside that of real rows",
        notes=(*NOTES, *notes),
        settings=_settings(parts, names, found.extractor, seed),
        sections=(likeness, *leaks),
    )


def _likeness(
    parts: dict[str, Rows], names: tuple[str, ...], features: Callable | None, seed: int
) -> tuple[Section, Fidelity, tuple[Result, Result]]:
    """How alike the rows are, beside real rows or, without a holdout, beside half of the training rows."""
    has_holdout = "holdout" in parts
    compared = parts if has_holdout else _halved(parts, seed)
    x = {name: rows.x for name, rows in compared.items()}
    labels = [compared[name].y for name in x] if names else None
    found = fidelity(**x, features=features, labels=labels, class_names=names or None, seed=seed)
    real, made = (flat_features(x[name], features) for name in ("train", "synthetic"))
    points = sections.embedding(real, made, seed)
    results = sections.results_of(
        found, "real rows" if has_holdout else "the other half of the real rows"
    )
    note = (
        f"{len(x['synthetic']):,} synthetic rows beside {len(x['holdout']):,} real ones that they "
        f"{'were not' if has_holdout else 'may have been'} made from."
    )
    return sections.likeness_section(found, results, points, note), found, results


def _settings(
    parts: dict[str, Rows], names: tuple[str, ...], extractor: str, seed: int
) -> dict[str, Any]:
    return {
        "rows": {name: len(rows) for name, rows in parts.items()},
        "features": extractor,
        "class_names": list(names),
        "seed": seed,
        "versions": {"gankeras": __version__, "numpy": np.__version__},
    }


def _leaks(
    parts: dict[str, Rows], names: tuple[str, ...], features: Callable | None, show: Callable | None
) -> tuple[list, dict[str, dict[str, float]]]:
    """The sections that look at single rows, and their figures by result."""
    train, made = parts["train"], parts["synthetic"]
    labels = made.y if names else None
    holdout = parts.get("holdout")
    # Without a holdout the pairs are still worth a look; their shares are not.
    copies = memorised(made.x, labels, names, train.x, (holdout or train).x, features)
    found = []
    if show is not None:
        neighbours = (copies.distances, copies.nearest, train.x)
        found.append(sections.samples_section(made.x, labels, names, neighbours, show))
    if holdout is None:
        missing = ((sections.COPY, sections.COPIES), (sections.TELL, sections.MEMBERS))
        found += [sections.not_computed(*which, NO_HOLDOUT) for which in missing]
        return found, {"synthetic": {}, "holdout": {}}
    guessed = membership_of(made.x, train.x, holdout.x, features)
    found.append(sections.copies_section(copies, train.x, len(holdout), show))
    found.append(sections.members_section(guessed, len(train), len(holdout)))
    return found, {
        "synthetic": {
            "nearer_than_holdout": copies.share,
            "membership_auc": guessed.auc,
            "membership_at_1_percent": guessed.true_positives,
        },
        # Known without an attack: rows that nothing was made from cannot be told apart.
        "holdout": {
            "nearer_than_holdout": copies.expected,
            "membership_auc": 0.5,
            "membership_at_1_percent": 0.01,
        },
    }


def _checked(
    given: dict[str, Any], class_names: Sequence[str] | None
) -> tuple[dict[str, Rows], tuple[str, ...]]:
    given = {name: part for name, part in given.items() if part is not None}
    labelled = {name: isinstance(part, (tuple, list)) for name, part in given.items()}
    if len(set(labelled.values())) > 1:
        raise ValueError(
            "Either all parts have class ids, as pairs (x, y), or none has. "
            f"Received: {[name for name, has in labelled.items() if has]} with class ids"
        )
    has_labels = labelled["train"]
    class_names = names_of(class_names)
    num = len(class_names) if has_labels and class_names is not None else None
    parts = {}
    for name, part in given.items():
        pair = part if has_labels else (part, np.zeros(len(part), np.int32))
        parts[name] = check_rows(pair, name, num)
        if not isinstance(parts[name].x, np.ndarray):
            raise ValueError(
                "Rows of columns are for `gankeras.evaluation.judge_table`. "
                f"Received: `{name}` of type {type(parts[name].x).__name__}"
            )
        num = parts["train"].num_classes
    parts = _check_values(parts)
    names = ()
    if has_labels:
        names = class_names or tuple(str(c) for c in range(num))
        _check_classes(parts, names)
    return parts, names


def _check_values(parts: dict[str, Rows]) -> dict[str, Rows]:
    """Return the parts with whole numbers in one dtype."""
    shapes = {name: rows.x.shape[1:] for name, rows in parts.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            "All parts must have rows of one shape: give them the same size and number of channels. "
            f"Received: {', '.join(f'{name} of {shape}' for name, shape in shapes.items())}"
        )
    common = check_same_numbers({name: rows.x for name, rows in parts.items()})
    for name, rows in parts.items():
        if len(rows) < LEAST_ROWS:
            raise ValueError(
                f"`{name}` must have at least {LEAST_ROWS} rows for the figures to mean anything. "
                f"Received: {len(rows)}"
            )
        check_finite(rows.x, name)
    if common.kind == "f":
        return parts
    return {
        name: dataclasses.replace(rows, x=rows.x.astype(common)) for name, rows in parts.items()
    }


def _check_classes(parts: dict[str, Rows], names: tuple[str, ...]) -> None:
    real, made = parts["train"].counts > 0, parts["synthetic"].counts > 0
    lacking = {
        side: [names[c] for c in np.flatnonzero(has & ~other)][:10]
        for side, has, other in (("synthetic", real, made), ("train", made, real))
    }
    for side, missing in lacking.items():
        if missing:
            raise ValueError(
                f"Each class must have rows on both sides, and `{side}` has none of: {', '.join(missing)}. Add some, "
                "leave the class out on the other side, or compare without class ids. "
                f"Received: rows by class {parts[side].counts.tolist()}"
            )


def _at_most(parts: dict[str, Rows], seed: int) -> tuple[dict[str, Rows], list[str]]:
    rng = np.random.Generator(np.random.Philox(key=[seed, 0x10D6E]))
    kept, notes = {}, []
    for name, rows in parts.items():
        kept[name] = rows
        if len(rows) > MOST_ROWS:
            kept[name] = rows.take(np.sort(rng.permutation(len(rows))[:MOST_ROWS]))
            notes.append(f"{MOST_ROWS:,} of {len(rows):,} {name} rows were taken, drawn evenly.")
    return kept, notes


def _halved(parts: dict[str, Rows], seed: int) -> dict[str, Rows]:
    train = parts["train"]
    order = np.random.Generator(np.random.Philox(key=[seed, 0x4A1F])).permutation(len(train))
    half = len(order) // 2
    first, second = (train.take(np.sort(part)) for part in (order[:half], order[half:]))
    # A row that the data holds twice may lie in both halves.
    second = second.take(np.flatnonzero(~overlapping(first.x, second.x)))
    return {"train": first, "holdout": second, "synthetic": parts["synthetic"]}

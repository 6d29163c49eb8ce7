"""What `judge_rows` found, as sections of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gankeras.core.estimate import Estimate, Result
from gankeras.core.section import Bars, Gallery, Item, Measures, Scatter, Section
from gankeras.core.stored_rows import take_rows
from gankeras.evaluation.fidelity import Fidelity, FidelityFigure
from gankeras.evaluation.membership import Membership
from gankeras.evaluation.memorisation import Memorisation

SAMPLES, LIKENESS, COPIES, MEMBERS = 10, 40, 60, 65
ACROSS = 4  # pictures in a line
MOST_CLASSES = 20
CLOSEST = 12
MOST_POINTS = 300
DEVIATIONS = 3.0
LOOK = "Samples beside their nearest real rows"
LIKE = "Is it like the real data?"
COPY = "Does it repeat training rows?"
TELL = "Can one tell who was in the training data?"

MEANINGS = {
    "fid": "0 is best; few rows raise it",
    "frechet_distance": "0 is best; few rows raise it",
    "kernel_distance": "0 on average for rows as good as real ones",
    "kid": "0 on average for rows as good as real ones",
    "precision": "share of these rows that lie among real ones",
    "recall": "share of real rows that these ones reach",
    "density": "how thickly real rows surround these ones",
    "coverage": "share of real rows with one of these nearby",
    "two_sample_auc": "how well a classifier tells them from real rows; 0.5 is guessing",
    "neighbour_ratio/median": "distance to the nearest training row over that to the next; near 0 is a copy",
    "neighbour_ratio/low": "the same, of the rows that come nearest",
}


def results_of(fidelity: Fidelity, reference: str) -> tuple[Result, Result]:
    """The figures as two results: of synthetic rows, and of real rows in their place."""
    synthetic, real = {}, {}
    for figure in fidelity.figures:
        if figure.value is not None:
            synthetic[figure.name] = _once(figure.value, figure.low, figure.high)
        if figure.reference is not None:
            real[figure.name] = _once(figure.reference)
    return (
        Result("synthetic", "synthetic rows", "shown", synthetic),
        Result("holdout", reference, "comparison", real),
    )


def once(figures: dict[str, float]) -> dict[str, Estimate]:
    """Figures that were computed once."""
    return {name: _once(value) for name, value in figures.items()}


def _once(value: float, low: float | None = None, high: float | None = None) -> Estimate:
    reason = None if low is not None else "computed once"
    return Estimate(float(value), (float(value),), low, high, reason=reason)


def likeness_section(
    fidelity: Fidelity, results: tuple[Result, ...], points: Scatter, note: str
) -> Section:
    """How like the real rows synthetic ones are, each figure beside its reference."""
    per_class = [f for f in fidelity.figures if f.name.startswith("coverage/")]
    names = {f.name for f in per_class}
    overall = tuple(
        Result(r.name, r.label, r.role, {k: v for k, v in r.figures.items() if k not in names})
        for r in results
    )
    meanings = {f.name: _meaning(f.name) for f in fidelity.figures if f.name not in names}
    caption = "Synthetic rows, and real rows in their place: what rows as good as real ones get"
    blocks = [Measures(caption, overall, meanings), points]
    if per_class:
        blocks.insert(1, _coverage_bars(per_class))
    missing = [f"{f.name}: {f.reason}" for f in fidelity.figures if f.reason]
    words = [f"{note} Features: {fidelity.extractor.replace('_', ' ')}."]
    words += [f"Not computed: {'; '.join(missing)}."] if missing else []
    return Section(LIKE, _likeness_answer(fidelity), words, blocks, LIKENESS)


def _meaning(name: str) -> str:
    known = max((key for key in MEANINGS if name.startswith(key)), key=len, default="")
    return MEANINGS.get(known, "")


def _likeness_answer(fidelity: Fidelity) -> str:
    auc, recall = fidelity["two_sample_auc"], fidelity["recall"]
    said = []
    if auc.value is not None:
        apart = auc.low > max(0.5, auc.reference or 0.5)
        said.append(
            f"{'No: they can be told apart' if apart else 'Not to be told apart by this test'}, AUC "
            f"{auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f}), where real rows have "
            f"{auc.reference:.2f} and 0.5 is guessing"
        )
    if recall.value is not None:
        said.append(
            f"they reach {100 * recall.value:.0f} % of real rows, where other real rows reach "
            f"{100 * recall.reference:.0f} %"
        )
    return f"{'; '.join(said)}." if said else "Not computed: there are too few rows."


def _coverage_bars(figures: list[FidelityFigure]) -> Bars:
    names = [figure.name.removeprefix("coverage/") for figure in figures]
    series = {
        "real rows": [figure.reference for figure in figures],
        "synthetic rows": [figure.value for figure in figures],
    }
    said = [
        f"{name} {_share(figure.value)} (real {_share(figure.reference)})"
        for name, figure in zip(names, figures, strict=True)
    ]
    caption = "Coverage by class: share of real rows with a synthetic row of the class nearby"
    return Bars(caption, f"Coverage by class: {'; '.join(said)}.", names, series, "%")


def _share(value: float | None) -> str:
    return "not computed" if value is None else f"{100 * value:.0f} %"


def embedding(real: np.ndarray, synthetic: np.ndarray, seed: int) -> Scatter:
    """Real and synthetic features in the plane of the real ones' first two principal components."""
    from sklearn.decomposition import PCA

    rng = np.random.Generator(np.random.Philox(key=[seed, 0x9CA]))
    parts = [f[np.sort(rng.permutation(len(f))[:MOST_POINTS])] for f in (real, synthetic)]
    fitted = PCA(min(2, real.shape[1]), svd_solver="full").fit(parts[0])
    shares = [*fitted.explained_variance_ratio_, 0.0][:2]
    # A second direction of nothing, where there is one feature.
    plane = [np.pad(fitted.transform(p), [(0, 0), (0, 2 - fitted.n_components_)]) for p in parts]
    spread = np.maximum(plane[0].std(axis=0), 1e-12)
    apart = (plane[1].mean(axis=0) - plane[0].mean(axis=0)) / spread
    ratio = plane[1].std(axis=0) / spread
    alt = (
        f"{len(plane[0])} real and {len(plane[1])} synthetic rows. The centre of the synthetic ones lies "
        f"{apart[0]:+.2f} and {apart[1]:+.2f} real standard deviations from that of the real ones; they "
        f"spread {ratio[0]:.2f} and {ratio[1]:.2f} times as far."
    )
    caption = f"Real and synthetic rows in two directions of their features. {alt}"
    axes = tuple(f"component {i}, {100 * s:.0f} % of the variance" for i, s in enumerate(shares, 1))
    series = {"real": np.round(plane[0], 5), "synthetic": np.round(plane[1], 5)}
    return Scatter(caption, alt, series, axes)


def samples_section(
    samples: Any,
    labels: np.ndarray | None,
    class_names: Sequence[str],
    neighbours: tuple[np.ndarray, np.ndarray, Any],
    show: Callable[[Any], Sequence[Any]],
) -> Section:
    """Some samples of each class, and below each the training row that comes nearest.

    Args:
        samples: Raw synthetic rows.
        labels: Their class ids, or None.
        class_names: Names of the classes.
        neighbours: Distances, numbers of the nearest training rows, and the training rows.
        show: Makes cells of rows: pictures or texts.
    """
    if labels is None:
        order = np.arange(min(len(samples), 2 * ACROSS))
        groups = {f"{i + 1} to {i + ACROSS}": order[i : i + ACROSS] for i in order[::ACROSS]}
    else:
        shown = [c for c in range(len(class_names)) if (labels == c).any()][:MOST_CLASSES]
        groups = {class_names[c]: np.flatnonzero(labels == c)[:ACROSS] for c in shown}
    items = [_pairs(name, samples, rows, neighbours, show) for name, rows in groups.items()]
    taken = neighbours[0][np.concatenate(list(groups.values()))]
    alt = (
        f"{len(taken)} samples, each with its nearest training row; distances from {taken.min():.3g} to "
        f"{taken.max():.3g}, median {np.median(taken):.3g}."
    )
    caption = "The first samples of each class as they were drawn, none chosen, and below each the training row nearest to it"
    if labels is None:
        caption = caption.replace(" of each class", "")
    words = ["Look before you trust a figure: are they sharp, are they varied, are they new?"]
    return Section(LOOK, "", words, [Gallery(caption, alt, items)], SAMPLES)


def _pairs(
    name: str,
    samples: Any,
    rows: np.ndarray,
    neighbours: tuple[np.ndarray, np.ndarray, Any],
    show: Callable[[Any], Sequence[Any]],
) -> Item:
    distances, nearest, train = neighbours
    lines = (
        ("synthetic", show(take_rows(samples, rows))),
        ("nearest real", show(take_rows(train, nearest[rows]))),
        ("distance", [f"{distance:.3g}" for distance in distances[rows]]),
    )
    return Item(name, lines)


def copies_section(
    found: Memorisation, train: Any, num_holdout: int, show: Callable | None
) -> Section:
    """How many samples come nearer to a training row than hardly any new real row does."""
    num = len(found.distances)
    expected = found.expected
    chance = np.sqrt(expected * (1 - expected) * (1 / num + 1 / num_holdout))
    many = found.share > expected + DEVIATIONS * chance
    answer = (
        f"{'It seems so' if many else 'No sign of it'}: {100 * found.share:.1f} % of {num:,} samples come nearer "
        f"to a training row than 99 % of new real rows do; {100 * expected:.0f} % is what new rows would have."
    )
    words = [
        f"Nearer than {found.limit:.3g} counts: the first percentile of the distances of {num_holdout:,} real rows "
        "that were not trained on. A share near 1 % does not prove that nothing leaks."
    ]
    blocks: list[Any] = []
    if show is not None:
        blocks.append(_closest(found, train, show))
    if found.by_class:
        blocks.append(_copies_bars(found))
    return Section(COPY, answer, words, blocks, COPIES)


def _closest(found: Memorisation, train: Any, show: Callable) -> Gallery:
    rows = found.closest(CLOSEST)
    neighbours = (found.distances, found.nearest, train)
    items = [
        _pairs(
            f"closest {i + 1} to {min(i + ACROSS, len(rows))}",
            found.samples,
            part,
            neighbours,
            show,
        )
        for i in range(0, len(rows), ACROSS)
        for part in [rows[i : i + ACROSS]]
    ]
    near = found.distances[rows]
    alt = (
        f"Distances of the {len(rows)} closest pairs from {near.min():.3g} to {near.max():.3g}; "
        f"nearer than {found.limit:.3g} counts."
    )
    return Gallery("The samples that come nearest to a training row, beside it", alt, items)


def _copies_bars(found: Memorisation) -> Bars:
    classes = dict(list(found.by_class.items())[:MOST_CLASSES])
    said = "; ".join(f"{name} {100 * share:.1f} %" for name, share in classes.items())
    caption = "Share of each class's samples that count as near"
    return Bars(
        caption, f"{caption}: {said}.", list(classes), {"near": list(classes.values())}, "%"
    )


def members_section(found: Membership, num_train: int, num_holdout: int) -> Section:
    """How well the nearest sample gives a training row away."""
    chance = np.sqrt((num_train + num_holdout + 1) / (12 * num_train * num_holdout))
    works = found.auc > 0.5 + DEVIATIONS * chance
    answer = (
        f"{'To some degree' if works else 'Not by this attack'}: AUC {found.auc:.2f}, where 0.5 is guessing; at 1 % "
        f"false alarms it recognizes {100 * found.true_positives:.1f} % of the training rows, guessing 1 %."
    )
    words = [
        "The attack takes a row for a member if some sample comes near it. It is the simplest there is: where it works, "
        "rows leak; where it fails, a better one may work."
    ]
    figures = once({"membership_auc": found.auc, "membership_at_1_percent": found.true_positives})
    guess = once({"membership_auc": 0.5, "membership_at_1_percent": 0.01})
    results = (
        Result("synthetic", "with the samples", "shown", figures),
        Result("holdout", "by guessing", "comparison", guess),
    )
    caption = f"{num_train:,} training rows among {num_holdout:,} others"
    return Section(TELL, answer, words, [Measures(caption, results)], MEMBERS)


def not_computed(title: str, position: int, reason: str) -> Section:
    """A section that says why there is no figure."""
    return Section(title, f"Not computed: {reason}.", position=position)

"""What `judge_table` found, as sections of a report."""

from __future__ import annotations

from gankeras.core.estimate import Result
from gankeras.core.section import Bars, Measures, Section

LIKENESS, COPIES, MEMBERS, GUESSES, GROUPS = 40, 60, 65, 70, 75
MOST_COLUMNS = 40

MEANINGS = {
    "column_shapes": "1 is best: every column distributed alike",
    "pair_trends": "1 is best: columns go together alike",
    "closest_record": "median distance to the closest training row; far below real rows is too near",
    "nearer_than_holdout": "share of rows nearer to a training row than all but 1 % of new real rows",
    "copies": "share of rows that equal a training row",
    "membership_auc": "0.5 is guessing, 1 is certainty",
    "membership_at_1_percent": "members found where 1 % of strangers are taken for members",
    "k": "rows of the smallest group",
    "alone": "share of rows that are a group of their own",
    "in_few": "share of rows in groups of fewer than five",
}


def table_sections(
    results: tuple[Result, ...], by_column: dict[str, dict[str, float]]
) -> tuple[Section, ...]:
    """A section for each question that was asked.

    Args:
        results: `synthetic`, `holdout` and maybe `baseline`.
        by_column: Column shapes of `holdout` and `synthetic`.

    Returns:
        The sections.
    """
    by_name = {result.name: result for result in results}
    made, real = by_name["synthetic"], by_name["holdout"]
    found = [
        _likeness(made, real, by_column),
        Section(
            "Does it repeat training rows?",
            _beside(made, real, "copies", "of the synthetic rows equal a training row"),
            ("A smoke test for copies: rows may leak that no distance shows.",),
            [_measures("Nearness to training rows", results, _names(COPY_FIGURES))],
            COPIES,
        ),
        Section(
            "Can one tell who was in the training data?",
            f"The attack has an AUC of {made.figures['membership_auc'].mean:.3f}; guessing has 0.5.",
            (
                "It guesses that rows near to a synthetic one were trained on. A better attack may find more.",
            ),
            [_measures("Membership inference", results, _names(MEMBER_FIGURES))],
            MEMBERS,
        ),
    ]
    hidden = [name for name in made.figures if name.startswith("guessed/")]
    if hidden:
        found.append(_guesses(results, hidden))
    if "k" in made.figures:
        found.append(
            Section(
                "How many rows share what an outsider may know?",
                f"The smallest group of the synthetic table has {_rows(made.figures['k'].mean)}.",
                (
                    "Nobody stands behind a synthetic row: a large k is no promise, a k of 1 no leak.",
                ),
                [_measures("Groups by quasi-identifiers", results, _names(GROUP_FIGURES))],
                GROUPS,
            )
        )
    return tuple(found)


COPY_FIGURES = ("closest_record", "nearer_than_holdout", "copies")
MEMBER_FIGURES = ("membership_auc", "membership_at_1_percent")
GROUP_FIGURES = ("k", "alone", "in_few")


def _likeness(made: Result, real: Result, by_column: dict[str, dict[str, float]]) -> Section:
    found, reference = by_column["synthetic"], by_column["holdout"]
    # The least alike first: there are tables of hundreds of columns.
    names = sorted((n for n in found if n in reference), key=found.get)[:MOST_COLUMNS]
    overall = _names(("column_shapes", "pair_trends"))
    blocks = [_measures("All columns", (made, real), overall)]
    if names:
        sides = {real.label: reference, made.label: found}
        values = {label: tuple(side[name] for name in names) for label, side in sides.items()}
        texts = [f"{name} {found[name]:.2f} (real {reference[name]:.2f})" for name in names]
        caption = "Column shapes, the least alike first"
        blocks.append(Bars(caption, "; ".join(texts), names, values))
    if "column_shapes" not in made.figures:
        answer = "No column could be compared."
    else:
        answer = (
            f"Columns are alike to {made.figures['column_shapes'].mean:.3f}, those of real rows to "
            f"{real.figures['column_shapes'].mean:.3f}."
        )
    return Section("Is it like the real data?", answer, (), blocks, LIKENESS)


def _guesses(results: tuple[Result, ...], hidden: list[str]) -> Section:
    baseline = [name for name in results[-1].figures if name.startswith("most_frequent/")]
    meanings = {
        **{name: "share of rows guessed right from all other columns" for name in hidden},
        **{name: "always the most frequent value" for name in baseline},
    }
    made, real = (next(r for r in results if r.name == n) for n in ("synthetic", "holdout"))
    worst = max(hidden, key=lambda name: made.figures[name].mean - real.figures[name].mean)
    answer = (
        f"{worst.removeprefix('guessed/')} is guessed for {100 * made.figures[worst].mean:.1f} % of the training rows, "
        f"and for {100 * real.figures[worst].mean:.1f} % of rows that were not trained on."
    )
    words = "What is guessed of strangers as well follows from the population, and not from anybody's row."
    return Section(
        "Does it give away what one does not know?",
        answer,
        (words,),
        [_measures("Attribute inference", results, meanings)],
        GUESSES,
    )


def _beside(made: Result, real: Result, name: str, what: str) -> str:
    return f"{100 * made.figures[name].mean:.1f} % {what}; {100 * real.figures[name].mean:.1f} % of the holdout's do."


def _rows(count: float) -> str:
    return f"{count:.0f} row{'' if count == 1 else 's'}"


def _names(figures: tuple[str, ...]) -> dict[str, str]:
    return {name: MEANINGS[name] for name in figures}


def _measures(caption: str, results: tuple[Result, ...], meanings: dict[str, str]) -> Measures:
    kept = []
    for result in results:
        figures = {name: e for name, e in result.figures.items() if name in meanings}
        if figures:
            kept.append(Result(result.name, result.label, result.role, figures))
    return Measures(caption, tuple(kept), meanings)

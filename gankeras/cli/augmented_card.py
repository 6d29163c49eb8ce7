"""The card beside a file that holds real and synthetic rows."""

import datetime
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from gankeras.core.report import Report
from gankeras.domain import DataFile
from gankeras.serving.card import facts_of
from gankeras.version import __version__

SCHEMA_VERSION = 1
LIMITS = (
    "Rows with is_synthetic are no observations and must not be used as evidence about any one person or thing.",
    "Real rows stand in this file as they were: whoever may not see them should not be handed it.",
    "Measure on other real data alone: no synthetic row belongs into a validation or test set.",
)


def card_place(out: pathlib.Path, suffix: str) -> pathlib.Path:
    """Where the card of a file lies: beside it.

    Example:
        >>> card_place(pathlib.Path("even.npz"), ".json").name
        'even.npz.card.json'
    """
    return out.with_name(f"{out.name}.card{suffix}")


def augmented_card(
    out: pathlib.Path, data: DataFile, labels: np.ndarray, source: Any, plan: Report | None
) -> dict[str, Any]:
    """What is to be known of the file, as JSON values.

    Args:
        out: The file.
        data: The real rows.
        labels: Class ids of the synthetic rows.
        source: The synthesizer that drew them, or None where there are none.
        plan: The plan that chose how many, or None where the user did.

    Returns:
        A dict with `synthetic`, `rows`, `left_out`, `source`, `plan` and `limits`.
    """
    counts = {
        kind: np.bincount(ids, minlength=len(data.class_names)).tolist()
        for kind, ids in (("real", data.y), ("synthetic", labels))
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "file": out.name,
        "synthetic": "the rows with is_synthetic = True",
        "rows": {"real": len(data.y), "synthetic": len(labels)},
        "classes": {
            name: {kind: found[label] for kind, found in counts.items()}
            for label, name in enumerate(data.class_names)
        },
        "left_out": list(data.left_out),
        "source": None if source is None else _source_facts(source),
        "plan": None if plan is None else plan.to_dict(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": {"gankeras": __version__},
        "limits": list(LIMITS),
    }


def _source_facts(source: Any) -> Mapping[str, Any]:
    gan = getattr(source, "gan", None)
    # A SavedModel brings its card along.
    return dict(source.card) if gan is None else facts_of(gan, source)


def card_to_markdown(card: Mapping[str, Any]) -> str:
    """The same facts for people."""
    rows = card["rows"]
    lines = [
        f"# {card['file']}",
        "",
        f"**{rows['synthetic']} of {rows['real'] + rows['synthetic']} rows are synthetic**, those with `is_synthetic`.",
        "",
        "| class | real | synthetic |",
        "| :-- | --: | --: |",
        *[
            f"| {name.replace('|', chr(92) + '|')} | {counts['real']} | {counts['synthetic']} |"
            for name, counts in card["classes"].items()
        ],
        "",
    ]
    if card["left_out"]:
        lines += [f"Empty in synthetic rows: {', '.join(card['left_out'])}.", ""]
    generator = (card["source"] or {}).get("generator")
    if isinstance(generator, Mapping):
        lines += [
            f"Drawn by a {generator['name']} after {generator['step']} steps, weights "
            f"`{generator['weight_digest'][:12]}`.",
            "",
        ]
    if card["plan"] is not None:
        ratio = card["plan"]["settings"]["chosen"]["ratio"]
        lines += [
            f"How many was planned on held-out rows: {f'at most {ratio:g} of all' if ratio else 'none'}.",
            "",
        ]
    lines += [f"- {limit}" for limit in card["limits"]]
    return "\n".join(lines) + "\n"

"""The card of a generator as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gankeras.core.section import Section, Table

POSITION = 80


def card_section(card: Mapping[str, Any]) -> Section:
    """What `card.json` says, for a page: who made the rows, from what, and what they must not be used for.

    Args:
        card: As an export's `card.json` holds it, or a `Synthesizer`'s `card`.

    Returns:
        A `Section`; what the card leaves out is left out.
    """
    rows = [(name, text) for name, text in _facts(card) if text]
    blocks = [Table("What made the synthetic rows, and from what", ["what", "fact"], rows)]
    names = (card.get("data") or {}).get("class_names")
    counts = (card.get("data") or {}).get("class_counts")
    if names and counts:
        pairs = [(name, f"{count:,}") for name, count in zip(names, counts, strict=False)]
        blocks.append(Table("Training rows by class", ["class", "rows"], pairs))
    words = [text for text in (card.get("description"), _statement(card)) if text]
    words += [str(limit) for limit in card.get("limits") or ()]
    answer = "Everything this source puts out is synthetic." if card.get("synthetic") else ""
    return Section("The synthetic-data card", answer, words, blocks, POSITION)


def _statement(card: Mapping[str, Any]) -> str:
    return (card.get("privacy") or {}).get("statement", "")


def _facts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    generator, data = card.get("generator") or {}, card.get("data") or {}
    if not isinstance(generator, Mapping):
        generator = {"name": generator}
    versions = card.get("versions") or {}
    return [
        ("generator", str(generator.get("name", ""))),
        ("weights", _count(generator.get("parameters"))),
        ("training step", _count(generator.get("step"))),
        ("seed", "" if card.get("seed") is None else str(card["seed"])),
        ("SHA-256 of the weights", str(generator.get("weight_digest") or "")),
        ("training rows", _count(data.get("rows"))),
        ("SHA-256 of the training data as a whole", str(data.get("digest") or "")),
        ("made", str(card.get("created") or "")),
        ("with", ", ".join(f"{name} {version}" for name, version in versions.items())),
    ]


def _count(value: Any) -> str:
    return "" if value is None else f"{value:,}"

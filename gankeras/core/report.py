"""What an evaluation found, as plain data: figures, their intervals, comparisons and a verdict."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from gankeras.core.estimate import Estimate, Result
from gankeras.core.plain import plain
from gankeras.core.section import Section

SCHEMA_VERSION = 1
VERDICTS = ("helps", "no effect", "hurts", "not computed")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One judged result against its reference.

    Args:
        name: Name of the judged result.
        reference: Name of the result that it is compared with.
        figure: Which figure is compared.
        difference: Judged minus reference, seed by seed.
        verdict: `"helps"`, `"no effect"`, `"hurts"` or `"not computed"`.
        reason: Why the verdict is no clearer, or `None`.
    """

    name: str
    reference: str
    figure: str
    difference: Estimate
    verdict: str
    reason: str | None = None


@dataclasses.dataclass(frozen=True)
class Report:
    """What an evaluation returns: pure data, rendered by `gankeras.reports`.

    Args:
        kind: Which evaluation made it, such as `"uplift"`.
        headline: Name of the figure that the verdict is about.
        results: One `Result` for each thing measured.
        comparisons: One `Comparison` for each judged result.
        verdict: The verdict overall.
        decided_by: Name of the comparison that the overall verdict is taken from, or `None`.
        reason: Why there is no clearer verdict, or `None`.
        notes: Sentences that a reader needs to judge the figures.
        settings: How the figures were made; JSON values alone.
        sections: Further parts, such as pictures of samples; see `gankeras.core.section`.

    Example:
        >>> report = Report(kind="uplift", headline="accuracy", verdict="not computed")
        >>> Report.from_json(report.to_json()) == report
        True
    """

    kind: str
    headline: str
    results: tuple[Result, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    verdict: str = "not computed"
    decided_by: str | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    sections: tuple[Section, ...] = ()

    def __post_init__(self):
        # Normalised here, so that a report equals its own JSON round trip.
        object.__setattr__(self, "settings", plain(self.settings))
        object.__setattr__(self, "sections", tuple(self.sections))
        if self.verdict not in VERDICTS:
            raise ValueError(
                f"A report's verdict is one of {', '.join(VERDICTS)}. Received: {self.verdict!r}"
            )

    def __getitem__(self, name: str) -> Result:
        """Return the result of that name."""
        for result in self.results:
            if result.name == name:
                return result
        names = ", ".join(result.name for result in self.results) or "none"
        raise KeyError(f"This report has no result of that name; it has: {names}. Received: {name}")

    def comparison(self, name: str) -> Comparison | None:
        """Return the comparison of the result of that name, or `None` where it was not judged."""
        return next((c for c in self.comparisons if c.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a dict of JSON values, with its schema version."""
        data = {"schema_version": SCHEMA_VERSION, **plain(dataclasses.asdict(self))}
        sections = plain([section.to_dict() for section in self.sections])
        del data["sections"]
        # Only where there are some: an earlier version reads all other reports.
        return {**data, "sections": sections} if sections else data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Make the report that `to_dict` wrote.

        Args:
            data: What `to_dict` returned.

        Returns:
            An equal `Report`.

        Raises:
            ValueError: If `data` is not a report, or one of another schema version.
        """
        if not isinstance(data, Mapping) or "schema_version" not in data:
            raise ValueError(
                "This is not a gankeras report: a report is a mapping with a 'schema_version'. "
                f"Read what Report.to_dict or Report.to_json wrote. Received: {str(data)[:80]}"
            )
        fields = dict(data)
        version = fields.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise ValueError(
                f"This version of gankeras reads reports of schema version {SCHEMA_VERSION}. "
                f"Read it with the gankeras that wrote it. Received: schema_version {version!r}"
            )
        try:
            fields["results"] = tuple(Result.from_dict(r) for r in fields.get("results", ()))
            fields["comparisons"] = tuple(_comparison(c) for c in fields.get("comparisons", ()))
            fields["sections"] = tuple(Section.from_dict(s) for s in fields.get("sections", ()))
            fields["notes"] = tuple(fields.get("notes", ()))
            return cls(**fields)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(
                "A report has the fields that Report.to_dict writes, and no others. Make it "
                f"again with the evaluation that returned it. Received: {error}"
            ) from error

    def to_json(self, path: str | os.PathLike | None = None) -> str:
        """Return the report as JSON text, and write it to `path` where one is given."""
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        if path is not None:
            pathlib.Path(path).write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_json(cls, source: str | os.PathLike) -> Report:
        """Make the report that `to_json` wrote.

        Args:
            source: JSON text, or the path of a file of it.

        Returns:
            An equal `Report`.

        Raises:
            ValueError: If it is not JSON, or not a report of this schema version.
        """
        is_text = isinstance(source, str) and source.lstrip().startswith(("{", "["))
        text = source if is_text else pathlib.Path(source).read_text(encoding="utf-8")
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(
                "A report's file is the JSON text that Report.to_json writes. "
                f"Received: {text[:80]!r} ({error})"
            ) from error
        return cls.from_dict(data)


def _comparison(data: Mapping[str, Any]) -> Comparison:
    return Comparison(**{**data, "difference": Estimate.from_dict(data["difference"])})

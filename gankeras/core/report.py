"""What an evaluation found, as plain data: figures, their intervals, comparisons and a verdict."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Mapping
from typing import Any

SCHEMA_VERSION = 1
VERDICTS = ("helps", "no effect", "hurts", "not computed")


@dataclasses.dataclass(frozen=True)
class Estimate:
    """One figure: its mean over the seeds, each seed's value, and an interval.

    Args:
        mean: Mean of `values`.
        values: One value a seed, in the order of the report's seeds.
        low: Lower end of the interval, or `None` where there is none.
        high: Upper end of the interval, or `None` where there is none.
        level: Coverage of the interval.
        reason: Why there is no interval; `None` where there is one.

    Example:
        >>> Estimate(mean=0.8, values=(0.79, 0.81), low=0.67, high=0.93).mean
        0.8
    """

    mean: float
    values: tuple[float, ...]
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    reason: str | None = None

    @property
    def has_interval(self) -> bool:
        """Whether an interval could be computed."""
        return self.low is not None and self.high is not None


@dataclasses.dataclass(frozen=True)
class Result:
    """The figures of one thing that was measured, such as one arm of an uplift.

    Args:
        name: Name for code, such as `"gan+classical"`.
        label: Name for people, such as `"real + GAN + classical"`.
        role: `"comparison"` (what others are judged against), `"judged"`, or `"shown"` (printed
            beside them and without a verdict).
        figures: Estimates by name, such as `"accuracy"` or `"recall/3"`.
    """

    name: str
    label: str
    role: str
    figures: dict[str, Estimate]


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

    def __post_init__(self):
        # Normalised here, so that a report equals its own JSON round trip.
        object.__setattr__(self, "settings", _plain(self.settings))
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
        return {"schema_version": SCHEMA_VERSION, **_plain(dataclasses.asdict(self))}

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
            fields["results"] = tuple(_result(r) for r in fields.get("results", ()))
            fields["comparisons"] = tuple(_comparison(c) for c in fields.get("comparisons", ()))
            fields["notes"] = tuple(fields.get("notes", ()))
            return cls(**fields)
        except (TypeError, KeyError) as error:
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


def _estimate(data: Mapping[str, Any]) -> Estimate:
    return Estimate(**{**data, "values": tuple(data["values"])})


def _result(data: Mapping[str, Any]) -> Result:
    return Result(**{**data, "figures": {k: _estimate(v) for k, v in data["figures"].items()}})


def _comparison(data: Mapping[str, Any]) -> Comparison:
    return Comparison(**{**data, "difference": _estimate(data["difference"])})


def _plain(value: Any) -> Any:
    """Turn NumPy numbers, arrays and tuples into what JSON gives back; no number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)

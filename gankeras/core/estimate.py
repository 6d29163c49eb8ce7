"""One measured figure, and what was measured of one thing."""

from __future__ import annotations

import dataclasses


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

    @staticmethod
    def from_dict(data: dict) -> Estimate:
        """Make the estimate that `dataclasses.asdict` took apart."""
        return Estimate(**{**data, "values": tuple(data["values"])})


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

    @staticmethod
    def from_dict(data: dict) -> Result:
        """Make the result that `dataclasses.asdict` took apart."""
        figures = {key: Estimate.from_dict(value) for key, value in data["figures"].items()}
        return Result(**{**data, "figures": figures})

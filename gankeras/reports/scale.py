"""Where a value stands along an axis."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, in percent of its length.

    Args:
        low: Value at 0 %.
        high: Value at 100 %; above `low`.

    Example:
        >>> scale = Scale.of([2.0, 8.0], margin=0.0)
        >>> scale.at(5.0), scale.ticks()
        (50.0, [2, 4, 6, 8])
    """

    low: float
    high: float

    @staticmethod
    def of(values: Iterable[float], margin: float = 0.05) -> Scale:
        """An axis that spans all values, with a margin at either end."""
        values = list(values) or [0.0]
        low, high = min(values), max(values)
        spread, largest = high - low, max(abs(low), abs(high))
        if spread <= max(1e-12 * largest, 1e-300):  # nothing that numbers could divide
            spread = max(largest, 1.0) * 0.1
        middle = (low + high) / 2
        half = max(high - low, spread) / 2
        return Scale(middle - half - margin * spread, middle + half + margin * spread)

    def at(self, value: float) -> float:
        """Place of a value in percent, within the axis."""
        place = 100 * (value - self.low) / (self.high - self.low)
        return round(min(max(place, 0.0), 100.0), 2)

    def holds(self, value: float) -> bool:
        """Whether the value lies on the axis."""
        return self.low <= value <= self.high

    def ticks(self, most: int = 5) -> list[float]:
        """Round values on the axis, at most `most` of them."""
        step = 10.0 ** math.floor(math.log10((self.high - self.low) / most))
        for factor in (1, 2, 5, 10, 20):
            first = math.ceil(self.low / (factor * step) - 1e-9)
            last = math.floor(self.high / (factor * step) + 1e-9)
            if last - first + 1 <= most:
                break
        # Whole multiples, rounded, so that no tick reads 0.30000000000000004.
        found = [float(f"{i * factor * step:.10g}") for i in range(first, last + 1)]
        return [int(v) if v == int(v) and abs(v) < 1e15 else v for v in found]

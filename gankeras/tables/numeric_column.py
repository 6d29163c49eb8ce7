"""A column of numbers or dates: modes of a mixture, point masses, and missing values."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.tables.mixture import Mixture, fit_mixtures, thinned

# Half the width of a mode, in standard deviations.
REACH = 4.0
MISSING_DATE = np.iinfo(np.int64).min
# Values with a slot of their own: at most so many, each at least this share of the rows.
MOST_POINTS, LEAST_SHARE = 64, 5e-4
# Gaps between values that are tried as a grid, and the share of rows that must lie on it.
USUAL_GAPS, ON_GRID = 16, 0.95
# Shares of a step by which decimals miss it in binary.
NOISE = 1e-6
# An integer column of at most this many values is made of points alone.
FEW_VALUES = 32


@dataclass(frozen=True)
class NumericColumn:
    """Slots: one for each mode, one for each point mass, one for missing values; a number says where in the mode.

    Args:
        name: Of the column.
        kind: "continuous", "integer" or "datetime".
        dtype: The pandas dtype.
        raw_dtype: Of the tensor: a float's missing value is NaN, a date's the smallest int64.
        nullable: Whether values may be missing.
        origin: What is taken off dates before they become numbers, in their unit.
        step: What values are multiples of: 1 for integers, 0.1 for one decimal, a day for dates; 0 for none.
        low: Least value made.
        high: Greatest value made.
        log_scale: Above 0 for long tails: the mixture is of `log(1 + (x - low) / log_scale)`.
        weights: Of the modes.
        means: Of the modes.
        deviations: Of the modes.
        points: Values with a slot of their own, ascending.
        counts: Training rows by slot.
    """

    name: str
    kind: str
    dtype: str
    raw_dtype: str
    nullable: bool
    origin: int
    step: float
    low: float
    high: float
    log_scale: float
    weights: list[float]
    means: list[float]
    deviations: list[float]
    points: list[float]
    counts: list[int]

    @property
    def has_value(self) -> bool:
        """Whether a number goes with the slot."""
        return bool(self.means)

    @property
    def num_slots(self) -> int:
        """Width of the one-hot part."""
        return len(self.means) + len(self.points) + self.nullable

    def encode(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Slots int32 `(n,)` and places within the mode float32 `(n,)`, from -1 to 1 (0 where the slot says it all)."""
        number = self.as_number(x)
        missing = self._is_missing(x)
        number = tf.where(missing, tf.cast(self.low, tf.float64), number)
        slot = tf.zeros_like(number, tf.int32)
        place = tf.zeros_like(number, tf.float32)
        if self.means:
            z = self._scaled(number)[:, None] - tf.constant(self.means, tf.float64)
            z = tf.cast(z / tf.constant(self.deviations, tf.float64), tf.float32)
            prior = np.log(self.weights) - np.log(self.deviations)
            score = tf.constant(prior, tf.float32) - 0.5 * z * z
            slot = tf.argmax(score, axis=1, output_type=tf.int32)
            place = tf.gather(z, slot, axis=1, batch_dims=1) / REACH
            place = tf.clip_by_value(place, -1.0, 1.0)
        if self.points:
            points = tf.constant(self.points, tf.float64)
            after = tf.minimum(tf.searchsorted(points, number), len(self.points) - 1)
            before = tf.maximum(after - 1, 0)
            nearer = tf.abs(tf.gather(points, before) - number) < tf.abs(
                tf.gather(points, after) - number
            )
            nearest = tf.where(nearer, before, after)
            hit = tf.equal(tf.gather(points, nearest), number) if self.means else True
            slot = tf.where(hit, len(self.means) + nearest, slot)
            place = tf.where(hit, 0.0, place)
        if self.nullable:
            slot = tf.where(missing, self.num_slots - 1, slot)
            place = tf.where(missing, 0.0, place)
        return slot, place

    def decode(self, slot: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
        """Raw values `(n,)`."""
        filler = [0.0] * (self.num_slots - len(self.means))
        number = tf.zeros_like(slot, tf.float64)
        if self.means:
            means = tf.constant([*self.means, *filler], tf.float64)
            reach = tf.constant([REACH * d for d in self.deviations] + filler, tf.float64)
            place = tf.clip_by_value(tf.cast(place, tf.float64), -1.0, 1.0)
            scaled = tf.gather(means, slot) + place * tf.gather(reach, slot)
            number = self._rounded(tf.clip_by_value(self._unscaled(scaled), self.low, self.high))
        table = [*[0.0] * len(self.means), *self.points, *[0.0] * self.nullable]
        number = tf.where(
            slot < len(self.means), number, tf.gather(tf.constant(table, tf.float64), slot)
        )
        return self.as_raw(number, (slot == self.num_slots - 1) if self.nullable else None)

    def as_number(self, x: tf.Tensor) -> tf.Tensor:
        """Raw values as float64: dates as steps since the origin."""
        if self.kind == "datetime":
            return tf.cast(tf.cast(x, tf.int64) - self.origin, tf.float64) / self.step
        return tf.cast(x, tf.float64)

    def as_raw(self, number: tf.Tensor, missing: tf.Tensor | None) -> tf.Tensor:
        """Numbers as raw values: the inverse of `as_number`."""
        if self.kind == "datetime":
            raw = tf.cast(tf.round(number), tf.int64) * int(self.step) + self.origin
            return raw if missing is None else tf.where(missing, MISSING_DATE, raw)
        if missing is not None:
            number = tf.where(missing, tf.constant(np.nan, tf.float64), number)
        return tf.cast(number, self.raw_dtype)

    def least_from(self, raw: tf.Tensor) -> tf.Tensor:
        """The least values that the column may hold and that are not below these, dates or float64."""
        return tf.maximum(self._moved(raw, tf.math.ceil), raw)

    def greatest_to(self, raw: tf.Tensor) -> tf.Tensor:
        """The greatest values that the column may hold and that are not above these, dates or float64."""
        return tf.minimum(self._moved(raw, tf.floor), raw)

    def _moved(self, raw: tf.Tensor, rounded: Callable) -> tf.Tensor:
        if self.kind == "datetime":
            return self.as_raw(rounded(self.as_number(raw)), None)
        return self._on_steps(raw, _but_for_noise(rounded, self.step)) if self.step else raw

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {"type": "numeric", **asdict(self)}

    def _is_missing(self, x: tf.Tensor) -> tf.Tensor:
        if self.kind == "datetime":
            return tf.equal(x, MISSING_DATE)
        return tf.math.is_nan(x) if x.dtype.is_floating else tf.zeros_like(x, tf.bool)

    def _scaled(self, number: tf.Tensor) -> tf.Tensor:
        if not self.log_scale:
            return number
        return tf.math.log1p(tf.maximum(number - self.low, 0.0) / self.log_scale)

    def _unscaled(self, scaled: tf.Tensor) -> tf.Tensor:
        return tf.math.expm1(scaled) * self.log_scale + self.low if self.log_scale else scaled

    def _rounded(self, number: tf.Tensor) -> tf.Tensor:
        if self.kind == "datetime":
            return tf.round(number)
        return self._on_steps(number, tf.round) if self.step else number

    def _on_steps(self, number: tf.Tensor, rounded: Callable) -> tf.Tensor:
        # A division by a power of ten rounds to the nearest float that prints as so many decimals. Of a division by a constant
        # a graph makes a product, which does not; so it must not see that this is one.
        inverse = _inverse(self.step)
        divisor = tf.where(tf.math.is_nan(number), tf.ones_like(number), inverse)
        steps = rounded(number * inverse)
        # What is rounded up to zero from below would be written as -0.0.
        return tf.where(steps == 0, tf.zeros_like(steps), steps) / divisor


def _inverse(step: float) -> float:
    return round(1.0 / step) if step < 1 else 1.0 / step


def _but_for_noise(rounded: Callable, step: float) -> Callable:
    """Rounds up or down, but 30.000000000000004 hundredths are 30."""
    slack = NOISE if step < 1 else 0.0

    def moved(steps: tf.Tensor) -> tf.Tensor:
        near = tf.round(steps)
        return tf.where(tf.abs(steps - near) <= slack, near, rounded(steps))

    return moved


@dataclass(frozen=True)
class NumericFacts:
    """What is known of a numeric column before its mixture is fitted.

    Args:
        numbers: Present values as float64 (dates in steps since the origin).
        fields: The fields of `NumericColumn` from `name` to `step`.
        bounds: Least and greatest value that the user allows, or None for each.
    """

    numbers: np.ndarray
    fields: dict[str, Any]
    bounds: tuple[float | None, float | None]


def fit_numeric(facts: list[NumericFacts], min_count: int, modes: int) -> list[dict[str, Any]]:
    """Limits, point masses and mixtures of many columns at once.

    Returns:
        The fields of each `NumericColumn` but for `counts`.
    """
    parts = [_points_and_rest(f, min_count) for f in facts]
    fitted = iter(
        fit_mixtures(
            [part["scaled"] for part in parts if len(part["scaled"])],
            modes,
            max(20, 2 * min_count),
        )
    )
    found = []
    for f, part in zip(facts, parts, strict=True):
        empty = Mixture(np.zeros(0), np.zeros(0), np.zeros(0))
        mixture = next(fitted) if len(part.pop("scaled")) else empty
        found.append(
            {
                **f.fields,
                **part,
                "weights": mixture.weights.tolist(),
                "means": mixture.means.tolist(),
                "deviations": mixture.deviations.tolist(),
            }
        )
    return found


def _points_and_rest(facts: NumericFacts, min_count: int) -> dict[str, Any]:
    numbers = np.sort(thinned(facts.numbers))
    values, counts = np.unique(numbers, return_counts=True)
    if facts.fields["kind"] == "integer" and len(values) <= FEW_VALUES:
        points = values[counts >= min_count]
        rest = numbers[~np.isin(numbers, points)]
        if len(points) and len(rest) < 2 * max(min_count, 10):
            rest = rest[:0]  # the nearest point stands for them
    else:
        least = max(min_count, LEAST_SHARE * len(numbers))
        points = values[_spikes(values, counts, least, facts.fields["step"])]
        rest = numbers[~np.isin(numbers, points)]
    everything = np.sort(facts.numbers)
    # Dates are counted in steps already.
    unit = 1.0 if facts.fields["kind"] == "datetime" else facts.fields["step"]
    low, high = _limits(everything, min_count, unit, facts.bounds)
    scale = _log_scale(rest, low)
    scaled = np.clip(rest, low, high)
    scaled = np.log1p((scaled - low) / scale) if scale else scaled
    return {
        "low": low,
        "high": high,
        "log_scale": scale,
        "points": points.tolist(),
        "scaled": scaled,
    }


def _spikes(values: np.ndarray, counts: np.ndarray, least: float, step: float) -> np.ndarray:
    """Indices of values that stand out among what is around them: zeros of an amount, forty hours a week.

    What is around is rows a step of the values' grid, since an amount like 15,024 is one of a few that ever occur, with
    nothing between.
    """
    around = counts.astype(np.float64)
    if step and len(values) > 1:
        around /= np.maximum(np.gradient(values) / (step * _grid(values, counts, step)), 1.0)
    found = []
    for index in np.flatnonzero(counts >= least):
        near = np.delete(around[max(index - 5, 0) : index + 6], min(index, 5))
        if len(near) == 0 or counts[index] >= 4 * np.median(near):
            found.append(index)
    found = sorted(found, key=lambda i: -counts[i])[:MOST_POINTS]
    return np.sort(np.asarray(found, np.int64))


def _grid(values: np.ndarray, counts: np.ndarray, step: float) -> int:
    """How many steps lie between the places where nearly all values are: 5 for lengths in millimetres, read off to five."""
    commonest = int(np.argmax(counts))
    places = np.rint((values - values[commonest]) / step).astype(np.int64)
    weights = np.where(np.arange(len(values)) == commonest, 0, counts)
    gaps, often = np.unique(np.diff(places), return_counts=True)
    # A grid shows as one of the usual gaps.
    usual = gaps[np.argsort(-often, kind="stable")[:USUAL_GAPS]]
    fit = [
        int(g) for g in usual if g > 1 and weights[places % g == 0].sum() >= ON_GRID * weights.sum()
    ]
    return max(fit, default=1)


def _limits(
    ordered: np.ndarray, min_count: int, step: float, bounds: tuple[float | None, float | None]
) -> tuple[float, float]:
    """The range of values made: no single row's extreme value, but what `min_count` rows reach on the average."""
    span = ordered[-1] - ordered[0]
    unit = 10.0 ** np.floor(np.log10(span / 100)) if span > 0 else 1.0
    unit = max(unit, step) if step else unit
    limits = []
    ends = (
        (ordered[:min_count], bounds[0], tf.math.ceil),
        (ordered[-min_count:], bounds[1], tf.floor),
    )
    for extreme, given, inwards in ends:
        if given is not None:
            # Samples are rounded to steps, which must not carry them over a bound between two.
            limits.append(_inside(float(given), step, inwards) if step else float(given))
        elif extreme[0] == extreme[-1]:
            limits.append(float(extreme[0]))
        else:
            limits.append(float(np.round(extreme.mean() / unit) * unit))
    return limits[0], max(limits)


def _inside(bound: float, step: float, inwards: Callable) -> float:
    inverse = _inverse(step)
    return float(_but_for_noise(inwards, step)(tf.constant(bound * inverse, tf.float64))) / inverse


def _log_scale(rest: np.ndarray, low: float) -> float:
    if len(rest) < 20 or rest.std() == 0:
        return 0.0
    above = np.maximum(rest - low, 0.0)
    scale = float(np.median(above))
    if scale <= 0 or _skew(rest) < 2:
        return 0.0
    scale = float(f"{scale:.1e}")
    return scale if abs(_skew(np.log1p(above / scale))) < 0.5 * _skew(rest) else 0.0


def _skew(values: np.ndarray) -> float:
    return float((((values - values.mean()) / values.std()) ** 3).mean())

"""What `KeepBest` found so far, as a part of the model: whatever saves the model in mid-run saves it too."""

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass
class Kept:
    """The epoch of a run that is kept.

    Args:
        epoch: Which, from 0.
        distance: Kernel distance of its samples to the real rows.
        least: The smallest distance of the run.
        chance: Standard deviation of the distance from one random half of the real rows to the other.
        data: Digest of the training data, or None.
        weights: Of the averaged generator; None once the run is over and they are in their place.
    """

    epoch: int
    distance: float
    least: float
    chance: float
    data: str | None
    weights: list[np.ndarray] | None

    def store(self, store: Any) -> None:
        """Writes an unfinished run's record into what Keras saves of a model."""
        if self.weights is None:
            return
        store["kept_figures"] = np.array(
            [self.epoch, self.distance, self.least, self.chance], np.float64
        )
        store["kept_data"] = np.frombuffer(bytes.fromhex(self.data or ""), np.uint8)
        for index, value in enumerate(self.weights):
            store[f"kept_weight_{index}"] = value


def load(values: dict[str, np.ndarray]) -> Kept | None:
    """Takes the record out of saved `values`, if there is one."""
    if "kept_figures" not in values:
        return None
    epoch, distance, least, chance = values.pop("kept_figures")
    data = bytes(values.pop("kept_data")).hex() or None
    names = [name for name in values if name.startswith("kept_weight_")]
    weights = [values.pop(f"kept_weight_{index}") for index in range(len(names))]
    return Kept(int(epoch), float(distance), float(least), float(chance), data, weights)

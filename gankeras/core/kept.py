"""What `KeepBest` found so far, as a part of the model: whatever saves the model in mid-run saves it too."""

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass
class Kept:
    """The best epoch of a run.

    Args:
        epoch: Which, from 0.
        distance: Kernel distance of its samples to the real rows.
        reference: Kernel distance of one half of the real rows to the other: what chance alone gives.
        data: Digest of the training data, or None.
        weights: Of the averaged generator; None once the run is over and they are in their place.
    """

    epoch: int
    distance: float
    reference: float
    data: str | None
    weights: list[np.ndarray] | None

    def store(self, store: Any) -> None:
        """Writes an unfinished run's record into what Keras saves of a model."""
        if self.weights is None:
            return
        store["kept_figures"] = np.array([self.epoch, self.distance, self.reference], np.float64)
        store["kept_data"] = np.frombuffer(bytes.fromhex(self.data or ""), np.uint8)
        for index, value in enumerate(self.weights):
            store[f"kept_weight_{index}"] = value


def load(values: dict[str, np.ndarray]) -> Kept | None:
    """Takes the record out of saved `values`, if there is one."""
    if "kept_figures" not in values:
        return None
    epoch, distance, reference = values.pop("kept_figures")
    data = bytes(values.pop("kept_data")).hex() or None
    names = [name for name in values if name.startswith("kept_weight_")]
    weights = [values.pop(f"kept_weight_{index}") for index in range(len(names))]
    return Kept(int(epoch), float(distance), float(reference), data, weights)

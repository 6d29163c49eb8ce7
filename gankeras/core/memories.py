"""What callbacks remember of an unfinished run, as a part of the model: whatever saves the model in mid-run saves it too."""

from collections.abc import Sequence
from typing import Any

import numpy as np

PREFIX = "memory_"


class Memories:
    """Arrays by the name of who remembers them.

    Example:
        >>> memories = Memories()
        >>> memories.put("guard", [np.zeros(2)])
        >>> store = {}
        >>> memories.store(store)
        >>> load(store).get("guard")[0].tolist(), store
        ([0.0, 0.0], {})
    """

    def __init__(self):
        self._arrays: dict[str, list[np.ndarray]] = {}

    def get(self, name: str) -> list[np.ndarray] | None:
        """What was put there, or None."""
        return self._arrays.get(name)

    def put(self, name: str, arrays: Sequence[np.ndarray]) -> None:
        """Remembers `arrays` in place of what was there.

        Args:
            name: Without a slash, which Keras' files take for a folder.
            arrays: Numbers.
        """
        self._arrays[name] = [np.asarray(array) for array in arrays]

    def drop(self, name: str) -> None:
        """Forgets, if there is something to forget."""
        self._arrays.pop(name, None)

    def store(self, store: Any) -> None:
        """Writes all of it into what Keras saves of a model."""
        for name, arrays in self._arrays.items():
            for index, array in enumerate(arrays):
                store[f"{PREFIX}{name}_{index}"] = array


def load(values: dict[str, np.ndarray]) -> Memories:
    """Takes out of saved `values` what `store` wrote."""
    found: dict[str, dict[int, np.ndarray]] = {}
    for key in [key for key in values if key.startswith(PREFIX)]:
        name, index = key.removeprefix(PREFIX).rsplit("_", 1)
        found.setdefault(name, {})[int(index)] = values.pop(key)
    memories = Memories()
    for name, arrays in found.items():
        memories.put(name, [arrays[index] for index in sorted(arrays)])
    return memories

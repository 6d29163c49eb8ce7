"""The order of a table's rows in training: rare categories are met often enough to be learnt."""

import numpy as np


class TrainingBySampling:
    """Rows, the column each was chosen for, and a seed for each: a function of seed and pass, so resuming is exact.

    A column is drawn, then a category of it with shares `n ** exponent`, then a row that holds it.

    Args:
        codes: Slots int `(rows, columns)`.
        widths: Slots by column; one with a single slot is never drawn.
        batch_size: Rows of a batch, at most the rows there are.
        exponent: 1 keeps the data's shares, 0 makes categories equal.
        seed: Int.
        shares: Of the columns, how often each is drawn.

    References:
        - Xu et al. 2019, arXiv:1907.00503, section 4.3. Deviation: a power of the count instead of its logarithm.
    """

    def __init__(
        self,
        codes: np.ndarray,
        widths: list[int],
        batch_size: int,
        exponent: float,
        seed: int,
        shares: np.ndarray,
    ):
        rows = len(codes)
        self.batch_size = min(batch_size, rows)
        self.steps = rows // self.batch_size
        self._seed = seed
        self._column_ends = np.cumsum(shares / shares.sum())[:-1]
        self._members = [np.argsort(c, kind="stable").astype(np.int32) for c in codes.T]
        self._counts, ends, self._first_slot = [], [], np.cumsum([0, *widths])[:-1]
        for index, (column, width) in enumerate(zip(codes.T, widths, strict=True)):
            counts = np.bincount(column, minlength=width)
            weights = np.where(counts > 0, counts.astype(np.float64) ** exponent, 0.0)
            # Whole numbers apart, so that one sorted vector serves all columns.
            ends.append(2 * index + np.minimum(np.cumsum(weights / weights.sum()), 1.0))
            ends[-1][counts.nonzero()[0][-1] :] = 2 * index + 1.0
            self._counts.append(counts)
        self._ends = np.concatenate(ends)
        self._starts = np.concatenate([np.cumsum(c) - c for c in self._counts])
        self._counts = np.concatenate(self._counts)

    def __call__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row numbers, columns and seeds of pass `index`, int64 `(steps, batch_size)` each."""
        rng = np.random.default_rng([self._seed, int(index)])
        size = self.steps * self.batch_size
        column = np.searchsorted(self._column_ends, rng.random(size), side="right")
        slot = np.searchsorted(self._ends, 2 * column + rng.random(size), side="right")
        place = (rng.random(size) * self._counts[slot]).astype(np.int64)
        place = np.minimum(place, self._counts[slot] - 1) + self._starts[slot]
        rows = np.empty(size, np.int64)
        for chosen, members in enumerate(self._members):
            mine = column == chosen
            rows[mine] = members[place[mine]]
        shape = (self.steps, self.batch_size)
        seeds = rng.integers(2**62, size=shape)
        return rows.reshape(shape), column.reshape(shape), seeds

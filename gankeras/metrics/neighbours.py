"""Distances to nearest neighbours, a block at a time so that memory stays small."""

import numpy as np

BLOCK_BYTES = 2**27


def nearest_distances(
    queries: np.ndarray, rows: np.ndarray, k: int = 1, leave_out_itself: bool = False
) -> np.ndarray:
    """Euclidean distance from each query to its `k` nearest rows.

    Args:
        queries: `(n, d)`.
        rows: `(m, d)`, with at least `k` rows.
        k: How many neighbours.
        leave_out_itself: The queries are the rows: none is its own neighbour.

    Returns:
        Float64 `(n, k)`, nearest first.

    Raises:
        ValueError: For fewer than `k` rows to choose from.

    Example:
        >>> gankeras.metrics.nearest_distances(np.array([[0.0], [5.0]]), np.array([[1.0], [3.0]]))
        array([[1.],
               [2.]])
    """
    if not 1 <= k <= len(rows) - leave_out_itself:
        raise ValueError(
            f"`k` must be at least 1, and at most the {len(rows) - leave_out_itself} rows to choose from. "
            f"Received: k={k!r}."
        )
    found = np.empty((len(queries), k))
    for start, squares in squared_distances(queries, rows):
        if leave_out_itself:
            places = np.arange(len(squares))
            squares[places, start + places] = np.inf
        # The smallest are few: put them in front, then sort these alone.
        near = np.partition(squares, k - 1, axis=1)[:, :k] if k > 1 else squares.min(1)[:, None]
        found[start : start + len(squares)] = np.sqrt(np.sort(near, axis=1))
    return found


def nearest_rows(queries: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance from each query `(n, d)` to its nearest row, and that row's number."""
    distances, numbers = np.empty(len(queries)), np.empty(len(queries), np.int64)
    for start, squares in squared_distances(queries, rows):
        part = slice(start, start + len(squares))
        numbers[part] = squares.argmin(axis=1)
        distances[part] = np.sqrt(squares.min(axis=1))
    return distances, numbers


def squared_distances(queries: np.ndarray, rows: np.ndarray):
    """Blocks of squared distances: pairs of the first query's number and float64 `(block, len(rows))`."""
    queries, rows = (np.asarray(a, np.float64).reshape(len(a), -1) for a in (queries, rows))
    # About the mean, so that the squares below cancel as little as may be.
    centre = rows.mean(axis=0)
    rows = rows - centre
    lengths = np.einsum("ij,ij->i", rows, rows)
    step = max(1, BLOCK_BYTES // (8 * len(rows)))
    for start in range(0, len(queries), step):
        block = queries[start : start + step] - centre
        squares = block @ rows.T
        squares *= -2.0
        squares += lengths
        squares += np.einsum("ij,ij->i", block, block)[:, None]
        np.maximum(squares, 0.0, out=squares)
        yield start, squares

"""Distances to nearest neighbours, a block at a time so that memory stays small."""

import numpy as np

BLOCK_BYTES = 2**27
# What cancellation may leave of equal rows' distance, as a share of their squared lengths: some thousand times the
# precision of float64, in which all is computed.
ROUNDING = 1e-12


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
    return np.sqrt(nearest_squares(queries, rows, k, leave_out_itself))


def nearest_squares(
    queries: np.ndarray, rows: np.ndarray, k: int = 1, leave_out_itself: bool = False
) -> np.ndarray:
    """Squares of `nearest_distances`, to be compared with squares: a root squared is another number."""
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
        found[start : start + len(squares)] = np.sort(near, axis=1)
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
    """Blocks of squared distances: pairs of the first query's number and float64 `(block, len(rows))`.

    Of equal rows they are exactly 0: what rounding leaves of them is cut off.
    """
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
        own = np.einsum("ij,ij->i", block, block)
        squares += own[:, None]
        # Few pairs are below the largest bound there is; only these are asked for their own.
        near = np.nonzero(squares <= ROUNDING * (own.max() + lengths.max()))
        none = squares[near] <= ROUNDING * (own[near[0]] + lengths[near[1]])
        squares[near[0][none], near[1][none]] = 0.0
        yield start, squares

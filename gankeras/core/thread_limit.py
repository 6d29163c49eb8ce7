"""How many threads scikit-learn's estimators get."""

import contextlib

# With fewer, OpenMP's threads wait for each other longer than they work, and longer yet on cores that other programs want.
LEAST_ROWS_FOR_THREADS = 50_000


def threads_for(rows: int) -> contextlib.AbstractContextManager:
    """Within it an estimator of few rows has one OpenMP thread; one of many has as many as the user allows.

    Args:
        rows: That the estimator is fitted on.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1 if rows < LEAST_ROWS_FOR_THREADS else None, user_api="openmp")

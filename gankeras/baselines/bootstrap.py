"""Training rows, drawn with repetition."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.core.codec import check_labels, names_of
from gankeras.core.real_rows import check_finite
from gankeras.core.stored_rows import StoredRows
from gankeras.core.synthesizer import Synthesizer


class Bootstrap(StoredRows):
    """Draws training rows themselves, with repetition: oversampling, the least that a generator must beat.

    Args:
        x: Raw training rows `(n, ...)`, or a dict of them.
        y: Their class ids `(n,)`, or None.
        class_names: Names of the classes, in the order of their ids.

    Raises:
        ValueError: For labels that are not class ids, a class without rows, a name twice, or NaN in an array.

    Example:
        >>> x, y = gankeras.testing.toy_data(40)
        >>> rows = gankeras.baselines.Bootstrap(x, y).sample(5, labels=2)
        >>> bool(np.isin(rows, x[y == 2]).all())
        True
    """

    def __init__(self, x: Any, y: Any = None, class_names: Any = None):
        super().__init__(x, y, described(x, y, class_names, type(self).__name__))


def described(x: Any, y: Any, class_names: Any, name: str) -> Synthesizer:
    """A synthesizer with the fields that describe raw rows, and no `draw`.

    Raises:
        ValueError: As `Bootstrap`.
    """
    check_finite(x, "x")
    columns = tf.nest.map_structure(np.asarray, x)
    rows = len(tf.nest.flatten(columns)[0])
    names = names_of(class_names)
    num_classes = counts = None
    if y is not None:
        y = np.asarray(y)
        # Of labels that are no ids `check_labels` says what is wrong.
        highest = y.max(initial=-1) if y.dtype.kind in "iu" else 0
        num_classes = len(names) if names else int(highest) + 1
        check_labels(y, rows, num_classes)
        counts = np.bincount(y, minlength=num_classes)
        if not counts.all():
            raise ValueError(
                "Each class needs at least one row; number the classes anew without those that have none. "
                f"Received: rows by class {counts.tolist()}."
            )
    spec = tf.nest.map_structure(
        lambda c: tf.TensorSpec(c.shape[1:], tf.string if c.dtype.kind in "OSU" else c.dtype),
        columns,
    )
    return Synthesizer(spec, num_classes, names, counts, card={"generator": name})

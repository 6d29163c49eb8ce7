"""Training rows, drawn with repetition."""

from typing import Any

import numpy as np
import tensorflow as tf

from gankeras.core.codec import check_labels
from gankeras.core.stored_rows import StoredRows
from gankeras.core.synthesizer import Synthesizer


class Bootstrap(StoredRows):
    """Draws training rows themselves, with repetition: oversampling, the least that a generator must beat.

    Args:
        x: Raw training rows `(n, ...)`, or a dict of them.
        y: Their class ids `(n,)`, or None.
        class_names: Names of the classes, in the order of their ids.

    Raises:
        ValueError: For labels that are not class ids, or a class without rows.

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
    columns = tf.nest.map_structure(np.asarray, x)
    rows = len(tf.nest.flatten(columns)[0])
    names = None if class_names is None else tuple(str(c) for c in class_names)
    num_classes = counts = None
    if y is not None:
        num_classes = len(names) if names else int(np.max(y, initial=-1)) + 1
        check_labels(y, rows, num_classes)
        counts = np.bincount(np.asarray(y), minlength=num_classes)
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

"""Plain values: what JSON gives back, whatever NumPy or a caller put in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Turn NumPy numbers, arrays and tuples into what JSON gives back; no number becomes null.

    Example:
        >>> plain({1: (0.5, float("nan"))})
        {'1': [0.5, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)


def frozen(value: Any) -> Any:
    """Plain values with tuples for lists, so that records of them compare equal after JSON.

    Example:
        >>> frozen({"seeds": [0, 1]})
        {'seeds': (0, 1)}
    """
    return _tuples(plain(value))


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value

"""Reads the tensors of a PyTorch weight file with NumPy alone, and runs none of its code."""

import collections
import os
import pickle
from typing import Any, BinaryIO

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8", "IntStorage": "<i4"}


def read_tensors(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The named tensors of a weight file in PyTorch's first format (before 1.6, not a zip archive).

    Args:
        path: The `.pth` file.

    Returns:
        Arrays by name, in the file's order.

    Raises:
        ValueError: If it is another kind of file, or holds something else than tensors.
    """
    with open(path, "rb") as file:
        try:
            if _Tensors(file).load() != MAGIC:
                raise ValueError("it does not begin as such a file does")
            _Tensors(file).load()  # version
            _Tensors(file).load()  # byte order and sizes of C types
            views = _Tensors(file).load()
            storages = _storages(file, _Tensors(file).load(), views)
            return {
                name: _array(storages[view.key], view)
                for name, view in views.items()
                if isinstance(view, _View)
            }
        except (pickle.UnpicklingError, EOFError, ValueError, AttributeError, KeyError) as error:
            raise ValueError(
                "Expected a PyTorch weight file of the format before 1.6, holding tensors alone. "
                f"Received: {os.fspath(path)!r} ({error})."
            ) from error


class _View(collections.namedtuple("_View", ["kind", "key", "size", "offset", "shape", "strides"])):
    """Where a tensor lies in which storage."""


class _Tensors(pickle.Unpickler):
    """Makes views of storages; refuses every other class, so that a file cannot run code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *rest: _View(
                *storage, offset, shape, strides
            )
        if module == "torch" and name in DTYPES:
            return name
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is no tensor")

    def persistent_load(self, pid: Any) -> tuple:
        _, kind, key, _, size, _ = pid
        return kind, key, size


def _storages(file: BinaryIO, keys: list[str], views: dict) -> dict[str, np.ndarray]:
    kinds = {v.key: (v.kind, v.size) for v in views.values() if isinstance(v, _View)}
    found = {}
    for key in keys:
        kind, size = kinds[key]
        stored = int(np.frombuffer(file.read(8), "<i8")[0])
        if stored != size:
            raise ValueError(f"storage {key} holds {stored} numbers instead of {size}")
        dtype = np.dtype(DTYPES[kind])
        found[key] = np.frombuffer(file.read(size * dtype.itemsize), dtype)
    return found


def _array(storage: np.ndarray, view: _View) -> np.ndarray:
    last = view.offset + sum((n - 1) * s for n, s in zip(view.shape, view.strides, strict=True))
    if view.offset < 0 or min(view.strides, default=0) < 0 or last >= len(storage):
        raise ValueError("a tensor reaches beyond its storage")
    strides = tuple(s * storage.itemsize for s in view.strides)
    return np.lib.stride_tricks.as_strided(storage[view.offset :], view.shape, strides).copy()

"""Arrays of an `.npz` file, or one sentence on what is wrong with it."""

from __future__ import annotations

import os
import zipfile
import zlib

import numpy as np

# What NumPy and its archive raise for a file that is missing, cut short, altered, or something else.
DAMAGES = (
    OSError,
    ValueError,
    EOFError,
    NotImplementedError,  # what `zipfile` raises for a compression it does not know: an altered byte may say so
    zipfile.BadZipFile,
    zlib.error,
)


def read_arrays(path: str | os.PathLike, expected: str) -> dict[str, np.ndarray]:
    """All arrays of the file by name.

    Args:
        path: The file.
        expected: What it should be, as the sentence that begins the error.

    Raises:
        ValueError: If the file is not there, is no such archive, or is damaged.
    """
    try:
        # Opened here: NumPy leaves a broken archive open.
        with open(path, "rb") as handle:
            file = np.load(handle, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("one array, no archive of them")
            with file:
                return {name: file[name] for name in file.files}
    except DAMAGES as error:
        missing = isinstance(error, FileNotFoundError | IsADirectoryError)
        hint = "" if missing else " If it was one, it is damaged: copy it again, or write it anew."
        raise ValueError(
            f"{expected}{hint} Received: {os.fspath(path)!r} ({type(error).__name__}: {error})."
        ) from error

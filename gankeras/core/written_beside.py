"""A file that is there stays whole until the new one is."""

import contextlib
import os
import pathlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def written_beside(path: Any) -> Iterator[Any]:
    """Where to write what is to stand at `path`: next to it, and renamed at the end.

    A path that is not on this machine's disk (`gs://...`), or no file name, is handed back as it is.

    Args:
        path: Of the file.

    Raises:
        FileNotFoundError: Where its folder is not there.
    """
    local = isinstance(path, str | os.PathLike) and "://" not in os.fspath(path)
    if not local or pathlib.Path(path).is_dir():
        yield path
        return
    target = pathlib.Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"The folder to write into does not exist: make it first. Received: {os.fspath(path)!r}."
        )
    # The ending says what kind of file it is.
    beside = target.with_name(f"new-{os.getpid()}-{target.name}")
    try:
        yield beside
        if beside.exists():
            os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)

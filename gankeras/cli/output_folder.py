"""A folder of results that is there whole or not at all."""

import contextlib
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def output_folder(path: pathlib.Path, mark: str, option: str = "--out") -> Iterator[pathlib.Path]:
    """Gives a folder to write in, and puts it in the place of `path` once the block ends well.

    An earlier run's folder is replaced; anything else that stands there is left alone. If the block
    raises, nothing is left behind and the earlier folder stays as it was.

    Args:
        path: Where the results shall stand.
        mark: A file that every finished run has: it tells an earlier run from other folders.
        option: The flag that chooses the folder, for the error.

    Raises:
        ValueError: If a file, or a folder that is no earlier run, stands at `path`.
    """
    target = pathlib.Path(path).resolve()
    is_free = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if not is_free and not (target / mark).is_file():
        raise ValueError(
            f"The folder for the results holds something else (no {mark} in it), and it is not "
            f"written over. Choose another with {option}. Received: {path}."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = pathlib.Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        work = beside / "new"
        work.mkdir()
        yield work
        if target.exists():
            os.rename(target, beside / "old")
        os.rename(work, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)

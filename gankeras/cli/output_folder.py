"""A folder of results that is there whole or not at all."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator

import rich.console

# What systems put into folders by themselves.
LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")


@dataclasses.dataclass(frozen=True)
class Results:
    """What a command writes into its folder, by which an earlier run is told from anything else.

    Args:
        mark: A file that every finished run has.
        is_ours: Whether this command (or its like) wrote the mark, by its text.
        files: Regular expressions of the paths, from the folder, of all files that a run may hold.
        option: The flag that chooses the folder, for errors.
    """

    mark: str
    is_ours: Callable[[str], bool]
    files: tuple[str, ...]
    option: str = "--out"

    def foreign(self, folder: pathlib.Path) -> str | None:
        """What shows that no earlier run wrote the folder, in words; None if one did."""
        try:
            text = (folder / self.mark).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return f"no {self.mark} in it"
        if not self.is_ours(text):
            return f"its {self.mark} was written by something else"
        wanted = [*self.files, re.escape(self.mark)]
        for place, folders, names in os.walk(folder):
            # A link to a folder is not entered, and no command makes one.
            links = [name for name in folders if (pathlib.Path(place) / name).is_symlink()]
            for name in sorted([*names, *links]):
                path = (pathlib.Path(place) / name).relative_to(folder).as_posix()
                if name not in LITTER and not any(re.fullmatch(form, path) for form in wanted):
                    return f"{path} in it is of another origin"
        return None


def json_with(*keys: str) -> Callable[[str], bool]:
    """Tells whether a text is a JSON object with these keys.

    Example:
        >>> (
        ...     json_with("kind")('{"kind": "uplift"}'),
        ...     json_with("kind")('{"tests": 3}'),
        ...     json_with("kind")("first"),
        ... )
        (True, False, False)
    """

    def has_keys(text: str) -> bool:
        try:
            found = json.loads(text)
        except ValueError:
            return False
        return isinstance(found, dict) and set(keys) <= set(found)

    return has_keys


is_report = json_with("schema_version", "kind", "headline", "results")


def check_folder(path: pathlib.Path, results: Results) -> pathlib.Path:
    """Whether the results may stand at `path`; to be asked before anything is read.

    Returns:
        The path without links.

    Raises:
        ValueError: If a file, or a folder that is no earlier run, stands there, or one works in it.
    """
    target = pathlib.Path(path).resolve()
    here = pathlib.Path.cwd().resolve()
    if target == here or target in here.parents:
        raise ValueError(
            "The folder for the results takes the place of what stood there, and this is the folder that you work in, "
            f"or one above it. Choose another with {results.option}. Received: {path}."
        )
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return target
    found = results.foreign(target) if target.is_dir() else "it is a file"
    if found is not None:
        raise ValueError(
            f"The folder for the results holds something else ({found}), and it is not "
            f"written over. Choose another with {results.option}. Received: {path}."
        )
    return target


@contextlib.contextmanager
def output_folder(path: pathlib.Path, results: Results) -> Iterator[pathlib.Path]:
    """Gives a folder to write in, and puts it in the place of `path` once the block ends well.

    An earlier run's folder is replaced; anything else that stands there is left alone. If the block
    raises, nothing is left behind and the earlier folder stays as it was.

    Args:
        path: Where the results shall stand.
        results: What the command writes there.

    Raises:
        ValueError: As `check_folder`.
    """
    target = check_folder(path, results)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = pathlib.Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        work = beside / "new"
        work.mkdir()
        yield work
        _put(work, target, beside / "old")
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put(work: pathlib.Path, target: pathlib.Path, old: pathlib.Path) -> None:
    replaces = target.exists()
    if replaces:
        os.rename(target, old)
    try:
        os.rename(work, target)
    except BaseException:
        if replaces:
            os.rename(old, target)
        raise
    if replaces and any(old.iterdir()):
        told = f"Replaced: the results of an earlier run in {target}"
        rich.console.Console().print(told, markup=False, highlight=False, soft_wrap=True)

"""`gankeras export`: a run as a versioned SavedModel."""

import pathlib

import rich.console
import tensorflow as tf

from gankeras.cli.run_folder import load_source
from gankeras.serving import export


def run(path: pathlib.Path, out: pathlib.Path, description: str | None) -> None:
    """Writes `out/<version>/` with a card.

    Args:
        path: A run, a `.keras` file or a SavedModel.
        out: Folder of all versions; the next free one is taken.
        description: For the card.

    Raises:
        ValueError: For a path that holds no source, or a place that is no folder of versions.
    """
    console = rich.console.Console()
    tf.get_logger().setLevel("ERROR")
    with console.status("exporting"):
        folder = export(
            load_source(path), out, card={"description": description} if description else None
        )
    console.print(f"Written: {folder}", markup=False, highlight=False, soft_wrap=True)

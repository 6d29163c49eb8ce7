"""Picture files as arrays."""

import os
import pathlib
from typing import Any

import numpy as np

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")


def read_pictures(files: list[pathlib.Path]) -> np.ndarray:
    """Pictures `(n, height, width)` or `(n, height, width, 3)`; what is transparent in them stands on white.

    Raises:
        ValueError: If one cannot be read, or they differ in size, channels or depth.
    """
    arrays = [_read_file(file) for file in files]
    first = arrays[0]
    for file, array in zip(files, arrays, strict=True):
        if (array.shape, array.dtype) != (first.shape, first.dtype):
            raise ValueError(
                "All pictures must have one size, one number of channels and one depth; convert them first. "
                f"Received: {files[0].name} of {first.shape} {first.dtype} and {file.name} of {array.shape} {array.dtype}."
            )
    return np.stack(arrays)


def _read_file(file: pathlib.Path) -> np.ndarray:
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as picture:
            # Cameras note which side is up and turn nothing.
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I;16"):
                return np.asarray(upright).astype(np.uint16)
            if upright.mode in ("I", "F"):
                raise ValueError("32 bits a pixel; 8 or 16 can be read")
            if upright.has_transparency_data:
                upright = _on_white(upright)
            # Palettes become plain colours; grey stays grey.
            return np.asarray(upright if upright.mode in ("L", "RGB") else upright.convert("RGB"))
    # Pillow's decoders say in many ways that a file is broken.
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"A picture cannot be read. Expected a whole file of one of the kinds {', '.join(PICTURES)}; repair it, or "
            "take it out of the folder. "
            f"Received: {os.fspath(file)!r} of {file.stat().st_size} bytes ({error})."
        ) from error


def _on_white(picture: Any) -> Any:
    """A picture as viewers show it: what lies below its transparent parts is arbitrary, and often black as the drawing."""
    from PIL import Image

    layer = picture.convert("RGBA")
    page = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(page, layer).convert("L" if picture.mode == "L" else "RGB")

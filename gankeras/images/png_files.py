"""Synthetic images as PNG files that say so themselves."""

import html
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gankeras.images.pictures import shades

# IPTC's word for what a trained model made; C2PA and image search engines read it too.
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 Iptc4xmpExt:DigitalSourceType="{source_type}"><dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">{description}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def write_pngs(
    images: np.ndarray,
    folder: str | os.PathLike,
    names: Sequence[str],
    facts: Sequence[Mapping[str, str]],
) -> Iterator[pathlib.Path]:
    """Writes one PNG an image, each marked as synthetic: XMP's DigitalSourceType, and plain text chunks.

    Args:
        images: uint8, uint16, float in [0, 1], bool or whole numbers from 0 to 255, `(n, height, width, channels)` with 1
            or 3 channels; uint16 in grey alone.
        folder: Where to; it is made where it is missing.
        names: File names without their ending; they may begin with subfolders.
        facts: What else each file says, as text by keyword (`Seed`, `Label` ...).

    Yields:
        The path of each file as it is written.

    Raises:
        ValueError: For images that PNG cannot hold.

    Example:
        >>> images = np.zeros((2, 4, 4, 1), "uint8")
        >>> [p.name for p in gankeras.images.write_pngs(images, "out", ["a", "b"], [{}, {}])]
        ['a.png', 'b.png']
    """
    from PIL import Image, PngImagePlugin

    images = shades(np.asarray(images))
    if images.dtype.kind == "f":
        images = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    channels = images.shape[-1] if images.ndim == 4 else 0
    if channels not in (1, 3) or (images.dtype == np.uint16 and channels == 3):
        raise ValueError(
            "PNG files hold 1 or 3 channels of 8 bits, or 1 of 16; write an .npz file instead. "
            f"Received: images of shape {images.shape} and dtype {images.dtype}."
        )
    for image, name, more in zip(images, names, facts, strict=True):
        path = pathlib.Path(folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        info = PngImagePlugin.PngInfo()
        lines = {"Synthetic": "true", **more}
        for key, value in lines.items():
            info.add_text(key, str(value))
        description = ", ".join(f"{key}: {value}" for key, value in lines.items())
        info.add_itxt(
            "XML:com.adobe.xmp",
            _XMP.format(source_type=SOURCE_TYPE, description=html.escape(description)),
        )
        Image.fromarray(image[..., 0] if channels == 1 else image).save(path, pnginfo=info)
        yield path

"""GAN or Synthesizer -> versioned SavedModel with named signatures and a card."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gankeras.core.adversarial_model import AdversarialModel
from gankeras.core.synthesizer import GeneratorSynthesizer, Synthesizer
from gankeras.serving.card import (
    build_card,
    check_extra,
    extra_of,
    facts_of,
    to_json,
    to_markdown,
)
from gankeras.serving.load import LoadedSynthesizer, version_numbers, write_codec
from gankeras.serving.signatures import describe, endpoints, write_saved_model

# What people put beside versions.
BESIDE = ("README.md", "LICENSE", "models.config")


def export(
    source: Any,
    path: str | os.PathLike,
    version: int | None = None,
    card: Mapping[str, Any] | None = None,
) -> str:
    """Writes a generator as a SavedModel that TensorFlow alone can run, with a card beside it.

    The folder is `<path>/<version>/`, as TensorFlow Serving wants it, with `saved_model.pb`,
    `card.json` and `card.md` inside. It is written beside its place and renamed, so a version is
    there whole or not at all, and none is ever written over. Its signatures are

    - `serving_default(latents, labels)`: latents to samples, one row each;
    - `generate(num, seed)`: `num` samples from one seed, in the classes' training proportions;
    - `generate_labels(labels, seed)`: one sample a row, of that row's class and seed;
    - `generate_conditions(codes, numbers, seed)`: of tables, one row a seed, under conditions on any
      columns as their codec encodes them (`gankeras.load` does that).

    A generator without classes has no `labels` input and no `generate_labels`. All outputs are raw
    data: uint8 images, say, named `samples`, or the columns of a table by their names. Randomness
    comes from the seeds given and nothing else, so all servers agree, and a row does not depend on
    the batch around it.

    Args:
        source: A trained GAN, or a Synthesizer made from one.
        path: The folder of all versions of this model, such as `saved_models/fashion_dcgan`.
        version: A whole number of at least 1; the next free one by default.
        card: What to add to the card: `name` (a string; the folder's by default), `description` (a
            string), `figures` (a dict of numbers) and `limits` (a list of sentences).

    Returns:
        The path of the version's folder.

    Raises:
        ValueError: If the source is not trained or cannot be exported, if the path is no place for
            versions, if the version exists, or if the card holds what JSON cannot.

    Example:
        >>> gan = gankeras.testing.toy_gan(trained_steps=1)
        >>> folder = gankeras.export(gan, "saved_models/toy", card={"figures": {"uplift": 1.2}})
        >>> gankeras.load(folder).card["version"]
        1
    """
    base = _check_path(path)
    version = _check_version(base, version)
    extra = check_extra(card)
    exportable = _exportable(source)
    with _beside(base) as folder:
        exportable.write(folder)
        facts = build_card(exportable.facts, {**exportable.extra, **extra})
        facts["signatures"] = exportable.signatures
        return str(_publish(folder, base, version, facts))


@dataclasses.dataclass(frozen=True)
class _Exportable:
    """A source brought to what an export needs: how to write it, and what to say about it."""

    write: Callable[[pathlib.Path], None]
    signatures: dict[str, Any]
    facts: dict[str, Any]
    extra: dict[str, Any]


def _exportable(source: Any) -> _Exportable:
    if isinstance(source, LoadedSynthesizer):
        card = source.card
        return _Exportable(source.save, card["signatures"], card, extra_of(card))
    if isinstance(source, AdversarialModel):
        source = Synthesizer.from_gan(source)
    if not isinstance(source, GeneratorSynthesizer):
        hint = (
            "It has no network to export: give the GAN itself, or what `Synthesizer.from_gan(gan)` "
            "returned, not frozen"
            if isinstance(source, Synthesizer)
            else "Give a GAN, or a Synthesizer made from one"
        )
        raise ValueError(f"This cannot be exported. {hint}. Received: {source!r}.")
    gan = source.gan
    if source.step == 0:
        raise ValueError(
            "The GAN is not trained, so its samples would be noise. Call `gan.fit(...)` or load a "
            f"trained one before `export`. Received: {type(gan).__name__} {gan.name!r} at step 0."
        )
    found = endpoints(gan, source)
    layers = [gan.ema_generator, gan.codec]

    def write(folder: pathlib.Path) -> None:
        write_saved_model(folder, found, layers)
        write_codec(folder, source.codec)

    return _Exportable(
        write,
        describe(found, source.element_spec),
        facts_of(gan, source),
        {},
    )


def _publish(
    folder: pathlib.Path, base: pathlib.Path, version: int | None, card: dict[str, Any]
) -> pathlib.Path:
    """Adds the cards and renames the folder to its version."""
    while True:
        number = version or next_version(base)
        numbered = {"name": base.name, "version": number, **card}
        (folder / "card.json").write_text(to_json(numbered), encoding="utf-8")
        (folder / "card.md").write_text(to_markdown(numbered), encoding="utf-8")
        target = base / str(number)
        try:
            # Renaming onto a folder that holds something fails: no two exports share a version.
            folder.rename(target)
        except OSError:
            if version is not None or not target.exists():
                raise
            continue  # another process took the number meanwhile
        return target


def next_version(base: pathlib.Path) -> int:
    """The number after the newest version under `base`, 1 where there is none."""
    return max(version_numbers(base), default=0) + 1


def _check_path(path: str | os.PathLike) -> pathlib.Path:
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ValueError(
            "`path` must be the folder that will hold the versions, such as "
            f"'saved_models/my_gan'. Received: {path!r}."
        )
    if "://" in os.fspath(path):
        raise ValueError(
            "`export` writes to local folders, where renaming is atomic. Export to one and copy "
            f"the version folder, for example with `gsutil cp -r`. Received: {str(path)!r}."
        )
    base = pathlib.Path(path).resolve()
    for part in (base, *base.parents):
        if part.exists() and not part.is_dir():
            raise ValueError(
                "A file stands where `export` would make a folder. Choose another path, or move "
                f"the file away. Received: {str(path)!r}, where {str(part)!r} is a file."
            )
    if (base / "saved_model.pb").exists():
        raise ValueError(
            "This is the folder of one SavedModel; versions go side by side in the folder above. "
            f"Pass {str(base.parent)!r}. Received: {str(path)!r}."
        )
    others = _others(base)
    if others:
        raise ValueError(
            "The folder holds something else and no version of a model. Choose an empty folder, or one that is not there "
            f"yet. Received: {str(path)!r}, which holds {others[:5]}."
        )
    return base


def _others(base: pathlib.Path) -> list[str]:
    """What else than versions stands in a folder that has none."""
    if any((base / str(n) / "saved_model.pb").exists() for n in version_numbers(base)):
        return []
    entries = base.iterdir() if base.is_dir() else ()
    return sorted(e.name for e in entries if not e.name.startswith(".") and e.name not in BESIDE)


def _check_version(base: pathlib.Path, version: int | None) -> int | None:
    if version is None:
        return None
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(
            "`version` must be a whole number of at least 1, or None for the next free one. "
            f"Received: {version!r}."
        )
    if (base / str(version)).exists():
        raise ValueError(
            "A version is never written over: servers may be reading it. Leave `version` out (the "
            f"next free one is {next_version(base)}), or delete the folder yourself. Received: "
            f"version={version}, and {str(base / str(version))!r} exists."
        )
    return version


@contextlib.contextmanager
def _beside(base: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder to write in, on the same disk as `base`; what is left of it at the end goes away.

    Servers read numbered folders alone, so they never look into this one.
    """
    made = [folder for folder in (base, *base.parents) if not folder.exists()]
    base.mkdir(parents=True, exist_ok=True)
    folder = base / f".export-{uuid.uuid4().hex[:12]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for parent in made:
            # Only those that this call made and that are still empty: a failure leaves nothing.
            with contextlib.suppress(OSError):
                parent.rmdir()

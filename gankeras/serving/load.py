"""SavedModel -> Synthesizer."""

import json
import os
import pathlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras import random
from gankeras.core.synthesizer import LATENTS, Synthesizer
from gankeras.serving.card import SCHEMA_VERSION, spec_from_json
from gankeras.serving.card_checks import check_card, check_outputs
from gankeras.serving.signatures import FOLLOWED

_HOW = "`gankeras.export(gan, path)` writes one."
_NEEDED = {"synthetic", "generator", "data", "element_spec", "signatures"}


def load(path: str | os.PathLike) -> Synthesizer:
    """Loads what `gankeras.export` wrote.

    Args:
        path: `<name>`, whose newest version is taken, or one version, `<name>/<version>`.

    Returns:
        A `Synthesizer` equal to the one that was exported, byte for byte; `card` holds its
        `card.json`.

    Raises:
        ValueError: If nothing is there, or something that `gankeras.export` did not write, or that
            a newer release wrote, or a card that is damaged or does not belong to the model.

    Example:
        >>> gan = gankeras.testing.toy_gan(trained_steps=1)
        >>> folder = gankeras.export(gan, "saved_models/toy")
        >>> gankeras.load("saved_models/toy").sample(3, labels=1).shape
        (3, 2)
    """
    folder = _version_folder(path)
    card = _read_card(folder)
    try:
        saved = tf.saved_model.load(str(folder))
    except Exception as error:
        raise ValueError(
            f"TensorFlow {tf.__version__} cannot read this SavedModel; the copy may be incomplete. "
            f"Copy the whole version folder again, or export anew. Received: {str(folder)!r}, "
            f"which failed with {type(error).__name__}: {_first_line(error)}"
        ) from error
    used = "generate_labels" if card["data"]["num_classes"] is not None else "serving_default"
    missing = sorted({*card["signatures"], used} - set(saved.signatures))
    if missing:
        raise ValueError(
            f"The SavedModel lacks signatures that its card.json names: {missing}. The files of two "
            f"exports may have been mixed; export anew. Received: {str(folder)!r}, with the "
            f"signatures {sorted(saved.signatures)}."
        )
    check_outputs(saved, card, folder / "card.json")
    return LoadedSynthesizer(saved, card, _read_codec(folder))


class LoadedSynthesizer(Synthesizer):
    """A Synthesizer that draws through the signatures of a SavedModel. Made by `load`.

    Args:
        saved: What `tf.saved_model.load` returned.
        card: The contents of its `card.json`.
        codec: Of a table, its codec.
    """

    def __init__(self, saved: Any, card: dict[str, Any], codec: Any = None):
        data = card["data"]
        names, counts = data["class_names"], data["class_counts"]
        super().__init__(
            element_spec=spec_from_json(card["element_spec"]),
            num_classes=data["num_classes"],
            class_names=None if names is None else tuple(names),
            class_counts=None if counts is None else np.asarray(counts, np.int64),
            step=card["generator"]["step"],
            card=card,
            codec=codec,
        )
        # A signature alone would not keep its variables alive.
        self._saved = saved
        _, inputs = saved.signatures["serving_default"].structured_input_signature
        self._latent_shape = tuple(inputs["latents"].shape[1:])

    def draw(
        self, seeds: tf.Tensor, labels: tf.Tensor | None = None, conditions: dict | None = None
    ) -> Any:
        if self.codec is not None:
            return self.draw_followed(seeds, labels, conditions)[0]
        given = dict(conditions or {})
        labels = given.pop("labels", labels)
        if given:
            raise ValueError(
                "A loaded model takes labels alone; draw more and keep those that fit. "
                f"Received: conditions {sorted(given)}."
            )
        seeds = tf.cast(seeds, tf.int64)
        if self.num_classes is None:
            latents = random.normal_rows(seeds, self._latent_shape, LATENTS)
            outputs = self._saved.signatures["serving_default"](latents=latents)
        else:
            labels = tf.cast(self.draw_labels(seeds) if labels is None else labels, tf.int32)
            outputs = self._saved.signatures["generate_labels"](labels=labels, seed=seeds)
        return self._shaped(outputs["samples"], seeds)

    def draw_followed(
        self, seeds: tf.Tensor, labels: tf.Tensor | None, conditions: dict | None
    ) -> tuple[Any, dict[str, tf.Tensor]]:
        if self.codec is None:
            return super().draw_followed(seeds, labels, conditions)
        seeds = tf.cast(seeds, tf.int64)
        if labels is None and self.num_classes is not None and not conditions:
            labels = self.draw_labels(seeds)
        given = self.codec.network_conditions(seeds, labels, dict(conditions or {}))
        outputs = self._saved.signatures["generate_conditions"](
            codes=given["codes"], numbers=given["numbers"], seed=seeds
        )
        raw = self._shaped({name: outputs[name] for name in self.element_spec}, seeds)
        return raw, {name: outputs[FOLLOWED + name] for name in self.element_spec}

    def _shaped(self, raw: Any, seeds: tf.Tensor) -> Any:
        # The control edge lets `freeze` inline the call; tf.data counts a call as state.
        with tf.control_dependencies(tf.nest.flatten(raw)):
            return tf.nest.map_structure(
                lambda tensor, spec: tf.ensure_shape(tensor, (seeds.shape[0], *spec.shape)),
                raw,
                self.element_spec,
            )

    def save(self, folder: pathlib.Path) -> None:
        """Writes the same SavedModel again: for a further version with more on its card."""
        tf.saved_model.save(self._saved, str(folder), signatures=dict(self._saved.signatures))
        write_codec(folder, self.codec)


def write_codec(folder: pathlib.Path, codec: Any) -> None:
    """Writes the codec of a table beside its SavedModel: names of columns, kinds and categories, and no row."""
    if codec is not None:
        text = json.dumps(keras.saving.serialize_keras_object(codec), indent=1)
        (folder / "codec.json").write_text(text, encoding="utf-8")


def _read_codec(folder: pathlib.Path) -> Any:
    file = folder / "codec.json"
    if not file.exists():
        return None
    try:
        return keras.saving.deserialize_keras_object(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            "The codec.json of this SavedModel cannot be read; the copy may be incomplete. Copy the whole version "
            f"folder again, or export anew. Received: {str(file)!r}: {_first_line(error)}"
        ) from error


def _version_folder(path: str | os.PathLike) -> pathlib.Path:
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ValueError(f"Expected the folder of a SavedModel. {_HOW} Received: {path!r}.")
    folder = pathlib.Path(path)
    if folder.is_file():
        hint = (
            "A .keras file is loaded by `keras.models.load_model(path)`."
            if folder.suffix == ".keras"
            else "Give the folder `<name>` or `<name>/<version>`."
        )
        raise ValueError(
            f"Expected the folder of a SavedModel and found a file. {hint} Received: {str(path)!r}."
        )
    if not folder.exists():
        raise ValueError(
            f"There is no SavedModel at this path. {_HOW} Received: {str(path)!r}, which does not "
            f"exist{_nearest(folder)}."
        )
    if (folder / "saved_model.pb").exists():
        return folder
    versions = version_numbers(folder)
    for version in reversed(versions):
        if (folder / str(version) / "saved_model.pb").exists():
            return folder / str(version)
    held = sorted(entry.name for entry in folder.iterdir())[:5]
    raise ValueError(
        f"This folder holds no SavedModel: neither saved_model.pb nor <version>/saved_model.pb. "
        f"{_HOW} Received: {str(path)!r}, which holds {held or 'nothing'}."
    )


def version_numbers(folder: pathlib.Path) -> list[int]:
    """The versions under an export's folder, ascending; other names do not count."""
    if not folder.is_dir():
        return []
    names = (entry.name for entry in folder.iterdir() if entry.is_dir())
    numbers = (name for name in names if name.isascii() and name.isdigit())
    # "007" is not one of ours: the path made from its number would not exist.
    return sorted(int(name) for name in numbers if str(int(name)) == name)


def _nearest(folder: pathlib.Path) -> str:
    """What stands beside a folder that is not there."""
    if not folder.parent.is_dir():
        return ""
    beside = sorted(entry.name for entry in folder.parent.iterdir() if entry.is_dir())[:5]
    return f"; beside it are {beside}" if beside else ""


def _read_card(folder: pathlib.Path) -> dict[str, Any]:
    file = folder / "card.json"
    if not file.exists():
        raise ValueError(
            "This is a SavedModel, but not one that gankeras wrote: it has no card.json, so neither "
            f"its samples nor its classes are known. {_HOW} `tf.saved_model.load` reads it as it "
            f"is. Received: {str(folder)!r}."
        )
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            "The card.json of this SavedModel is not JSON; the copy may be incomplete. Copy the "
            f"whole version folder again, or export anew. Received: {str(file)!r}: {error}"
        ) from error
    schema = card.get("schema_version") if isinstance(card, dict) else None
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise ValueError(
            "The card.json of this SavedModel is not a card of gankeras: it has no schema_version. "
            f"{_HOW} Received: {str(file)!r}, with schema_version {schema!r}."
        )
    if schema > SCHEMA_VERSION:
        raise ValueError(
            f"A newer gankeras wrote this SavedModel: this one reads cards up to schema version "
            f"{SCHEMA_VERSION}. Upgrade with `pip install -U gankeras`, or export with this "
            f"release. Received: {str(file)!r}, with schema_version {schema}."
        )
    missing = sorted(_NEEDED - set(card))
    if missing:
        raise ValueError(
            f"The card.json of this SavedModel lacks fields that a card of schema version {schema} "
            f"has: {missing}. Was it edited? Export anew. Received: {str(file)!r}."
        )
    check_card(card, file)
    return card


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300]

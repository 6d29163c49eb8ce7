"""Does a card.json hold what `load` goes by? Cards are edited, cut short and mixed up."""

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from gankeras.serving.card import spec_from_json

_ABSENT = object()


def check_card(card: Mapping[str, Any], file: pathlib.Path) -> None:
    """Checks the fields that `load` goes by.

    Raises:
        ValueError: Naming the first field that is absent or wrong, and the file.
    """
    for path, words, is_right in _FIELDS:
        _check(card, file, path, words, is_right)
    classes = card["data"]["num_classes"]
    if classes is None:
        for path in ("data.class_names", "data.class_counts"):
            _check(card, file, path, "null where num_classes is null", lambda value: value is None)
        return
    names = f"null or a list of {classes} different texts, one a class"
    _check(card, file, "data.class_names", names, lambda value: _are_names(value, classes))
    counts = f"null or a list of {classes} whole numbers, one a class and not all 0"
    _check(card, file, "data.class_counts", counts, lambda value: _are_counts(value, classes))


def check_outputs(saved: Any, card: Mapping[str, Any], file: pathlib.Path) -> None:
    """Checks that a SavedModel's samples are what its card says.

    Raises:
        ValueError: With both.
    """
    spec = spec_from_json(card["element_spec"])
    wanted = spec if isinstance(spec, dict) else {"samples": spec}
    found = saved.signatures["serving_default"].structured_outputs
    for name, part in wanted.items():
        drawn = found.get(name)
        fits = drawn is not None and drawn.dtype == part.dtype
        if not fits or not drawn.shape[1:].is_compatible_with(part.shape):
            raise ValueError(
                "The card.json of this SavedModel says that its samples are other than they are. The files of two "
                "exports may have been mixed, or the card was edited: copy the whole version folder again, or export "
                f"anew. Received: {str(file)!r}, with {name!r} as {part.dtype.name} {part.shape}, where the model has "
                f"{'nothing' if drawn is None else f'{drawn.dtype.name} {drawn.shape[1:]}'}."
            )


def _check(
    card: Mapping[str, Any], file: pathlib.Path, path: str, words: str, is_right: Callable
) -> None:
    value = card
    for key in path.split("."):
        value = value.get(key, _ABSENT) if isinstance(value, Mapping) else _ABSENT
    if value is _ABSENT or not is_right(value):
        raise ValueError(
            f"The card.json of this SavedModel is damaged or was edited: `{path}` must be {words}. Copy the whole "
            f"version folder again, or export anew. Received: {str(file)!r}, "
            f"{'without it' if value is _ABSENT else f'with {value!r:.200}'}."
        )


def _is_whole(value: Any, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _are_names(value: Any, classes: int) -> bool:
    if value is None:
        return True
    texts = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return texts and len(value) == len(set(value)) == classes


def _are_counts(value: Any, classes: int) -> bool:
    if value is None:
        return True
    numbers = isinstance(value, list) and all(map(_is_whole, value))
    return numbers and len(value) == classes and sum(value) > 0


def _is_spec(value: Any) -> bool:
    try:
        spec = spec_from_json(value)
    except (TypeError, ValueError, KeyError, AttributeError):
        return False
    parts = spec.values() if isinstance(spec, dict) else [spec]
    return bool(parts) and all(isinstance(part, tf.TensorSpec) for part in parts)


_FIELDS = (
    ("synthetic", "true, as every sample of an export is", lambda value: value is True),
    ("generator.step", "a whole number of at least 0", _is_whole),
    (
        "data.num_classes",
        "null or a whole number of at least 1",
        lambda value: value is None or _is_whole(value, 1),
    ),
    ("element_spec", "a shape and a dtype, or columns of these", _is_spec),
    (
        "signatures",
        "a dict by name, with serving_default among them",
        lambda value: isinstance(value, dict) and isinstance(value.get("serving_default"), dict),
    ),
)

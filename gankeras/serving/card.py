"""What travels with an export: `card.json` for programs, `card.md` for people.

A card holds one digest of the training data as a whole and never a row, nor a hash of a row: that would tell anyone
who holds a record whether it was among the training data.
"""

import datetime
import hashlib
import json
import platform
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gankeras.version import __version__

SCHEMA_VERSION = 1

# What a caller may add; everything else is read off the source, so that a card cannot be talked into a claim.
CALLER_KEYS = ("name", "description", "figures", "limits")

_LIMITS = (
    "Every sample is synthetic: it is no observation and must not be used as evidence about any one person or thing.",
    "The samples can only be as varied as the training data; gaps and biases of the data remain, and may grow.",
    "Measure on real data alone: never put these samples into a validation or test set.",
)


def weight_digest(weights: list[Any]) -> str:
    """The SHA-256 of a network's weights: their order, shapes, dtypes and bytes, and not their names.

    Args:
        weights: NumPy arrays or variables, as `network.weights` lists them.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> gankeras.serving.weight_digest([np.zeros(2, "float32")])[:8]
        '24e76cee'
    """
    digest = hashlib.sha256()
    for weight in weights:
        array = np.asarray(keras.ops.convert_to_numpy(weight))
        digest.update(f"{array.dtype.name}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def facts_of(gan: Any, synthesizer: Any) -> dict[str, Any]:
    """What a card says about a GAN, read off the GAN itself."""
    counts, names = synthesizer.class_counts, synthesizer.class_names
    weights = gan.ema_generator.weights
    return {
        "generator": {
            "name": type(gan).__name__,
            "weight_digest": weight_digest(weights),
            "parameters": sum(int(np.prod(weight.shape)) for weight in weights),
            "step": int(gan.step),
        },
        "data": {
            "digest": gan.data_digest,
            "rows": None if gan.trained_rows is None else int(gan.trained_rows),
            "num_classes": synthesizer.num_classes,
            "class_counts": None if counts is None else [int(count) for count in counts],
            "class_names": None if names is None else [str(name) for name in names],
        },
        "element_spec": spec_to_json(synthesizer.element_spec),
        "seed": int(gan.seed),
    }


def build_card(facts: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The card of one export, but for what only its folder knows: version, signatures, and the name if nobody gave one.

    Args:
        facts: As `facts_of` returns them.
        extra: What the caller adds, as `check_extra` returns it.

    Returns:
        A dict of plain Python values, which JSON keeps as they are.
    """
    figures = extra.get("figures", {})
    return {
        "schema_version": SCHEMA_VERSION,
        "synthetic": True,
        **{key: extra[key] for key in ("name",) if key in extra},
        "description": extra.get("description", ""),
        **{key: facts[key] for key in ("generator", "data", "element_spec", "seed")},
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": {
            "gankeras": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "figures": figures,
        "privacy": _privacy(figures),
        "limits": [*_LIMITS, *extra.get("limits", [])],
    }


def extra_of(card: Mapping[str, Any]) -> dict[str, Any]:
    """What a caller had added to a card: the counterpart of `check_extra` for an export anew."""
    limits = [limit for limit in card["limits"] if limit not in _LIMITS]
    return {"description": card["description"], "figures": card["figures"], "limits": limits}


def check_extra(extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a caller adds to a card, as plain Python values; raises `ValueError` on anything else."""
    if extra is None:
        return {}
    if not isinstance(extra, Mapping) or not set(extra) <= set(CALLER_KEYS):
        got = sorted(map(str, extra)) if isinstance(extra, Mapping) else extra
        raise ValueError(
            f"`card` adds to a card and must be a dict with keys among {list(CALLER_KEYS)}; the other fields are read "
            f"off the model. Put your own numbers under 'figures'. Received: {got!r}."
        )
    extra = {key: _plain(value, f"card[{key!r}]") for key, value in extra.items()}
    for key, kind, words in (
        ("name", str, "a string"),
        ("description", str, "a string"),
        ("figures", dict, "a dict"),
        ("limits", list, "a list"),
    ):
        if key in extra and not isinstance(extra[key], kind):
            raise ValueError(f"`card[{key!r}]` must be {words}. Received: {extra[key]!r}.")
    if not all(isinstance(limit, str) for limit in extra.get("limits", [])):
        raise ValueError(
            f"`card['limits']` must be a list of sentences. Received: {extra['limits']!r}."
        )
    return extra


def _plain(value: Any, where: str) -> Any:
    """NumPy scalars and arrays become Python's; NaN and objects raise, since JSON has no word for them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        raise ValueError(
            f"A card holds finite numbers only, and `{where}` is not one. Pass None, or leave the figure out. "
            f"Received: {value!r}."
        )
    if value is not None and not isinstance(value, str | bool | int | float):
        raise ValueError(
            f"A card holds numbers, strings, lists and dicts, and `{where}` is none of them. Convert it first "
            f"(a Report has `to_dict()`). Received: {value!r} of type {type(value).__name__}."
        )
    return value


def _privacy(figures: Mapping[str, Any]) -> dict[str, Any]:
    measured = "memorisation" in figures
    memorisation = (
        "Copies of training rows were looked for: see 'memorisation' under the figures, which bounds what was looked "
        "for and nothing else."
        if measured
        else "Copies of training rows were not looked for, so memorisation is not excluded."
    )
    return {
        "differential_privacy": False,
        "memorisation_measured": measured,
        "statement": (
            "The generator was trained without differential privacy, and nobody's absence from the training data is "
            f"guaranteed. {memorisation} Whoever may not see the training data should not be handed this model "
            "unless that was decided by someone who answers for it."
        ),
    }


def spec_to_json(spec: Any) -> dict[str, Any]:
    """An element spec (a `tf.TensorSpec`, or a dict of them) as JSON."""
    if isinstance(spec, Mapping):
        return {"columns": {name: spec_to_json(part) for name, part in spec.items()}}
    return {
        "shape": [None if size is None else int(size) for size in spec.shape],
        "dtype": spec.dtype.name,
    }


def spec_from_json(value: Mapping[str, Any]) -> Any:
    """The element spec that `spec_to_json` wrote."""
    if "columns" in value:
        return {name: spec_from_json(part) for name, part in value["columns"].items()}
    return tf.TensorSpec(value["shape"], tf.as_dtype(value["dtype"]))


def to_json(card: Mapping[str, Any]) -> str:
    """The text of `card.json`."""
    return json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_markdown(card: Mapping[str, Any]) -> str:
    """The text of `card.md`: the same facts, for people."""
    lines = [f"# {card['name']}, version {card['version']}", ""]
    lines += ["**Everything this model puts out is synthetic.**", ""]
    lines += [card["description"], ""] if card["description"] else []
    lines += ["## Generator", "", *_generator_lines(card), ""]
    lines += ["## Training data", "", *_data_lines(card["data"]), ""]
    lines += ["## Signatures", "", *_signature_lines(card), ""]
    lines += ["## Figures", "", *(_figure_lines(card["figures"]) or ["None were given."]), ""]
    lines += ["## Privacy", "", card["privacy"]["statement"], ""]
    lines += ["## Limits", "", *[f"- {limit}" for limit in card["limits"]], ""]
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    lines += ["## Made", "", f"{card['created']} with {versions}."]
    return "\n".join(lines) + "\n"


def _generator_lines(card: Mapping[str, Any]) -> list[str]:
    generator = card["generator"]
    seed = "unknown" if card["seed"] is None else card["seed"]
    return [
        f"- {generator['name']}, {generator['parameters']:,} weights (the moving average), step {generator['step']:,}, "
        f"seed {seed}",
        f"- SHA-256 of the weights: `{generator['weight_digest']}`",
        f"- One sample: {_spec_words(card['element_spec'])}",
    ]


def _spec_words(spec: Mapping[str, Any]) -> str:
    if "columns" in spec:
        return "; ".join(f"`{name}` {_spec_words(part)}" for name, part in spec["columns"].items())
    return f"{spec['dtype']} {tuple(spec['shape'])}"


def _data_lines(data: Mapping[str, Any]) -> list[str]:
    rows = "unknown" if data["rows"] is None else f"{data['rows']:,}"
    digest = "unknown" if data["digest"] is None else f"`{data['digest']}`"
    lines = [f"- Rows: {rows}", f"- SHA-256 of the whole set: {digest}"]
    if data["num_classes"] is None:
        return [*lines, "- No classes"]
    names = data["class_names"] or [str(index) for index in range(data["num_classes"])]
    counts = data["class_counts"] or ["unknown"] * data["num_classes"]
    table = [
        f"| {index} | {name} | {count} |"
        for index, (name, count) in enumerate(zip(names, counts, strict=True))
    ]
    return [*lines, "", "| label | class | rows |", "| --- | --- | --- |", *table]


def _signature_lines(card: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, parts in card["signatures"].items():
        inputs = ", ".join(f"{key}: {_spec_words(spec)}" for key, spec in parts["inputs"].items())
        outputs = ", ".join(f"{key}: {_spec_words(spec)}" for key, spec in parts["outputs"].items())
        lines.append(f"- `{name}({inputs})` -> `{outputs}`")
    return [
        *lines,
        "",
        "Nothing here draws by chance: the same seeds give the same samples on every server, and a row depends on its "
        "own seed alone. Row i of `generate(num, seed)` has the row seed `(seed << 32) + i`.",
    ]


def _figure_lines(figures: Mapping[str, Any], indent: str = "") -> list[str]:
    lines = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}- {name}", *_figure_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}- {name}: {value}")
    return lines

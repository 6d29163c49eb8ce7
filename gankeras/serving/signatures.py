"""The named signatures of an export: pure functions of latents, labels, conditions and seeds."""

import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from gankeras import random
from gankeras.core import networks
from gankeras.serving.card import spec_to_json

# Before the name of a column: whether the generator followed the condition on it.
FOLLOWED = "followed/"


@dataclass(frozen=True)
class Endpoint:
    """One signature: a function of named tensors, and their specs in the order of its arguments."""

    function: Callable[..., dict[str, tf.Tensor]]
    inputs: tuple[tf.TensorSpec, ...]


def endpoints(gan: Any, synthesizer: Any) -> dict[str, Endpoint]:
    """The signatures of a GAN by name; `generate_labels` needs classes, `generate_conditions` columns.

    Args:
        gan: The GAN; its averaged generator and its codec are used.
        synthesizer: The live `Synthesizer` of the same GAN.
    """
    found = {
        "serving_default": _from_latents(gan),
        "generate": _from_one_seed(synthesizer),
    }
    if synthesizer.num_classes is not None:
        found["generate_labels"] = _from_labels(synthesizer)
    if synthesizer.codec is not None:
        found["generate_conditions"] = _from_conditions(synthesizer)
    return found


def write_saved_model(
    folder: pathlib.Path, found: Mapping[str, Endpoint], layers: list[keras.layers.Layer]
) -> None:
    """Writes the signatures and the variables behind them.

    `ExportArchive`, since what `tf.saved_model.save` makes of a Keras model loads in Python and
    fails in the C++ loader of TensorFlow Serving.

    Args:
        folder: Where `saved_model.pb` goes.
        found: The signatures by name.
        layers: Whatever owns the variables and tables that they use.
    """
    archive = keras.export.ExportArchive()
    for layer in layers:
        archive.track(layer)
    for name, endpoint in found.items():
        archive.add_endpoint(name, endpoint.function, input_signature=list(endpoint.inputs))
    archive.write_out(str(folder), verbose=False)


def describe(found: Mapping[str, Endpoint], element_spec: Any) -> dict[str, Any]:
    """The signatures as a card lists them: names, shapes and dtypes of inputs and outputs."""
    output = tf.nest.map_structure(lambda s: tf.TensorSpec((None, *s.shape), s.dtype), element_spec)
    outputs = output if isinstance(output, Mapping) else {"samples": output}
    followed = {FOLLOWED + name: tf.TensorSpec((None,), tf.bool) for name in outputs}
    return {
        name: {
            "inputs": {spec.name: spec_to_json(spec) for spec in endpoint.inputs},
            "outputs": {
                key: spec_to_json(spec)
                for key, spec in {
                    **outputs,
                    **(followed if name == "generate_conditions" else {}),
                }.items()
            },
        }
        for name, endpoint in found.items()
    }


def _from_latents(gan: Any) -> Endpoint:
    declared = networks.declared_inputs(gan.ema_generator)
    # Latents come first, then the conditions, whatever order the network declares.
    names = ["latents", *sorted(set(declared) - {"latents"})]
    dtypes = {name: "int32" if name == "labels" else declared[name].dtype for name in names}
    specs = [
        tf.TensorSpec((None, *declared[name].shape[1:]), dtypes[name], name=name) for name in names
    ]

    def serving_default(*values: tf.Tensor) -> dict[str, tf.Tensor]:
        inputs = dict(zip(names, values, strict=True))
        if "labels" in inputs:
            inputs["labels"] = _checked(inputs["labels"], gan.codec.num_classes, inputs["latents"])
        rows = tf.shape(inputs["latents"])[0]
        inputs = {name: _at_least_one(value) for name, value in inputs.items()}
        samples = networks.call(gan.ema_generator, inputs, training=False)["samples"]
        return _named(gan.codec.decode(samples), rows)

    return Endpoint(serving_default, tuple(specs))


def _from_one_seed(synthesizer: Any) -> Endpoint:
    def generate(num: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        num = _require(num, num >= 0, "`num` must be at least 0.", num)
        inside = (seed >= 0) & (seed < 2**31)
        seed = _require(seed, inside, "`seed` must be at least 0 and below 2**31.", seed)
        return _named(synthesizer.draw(_at_least_one(random.row_seeds(seed, num))), num)

    num = tf.TensorSpec((), tf.int32, name="num")
    return Endpoint(generate, (num, tf.TensorSpec((), tf.int64, name="seed")))


def _from_labels(synthesizer: Any) -> Endpoint:
    def generate_labels(labels: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        labels = _checked(labels, synthesizer.num_classes, rows=seed)
        drawn = synthesizer.draw(_at_least_one(seed), _at_least_one(labels))
        return _named(drawn, tf.shape(seed)[0])

    labels = tf.TensorSpec((None,), tf.int32, name="labels")
    return Endpoint(generate_labels, (labels, tf.TensorSpec((None,), tf.int64, name="seed")))


def _from_conditions(synthesizer: Any) -> Endpoint:
    width = len(synthesizer.element_spec)

    def generate_conditions(
        codes: tf.Tensor, numbers: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        rows = tf.shape(seed)[0]
        given = {"codes": _at_least_one(codes), "numbers": _at_least_one(numbers)}
        raw, followed = synthesizer.draw_followed(_at_least_one(seed), None, given)
        followed = {FOLLOWED + name: value for name, value in followed.items()}
        return _named({**raw, **followed}, rows)

    return Endpoint(
        generate_conditions,
        (
            tf.TensorSpec((None, width), tf.int32, name="codes"),
            tf.TensorSpec((None, width), tf.float64, name="numbers"),
            tf.TensorSpec((None,), tf.int64, name="seed"),
        ),
    )


def _at_least_one(rows: tf.Tensor) -> tf.Tensor:
    """`rows`, or one row of zeros where there is none.

    TensorFlow's fused convolution gives an empty batch the wrong shape or fails on it.
    """
    missing = tf.cast(tf.equal(tf.shape(rows)[0], 0), tf.int32)
    return tf.pad(rows, [[0, missing], *[[0, 0]] * (rows.shape.rank - 1)])


def _named(samples: Any, rows: tf.Tensor) -> dict[str, tf.Tensor]:
    """The first `rows` rows; tables come out column by column, everything else as `samples`."""
    samples = tf.nest.map_structure(lambda part: part[:rows], samples)
    return dict(samples) if isinstance(samples, Mapping) else {"samples": samples}


def _checked(labels: tf.Tensor, num_classes: int, rows: tf.Tensor) -> tf.Tensor:
    """Labels that are class ids, one to each of `rows`; anything else stops the request."""
    same = tf.shape(labels)[0] == tf.shape(rows)[0]
    text = "Every row needs a label and a seed (or latents) of its own, in equal number."
    labels = _require(labels, same, text, tf.shape(labels)[0], tf.shape(rows)[0])
    outside = (labels < 0) | (labels >= num_classes)
    # A number far outside the classes where there is one; an empty batch has none.
    worst = tf.reduce_max(tf.where(outside, labels, labels.dtype.min))
    text = f"`labels` must be class ids from 0 to {num_classes - 1}."
    return _require(labels, ~tf.reduce_any(outside), text, worst)


def _require(value: tf.Tensor, condition: tf.Tensor, text: str, *received: tf.Tensor) -> tf.Tensor:
    """`value`, once `condition` holds: tied to it, so that pruning the graph cannot drop the check."""
    check = tf.debugging.Assert(condition, [f"{text} Received:", *received])
    with tf.control_dependencies([check]):
        return tf.identity(value)

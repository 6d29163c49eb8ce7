"""Runs the signatures of SavedModels where gankeras cannot be imported; test_plain_tensorflow.py starts it.

Usage: plain_tensorflow.py FOLDER, with FOLDER/requests.json naming the models and FOLDER/*.npz their inputs.
"""

import json
import pathlib
import sys

# Importing a module that is None raises: nothing below can reach gankeras, even by a hook of TensorFlow's.
sys.modules["gankeras"] = None

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def run_in_session(model: str, requests: dict) -> dict:
    """The loader of TensorFlow Serving, from Python."""
    answers = {}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], model)
        for signature, inputs in requests.items():
            spec = meta.signature_def[signature]
            feed = {spec.inputs[name].name: value for name, value in inputs.items()}
            fetch = {name: tensor.name for name, tensor in spec.outputs.items()}
            answers[signature] = session.run(fetch, feed)
    return answers


def run_eagerly(model: str, requests: dict) -> dict:
    loaded = tf.saved_model.load(model)
    answers = {}
    for signature, inputs in requests.items():
        inputs = {name: tf.constant(value) for name, value in inputs.items()}
        outputs = loaded.signatures[signature](**inputs)
        answers[signature] = {name: value.numpy() for name, value in outputs.items()}
    return answers


def main(folder: pathlib.Path) -> None:
    try:
        import gankeras  # noqa: F401
    except ImportError:
        pass
    else:
        raise SystemExit("gankeras can be imported: this would prove nothing")
    for name, model in json.loads((folder / "requests.json").read_text()).items():
        stored = np.load(folder / f"{name}.npz")
        requests: dict = {}
        for key in stored.files:
            signature, argument = key.split("/")
            requests.setdefault(signature, {})[argument] = stored[key]
        for loader in (run_in_session, run_eagerly):
            answers = loader(model, requests)
            flat = {f"{s}/{k}": v for s, outputs in answers.items() for k, v in outputs.items()}
            np.savez(folder / f"{name}.{loader.__name__}.npz", **flat)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

"""The models that come with the project load, say that they are synthetic, and keep their classes apart."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import gankeras as gk

FOLDERS = sorted(
    path.parent.parent
    for path in (pathlib.Path(__file__).parent.parent / "saved_models").glob("*/1/card.json")
)


def test_there_is_one():
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_loads_and_draws_what_its_card_says(folder):
    card = json.loads((folder / "1" / "card.json").read_text(encoding="utf-8"))
    assert card["synthetic"] is True
    source = gk.load(folder)
    classes = np.arange(source.num_classes)
    drawn = source.sample(len(classes), labels=classes, seed=0)
    assert drawn.shape == (len(classes), *source.element_spec.shape)
    assert drawn.dtype == source.element_spec.dtype.as_numpy_dtype
    np.testing.assert_array_equal(drawn, source.sample(len(classes), labels=classes, seed=0))
    # The same latents under two labels: what differs is the class.
    assert len(np.unique(drawn.reshape(len(drawn), -1), axis=0)) == len(classes)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_loads_without_gankeras_in_a_session(folder):
    graph = tf.Graph()
    with graph.as_default(), tf.compat.v1.Session(graph=graph) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(folder / "1"))
        signature = loaded.signature_def["generate"]
        made = session.run(
            signature.outputs["samples"].name,
            {signature.inputs["num"].name: 3, signature.inputs["seed"].name: 1},
        )
    assert len(made) == 3

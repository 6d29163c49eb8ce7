import json
import re

import numpy as np
import pytest
import tensorflow as tf

import gankeras
from gankeras.serving import card as cards


@pytest.fixture(scope="module")
def gan():
    return gankeras.testing.toy_gan(num_classes=4, trained_steps=2, seed=5)


@pytest.fixture(scope="module")
def folder(gan, tmp_path_factory):
    extra = {
        "description": "Toy blobs.",
        "figures": {"uplift": {"mean": np.float32(0.5), "seeds": np.arange(2)}, "copies": None},
        "limits": ["Blobs only."],
    }
    return gankeras.export(gan, tmp_path_factory.mktemp("card") / "blobs", card=extra)


@pytest.fixture(scope="module")
def card(folder):
    with open(f"{folder}/card.json", encoding="utf-8") as file:
        return json.load(file)


def test_card_says_what_the_model_is(card, gan):
    assert card["schema_version"] == 1
    assert card["synthetic"] is True
    assert (card["name"], card["version"], card["seed"]) == ("blobs", 1, 5)
    assert card["generator"] == {
        "name": type(gan).__name__,
        "weight_digest": gankeras.serving.weight_digest(gan.ema_generator.weights),
        "parameters": gan.ema_generator.count_params(),
        "step": gan.step,
    }
    assert card["data"] == {
        "digest": gan.data_digest,
        "rows": gan.trained_rows,
        "num_classes": 4,
        "class_counts": gan.class_counts.tolist(),
        "class_names": None,
    }
    assert set(card["versions"]) == {"gankeras", "tensorflow", "keras", "numpy", "python"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", card["created"])
    assert sorted(card["signatures"]) == ["generate", "generate_labels", "serving_default"]


def test_caller_adds_figures_and_limits(card):
    assert card["figures"] == {"uplift": {"mean": 0.5, "seeds": [0, 1]}, "copies": None}
    assert card["description"] == "Toy blobs."
    assert card["limits"][-1] == "Blobs only."
    assert len(card["limits"]) > 1


def test_privacy_is_stated_and_not_claimed(folder, card):
    assert card["privacy"]["differential_privacy"] is False
    assert card["privacy"]["memorisation_measured"] is False
    assert "memorisation is not excluded" in card["privacy"]["statement"]
    for name in ("card.json", "card.md"):
        with open(f"{folder}/{name}", encoding="utf-8") as file:
            assert not re.search(r"\b(anonym\w*|private)\b", file.read(), re.IGNORECASE)


def test_measured_memorisation_changes_the_statement(gan, tmp_path):
    figures = {"memorisation": {"copies": 0, "looked_at": 1000}}
    folder = gankeras.export(gan, tmp_path / "m", card={"figures": figures})
    privacy = gankeras.load(folder).card["privacy"]
    assert privacy["memorisation_measured"] is True
    assert "not excluded" not in privacy["statement"]


def test_markdown_tells_people_the_same(folder, card):
    with open(f"{folder}/card.md", encoding="utf-8") as file:
        text = file.read()
    assert text.startswith("# blobs, version 1\n")
    for part in (card["generator"]["weight_digest"], card["data"]["digest"], "Toy blobs.", "Blobs"):
        assert part in text
    assert "| 3 | 3 |" in text
    assert "generate_labels(labels: int32 (None,), seed: int64 (None,))" in text
    assert "  - mean: 0.5" in text


def test_card_holds_digests_of_wholes_only(folder):
    # A hash of a row would tell anyone who holds that row whether it was in the training data.
    with open(f"{folder}/card.json", encoding="utf-8") as file:
        assert len(re.findall(r"[0-9a-f]{32,}", file.read())) == 2


def test_weight_digest_by_hand():
    import hashlib

    one, two = np.float32([1, 2]), np.int64(3)
    by_hand = hashlib.sha256(b"float32(2,)" + one.tobytes() + b"int64()" + two.tobytes())
    assert cards.weight_digest([one, two]) == by_hand.hexdigest()
    assert cards.weight_digest([two, one]) != by_hand.hexdigest()
    assert cards.weight_digest([one.reshape(2, 1), two]) != by_hand.hexdigest()


def test_weight_digest_follows_the_average_not_the_names(gan):
    before = cards.weight_digest(gan.ema_generator.weights)
    arrays = [w.numpy() for w in gan.ema_generator.weights]
    assert cards.weight_digest(arrays) == before
    arrays[0] = arrays[0] + np.float32(1e-3)
    assert cards.weight_digest(arrays) != before


@pytest.mark.parametrize(
    "spec",
    [
        tf.TensorSpec((28, 28, 1), tf.uint8),
        tf.TensorSpec((None, 3), tf.float32),
        {"age": tf.TensorSpec((), tf.int64), "sex": tf.TensorSpec((), tf.string)},
    ],
)
def test_element_specs_survive_json(spec):
    written = json.loads(json.dumps(cards.spec_to_json(spec)))
    assert cards.spec_from_json(written) == spec


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"synthetic": False}, r"\['name', 'description', 'figures', 'limits'\].*\['synthetic'\]"),
        ("figures", "must be a dict.*'figures'"),
        ({"figures": {"fid": float("nan")}}, r"card\['figures'\]\['fid'\].*nan"),
        ({"figures": {"report": object()}}, "to_dict.*object"),
        ({"figures": [1]}, r"must be a dict. Received: \[1\]"),
        ({"limits": "one"}, "must be a list. Received: 'one'"),
        ({"limits": [1]}, r"list of sentences. Received: \[1\]"),
        ({"description": 3}, "must be a string. Received: 3"),
    ],
)
def test_bad_additions_raise_before_anything_is_written(gan, tmp_path, extra, words):
    with pytest.raises(ValueError, match=words):
        gankeras.export(gan, tmp_path / "m", card=extra)
    assert not list(tmp_path.iterdir())

import numpy as np
import pytest
import tensorflow as tf

import gankeras

ROWS = 10


@pytest.fixture(scope="module")
def signatures(tmp_path_factory):
    """The image GAN's signatures as TensorFlow loads them."""
    gan = gankeras.testing.toy_image_gan(num_classes=3, trained_steps=2)
    saved = tf.saved_model.load(gankeras.export(gan, tmp_path_factory.mktemp("signatures") / "m"))
    # The signatures do not keep the variables alive; the object does.
    return dict(saved.signatures) | {"keep": saved}


def _by_label(signatures, labels, seeds):
    labels = tf.constant(labels, tf.int32)
    return signatures["generate_labels"](labels=labels, seed=tf.constant(seeds, tf.int64))[
        "samples"
    ].numpy()


def test_names_and_specs(signatures):
    names = {"serving_default", "generate", "generate_labels", "keep"}
    assert set(signatures) == names
    inputs = {
        name: {key: (spec.shape.rank, spec.dtype.name) for key, spec in arguments.items()}
        for name in sorted(names - {"keep"})
        for arguments in [signatures[name].structured_input_signature[1]]
    }
    assert inputs == {
        "generate": {"num": (0, "int32"), "seed": (0, "int64")},
        "generate_labels": {"labels": (1, "int32"), "seed": (1, "int64")},
        "serving_default": {"latents": (2, "float32"), "labels": (1, "int32")},
    }
    for name in names - {"keep"}:
        output = signatures[name].structured_outputs
        assert {k: (v.shape.as_list(), v.dtype) for k, v in output.items()} == {
            "samples": ([None, 8, 8, 1], tf.uint8)
        }


def test_a_row_depends_on_its_own_seed_alone(signatures):
    labels, seeds = np.arange(ROWS) % 3, np.arange(ROWS) * 10**12 + 5
    together = _by_label(signatures, labels, seeds)
    order = np.random.default_rng(0).permutation(ROWS)
    np.testing.assert_array_equal(
        _by_label(signatures, labels[order], seeds[order]), together[order]
    )
    for row in range(ROWS):
        alone = _by_label(signatures, labels[row : row + 1], seeds[row : row + 1])
        # Another batch size may round a float differently, which can cross one level of uint8.
        difference = alone[0].astype(int) - together[row].astype(int)
        assert np.abs(difference).max() <= 1
        assert np.mean(difference != 0) < 0.02


def test_seed_and_label_both_matter(signatures):
    base = _by_label(signatures, [0, 0, 1], [1, 2, 1])
    assert (base[0] != base[1]).any()
    assert (base[0] != base[2]).any()


def test_generate_is_the_same_for_any_num_and_call(signatures):
    def generate(num, seed):
        arguments = {"num": tf.constant(num), "seed": tf.constant(seed, tf.int64)}
        return signatures["generate"](**arguments)["samples"].numpy()

    eight = generate(8, 3)
    np.testing.assert_array_equal(generate(8, 3), eight)
    assert (generate(8, 4) != eight).any()
    assert np.abs(generate(5, 3).astype(int) - eight[:5]).max() <= 1


def test_no_rows_are_no_error(signatures):
    # TensorFlow's fused convolution alone would fail or give another shape.
    no_labels, no_seeds = tf.zeros((0,), tf.int32), tf.zeros((0,), tf.int64)
    width = signatures["serving_default"].structured_input_signature[1]["latents"].shape[1]
    answers = [
        signatures["generate"](num=tf.constant(0), seed=tf.constant(3, tf.int64)),
        signatures["generate_labels"](labels=no_labels, seed=no_seeds),
        signatures["serving_default"](latents=tf.zeros((0, width)), labels=no_labels),
    ]
    assert [answer["samples"].shape.as_list() for answer in answers] == [[0, 8, 8, 1]] * 3


def test_no_random_op_and_no_state(signatures):
    definition = signatures["generate_labels"].graph.as_graph_def()
    nodes = [*definition.node, *(n for f in definition.library.function for n in f.node_def)]
    stateful = {
        node.op
        for node in nodes
        if tf.raw_ops
        and node.op.lower().startswith(("random", "truncatednormal", "rng", "stateful"))
    } - {"StatefulPartitionedCall"}
    assert not stateful
    assert not {n.op for n in nodes} & {"AssignVariableOp", "PyFunc", "EagerPyFunc"}


@pytest.mark.parametrize("label", [-1, 3, 2**31 - 1])
@pytest.mark.parametrize("signature", ["generate_labels", "serving_default"])
def test_foreign_label_stops_the_request(signatures, signature, label):
    latents = signatures["serving_default"].structured_input_signature[1]["latents"].shape[1]
    rows = {
        "generate_labels": {"seed": tf.constant([1, 2], tf.int64)},
        "serving_default": {"latents": tf.zeros((2, latents))},
    }[signature]
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"from 0 to 2.*\[{label}\]"):
        signatures[signature](labels=tf.constant([0, label]), **rows)


def test_unequal_rows_stop_the_request(signatures):
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"equal number.*\[3\] \[2\]"):
        _by_label(signatures, [0, 1, 2], [1, 2])


@pytest.mark.parametrize(
    ("num", "seed", "words"),
    [(-1, 0, "`num`.*-1"), (2, -1, "`seed`.*-1"), (2, 2**31, "2147483648")],
)
def test_bad_num_and_seed_stop_the_request(signatures, num, seed, words):
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        signatures["generate"](num=tf.constant(num), seed=tf.constant(seed, tf.int64))

"""How fast each player learns, and that nothing in a step waits for Python."""

import keras
import numpy as np
import tensorflow as tf

import gankeras as gk
from gankeras.core.training_data import batches_ahead
from gankeras.testing.gan_contract import distance


def test_two_time_scales_and_a_cosine():
    steps = 4
    falling = keras.optimizers.schedules.CosineDecay(0.1, steps)
    gan = gk.testing.toy_gan(
        generator_optimizer=keras.optimizers.SGD(falling),
        discriminator_optimizer=keras.optimizers.SGD(0.4),
    )
    options = {"batch_size": 16, "steps_per_epoch": 2, "verbose": 0}
    gan.fit(*gk.testing.toy_data(64), **options)
    # Halfway down a cosine is half of it: 0.1 * (1 + cos(pi / 2)) / 2.
    np.testing.assert_allclose(float(gan.generator_optimizer.learning_rate), 0.05, rtol=1e-6)
    assert float(gan.discriminator_optimizer.learning_rate) == np.float32(0.4)
    gan.fit(*gk.testing.toy_data(64), **options)
    before = {name: player.get_weights() for name, player in gan.players.items()}
    gan.fit(*gk.testing.toy_data(64), **options)
    # At the end of its cosine one player rests, while the other goes on.
    assert distance(before["generator"], gan.generator.get_weights()) == 0
    assert distance(before["discriminator"], gan.discriminator.get_weights()) > 0


def operations(function) -> set[str]:
    """Types of all operations of a traced function, those of its branches and loops among them."""
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *[node for f in graph.library.function for node in f.node_def]]
    return {node.op for node in nodes}


def test_no_step_waits_for_python():
    gan = gk.testing.toy_image_gan(trained_steps=0)
    gan.compile(regularizers=["r1", "lecam"], augment=["adaptive"], discriminator_steps=2, steps=10)
    x, y = gk.testing.toy_images(16)
    data = gan.codec.encode(tf.constant(x), tf.constant(y))
    traced = tf.function(gan.train_step).get_concrete_function(data)
    found = operations(traced)
    assert not {name for name in found if "PyFunc" in name or name.startswith("Print")}
    assert "Conv2D" in found  # the walk sees what is inside

    def with_python(batch):
        tf.numpy_function(lambda: np.float32(0), [], tf.float32)
        return gan.train_step(batch)

    assert any(
        "PyFunc" in name
        for name in operations(tf.function(with_python).get_concrete_function(data))
    )


def test_batches_ahead_by_size():
    def spec(*shape, dtype=tf.float32):
        return {"samples": tf.TensorSpec(shape, dtype), "conditions": {}}

    assert batches_ahead(spec(64, 28, 28, 1)) == 16  # 200 kB
    assert batches_ahead(spec(64, 256, 256, 1)) == 4  # 16 MiB each
    assert batches_ahead(spec(64, 512, 512, 3)) == 2  # 192 MiB each
    assert batches_ahead(spec(None, 28, 28, 1)) == 2

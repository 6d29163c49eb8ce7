"""What does a step of `gan.fit` cost beside a plain two-optimizer Keras `fit` of the same two networks?

Ours runs with everything on: the averaged generator, the non-finite guard, metrics, counter-based seeds. The plain one
is the usual tutorial: fresh fakes for each player, no average, no guard, no metric but the two losses of the last step.
Both train the same DCGAN networks on the same batches of 64 with the same loss and optimizers, in float32, in turns.

    python benchmarks/training_speed.py
"""

import argparse
import json
import os
import pathlib
import platform
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

import gankeras as gk
from gankeras.core.training_data import without_autotune

BATCH = 64


class PlainGAN(keras.Model):
    """The two-optimizer training step as tutorials write it."""

    def __init__(self, generator, discriminator, latent_dim):
        super().__init__()
        self.generator, self.discriminator, self.latent_dim = generator, discriminator, latent_dim
        self.built = True

    def compile(self):
        super().compile(optimizer=None)
        self.generator_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.99)
        self.discriminator_optimizer = keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.99)

    @property
    def metrics(self):
        return []

    def train_step(self, data):
        real, labels = data["samples"], data["conditions"]["labels"]
        latents = tf.random.normal((tf.shape(real)[0], self.latent_dim))
        fake = self.generator({"latents": latents, "labels": labels}, training=True)["samples"]
        with tf.GradientTape() as tape:
            on_real = self.discriminator({"samples": real, "labels": labels}, training=True)[
                "logits"
            ]
            on_fake = self.discriminator({"samples": fake, "labels": labels}, training=True)[
                "logits"
            ]
            d_loss = tf.reduce_mean(tf.nn.softplus(-on_real) + tf.nn.softplus(on_fake))
        gradients = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.discriminator_optimizer.apply(gradients, self.discriminator.trainable_weights)
        latents = tf.random.normal((tf.shape(real)[0], self.latent_dim))
        with tf.GradientTape() as tape:
            fake = self.generator({"latents": latents, "labels": labels}, training=True)["samples"]
            logits = self.discriminator({"samples": fake, "labels": labels}, training=True)[
                "logits"
            ]
            g_loss = tf.reduce_mean(tf.nn.softplus(-logits))
        gradients = tape.gradient(g_loss, self.generator.trainable_weights)
        self.generator_optimizer.apply(gradients, self.generator.trainable_weights)
        return {"d_loss": d_loss, "g_loss": g_loss}


def timed(run, steps):
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return (time.perf_counter() - wall) / steps * 1e3, (time.process_time() - cpu) / steps * 1e3


def main(rounds: int, steps: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (512, 28, 28, 1)).astype("uint8"), np.arange(512) % 10
    codec = gk.images.ImageCodec((28, 28, 1), num_classes=10)
    variants = {}
    for name, game in {
        "gankeras": {"loss": "non_saturating", "regularizers": [], "augment": []},
        "gankeras, full recipe": {},
    }.items():
        gan = gk.images.DCGAN(codec)
        gan.compile(**game)
        variants[name] = lambda gan=gan: gan.fit(x, y, BATCH, steps_per_epoch=steps, verbose=0)
    twin = gk.images.DCGAN(codec)
    plain = PlainGAN(twin.generator, twin.discriminator, twin.latent_dim)
    plain.compile()
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(512).repeat().batch(BATCH)
    # As ours: while TensorFlow tunes a pipeline, `fit` ends up to a minute late, which is no cost of a step.
    data = without_autotune(data.map(codec.encode).prefetch(2))
    variants["plain Keras"] = lambda: plain.fit(
        data, steps_per_epoch=steps, verbose=0, shuffle=False
    )
    for run in variants.values():
        run()  # traces
    found = {name: [] for name in variants}
    for index in range(rounds):
        # The order turns, so that no variant always follows the same one.
        names = list(variants)[index % 3 :] + list(variants)[: index % 3]
        for name in names:
            found[name].append(timed(variants[name], steps))
    wall = {name: [w for w, _ in values] for name, values in found.items()}
    cpu = {name: [c for _, c in values] for name, values in found.items()}
    ratios = {
        kind: np.divide(times["plain Keras"], times["gankeras"]).tolist()
        for kind, times in (("wall", wall), ("cpu", cpu))
    }
    result = {
        "batch": BATCH,
        "steps_a_round": steps,
        "rounds": rounds,
        "wall_ms_a_step": {name: float(np.median(v)) for name, v in wall.items()},
        "cpu_ms_a_step": {name: float(np.median(v)) for name, v in cpu.items()},
        "speed_against_plain_keras": {
            kind: {"median": float(np.median(v)), "min": min(v), "max": max(v)}
            for kind, v in ratios.items()
        },
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "gankeras": gk.__version__,
    }
    path = pathlib.Path(__file__).parent / "results" / "training_speed.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    main(options.rounds, options.steps)

"""Claims: a bank's filters drop what they are for, on images whose truth is known.

Digits of 8 x 8 pixels: a GAN and classifiers are trained on 600 of them, and the filters judge the other real ones, among
which something was planted. `NearCopies`: copies of training images with up to one grey level of noise, >= 99 % dropped.
`LabelAgreement`: real images with a wrong label, >= 95 % dropped and <= 10 % of the rightly labelled ones.
`Outliers`: images of noise (uniform, pixels of real images shuffled, one grey), >= 95 % dropped, and <= 5 % of the real
ones. `DiscriminatorQuantile` is asked for the same noise, and does not do it.

    python benchmarks/filter_truths.py        # five seeds, some ten minutes on two cores
"""

import argparse
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from fashion_uplift import machine

import gankeras as gk

OUT = pathlib.Path(__file__).parent / "results" / "filter_truths.json"


def build_classifier() -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def measure(seed: int, gan_steps: int) -> dict:
    digits = gk.images.datasets.load_digits()
    x, y, x_new, y_new = digits.x_train, digits.y_train, digits.x_test, digits.y_test
    rng = np.random.default_rng(seed)
    gan = gk.images.DCGAN(gk.images.ImageCodec((8, 8, 1), num_classes=10), seed=seed)
    gan.compile(steps=gan_steps)
    gan.fit(x, y, batch_size=64, steps_per_epoch=gan_steps, verbose=2)
    source = gk.Synthesizer.from_gan(gan)

    copies = gk.augmentation.NearCopies(x)
    planted = np.clip(x.astype("int64") + rng.integers(-1, 2, x.shape), 0, 255).astype("uint8")

    classifiers = []
    for number in range(3):
        keras.utils.set_random_seed(100 * seed + number)
        classifiers.append(build_classifier())
        classifiers[-1].fit(x, y, batch_size=32, epochs=40, verbose=0)
    agreement = gk.augmentation.LabelAgreement(classifiers)
    agreement.prepare(source)
    wrong = (y_new + rng.integers(1, 10, len(y_new))) % 10

    quantile = gk.augmentation.DiscriminatorQuantile(0.2)
    quantile.prepare(source)
    outliers = gk.augmentation.Outliers(x)
    noises = {
        "uniform": rng.integers(0, 256, x_new.shape).astype("uint8"),
        "shuffled pixels": rng.permuted(x_new.reshape(len(x_new), -1), axis=1).reshape(x_new.shape),
        "one grey": np.broadcast_to(
            rng.integers(0, 256, (len(x_new), 1, 1, 1)), x_new.shape
        ).astype("uint8"),
    }
    return {
        "copies dropped": float(1 - copies.keep(planted, y).mean()),
        "new real images dropped as copies": float(1 - copies.keep(x_new, y_new).mean()),
        "wrong labels dropped": float(1 - agreement.keep(x_new, wrong).mean()),
        "right labels dropped": float(1 - agreement.keep(x_new, y_new).mean()),
        **{
            f"noise dropped, {name}": float(1 - outliers.keep(images, y_new).mean())
            for name, images in noises.items()
        },
        "real images dropped as outliers": float(1 - outliers.keep(x_new, y_new).mean()),
        **{
            f"noise dropped by the discriminator, {name}": float(
                1 - quantile.keep(images, y_new).mean()
            )
            for name, images in noises.items()
        },
        "samples dropped by the discriminator": float(
            1
            - quantile.keep(
                gan.sample(1000, labels=np.arange(1000) % 10, seed=5), np.arange(1000) % 10
            ).mean()
        ),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--gan-steps", type=int, default=1500)
    options = parser.parse_args()
    found = [measure(seed, options.gan_steps) for seed in range(options.seeds)]
    worst = {
        name: (max if name.startswith(("right", "new", "samples", "real")) else min)(
            f[name] for f in found
        )
        for name in found[0]
    }
    for name, value in worst.items():
        print(f"{name}: {100 * value:.1f} % in the worst seed")
    result = {"seeds": options.seeds, "gan_steps": options.gan_steps, "worst": worst}
    OUT.write_text(json.dumps({**result, "by_seed": found, **machine()}, indent=1) + "\n")

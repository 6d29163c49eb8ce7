"""Makes `saved_models/fashion_dcgan`: a conditional DCGAN of all 60,000 training images of Fashion-MNIST.

    python saved_models/make_fashion_dcgan.py --data-dir DIR      # a TFDS folder; about half an hour on two cores

The card's figures: the accuracy of a small classifier on the 10,000 real test images after 2,500 steps on samples
alone, beside the same classifier's on real images; and how many samples come nearer to a training image than new real
images do. The script's seed is 0 and was chosen before the run; the last step's weights are exported, not the best.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import gankeras as gk

STEPS, BATCH, SEED = 12_000, 64, 0


def build_classifier() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss=loss, metrics=["accuracy"])
    return model


def load(data_dir: str | None):
    """Training and test images, and the classes' names."""
    import tensorflow_datasets as tfds

    parts, info = tfds.load(
        "fashion_mnist",
        data_dir=data_dir,
        download=data_dir is None,
        batch_size=-1,
        as_supervised=True,
        with_info=True,
    )
    train, test = (
        (x.numpy(), y.numpy().astype("int32")) for x, y in (parts["train"], parts["test"])
    )
    return train, test, info.features["label"].names


def train_gan(train, names: list[str], steps: int) -> gk.GAN:
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    gan = gk.images.DCGAN(gk.images.ImageCodec((28, 28, 1), class_names=names), seed=SEED)
    gan.compile(steps=steps)
    steps_per_epoch = steps // 12
    gan.fit(
        *train,
        batch_size=BATCH,
        steps_per_epoch=steps_per_epoch,
        epochs=12,
        callbacks=[gk.callbacks.KeepLast()],
        verbose=2,
    )
    keras.mixed_precision.set_global_policy("float32")
    return gan


def figures(gan: gk.GAN, train, test) -> dict:
    """What the card says of the samples."""
    test_seen, _ = gk.evaluation.drop_overlap(train, test)
    report = gk.evaluation.uplift(
        gk.augmentation.draw_bank(gan, 60_000, seed=SEED),
        train,
        test_seen,
        build_classifier,
        steps=2500,
        seeds=[SEED],
        arms=["real", "gan_only"],
    )
    near = gk.evaluation.memorisation(gan, train[0], test_seen[0])
    return {
        "accuracy on real test images, trained on samples": report["gan_only"]
        .figures["accuracy"]
        .mean,
        "accuracy on real test images, trained on real images": report["real"]
        .figures["accuracy"]
        .mean,
        "memorisation": {"share of samples": near.share, "share expected of new images": 0.01},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", help="TFDS folder; without it TFDS downloads the images")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", default=str(pathlib.Path(__file__).parent / "fashion_dcgan"))
    parsed = parser.parse_args()
    keras.utils.set_random_seed(SEED)
    train, test, names = load(parsed.data_dir)
    gan = train_gan(train, names, parsed.steps)
    card = {
        "description": "Fashion-MNIST's ten kinds of clothing, 28 x 28 grey pixels; trained on its 60,000 training images.",
        "figures": figures(gan, train, test),
        "limits": [
            "Made by saved_models/make_fashion_dcgan.py, seed 0. Fashion-MNIST is MIT-licensed (Zalando SE)."
        ],
    }
    print(gk.export(gan, parsed.out, card=card))

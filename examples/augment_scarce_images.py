"""Train a GAN on a few images a class, mix its samples into a classifier's pipeline, measure it.

    python examples/augment_scarce_images.py --data-dir DIR          # Fashion-MNIST through TFDS
    python examples/augment_scarce_images.py --npz images.npz        # your own images
    python examples/augment_scarce_images.py --npz images.npz --quick

An .npz file holds `x_train`, `y_train`, `x_test`, `y_test` (images uint8, uint16 or float in [0, 1],
labels 0, 1, 2 ...) and may hold `class_names`.

Time on two cores at 28 x 28 pixels: about half an hour; `--quick` under a minute (it checks the wiring, the
figures mean nothing). Writes samples.png, uplift.png, report.md and a SavedModel under --out.
"""

import argparse
import pathlib

import keras
import numpy as np
import tensorflow as tf

import gankeras as gk


def load_images(npz: str | None, data_dir: str | None):
    """Arrays `(x_train, y_train), (x_test, y_test)` and the classes' names."""
    if npz:
        file = np.load(npz)
        train, test = (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
        names = file["class_names"] if "class_names" in file else np.unique(train[1])
        return train, test, [str(name) for name in names]
    import tensorflow_datasets as tfds

    (train, test), info = tfds.load(
        "fashion_mnist",
        data_dir=data_dir,
        split=["train", "test"],
        batch_size=-1,
        as_supervised=True,
        with_info=True,
    )
    train, test = (tuple(np.asarray(part) for part in pair) for pair in (train, test))
    return train, test, info.features["label"].names


def take_per_class(x, y, per_class: int, seed: int):
    """The scarce part: at most `per_class` random images of each class."""
    order = np.random.default_rng(seed).permutation(len(y))
    rows = [order[y[order] == label][:per_class] for label in np.unique(y)]
    return x[np.concatenate(rows)], y[np.concatenate(rows)]


def main(arguments: list[str] | None = None) -> gk.Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--npz", help="a file of your own images; Fashion-MNIST without it")
    parser.add_argument("--data-dir", help="TFDS folder of Fashion-MNIST")
    parser.add_argument("--per-class", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="runs/augment_scarce_images")
    parser.add_argument("--quick", action="store_true", help="under a minute; checks the wiring")
    args = parser.parse_args(arguments)
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(args.seed)

    # 1. Few real images to train on; the test part stays real and unseen.
    train, test, class_names = load_images(args.npz, args.data_dir)
    x, y = take_per_class(*train, args.per_class, args.seed)
    y, y_test = y.astype("int32"), test[1].astype("int32")
    x, x_test = (a if a.ndim == 4 else a[..., None] for a in (x, test[0]))
    (x_test, y_test), overlap = gk.evaluation.drop_overlap((x, y), (x_test, y_test))
    print(f"{len(y)} training images, {len(y_test)} test images ({overlap} repeated ones left out)")

    # 2. The codec turns raw images into what networks see, and back. It owns the labels too.
    codec = gk.images.ImageCodec(x.shape[1:], class_names=class_names, dtype=x.dtype.name)

    # 3. The game: a generator and a discriminator, each with its own optimizer.
    gan = gk.images.DCGAN(codec, seed=args.seed)
    steps, epochs = (30, 1) if args.quick else (1000, 12)
    gan.compile(steps=steps * epochs)  # the learning rates fall towards the end
    gan.fit(x, y, batch_size=64, steps_per_epoch=steps, epochs=epochs, verbose=2)

    # 4. Look before you trust: real images beside samples, one row a class.
    labels = np.repeat(np.arange(len(class_names)), 8)
    samples = gan.sample(len(labels), labels=labels, seed=args.seed)
    real = np.stack([np.resize(x[y == c], (4, *x.shape[1:])) for c in range(len(class_names))])
    groups = {"real": real, "synthetic": samples.reshape(-1, 8, *x.shape[1:])}
    gk.images.image_grid(groups, out / "samples.png", row_names=class_names)

    # 5. In a pipeline: 30 % of every batch is drawn from the generator while the classifier trains.
    brightest = 1.0 if x.dtype.kind == "f" else float(np.iinfo(x.dtype).max)

    def build_classifier():
        model = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                keras.layers.Rescaling(1 / brightest),
                keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
                keras.layers.MaxPooling2D(),
                keras.layers.Flatten(),
                keras.layers.Dense(128, activation="relu"),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(len(class_names)),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    augment = gk.GANAugmentation(gan, ratio=0.3)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(y)).repeat().batch(64)
    batches = batches.map(augment, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    classifier = build_classifier()
    classifier.fit(batches, steps_per_epoch=30 if args.quick else 1000, verbose=2)
    print("accuracy on real test images:", classifier.evaluate(x_test, y_test, verbose=0)[1])

    # 6. One classifier proves nothing: compare arms over seeds, on real test images alone.
    report = gk.evaluation.uplift(
        gan,
        (x, y),
        (x_test, y_test),
        build_classifier,
        steps=20 if args.quick else 2000,
        seeds=2 if args.quick else 5,
        augmentation=keras.layers.RandomTranslation(0.07, 0.07, fill_mode="constant", seed=0),
        arms=["real", "classical", "gan", "gan+classical"],
    )
    print(gk.reports.to_text(report))
    (out / "report.md").write_text(gk.reports.to_markdown(report), encoding="utf-8")
    gk.reports.to_figure(report, out / "uplift.png")

    # 7. Ship it: a SavedModel that TensorFlow alone can run, with a card that says what it is.
    print("exported to", gk.export(gan, out / "saved_model"))
    return report


if __name__ == "__main__":
    main()

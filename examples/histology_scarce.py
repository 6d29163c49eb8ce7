"""A few stained tissue patches of each kind: does a GAN help, where turning and mirroring a patch costs nothing?

    python examples/histology_scarce.py --npz histology.npz              # about 40 minutes on one core
    python examples/histology_scarce.py --npz histology.npz --quick      # under a minute; checks the wiring

The .npz file holds `x_train`, `y_train`, `x_test`, `y_test` (patches uint8, labels 0, 1 ...) and may hold
`class_names`. Each seed draws its own few patches *and* trains its own GAN on them, so the interval covers all the
luck there is. Writes samples.png, uplift.png and report.md under --out. Not a medical device: nothing here was checked
by a pathologist.
"""

import argparse
import pathlib

import keras
import numpy as np
import tensorflow as tf

import gankeras as gk


def build_classifier(shape, num_classes: int) -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(shape),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(num_classes),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def turned_and_mirrored(x: tf.Tensor) -> tf.Tensor:
    """Tissue has no up and no left: each patch in one of its eight views, at random."""
    turns = tf.random.uniform((tf.shape(x)[0],), 0, 4, tf.int32)[:, None, None, None]
    views = [tf.image.rot90(x, k) for k in range(4)]
    x = tf.where(
        turns == 1, views[1], tf.where(turns == 2, views[2], tf.where(turns == 3, views[3], x))
    )
    mirrored = tf.random.uniform((tf.shape(x)[0], 1, 1, 1)) < 0.5
    return tf.where(mirrored, tf.reverse(x, [2]), x)


def main(arguments: list[str] | None = None) -> gk.Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--npz", required=True, help="a file of square patches")
    parser.add_argument("--per-class", type=int, default=30, help="patches of each class")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", default="runs/histology_scarce")
    parser.add_argument("--quick", action="store_true", help="under a minute; checks the wiring")
    args = parser.parse_args(arguments)
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)

    # 1. Patches of one slide can repeat each other: what the test part shares with training is dropped.
    images = gk.images.datasets.load_npz(args.npz)
    pool, names = (images.x_train, images.y_train), images.class_names
    test, dropped = gk.evaluation.drop_overlap(pool, (images.x_test, images.y_test))
    print(f"{args.per_class} patches a class; {len(test[1])} test patches ({dropped} left out)")
    codec = gk.images.ImageCodec(images.shape, class_names=names, dtype=pool[0].dtype.name)
    steps, epochs = (20, 1) if args.quick else (250, 4)

    # 2. One scarce set and one GAN a seed. Eight views of tissue are all real tissue, so the discriminator may be shown
    #    mirrored ones.
    def train_gan(seed: int):
        x, y = images.draw(args.per_class, seed)
        gan = gk.images.DCGAN(codec, seed=seed)
        gan.compile(steps=steps * epochs, augment=["horizontal_flip", "translation", "cutout"])
        gan.fit(x, y, batch_size=64, steps_per_epoch=steps, epochs=epochs, verbose=2)
        if seed == 0:
            labels = np.repeat(np.arange(len(names)), 12)
            drawn = gan.sample(len(labels), labels=labels, seed=0)
            real = np.stack([x[y == c][:12] for c in range(len(names))])
            groups = {"real": real, "synthetic": drawn.reshape(-1, 12, *images.shape)}
            gk.images.image_grid(groups, out / "samples.png", row_names=names)
        return gk.augmentation.draw_bank(gan, 200 if args.quick else 5_000, seed=seed), (x, y)

    # 3. Judged on the part of the slide that no patch above comes from.
    report = gk.evaluation.uplift(
        train_gan,
        pool,
        test,
        lambda: build_classifier(images.shape, len(names)),
        steps=20 if args.quick else 600,
        seeds=2 if args.quick else args.seeds,
        augmentation=turned_and_mirrored,
        arms=["real", "classical", "gan", "gan+classical", "gan_only"],
        ratio=0.3,
    )
    print(gk.reports.to_text(report))
    (out / "report.md").write_text(gk.reports.to_markdown(report), encoding="utf-8")
    gk.reports.to_figure(report, out / "uplift.png")
    return report


if __name__ == "__main__":
    main()

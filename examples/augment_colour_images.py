"""Colour images, a hundred or so a class: a GAN that is shown recoloured views, judged beside classical colour jitter.

    python examples/augment_colour_images.py --npz emoji.npz             # about 40 minutes on one core
    python examples/augment_colour_images.py --npz emoji.npz --quick     # under a minute; checks the wiring

The .npz file holds `x_train`, `y_train`, `x_test`, `y_test` (images uint8 with three channels, labels 0, 1, 2 ...) and
may hold `class_names`. Writes samples.png, uplift.png, report.md and synthetic/ (PNG files that say what they are)
under --out.
"""

import argparse
import pathlib

import keras
import numpy as np

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
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(num_classes),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def classical(seed: int) -> keras.Model:
    """Mirrors, shifts and recolours: what a careful person would do without a GAN."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.RandomFlip("horizontal", seed=seed),
            layers.RandomTranslation(0.1, 0.1, fill_mode="nearest", seed=seed + 1),
            layers.RandomBrightness(0.15, value_range=(0, 255), seed=seed + 2),
            layers.RandomContrast(0.3, value_range=(0, 255), seed=seed + 3),
        ]
    )


def main(arguments: list[str] | None = None) -> gk.Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--npz", required=True, help="a file of colour images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="runs/augment_colour_images")
    parser.add_argument("--quick", action="store_true", help="under a minute; checks the wiring")
    args = parser.parse_args(arguments)
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(args.seed)

    # 1. The test part stays real; whatever repeats a training image goes.
    images = gk.images.datasets.load_npz(args.npz)
    x, y, names = images.x_train, images.y_train, images.class_names
    test, dropped = gk.evaluation.drop_overlap((x, y), (images.x_test, images.y_test))
    print(
        f"{len(y)} training images, {len(test[1])} test images ({dropped} repeated ones left out)"
    )

    # 2. The discriminator sees mirrored, recoloured, shifted and cut views of real and fake images alike, so it cannot
    #    learn the few real ones by heart, and the generator need not draw the changes.
    codec = gk.images.ImageCodec(images.shape, class_names=names, dtype=x.dtype.name)
    gan = gk.images.DCGAN(codec, seed=args.seed)
    steps, epochs = (30, 1) if args.quick else (500, 8)
    views = ["horizontal_flip", "colour", "translation", "cutout"]
    gan.compile(steps=steps * epochs, augment=views)
    gan.fit(x, y, batch_size=64, steps_per_epoch=steps, epochs=epochs, verbose=2)

    # 3. Look: real images beside samples. Files keep the mark that they are synthetic.
    labels = np.repeat(np.arange(len(names)), 8)
    samples = gan.sample(len(labels), labels=labels, seed=args.seed)
    groups = {
        "real": np.stack([np.resize(x[y == c], (8, *images.shape)) for c in range(len(names))]),
        "synthetic": samples.reshape(-1, 8, *images.shape),
    }
    gk.images.image_grid(groups, out / "samples.png", row_names=names)
    files = [f"{names[label]}/{i:02d}".replace(" ", "_") for i, label in enumerate(labels)]
    facts = [{"Label": names[label], "Seed": str(args.seed)} for label in labels]
    for _ in gk.images.write_pngs(samples, out / "synthetic", files, facts):
        pass

    # 4. Does it help? On real test images, beside the classical way.
    bank = gk.augmentation.draw_bank(gan, 200 if args.quick else 20_000, seed=args.seed)
    report = gk.evaluation.uplift(
        bank,
        (x, y),
        test,
        lambda: build_classifier(images.shape, len(names)),
        steps=20 if args.quick else 1000,
        seeds=2 if args.quick else 5,
        augmentation=classical(args.seed),
        arms=["real", "classical", "gan", "gan+classical", "gan_only"],
        ratio=0.3,
    )
    print(gk.reports.to_text(report))
    (out / "report.md").write_text(gk.reports.to_markdown(report), encoding="utf-8")
    gk.reports.to_figure(report, out / "uplift.png")
    return report


if __name__ == "__main__":
    main()

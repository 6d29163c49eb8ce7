"""Some classes are far rarer than others: fill them up with a GAN, and measure it against the usual remedies.

    python examples/balance_rare_classes.py --npz longtail.npz              # about half an hour on two cores
    python examples/balance_rare_classes.py --npz longtail.npz --quick      # under a minute; checks the wiring

The .npz file holds `x_train`, `y_train`, `x_test`, `y_test` (images uint8, labels 0, 1, 2 ...) and may hold
`class_names`. Real rows are compared with class weights, oversampling, flips and shifts, and a GAN that draws the
rare classes. Writes samples.png, uplift.png and report.md (with the recall of each class) under --out.
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


def main(arguments: list[str] | None = None) -> gk.Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--npz", required=True, help="a file of images")
    parser.add_argument("--flip", action="store_true", help="a mirrored image keeps its label")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="runs/balance_rare_classes")
    parser.add_argument("--quick", action="store_true", help="under a minute; checks the wiring")
    args = parser.parse_args(arguments)
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(args.seed)

    # 1. How rare is rare? Test rows that repeat training rows would flatter every arm.
    images = gk.images.datasets.load_npz(args.npz)
    x, y, names = images.x_train, images.y_train, images.class_names
    test, dropped = gk.evaluation.drop_overlap((x, y), (images.x_test, images.y_test))
    counts = np.bincount(y, minlength=len(names))
    print("training images by class:", dict(zip(names, counts.tolist(), strict=True)))
    print(f"{len(test[1])} test images ({dropped} repeated ones left out)")

    # 2. The GAN sees rare classes more often than their share (p ~ sqrt(n)), and learns all of them together.
    codec = gk.images.ImageCodec(images.shape, class_names=names, dtype=x.dtype.name)
    gan = gk.images.DCGAN(codec, seed=args.seed)
    steps, epochs = (30, 1) if args.quick else (500, 16)
    augment = ["horizontal_flip", "translation"] if args.flip else ["translation"]
    gan.compile(steps=steps * epochs, augment=augment)
    gan.fit(x, y, batch_size=64, steps_per_epoch=steps, epochs=epochs, verbose=2)
    labels = np.repeat(np.arange(len(names)), 8)
    groups = {
        "real": np.stack([np.resize(x[y == c], (4, *images.shape)) for c in range(len(names))]),
        "synthetic": gan.sample(len(labels), labels=labels).reshape(-1, 8, *images.shape),
    }
    gk.images.image_grid(groups, out / "samples.png", row_names=names)

    # 3. Draw once, use often: a bank costs the classifier's training next to nothing.
    filters = [gk.augmentation.NearCopies(x)]
    bank = gk.augmentation.draw_bank(gan, 200 if args.quick else 20_000, filters, seed=args.seed)
    print("share kept by class:", {n: f"{share:.3f}" for n, share in bank.acceptance.items()})

    # 4. Against the usual remedies, on real test images, by balanced accuracy.
    shifts = keras.layers.RandomTranslation(0.07, 0.07, fill_mode="constant", seed=0)
    flips = [keras.layers.RandomFlip("horizontal", seed=0)] if args.flip else []
    report = gk.evaluation.uplift(
        bank,
        (x, y),
        test,
        lambda: build_classifier(images.shape, len(names)),
        steps=20 if args.quick else 2500,
        seeds=2 if args.quick else 5,
        augmentation=keras.Sequential([*flips, shifts]),
        ratio=0.5,
        sampling_strategy="not majority",
    )
    print(gk.reports.to_text(report))
    (out / "report.md").write_text(gk.reports.to_markdown(report), encoding="utf-8")
    gk.reports.to_figure(report, out / "uplift.png")
    return report


if __name__ == "__main__":
    main()

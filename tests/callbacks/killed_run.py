"""A training that may be killed at any moment: `python killed_run.py FOLDER`, and the same again to go on."""

import pathlib
import sys

import keras

import gankeras as gk


def main(folder: pathlib.Path) -> None:
    x, y = gk.testing.toy_images(96)
    gan = gk.images.DCGAN(gk.images.ImageCodec((8, 8, 1), 3), latent_dim=8, width=4, seed=3)
    adaptive = gk.layers.AdaptiveAugmentation(["horizontal_flip", "cutout"], images=2000)
    gan.compile(steps=60, augment=[adaptive], regularizers=["r1", "r2", "lecam"])
    # The recipe keeps its best epoch by itself.
    callbacks = [
        keras.callbacks.BackupAndRestore(folder / "backup", delete_checkpoint=False),
        keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: print(f"step {gan.step}", flush=True)  # noqa: T201 - the test reads it
        ),
    ]
    gan.fit(x, y, batch_size=16, steps_per_epoch=10, epochs=6, callbacks=callbacks, verbose=0)
    gan.save_weights(folder / "final.weights.h5")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

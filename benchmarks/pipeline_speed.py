"""Claims: a classifier keeps 0.95 of its steps a second with the augmentation online at ratio .3, wherever the
generator is cheaper than the classifier's step, and with a bank whatever the generator costs; mixing costs at most
5 CPU microseconds an image.

`fit` part: the same classifier, alternately fed by the real pipeline and by the same one with
`.map(augment)`; the order turns round every round, and each round gives one ratio of steps a second. CPU
seconds a step stand beside, as does the generator's own cost for the rows of one batch. Two settings, each
in a process of its own: the step on one core, so that the pipeline has one as it has beside an accelerator,
and the step on all cores, where the two compete and the generator's work is paid in steps.
`mixing` part: the pipeline alone, in CPU seconds an image, as (augmented) - (generator called on as many
rows, nothing mixed), and once more with a source that costs nothing.

    python benchmarks/pipeline_speed.py [--rounds 9] [--steps 150] [--widths 4 8 16 32] [--quick]

Run it alone on the machine: steps a second are wall clock. Images are noise of Fashion-MNIST's shape, since
only speed is measured.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import gankeras as gk

BATCH, RATIO, CLASSES, SHAPE, SEED = 64, 0.3, 10, (28, 28, 1), 0
KEPT_BAR, MIXING_BAR = 0.95, 5.0
ONE = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
SETTINGS = {"step on one core": ONE, "step on all cores": {}}
OUT = pathlib.Path(__file__).parent / "results" / "pipeline_speed.json"


class Free(gk.Synthesizer):
    """A source that costs nothing: what is left is the mixing."""

    def draw(self, seeds, labels=None, conditions=None):
        return tf.zeros((tf.shape(seeds)[0], *SHAPE), tf.uint8)


def images(rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    x = rng.integers(0, 256, (rows, *SHAPE), dtype=np.uint8)
    return x, rng.integers(0, CLASSES, rows).astype("int32")


def trained_gan(width: int) -> gk.GAN:
    """One step of training: speed does not depend on the weights."""
    gan = gk.images.DCGAN(gk.images.ImageCodec(SHAPE, num_classes=CLASSES), width=width, seed=SEED)
    gan.compile()
    gan.fit(*images(BATCH), batch_size=BATCH, steps_per_epoch=1, epochs=1, verbose=0)
    return gan


def classifier() -> keras.Model:
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(SHAPE, dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(CLASSES),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss=loss, metrics=["accuracy"])
    return model


def clocks(work) -> tuple[float, float]:
    """Wall and CPU seconds (all threads of the process) of a call, or of what it says itself."""
    wall, cpu = time.perf_counter(), time.process_time()
    return work() or (time.perf_counter() - wall, time.process_time() - cpu)


def alternate(programs: dict, rounds: int, units: int) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU microseconds a unit of each program, a pair for each round."""
    measured = {name: [] for name in programs}
    for work in programs.values():
        work()  # traces, and fills the caches
    for number in range(rounds):
        for name in list(programs)[:: 1 if number % 2 else -1]:
            measured[name].append(tuple(1e6 * value / units for value in clocks(programs[name])))
    return measured


def difference(left: list, right: list) -> dict:
    """CPU microseconds that `left` takes beyond `right`, round by round."""
    values = [a[1] - b[1] for a, b in zip(left, right, strict=True)]
    return {"median": round(statistics.median(values), 3), "rounds": rounded(values)}


def rounded(values) -> list[float]:
    return [round(float(value), 3) for value in values]


def measure_mixing(source: gk.Synthesizer, rounds: int, batches: int) -> dict:
    """The pipelines alone: CPU microseconds an image."""
    frozen = source.freeze()
    free = Free(frozen.element_spec, CLASSES)
    rows = gk.augmentation.policy.rounded(RATIO, BATCH)

    def draw(x, y):
        # Seeds from the data, or the whole draw would be folded into a constant.
        seeds = tf.cast(y[:rows], tf.int64) + tf.range(rows, dtype=tf.int64)
        return x, y, frozen.draw(seeds, y[:rows])

    real = tf.data.Dataset.from_tensor_slices(images(BATCH * 20)).repeat().batch(BATCH, True)
    real = real.take(batches)
    online, nothing = gk.GANAugmentation(source, RATIO), gk.GANAugmentation(free, RATIO)
    counts = np.arange(CLASSES) * 10 + 10
    balancing = gk.GANAugmentation(free, RATIO, "not majority").adapt(
        np.repeat(np.arange(CLASSES), counts)
    )
    pipelines = {
        "real": real.map(lambda x, y: (x, y)),
        "real, generator called": real.map(draw),
        "map": real.map(online),
        "apply_to": online.apply_to(real, None),
        "free source, map": real.map(nothing),
        "free source, apply_to": nothing.apply_to(real, None),
        "free source, balancing, map": real.map(balancing),
    }

    def runner(pipeline):
        def run():
            for _ in pipeline:
                pass

        return run

    programs = {name: runner(pipeline) for name, pipeline in pipelines.items()}
    taken = alternate(programs, rounds, BATCH * batches)
    beyond = {
        "map": difference(taken["map"], taken["real, generator called"]),
        "apply_to": difference(taken["apply_to"], taken["real, generator called"]),
    }
    for name in ("free source, map", "free source, apply_to", "free source, balancing, map"):
        beyond[name] = difference(taken[name], taken["real"])
    return {
        "unit": "CPU microseconds an image",
        "batches": batches,
        "pipelines": {name: rounded(cpu for _, cpu in pairs) for name, pairs in taken.items()},
        "mixing": beyond,
        "bar": MIXING_BAR,
        "holds": beyond["map"]["median"] <= MIXING_BAR
        and beyond["apply_to"]["median"] <= MIXING_BAR,
    }


class Stopwatch(keras.callbacks.Callback):
    """Wall and CPU seconds from the end of the first step to the end of the last.

    Not of the whole call: when an iterator ends, tf.data may wait for its own tuning thread, which sleeps 2.55 or 5.11
    seconds (10 ms, doubled each time), with or without us.
    """

    def on_train_begin(self, logs=None):
        self.begin = None

    def on_train_batch_end(self, batch, logs=None):
        self.end = time.perf_counter(), time.process_time()
        self.begin = self.begin or self.end

    @property
    def seconds(self) -> tuple[float, float]:
        return tuple(b - a for a, b in zip(self.begin, self.end, strict=True))


def fit(dataset, steps: int):
    """A function that trains a classifier for `steps` steps, and gives their wall and CPU seconds."""

    if os.environ.get("TF_NUM_INTEROP_THREADS") == "1":
        # A thread of its own for the pipeline; the step has the other core to itself.
        options = tf.data.Options()
        options.threading.private_threadpool_size = 1
        dataset = dataset.with_options(options)
    model, watch = classifier(), Stopwatch()
    model.fit(dataset.take(3), verbose=0, shuffle=False)

    def run():
        batches = dataset.prefetch(tf.data.AUTOTUNE).take(steps + 1)
        model.fit(batches, verbose=0, shuffle=False, callbacks=[watch])
        return watch.seconds

    return run


def measure_fit(width: int, rounds: int, steps: int) -> dict:
    """A classifier's `fit` with and without the augmentation."""
    gan = trained_gan(width)
    augment = gk.GANAugmentation(gan, RATIO, seed=SEED)
    real = tf.data.Dataset.from_tensor_slices(images(5000)).shuffle(5000, seed=SEED).repeat()
    real = real.batch(BATCH, drop_remainder=True)
    mixed = real.map(augment, num_parallel_calls=tf.data.AUTOTUNE)
    bank = gk.augmentation.draw_bank(gan, 2000, verbose=0)
    banked = gk.GANAugmentation(gan, RATIO, bank=bank, seed=SEED)
    from_bank = real.map(banked, num_parallel_calls=tf.data.AUTOTUNE)
    rows = gk.augmentation.policy.rounded(RATIO, BATCH)
    draw = tf.function(augment.source.draw, autograph=False)
    labels = tf.zeros((rows,), tf.int32)

    def generate():
        for step in range(steps):
            draw(gk.random.row_seeds(step, rows), labels)

    programs = {
        "real": fit(real, steps),
        "augmented": fit(mixed, steps),
        "bank": fit(from_bank, steps),
        "generator": generate,
    }
    taken = alternate(programs, rounds, steps)
    kept, kept_with_bank = (
        [plain[0] / other[0] for plain, other in zip(taken["real"], taken[name], strict=True)]
        for name in ("augmented", "bank")
    )
    cpu = {name: statistics.median(pair[1] for pair in pairs) for name, pairs in taken.items()}
    return {
        "generator": f"DCGAN(width={width})",
        "generator_parameters": gan.ema_generator.count_params(),
        "steps": steps,
        "wall_us_a_step": {
            name: rounded(wall for wall, _ in pairs) for name, pairs in taken.items()
        },
        "cpu_us_a_step": {name: rounded(cpu for _, cpu in pairs) for name, pairs in taken.items()},
        "generator_cpu_of_classifier_cpu": round(cpu["generator"] / cpu["real"], 3),
        "generator_is_cheaper": cpu["generator"] < cpu["real"],
        "kept_steps_a_second": {
            "median": round(statistics.median(kept), 4),
            "rounds": rounded(kept),
        },
        "kept_steps_a_second_with_bank": {
            "median": round(statistics.median(kept_with_bank), 4),
            "rounds": rounded(kept_with_bank),
        },
        "bar": KEPT_BAR,
        "bank_holds": statistics.median(kept_with_bank) >= KEPT_BAR,
        "holds": cpu["generator"] >= cpu["real"] or statistics.median(kept) >= KEPT_BAR,
    }


def in_own_process(setting: str, width: int, arguments: argparse.Namespace) -> dict:
    """`measure_fit` in a fresh process, since TensorFlow reads its number of threads at the start."""
    command = [sys.executable, __file__, "--fit", str(width)]
    command += ["--rounds", str(arguments.rounds), "--steps", str(arguments.steps)]
    environment = {**os.environ, **SETTINGS[setting]}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    row = {"setting": setting, **json.loads(done.stdout.splitlines()[-1])}
    kept, banked = (row[f"kept_steps_a_second{name}"]["median"] for name in ("", "_with_bank"))
    print(
        f"{setting}, {row['generator']}: keeps {kept:.3f} of the steps a second ({banked:.3f} with a bank); "
        f"generator / classifier {row['generator_cpu_of_classifier_cpu']:.2f} in CPU time",
        flush=True,
    )
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--widths", type=int, nargs="+", default=[4, 8, 16, 32])
    parser.add_argument("--quick", action="store_true", help="a smoke run; writes nothing")
    parser.add_argument(
        "--fit", type=int, metavar="WIDTH", help="one cell, as JSON; writes nothing"
    )
    arguments = parser.parse_args()
    if arguments.fit:
        print(json.dumps(measure_fit(arguments.fit, arguments.rounds, arguments.steps)))
        return
    if arguments.quick:
        arguments.rounds, arguments.steps, arguments.widths = 3, 30, arguments.widths[:2]
    load = os.getloadavg()[0]
    mixing = measure_mixing(
        gk.Synthesizer.from_gan(trained_gan(8)), arguments.rounds, 4 * arguments.steps
    )
    for name, value in mixing["mixing"].items():
        print(f"mixing, {name}: {value['median']} us an image", flush=True)
    fits = [
        in_own_process(setting, width, arguments)
        for setting in SETTINGS
        for width in arguments.widths
    ]
    result = {
        "claim": f"fit keeps >= {KEPT_BAR} of its steps a second; mixing <= {MIXING_BAR} CPU us an image",
        "batch": BATCH,
        "ratio": RATIO,
        "seed": SEED,
        "rounds": arguments.rounds,
        "load_average_at_start": round(load, 2),
        "cores": os.cpu_count(),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "gankeras": gk.__version__,
        "mixing": mixing,
        "fit": fits,
        "holds": {
            "mixing": mixing["holds"],
            "bank": all(r["bank_holds"] for r in fits),
            **{name: all(r["holds"] for r in fits if r["setting"] == name) for name in SETTINGS},
        },
    }
    if not arguments.quick:
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

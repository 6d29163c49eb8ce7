"""One flight in twelve is more than an hour late: rows of columns in a tf.data pipeline, and a Keras network on them.

    python examples/late_flights.py --csv flights_late.csv.gz           # about 40 minutes on one core
    python examples/late_flights.py --csv flights_late.csv.gz --quick   # under a minute; checks the wiring

Numbers, words and missing values stay as they are: the model itself scales, looks up and marks what is missing, and
`GANAugmentation` mixes synthetic late flights into the batches. The last fifth of the file is the test part. Writes
report.md, uplift.png and samples.csv under --out.
"""

import argparse
import pathlib

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

import gankeras as gk


def build_classifier(x: pd.DataFrame) -> keras.Model:
    """A small network that takes a dict of raw columns."""
    layers, ops, inputs, parts = keras.layers, keras.ops, {}, []
    for name in x:
        if pd.api.types.is_numeric_dtype(x[name].dtype):
            inputs[name] = keras.Input((), name=name)
            missing = ops.isnan(inputs[name])
            scaled = (inputs[name] - x[name].mean()) / max(x[name].std(), 1e-6)
            both = [ops.where(missing, 0.0, scaled), ops.cast(missing, "float32")]
            parts += [ops.expand_dims(part, -1) for part in both]
        else:
            inputs[name] = keras.Input((), name=name, dtype="string")
            frequent = x[name].value_counts().index[:100].tolist()
            codes = layers.StringLookup(vocabulary=frequent, output_mode="one_hot")
            parts.append(codes(ops.expand_dims(inputs[name], -1)))
    hidden = layers.Dense(64, "relu")(layers.Concatenate()(parts))
    hidden = layers.Dense(32, "relu")(layers.Dropout(0.3)(hidden))
    model = keras.Model(inputs, layers.Dense(2)(hidden))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    return model


def main(arguments: list[str] | None = None) -> gk.Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", required=True, help="a table with two classes")
    parser.add_argument("--target", default="late", help="the column that says the class")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", default="runs/late_flights")
    parser.add_argument("--quick", action="store_true", help="under a minute; checks the wiring")
    args = parser.parse_args(arguments)
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    epochs, steps, num = (1, 4, 2) if args.quick else (60, 1500, args.seeds)

    # 1. Dates left aside, columns stay as the file has them.
    frame = pd.read_csv(args.csv)
    y, names = pd.factorize(frame[args.target], sort=True)
    x = frame.drop(columns=args.target)
    last = len(frame) // 5
    train, test = (x.iloc[:-last], y[:-last]), (x.iloc[-last:], y[-last:])
    test, dropped = gk.evaluation.drop_overlap(train, test)
    print(
        f"{np.bincount(train[1]).tolist()} training rows of {list(names)}, {dropped} test rows left out"
    )

    # 2. One CTGAN for all of it; any column can be a condition.
    table = frame.iloc[:-last]
    types = {name: "categorical" for name in x if not pd.api.types.is_numeric_dtype(x[name])}
    gan = gk.tables.CTGAN(gk.tables.TableCodec(target=args.target, types=types).adapt(table))
    gan.compile()
    gan.fit(table, epochs=epochs, verbose=2)
    drawn = gan.sample(200, conditions={args.target: names[1]})
    drawn.assign(is_synthetic=True).to_csv(out / "samples.csv", index=False)
    print(f"followed before forcing: {drawn.attrs['agreement']}")

    # 3. How a training pipeline takes it: real batches in, mixed batches out.
    columns = gan.codec.as_raw(table)
    columns = {name: columns[name] for name in x}
    batches = tf.data.Dataset.from_tensor_slices((columns, train[1])).shuffle(20_000).batch(64)
    augment = gk.GANAugmentation(gan, ratio=0.3, sampling_strategy="not majority")
    mixed, labels = next(iter(batches.map(augment)))
    print(f"a batch of {len(labels)}: {int(tf.reduce_sum(labels))} late, columns {sorted(mixed)}")

    # 4. Does that help a network that is tested on real flights?
    report = gk.evaluation.uplift(
        gan,
        train,
        test,
        lambda: build_classifier(train[0]),
        steps=steps,
        seeds=num,
        arms=["real", "oversampling", "class_weights", "gan", "gan_only"],
        ratio=0.3,
        sampling_strategy="not majority",
    )
    print(gk.reports.to_text(report))
    (out / "report.md").write_text(gk.reports.to_markdown(report), encoding="utf-8")
    gk.reports.to_figure(report, out / "uplift.png")
    return report


if __name__ == "__main__":
    main()

"""Three in ten loans go bad: does a GAN help to find them, and how many rows should it add?

    python examples/balance_credit_defaults.py --csv german_credit.csv.gz           # about 20 minutes on one core
    python examples/balance_credit_defaults.py --csv german_credit.csv.gz --quick   # under a minute; checks the wiring

The CSV file has a column that says the class (--target); its last fifth is the test part. The planner looks at the
training part alone and may say "none"; `uplift` then judges on the test part, whatever the planner said. Writes plan.md,
report.md and uplift.png under --out. A bank may not decide about people by a score that nobody has checked for fairness.
"""

import argparse
import pathlib

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import gankeras as gk


def build_classifier():
    numbers, words = (
        make_column_selector(dtype_include="number"),
        make_column_selector(dtype_exclude="number"),
    )
    columns = make_column_transformer(
        (StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), words)
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


def main(arguments: list[str] | None = None) -> gk.Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", required=True, help="a table without missing values")
    parser.add_argument("--target", default="credit", help="the column that says the class")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", default="runs/balance_credit_defaults")
    parser.add_argument("--quick", action="store_true", help="under a minute; checks the wiring")
    args = parser.parse_args(arguments)
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    epochs, num = (1, 1) if args.quick else (300, args.seeds)

    # 1. Classes become numbers in the order of their names, as the codec numbers them.
    frame = pd.read_csv(args.csv)
    y, names = pd.factorize(frame.pop(args.target), sort=True)
    last = len(frame) // 5
    train, test = (frame.iloc[:-last], y[:-last]), (frame.iloc[-last:], y[-last:])
    test, dropped = gk.evaluation.drop_overlap(train, test)
    print(
        f"{len(train[1])} training rows, {len(test[1])} test rows ({dropped} left out) of {list(names)}"
    )

    # 2. A CTGAN for every cut of the training rows: no row that judges has been seen.
    def train_gan(x, y, seed: int = 0):
        table = x.assign(**{args.target: names[y]})
        gan = gk.tables.CTGAN(gk.tables.TableCodec(target=args.target).adapt(table), seed=seed)
        gan.compile()
        gan.fit(table, batch_size=100, epochs=epochs, verbose=0)
        return gan

    plan = gk.evaluation.plan(train_gan, train, build_classifier(), splits=num)
    print(gk.reports.to_text(plan))
    (out / "plan.md").write_text(gk.reports.to_markdown(plan), encoding="utf-8")

    # 3. The test part has its say once. A plan of "none" is judged too: at a ratio of 0.3 and balanced classes.
    report = gk.evaluation.uplift(
        lambda seed: train_gan(*train, seed),
        train,
        test,
        build_classifier(),
        seeds=num,
        arms=["real", "oversampling", "class_weights", "gan", "gan_only"],
        ratio=plan.ratio if plan.adds else 0.3,
        sampling_strategy=plan.sampling_strategy if plan.adds else "not majority",
    )
    print(gk.reports.to_text(report))
    (out / "report.md").write_text(gk.reports.to_markdown(report), encoding="utf-8")
    gk.reports.to_figure(report, out / "uplift.png")
    return report


if __name__ == "__main__":
    main()

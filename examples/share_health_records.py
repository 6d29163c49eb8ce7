"""Thyroid records that may not leave the house: a synthetic table in their place, what it is worth, and what it leaks.

    python examples/share_health_records.py --csv thyroid.csv.gz           # about 10 minutes on one core
    python examples/share_health_records.py --csv thyroid.csv.gz --quick   # under a minute; checks the wiring

The last fifth of the file is never trained on: it shows what real rows would score in the place of synthetic ones.
Writes synthetic.csv, report.json, leaks.md and worth.md under --out. What stands in leaks.md is evidence and no promise:
without differential privacy nobody can exclude that a better attack finds more. Who may see the result is for someone
to decide who answers for it.
"""

import argparse
import pathlib

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

import gankeras as gk

WORDS = {
    "column_shapes": "columns alike (1 is equal)",
    "pair_trends": "pairs of columns alike (1 is equal)",
    "copies": "rows that equal a training row",
    "closest_record": "median distance to the closest training row",
    "nearer_than_holdout": "rows nearer to a training row than 99 % of new real rows",
    "membership_auc": "who was in the training data? AUC of the attack (0.5 is guessing)",
    "membership_at_1_percent": "members found at 1 % false alarms",
    "k": "smallest group with equal quasi-identifiers",
    "alone": "rows alone with their quasi-identifiers",
}


def build_classifier():
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    words = make_column_selector(dtype_exclude="number")
    columns = make_column_transformer((codes, words), remainder="passthrough")
    return make_pipeline(columns, HistGradientBoostingClassifier())


def leak_table(report: gk.Report) -> str:
    """The figures as Markdown: synthetic rows, real rows in their place, and guesses without either."""
    sides = [report[name] for name in ("synthetic", "holdout", "baseline")]
    hidden = [name for name in sides[0].figures if name.startswith("guessed/")]
    words = {
        **WORDS,
        **{name: f"rows whose {name[8:]} is guessed from the rest" for name in hidden},
    }
    lines = [f"| what | {' | '.join(side.label for side in sides)} |", "| :-- | --: | --: | --: |"]
    for name, text in words.items():
        cells = [f"{s.figures[name].mean:.3f}" if name in s.figures else "" for s in sides]
        if any(cells):
            lines.append(f"| {text} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {note}" for note in report.notes)]) + "\n"


def main(arguments: list[str] | None = None) -> gk.Report:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", required=True, help="a table of records, one a person")
    parser.add_argument("--target", default="diagnosis", help="the column that says the class")
    parser.add_argument("--known", nargs="*", default=["age", "sex"], help="what outsiders know")
    parser.add_argument("--out", default="runs/share_health_records")
    parser.add_argument("--quick", action="store_true", help="under a minute; checks the wiring")
    args = parser.parse_args(arguments)
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)

    # 1. Rows that come twice would be members and strangers at once.
    frame = pd.read_csv(args.csv).drop_duplicates(ignore_index=True)
    last = len(frame) // 5
    train, holdout = frame.iloc[:-last], frame.iloc[-last:]
    print(f"{len(train)} records to learn from, {last} held back")

    # 2. Missing values are learnt as missing: the synthetic table has as many, where they belong.
    codec = gk.tables.TableCodec(target=args.target).adapt(train)
    gan = gk.tables.CTGAN(codec)
    gan.compile()
    gan.fit(train, epochs=1 if args.quick else 300, verbose=2)
    made = gan.sample(len(train), seed=1)
    made.assign(is_synthetic=True).to_csv(out / "synthetic.csv", index=False)

    # 3. Is it alike, and does it leak? Each figure beside that of real rows.
    kept = list(made)
    report = gk.evaluation.judge_table(
        train[kept],
        holdout[kept],
        made,
        hidden=[args.target],
        quasi_identifiers=[name for name in args.known if name in kept],
    )
    print(leak_table(report))
    report.to_json(out / "report.json")
    (out / "leaks.md").write_text(leak_table(report), encoding="utf-8")

    # 4. What is it worth? A classifier that has seen synthetic rows alone, tested on real ones.
    parts = []
    for part in (train, holdout):
        y = pd.Categorical(part[args.target], categories=list(codec.class_names)).codes
        parts.append((part[kept].drop(columns=args.target), y.astype("int32")))
    worth = gk.evaluation.train_on_synthetic(
        gan, *parts, build_classifier(), seeds=1 if args.quick else 2
    )
    print(gk.reports.to_text(worth))
    (out / "worth.md").write_text(gk.reports.to_markdown(worth), encoding="utf-8")
    return report


if __name__ == "__main__":
    main()

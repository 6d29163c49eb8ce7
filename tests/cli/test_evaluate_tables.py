"""evaluate and report on tables: likeness, leaks and uplift of anybody's rows; bad files leave nothing behind."""

import gzip

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gankeras as gk
from gankeras.cli.main import app
from gankeras.tables.given_table import GivenTable, columns_of
from gankeras.tables.stored_table import StoredTable


def invoke(arguments, code=0):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def people(rows, seed):
    """Rows of every kind of column, missing values among them; half of what `sick` is follows from the others."""
    rng = np.random.default_rng(seed)
    sick = rng.random(rows) < 0.4
    return pd.DataFrame(
        {
            "age": rng.normal(45 + 15 * sick, 8).round(1),
            "visits": pd.array(rng.integers(0, 9, rows) + 2 * sick, "Int64"),
            "smokes": pd.array(rng.random(rows) < 0.3 + 0.3 * sick, "boolean"),
            "town": np.where(rng.random(rows) < 0.1, None, rng.choice(["A", "B, C"], rows)),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 99, rows), "D"),
            "sick": np.where(sick, "yes", "no"),
        }
    ).assign(
        visits=lambda f: f["visits"].mask(rng.random(rows) < 0.1),
        smokes=lambda f: f["smokes"].mask(rng.random(rows) < 0.1),
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("tables")
    for seed, name in enumerate(("real", "holdout", "made")):
        people(150, seed).to_csv(place / f"{name}.csv", index=False)
    return place


def test_a_table_is_judged_and_its_worth_measured(place):
    out = place / "judged"
    flags = ["--holdout", place / "holdout.csv", "--target", "sick", "--hidden", "sick,smokes"]
    flags += ["--quasi-identifiers", "age", "--quasi-identifiers", "town", "--out", out]
    invoke(["evaluate", place / "made.csv", place / "real.csv", "--classifiers", 2, *flags])
    assert {file.name for file in out.iterdir()} == {"report.html", "report.md", "report.json"}
    report = gk.Report.from_json(out / "report.json")
    assert report.kind == "uplift"
    assert report.settings["rows"]["rows"] == {"train": 150, "holdout": 150, "synthetic": 150}
    assert report.settings["rows"]["hidden"] == ["sick", "smokes"]
    assert report.settings["class_names"] == ["no", "yes"]
    # Fresh rows of the same population, so that classifiers learn from either.
    for arm in ("real", "gan", "gan_only"):
        assert report[arm].figures["accuracy"].mean > 0.65
    titles = [section.title for section in report.sections]
    assert "With logistic regression in place of gradient boosting?" in titles
    assert "How many rows share what an outsider may know?" in titles
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "fitted once on all its rows" in page
    assert "Does it give away what one does not know?" in page


def test_an_augmented_file_against_the_real_rows_in_it(place):
    real, made = (pd.read_csv(place / f"{name}.csv") for name in ("real", "made"))
    real["id"] = np.arange(150)
    both = pd.concat([real.assign(is_synthetic=False), made.assign(is_synthetic=True)])
    both.to_csv(place / "both.csv.gz", index=False)
    people(150, 1).assign(id=range(150, 300)).to_csv(place / "holdout_id.csv", index=False)
    out = place / "of_both"
    pair = [place / "both.csv.gz", place / "both.csv.gz", "--holdout", place / "holdout_id.csv"]
    invoke(["report", *pair, "--out", out])
    report = gk.Report.from_json(out / "report.json")
    assert report.kind == "table"
    assert report.settings["rows"] == {"train": 150, "holdout": 150, "synthetic": 150}
    assert "id" not in report.settings["kinds"]
    assert report["synthetic"].figures["copies"].mean == 0
    assert any("Not compared, since no source draws them: id" in note for note in report.notes)
    assert report.reason == "no classifier was trained, as asked"


def test_added_rows_of_one_class(place):
    real, made = (pd.read_csv(place / f"{name}.csv") for name in ("real", "made"))
    made = made[made["sick"] == "yes"].head(30)
    both = pd.concat([real.assign(is_synthetic=False), made.assign(is_synthetic=True)])
    both.to_csv(place / "filled.csv", index=False)
    out = place / "of_filled"
    pair = [place / "filled.csv", place / "real.csv", "--holdout", place / "holdout.csv"]
    invoke(["evaluate", *pair, "--target", "sick", "--classifiers", 1, "--out", out])
    report = gk.Report.from_json(out / "report.json")
    # Judged is the training set that the file holds: just these rows are added to the real ones.
    counts = (real["sick"] == "yes").sum() + 30
    assert report.settings["sampling_strategy"] == {"1": counts}
    assert report.settings["ratio"] == {"gan": pytest.approx(30 / 180)}
    assert "gan_only" not in report.settings["arms"]
    assert report.settings["rows"]["rows"]["train"] == (real["sick"] == "yes").sum()
    assert any("of the class yes alone" in note for note in report.notes)


def test_stored_rows_come_once_before_any_comes_twice():
    frame = pd.DataFrame({"n": np.arange(6)})
    source = StoredTable(frame, np.array([0, 0, 0, 0, 1, 1]), ("a", "b", "c"), "file")
    labels = np.array([0, 1, 0, 1, 0, 0, 1, 1], np.int32)
    drawn = source.sample(8, labels, seed=3)["n"].to_numpy()
    assert sorted(drawn[labels == 0]) == [0, 1, 2, 3]
    assert sorted(drawn[labels == 1]) == [4, 4, 5, 5]
    assert (source.sample(8, labels, seed=3)["n"] == drawn).all()
    assert sorted(source.sample(6)["n"]) == list(range(6))
    with pytest.raises(ValueError, match="no synthetic rows of the class 'c'"):
        source.sample(1, 2)
    with pytest.raises(ValueError, match="`seed` must be a whole number.*Received: seed=-1"):
        source.sample(1, seed=-1)


def test_a_source_knows_its_target(place):
    real = pd.read_csv(place / "real.csv").drop(columns=["since"])
    real.to_csv(place / "narrow.csv", index=False)
    pd.read_csv(place / "holdout.csv").drop(columns=["since"]).to_csv(place / "rest.csv")
    codec = gk.tables.TableCodec(target="sick").adapt(real)
    gan = gk.tables.CTGAN(codec, seed=0)
    gan.compile()
    gan.fit(real, epochs=1, verbose=0)
    gan.save(place / "model.keras")
    said = invoke(
        ["evaluate", place / "model.keras", place / "narrow.csv", "--holdout", place / "rest.csv"],
        code=1,
    )
    assert "Every column of rest.csv needs a name" in said
    people(150, 1).drop(columns=["since"]).to_csv(place / "rest.csv", index=False)
    out = place / "of_model"
    flags = ["--num", 60, "--classifiers", 1, "--holdout", place / "rest.csv", "--out", out]
    invoke(["evaluate", place / "model.keras", place / "narrow.csv", *flags])
    report = gk.Report.from_json(out / "report.json")
    assert report.kind == "uplift"
    assert report.settings["class_names"] == list(codec.class_names)
    assert report.settings["rows"]["rows"]["synthetic"] == 60
    assert "The synthetic-data card" in [section.title for section in report.sections]
    wrong = [
        "evaluate",
        place / "model.keras",
        place / "holdout.csv",
        "--holdout",
        place / "real.csv",
    ]
    assert "target must name a column that the source draws" in invoke(
        [*wrong, "--target", "since", "--out", place / "x"], code=1
    )


def test_errors_are_one_paragraph_and_leave_nothing(place, tmp_path):
    text = (place / "made.csv").read_text(encoding="utf-8")
    files = {
        "torn.csv": (text + "1,2\n").encode(),
        "latin.csv": text.replace("yes", "d\xe9j\xe0").encode("latin-1"),
        "columns.csv": text.replace("age", "years", 1).encode(),
        "words.csv": text.replace("sick", "sick", 1).replace("yes", "maybe").encode(),
        "some.csv": text.replace("yes", "").encode(),
        "few.csv": "\n".join(text.split("\n")[:5]).encode(),
        "torn.csv.gz": gzip.compress(text.encode())[:-20],
        "picture.png": b"",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    before = sorted(tmp_path.iterdir())
    real, held = place / "real.csv", ["--holdout", place / "holdout.csv"]
    for synthetic, flags, said in [
        ("torn.csv", held, "Line 152 of torn.csv is torn"),
        ("latin.csv", held, "latin.csv is not UTF-8"),
        ("columns.csv", held, "only in columns.csv years, not in it age"),
        ("words.csv", held, "maybe beside no, yes"),
        ("some.csv", held, "must say the class of every row"),
        ("few.csv", held, "`synthetic` must have at least 20 rows"),
        ("torn.csv.gz", held, "torn.csv.gz is not a whole gzip file"),
        ("missing.csv", held, "which is not there"),
        ("picture.png", held, "all others must be a .csv"),
        ("few.csv", [], "--holdout FILE"),
        ("few.csv", ["--holdout", real], "Every row of the holdout is a training row"),
        ("few.csv", [*held, "--target", "ill"], "--target must name a column of real.csv"),
        ("few.csv", [*held, "--hidden", "age,ill"], "--hidden must name columns of the table"),
        ("few.csv", [*held, "--features", "classifier"], "tables are compared without any"),
    ]:
        target = [] if "--target" in flags else ["--target", "sick"]
        arguments = [tmp_path / synthetic, real, *flags, *target, "--out", tmp_path / "out"]
        output = invoke(["evaluate", *arguments], code=1)
        assert said in output, (synthetic, flags, output)
        assert "Received" in output
    assert sorted(tmp_path.iterdir()) == before


def test_columns_get_one_dtype(place):
    def table(**columns):
        return GivenTable("t", pd.DataFrame(columns))

    moments = pd.to_datetime(["2020-01-01", "2020-01-02"])
    dead = {"gone": [None, None]}
    train = table(n=[1, 2], yes=[True, False], when=moments, word=["a", "b"], **dead)
    other = table(n=[0.5, 1.0], yes=[None, True], when=moments[[0, 0]], word=[1, 2], gone=[1, 2])
    _, holdout, made, notes = train.alike(train, other)
    assert (made.frame.dtypes == holdout.frame.dtypes).all()
    assert made.frame.dtypes.astype(str).tolist()[:2] == ["float64", "boolean"]
    assert made.frame["when"].dtype.kind == "M"
    assert made.frame["word"].tolist() == ["1", "2"]
    assert notes == ("Not compared, since the real rows have no value there: gone.",)


def test_missing_words_stay_missing():
    """Whatever stands for them: pandas before 3 would make the words nan and None of them."""
    words = np.array(["a", None, np.nan, "b"], object)
    train = GivenTable("t", pd.DataFrame({"word": words}))
    frame = train.alike(train, train)[0].frame
    assert frame["word"].isna().tolist() == [False, True, True, False]
    assert frame["word"].dropna().tolist() == ["a", "b"]


@pytest.mark.parametrize("real", [[1, 2], [True, False], pd.to_datetime(["2020-01-01"] * 2)])
def test_other_kinds_of_values_are_refused(real):
    train = GivenTable("real", pd.DataFrame({"age": real}))
    for values, said in [(["old", "2"], "real has a .*, made a string"), ([None] * 2, "no value")]:
        with pytest.raises(ValueError, match=said):
            train.alike(train, GivenTable("made", pd.DataFrame({"age": values})))


def test_the_value_that_is_no_number_is_named():
    train, made = (GivenTable("t", pd.DataFrame({"age": v})) for v in ([1, 2], ["3", "old"]))
    with pytest.raises(ValueError, match="'old' in row 1 of t"):
        train.alike(train, made)


def test_names_with_commas():
    assert columns_of(["a,b", "c, d"], ["a", "b", "c, d"], "hidden") == ["a", "b", "c, d"]
    assert columns_of("a", ["a"], "hidden") == ["a"]

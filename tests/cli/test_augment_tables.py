"""`gankeras augment` on CSV files: balanced and marked, with a card; and bad files leave nothing behind."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gankeras as gk
from gankeras.cli.augment import training_length
from gankeras.cli.main import app
from gankeras.tables.table_file import TableFile


def invoke(arguments, code=0):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)
    rows = 120
    bad = np.arange(rows) % 4 == 0
    frame = pd.DataFrame(
        {
            "amount": (rng.lognormal(3, 1, rows) * (1 + bad)).round(2),
            "months": rng.integers(6, 48, rows),
            "home": np.where(rng.random(rows) < 0.2, None, rng.choice(["own", "rent"], rows)),
            "opened": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 90, rows), "D"),
            "Class": np.where(bad, "bad", "good"),
        }
    )
    frame.to_csv(place / "credit.csv", index=False)
    return place


@pytest.fixture(scope="module")
def balanced(place):
    out = place / "balanced.csv"
    said = invoke(
        ["augment", place / "credit.csv", "--target", "Class", "--out", out, "--epochs", 2]
    )
    assert "120 real and 60 synthetic rows" in said
    return pd.read_csv(out)


def test_classes_are_balanced_and_rows_marked(place, balanced):
    assert balanced["is_synthetic"].tolist() == [False] * 120 + [True] * 60
    assert balanced["Class"].value_counts().to_dict() == {"good": 90, "bad": 90}
    real = pd.read_csv(place / "credit.csv")
    assert list(balanced) == [*real, "is_synthetic"]
    fresh = balanced.tail(60)
    assert fresh["months"].between(6, 47).all()
    assert fresh["opened"].str.fullmatch(r"2020-\d\d-\d\d").all()


def test_real_lines_stay_as_they_were(place, balanced):
    real, made = ((place / n).read_text().splitlines() for n in ("credit.csv", "balanced.csv"))
    assert made[1:121] == [line + ",False" for line in real[1:]]


def test_a_card_lies_beside(place, balanced):
    card = json.loads((place / "balanced.csv.card.json").read_text())
    assert card["rows"] == {"real": 120, "synthetic": 60}
    assert card["classes"]["bad"] == {"real": 30, "synthetic": 60}
    assert card["source"]["generator"]["name"] == "CTGAN"
    assert "| bad | 30 | 60 |" in (place / "balanced.csv.card.md").read_text()


@pytest.mark.slow
def test_a_plan_may_say_none(place):
    out = place / "planned.csv"
    said = invoke(
        [
            "augment",
            place / "credit.csv",
            "--target",
            "Class",
            "--out",
            out,
            "--epochs",
            1,
            "--plan",
        ]
    )
    card = json.loads((place / "planned.csv.card.json").read_text())
    chosen = card["plan"]["settings"]["chosen"]
    made = pd.read_csv(out)
    assert made["is_synthetic"].any() == (chosen["ratio"] > 0) == (card["source"] is not None)
    assert "Written" in said


@pytest.mark.slow
def test_a_saved_model_serves_as_source(place):
    frame = pd.read_csv(place / "credit.csv")
    gan = gk.tables.CTGAN(gk.tables.TableCodec(target="Class").adapt(frame))
    gan.compile()
    gan.fit(frame, epochs=1, verbose=0)
    gk.export(gan, place / "served")
    out = place / "served.csv"
    call = ["augment", place / "credit.csv", place / "served", "--target", "Class", "--out", out]
    invoke([*call, "--ratio", 0.25, "--sampling-strategy", "none"])
    made = pd.read_csv(out)
    assert made["is_synthetic"].sum() == 40
    other = place / "other.csv"
    frame.rename(columns={"home": "house"}).to_csv(other, index=False)
    said = invoke(["augment", other, *call[2:]], code=1)
    assert "must draw the table's columns" in said


def test_a_small_table_is_trained_as_many_steps_as_a_larger_one():
    assert training_length(None, 1000, 500) == (100, 30)
    assert training_length(None, 39_074, 500) == (100, 78)
    assert training_length(7, 1000, 500) == (7, 2)
    assert training_length(7, 20, 500) == (7, 1)


class Numbered(gk.Synthesizer):
    """Numbers its classes the other way round; `a` says which one it was asked for."""

    def __init__(self):
        super().__init__({}, 2, class_names=("1", "0"))

    def sample(self, num, labels=None, conditions=None, seed=0):
        names = [int(self.class_names[label]) for label in labels]
        return pd.DataFrame({"a": names, "Class": names})


def test_classes_that_are_numbers_are_asked_for_by_name(tmp_path):
    from gankeras.tables.table_file import TableFile

    (tmp_path / "t.csv").write_text("a,Class\n" + "0,0\n" * 3 + "1,1\n" * 2)
    file = TableFile(str(tmp_path / "t.csv"), "Class")
    assert file.class_names == ("0", "1")
    assert file.y.tolist() == [0, 0, 0, 1, 1]
    assert file.sample(Numbered(), np.array([1, 0, 1]), 0)["Class"].tolist() == [1, 0, 1]


BAD = {
    "torn": ("a,Class\n" + "1,x\n2,y\n" * 20 + "3\n", "Line 42 of bad.csv is torn: column 'Class'"),
    "encoding": (b"a,Class\n1,\xe4\n", "line 2, column 'Class'"),
    "one class": ("a,Class\n" + "1,x\n" * 30, "two classes or more. Received: ['x']"),
    "no class": ("a,Class\n1,x\n2,\n", "the first in row 1"),
    "NA": ("a,Class\n1,x\n2,NA\n", "it is read as missing"),
    "ten rows": ("a,Class\n" + "1,x\n2,y\n3,y\n" * 3, "at least 20 rows"),
    "nothing": ("a,Class\n" + ",x\n,y\n,y\n" * 20, "'a'"),
    "infinite": ("a,Class\n" + "1,x\n2,y\n" * 20 + "inf,x\n", "'a'"),
    "rare": ("a,Class\n" + "1,x\n2,y\n" * 20 + "3,z\n", "one row of 'z'"),
    "no column": ("a,b\n1,x\n", "--target Class, columns ['a', 'b']"),
    "twice": ("a,Class,is_synthetic\n1,x,False\n", "holds synthetic rows"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_leave_everything_as_it_was(tmp_path, name):
    content, message = BAD[name]
    bad, out = tmp_path / "bad.csv", tmp_path / "out.csv"
    card = {"file": "out.csv", "rows": {}, "synthetic": "some"}
    (tmp_path / "out.csv.card.json").write_text(json.dumps(card))
    bad.write_bytes(content if isinstance(content, bytes) else content.encode())
    out.write_text("precious")
    said = invoke(["augment", bad, "--target", "Class", "--out", out, "--epochs", 1], code=1)
    assert message in said
    assert "Received" in said
    assert out.read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.csv", "out.csv", "out.csv.card.json"]


def test_a_source_of_images_is_refused(place):
    file = TableFile(str(place / "credit.csv"), "Class")
    with pytest.raises(ValueError, match="a source of float32 of shape "):
        file.check_source(gk.Synthesizer.from_gan(gk.testing.toy_gan()))


def test_the_real_table_is_not_written_over(place):
    credit = place / "credit.csv"
    before = credit.read_bytes()
    said = invoke(["augment", credit, "--target", "Class", "--out", credit], code=1)
    assert "not written over" in said
    assert credit.read_bytes() == before
    said = invoke(["augment", credit, "--out", place / "a.csv"], code=1)
    assert "--target must name" in said


def test_no_file_of_others_is_written_over(place, tmp_path):
    out = tmp_path / "thesis.csv"
    for card in (None, "{}", json.dumps({"file": "x.csv", "rows": {}, "synthetic": ""})):
        out.write_text("mine")
        if card is not None:
            (tmp_path / "thesis.csv.card.json").write_text(card)
        said = invoke(["augment", place / "credit.csv", "--target", "Class", "--out", out], code=1)
        assert "not written by `gankeras augment`" in said
        assert "training" not in said
        assert out.read_text() == "mine"
    out.unlink()
    out.hardlink_to(place / "credit.csv")
    said = invoke(["augment", place / "credit.csv", "--target", "Class", "--out", out], code=1)
    assert "the real data are not written over" in said


def test_where_to_write_is_checked_before_the_training(place):
    (place / "folder.csv").mkdir()
    for out, words in (
        (place / "folder.csv", "--out must be the name of a file"),
        (place / "credit.csv" / "x.csv", "--out must be the name of a file"),
    ):
        said = invoke(["augment", place / "credit.csv", "--target", "Class", "--out", out], code=1)
        assert words in said
        assert "training" not in said
    assert not list(place.glob("folder.csv.card*"))
    said = invoke(["augment", place / "nope.csv", "--target", "Class", "--out", "x.csv"], code=1)
    assert "nope.csv', which is not there" in said


def test_columns_that_tell_every_row_apart_are_named(place):
    frame = pd.read_csv(place / "credit.csv")
    frame.insert(0, "customer", [f"customer {i}" for i in range(len(frame))])
    frame.to_csv(place / "named.csv", index=False)
    out = place / "named_out.csv"
    said = invoke(
        ["augment", place / "named.csv", "--target", "Class", "--out", out, "--epochs", 1]
    )
    assert "Empty in synthetic rows, since the GAN has no such column: customer" in said
    assert json.loads(out.with_name("named_out.csv.card.json").read_text())["left_out"] == [
        "customer"
    ]
    assert pd.read_csv(out)["customer"].tail(60).isna().all()

import dataclasses
import json

import pytest

import gankeras as gk
from gankeras.cli import demo


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(demo, "DIGITS", dataclasses.replace(demo.DIGITS, classifier_steps=2))
    monkeypatch.setattr(demo, "NUM_SEEDS", 2)
    monkeypatch.setattr(demo, "NUM_JUDGED", 60)
    return demo.Settings(gan_steps=2)


def test_demo_writes_what_it_says(quick, tmp_path, capsys):
    out = tmp_path / "runs" / "demo"
    report = demo.run(quick, out)
    assert [result.name for result in report.results] == list(demo.ARMS)
    assert gk.Report.from_json(out / "report.json") == report
    assert {file.name for file in out.iterdir()} == {
        "digits_dcgan",
        "report.html",
        "report.json",
        "report.md",
        "samples.png",
        "uplift.png",
    }
    assert demo.RESULTS.foreign(out) is None
    page = (out / "report.html").read_text(encoding="utf-8")
    shown = ["Samples beside their nearest real rows", "How the training went", "Losses, by step"]
    for said in [*shown, "Does it repeat training rows?", "The synthetic-data card"]:
        assert said in page
    assert page.count("data:image/png;base64,") >= 80
    card = json.loads((out / "digits_dcgan" / "1" / "card.json").read_text())
    assert card["synthetic"] is True
    assert card["data"]["rows"] == 50
    assert "gan+classical minus classical, accuracy" in card["figures"] or card["figures"]
    printed = capsys.readouterr().out
    for said in ("training a GAN, seed 1", "real + GAN + classical", "report.html"):
        assert said in printed
    assert [folder.name for folder in out.parent.iterdir()] == ["demo"]


def test_each_seed_draws_its_own_images_and_gan(quick):
    with demo.Progress() as progress:
        study = demo.Study(quick, progress)
        first, (x, _) = study.source(0)
        again, (x_again, _) = study.source(0)
        other, (x_other, _) = study.source(1)
    assert (x == x_again).all()
    assert (first.sample(3, labels=1) == again.sample(3, labels=1)).all()
    assert (x != x_other).any()
    assert (first.sample(3, labels=1) != other.sample(3, labels=1)).any()


def test_nothing_is_left_behind_when_it_fails(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(demo.Study, "measure", lambda study: None)
    monkeypatch.setattr(demo.Study, "write", lambda study, report, folder: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        demo.run(quick, tmp_path / "demo")
    assert list(tmp_path.iterdir()) == []

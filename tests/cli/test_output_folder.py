import json
import os

import pytest

from gankeras.cli.output_folder import Results, json_with, output_folder

RESULTS = Results("report.json", json_with("kind"), (r"old\.txt", r"pictures/\d+\.png"))
FIRST, SECOND = json.dumps({"kind": "first"}), json.dumps({"kind": "second"})


def write(path, text):
    with output_folder(path, RESULTS) as folder:
        (folder / "report.json").write_text(text)
        assert not (path / "report.json").exists() or text == SECOND


def test_a_run_replaces_an_earlier_run(tmp_path, capsys):
    path = tmp_path / "runs" / "demo"
    write(path, FIRST)
    assert "Replaced" not in capsys.readouterr().out
    (path / "old.txt").write_text("from the first run")
    (path / "pictures").mkdir()
    (path / "pictures" / "7.png").write_text("too")
    (path / "pictures" / ".DS_Store").write_text("of the system")
    write(path, SECOND)
    assert [file.name for file in path.iterdir()] == ["report.json"]
    assert (path / "report.json").read_text() == SECOND
    assert [folder.name for folder in path.parent.iterdir()] == ["demo"]
    assert "Replaced: the results of an earlier run" in capsys.readouterr().out


def test_a_run_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "demo"
    write(path, FIRST)
    with pytest.raises(RuntimeError), output_folder(path, RESULTS) as folder:
        (folder / "report.json").write_text("half")
        raise RuntimeError
    assert (path / "report.json").read_text() == FIRST
    assert [folder.name for folder in tmp_path.iterdir()] == ["demo"]


def test_an_earlier_run_comes_back_where_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    path, rename = tmp_path / "demo", os.rename
    write(path, FIRST)

    def refuse(source, target):
        if os.path.basename(source) == "new":
            raise OSError("no")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="no"):
        write(path, SECOND)
    assert (path / "report.json").read_text() == FIRST
    assert [folder.name for folder in tmp_path.iterdir()] == ["demo"]


@pytest.mark.parametrize("make", ["file", "folder"])
def test_what_is_not_a_run_is_left_alone(make, tmp_path):
    path = tmp_path / "thesis"
    if make == "file":
        path.write_text("mine")
    else:
        path.mkdir()
        (path / "chapter1.tex").write_text("mine")
    with pytest.raises(ValueError, match="holds something else.*--out.*Received"):
        write(path, FIRST)
    assert [folder.name for folder in tmp_path.iterdir()] == ["thesis"]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"report.json": '{"tests": 3}'}, "its report.json was written by something else"),
        ({"report.json": "[1]"}, "its report.json was written by something else"),
        ({"report.json": FIRST, "thesis.docx": "mine"}, "thesis.docx in it"),
        ({"report.json": FIRST, "pictures/me.png": "mine"}, "pictures/me.png in it"),
    ],
)
def test_a_common_name_is_no_proof(files, found, tmp_path):
    for name, text in files.items():
        (tmp_path / "results" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results" / name).write_text(text)
    with pytest.raises(ValueError, match=found):
        write(tmp_path / "results", SECOND)
    assert all((tmp_path / "results" / name).read_text() == text for name, text in files.items())


@pytest.mark.parametrize("place", [".", ".."])
def test_the_folder_that_one_works_in_is_not_replaced(place, tmp_path, monkeypatch):
    (tmp_path / "report.json").write_text(FIRST)
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path if place == "." else tmp_path / "pictures")
    with pytest.raises(ValueError, match=r"that you work in.*Received: \.+\."):
        output_folder(place, RESULTS).__enter__()


def test_the_way_out_is_the_command_s_own_flag(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    results = Results("config.json", json_with("data"), (), "--name")
    with pytest.raises(ValueError, match="Choose another with --name"):
        output_folder(tmp_path, results).__enter__()

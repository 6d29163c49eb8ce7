import pytest

from gankeras.cli.output_folder import output_folder


def write(path, text):
    with output_folder(path, mark="report.json") as folder:
        (folder / "report.json").write_text(text)
        assert not (path / "report.json").exists() or text == "second"


def test_a_run_replaces_an_earlier_run(tmp_path):
    path = tmp_path / "runs" / "demo"
    write(path, "first")
    (path / "old.txt").write_text("from the first run")
    write(path, "second")
    assert [file.name for file in path.iterdir()] == ["report.json"]
    assert (path / "report.json").read_text() == "second"
    assert [folder.name for folder in path.parent.iterdir()] == ["demo"]


def test_a_run_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "demo"
    write(path, "first")
    with pytest.raises(RuntimeError), output_folder(path, mark="report.json") as folder:
        (folder / "report.json").write_text("half")
        raise RuntimeError
    assert (path / "report.json").read_text() == "first"
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
        write(path, "first")
    assert [folder.name for folder in tmp_path.iterdir()] == ["thesis"]


def test_the_way_out_is_the_command_s_own_flag(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="Choose another with --name"):
        output_folder(tmp_path, "config.json", "--name").__enter__()

import io
import os
import signal
import subprocess
import sys
import threading

import pytest
import rich.console
from typer.testing import CliRunner

from gankeras.cli.main import _friendly_errors, app
from gankeras.cli.output_folder import output_folder
from gankeras.cli.progress import Progress
from gankeras.cli.run_folder import load_source, source_name
from gankeras.cli.train import RESULTS


@pytest.mark.parametrize("flags", [["--help"], ["--version"], ["demo", "--help"]])
def test_help_and_version_do_not_import_tensorflow(flags):
    code = (
        "import sys, gankeras_command\n"
        f"sys.argv = ['gankeras', *{flags}]\n"
        "try:\n    gankeras_command.main()\n"
        "finally:\n    assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "gankeras" in done.stdout


def test_an_error_is_one_paragraph_with_the_way_out(tmp_path):
    (tmp_path / "demo").write_text("a file in the way")
    done = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "demo")])
    assert done.exit_code == 1
    assert "--out" in done.output
    assert "Received" in done.output
    assert "Traceback" not in done.output


def test_the_package_is_the_command():
    command = [sys.executable, "-m", "gankeras", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("gankeras ")


def test_what_users_write_is_no_markup():
    console = rich.console.Console(file=io.StringIO(), force_terminal=True, width=80)
    with Progress(console) as progress, progress.part("reading photos [/old]"):
        pass
    assert "reading photos [/old]" in console.file.getvalue()


@pytest.mark.parametrize("name", ["../escaped", "..", ".", "", " ", "a\\b"])
def test_a_run_has_a_plain_name(name, tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path / "runs")
    done = CliRunner().invoke(app, ["train", "no_such_data.npz", "--name", name])
    assert done.exit_code == 1
    assert "without any slash" in done.output  # before the data are looked for
    assert [path.name for path in tmp_path.rglob("*")] == ["runs"]


def test_a_run_is_not_written_among_its_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["train", ".", "--name", "x"])
    assert done.exit_code == 1
    assert "into the folder of the data" in done.output
    assert not list(tmp_path.iterdir())


def test_reports_are_named_by_what_they_are_of(tmp_path):
    version = tmp_path / "run" / "saved_model" / "1"
    version.mkdir(parents=True)
    for file in (version / "saved_model.pb", tmp_path / "run" / "config.json"):
        file.write_text("")
    (tmp_path / "gan-0.5").mkdir()
    (tmp_path / "served" / "2").mkdir(parents=True)
    (tmp_path / "served" / "2" / "saved_model.pb").write_text("")
    names = {
        "gan-0.5": "gan-0.5",
        "made-0.5.npz": "made-0.5",
        "made.csv.gz": "made",
        "gan-0.9": "gan-0.9",
        "served/2": "served",
        "run/saved_model/1": "run",
        "run/model.keras": "run",
    }
    assert {path: source_name(tmp_path / path) for path in names} == names


def test_a_damaged_model_is_not_called_missing(tmp_path):
    (tmp_path / "half.keras").write_bytes(b"PK and no more")
    with pytest.raises(ValueError, match="damaged.*half.keras.*14 bytes"):
        load_source(tmp_path / "half.keras")


def test_too_many_images_a_class(tmp_path):
    done = CliRunner().invoke(app, ["demo", "--per-class", "5000", "--out", str(tmp_path / "demo")])
    assert done.exit_code == 1
    assert "smallest class" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_termination_leaves_no_half_written_folder(tmp_path, name):
    number = getattr(signal, name)
    # As from a terminal: under `nohup` the tests themselves begin with SIGHUP ignored.
    earlier = signal.signal(number, signal.SIG_DFL)
    try:
        with (
            pytest.raises(SystemExit) as raised,
            _friendly_errors(),
            output_folder(tmp_path / "run", RESULTS) as folder,
        ):
            (folder / "half.txt").write_text("half")
            os.kill(os.getpid(), number)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, earlier)
    assert raised.value.code == 128 + number  # as shells say it
    assert list(tmp_path.iterdir()) == []


def test_a_signal_that_is_ignored_stays_so():
    earlier = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _friendly_errors():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, earlier)


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_errors_have_no_colour_where_none_is_wanted(monkeypatch, variable, value):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    arguments = ["train", "x", "--name", ".."]
    assert "\x1b[31m" in CliRunner().invoke(app, arguments, color=True).output
    monkeypatch.setenv(variable, value)
    assert "\x1b" not in CliRunner().invoke(app, arguments, color=True).output


def test_home_is_written_out_and_seeds_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "taken").write_text("")
    done = CliRunner().invoke(app, ["demo", "--out=~/taken"])
    assert f"Received: {tmp_path / 'taken'}" in done.output
    done = CliRunner().invoke(app, ["demo", "--seed", "2147483648"])
    assert (done.exit_code, "2147483647" in done.output) == (2, True)


def test_other_threads_set_no_handler():
    ended = []

    def call():
        with _friendly_errors():
            ended.append(True)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert ended == [True]

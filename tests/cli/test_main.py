import subprocess
import sys

import pytest
from typer.testing import CliRunner

from gankeras.cli.main import app


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


def test_too_many_images_a_class(tmp_path):
    done = CliRunner().invoke(app, ["demo", "--per-class", "5000", "--out", str(tmp_path / "demo")])
    assert done.exit_code == 1
    assert "smallest class" in done.output
    assert list(tmp_path.iterdir()) == []

"""Killed without warning and started again, a run ends as if nothing had happened."""

import os
import pathlib
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).with_name("killed_run.py")


def run(folder: pathlib.Path, kill_after: int | None = None) -> int:
    """Runs the script; `kill -9` once it has printed that many lines. Returns its exit code."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(SCRIPT), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines = 0
    for line in process.stdout:
        lines += line.startswith("step")
        if lines == kill_after:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.communicate()
    return process.returncode


def arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.__setitem__(name, item[()]) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


@pytest.mark.slow
def test_kill_minus_nine(tmp_path):
    assert run(tmp_path / "whole") == 0
    # In the first epoch, on the edge of one, in the middle of a later one.
    for lines in (4, 20, 13):
        assert run(tmp_path / "killed", kill_after=lines) == -signal.SIGKILL
    assert run(tmp_path / "killed") == 0
    whole, killed = (arrays(tmp_path / run / "final.weights.h5") for run in ("whole", "killed"))
    assert whole.keys() == killed.keys()
    assert any("state_adaptive_probability" in key for key in whole)
    for key, value in whole.items():
        np.testing.assert_array_equal(killed[key], value, err_msg=key)

"""A test that hangs is a failure, which shows where each thread is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1] / "pyproject.toml"

HANGS = """
import threading

def never_released(lock):
    lock.acquire()

def test_hangs():
    lock = threading.Lock()
    lock.acquire()
    threading.Thread(target=never_released, args=[lock], daemon=True).start()
    never_released(lock)
"""


@pytest.mark.slow
def test_hang_shows_all_threads(tmp_path: Path) -> None:
    """Also in a worker of pytest-xdist, whose output nobody sees."""
    (tmp_path / "test_hangs.py").write_text(HANGS)
    options = ["-c", str(PROJECT), "-p", "no:cacheprovider", "-o", "timeout=1", "-n", "1"]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Failed: Timeout" in done.stdout
    failure, other = done.stdout.split("Stack of")[:2]
    assert ">       never_released(lock)" in failure
    assert "in never_released" in other

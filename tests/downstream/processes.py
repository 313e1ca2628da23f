"""Programs from PyPI as processes, as they were installed: what they sleep passes on the fake's clock instead."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

from copr_chroot_fake.pytest_plugin.support import CoprServer

WITH_WGET = pytest.mark.skipif(shutil.which("wget") is None, reason="download-build runs wget, which is not here")


class Run(Protocol):
    """Runs a program to its end; after so many seconds of sleep, on the fake's clock, somebody presses Ctrl-C."""

    def __call__(self, *arguments: str, patience: float = 3600) -> subprocess.CompletedProcess[str]: ...


def runner(program: str, server: CoprServer, directory: Path) -> Run:
    """Run a program in a directory."""

    def run(*arguments: str, patience: float = 3600) -> subprocess.CompletedProcess[str]:
        patched = {
            "PYTHONPATH": str(Path(__file__).with_name("no_sleep")),
            "COPR_FAKE_URL": server.url,
            "COPR_FAKE_PATIENCE": str(patience),
            "COLUMNS": "200",
        }
        command = [str(Path(sys.executable).with_name(program)), *arguments]
        return subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, **patched},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run

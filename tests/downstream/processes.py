"""Runs programs from PyPI, unchanged, as processes whose sleeps advance the fake's clock instead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from copr_chroot_fake.pytest_plugin.commands import DAY, variables

from ..programs import needs

needs_wget = needs("wget")
"""For tests of download-build, which runs wget."""


class Run(Protocol):
    """Runs a program to its end."""

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]: ...


class Forker:
    """A process that has imported the programs and forks a child for each run, which is ten times as fast."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def runner(self, program: str, url: str, directory: Path, home: Path | None = None) -> Run:
        """Return a function that runs a program in a directory, with the configuration file below ``home``."""

        def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
            environment = {**os.environ, **variables(url, DAY)}
            if home is not None:
                environment["HOME"] = str(home)
            given, output, errors = (directory / name for name in (".stdin", ".stdout", ".stderr"))
            given.write_text(stdin)
            order = [program, arguments, str(directory), environment, str(given), str(output), str(errors)]
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(order), file=self._process.stdin, flush=True)
            status = int(self._process.stdout.readline())
            done = subprocess.CompletedProcess([program, *arguments], status, output.read_text(), errors.read_text())
            for file in (given, output, errors):
                file.unlink()
            return done

        return run


@contextmanager
def forking() -> Iterator[Forker]:
    """Start the process, and end it after the block."""
    # The programs import nothing that coverage should measure.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, str(Path(__file__).with_name("forker.py"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield Forker(process)
        assert process.stdin is not None
        process.stdin.close()

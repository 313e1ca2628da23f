"""Runs commands whose sleep moves the fake's clock. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..server.program_environment import sleep_variables
from ..validation import checks

if TYPE_CHECKING:
    from .support import CoprServer

DAY = 86_400


@dataclass(frozen=True, slots=True)
class CoprCli:
    """The type of the fixture ``copr_cli``."""

    _server: CoprServer
    _directory: Path
    """The directory that ``cwd`` is relative to."""

    def __call__(
        self,
        *arguments: str | Path,
        command: str = "copr-cli",
        stdin: str = "",
        cwd: str | Path = "",
        interrupt_after: float = DAY,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run copr-cli and return its status and output; assertions about submissions show the output of a failure.

        :param command: another program to run instead.
        :param stdin: its standard input.
        :param cwd: its working directory, relative to the test's temporary directory, ``tmp_path``.
        :param interrupt_after: seconds of sleep, on the fake's clock, after which it is interrupted as by Ctrl-C.
        :param timeout: seconds, in real time, after which it is killed.
        :raises subprocess.TimeoutExpired: with the output so far.
        :raises InputError: if the program is not installed.
        """
        environment = {**os.environ, **variables(self._server.url, interrupt_after)}
        done = subprocess.run(
            [_find(command, environment["PATH"]), *arguments],
            cwd=self._directory / cwd,
            env=environment,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            self._server.fake.service.journal.failed_command = _describe(done)
        return done


def _describe(done: subprocess.CompletedProcess[str]) -> str:
    """Return the end of the output of a command, as lines of a message."""
    command = checks.shortened(" ".join(map(str, done.args)), 300)
    output = f"{done.stdout}{done.stderr}".splitlines()[-_MAX_LINES:]
    title = f"\nThe command failed with status {done.returncode}: {command}"
    return title + "".join(f"\n  {checks.shortened(text, 300)}" for text in output)


_MAX_LINES = 20
"""The maximum number of lines of a command's output in a message."""


def variables(url: str, interrupt_after: float) -> Mapping[str, str]:
    """Return the environment variables of a command that differ from those of this process."""
    sleeping = sleep_variables(url)
    return {
        **sleeping,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), sleeping["PATH"]]),
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "200",
        "COPR_FAKE_INTERRUPT_AFTER": str(interrupt_after),
    }


def _find(command: str, path: str) -> str:
    """Return the path of a program; the environment of the running Python comes first."""
    found = shutil.which(checks.text("command", command), path=path)
    if found is None:
        raise InputError("command", f"{checks.excerpt(command)} is not installed; expected a program such as copr-cli")
    return found

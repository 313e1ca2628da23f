"""Commands as processes that are forked from one that has imported them, which takes a fraction of the time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO

IMPORTED = [
    f"copr_chroot_fake.{name}"
    for name in (
        "cli",
        "fake",
        "server.app",
        "server.log",
        "server.proxy",
        "cli.record",
        "recording.record",
        "recording.recorder",
        "recording.to_scenario",
        "scenario.files",
        "cli.scenario",
        "server.command",
        "server.standalone",
        "server.run",
        "server.state_file",
    )
]
"""The modules of the command, which the process has imported before it forks."""


class ForkedCommand:
    """A running ``copr-chroot-fake``, with the methods of ``subprocess.Popen``."""

    def __init__(self, arguments: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        (output, writes_output), (errors, writes_errors) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        with output, errors, writes_output, writes_errors:
            self._process = context.Process(
                target=_run,
                args=(
                    writes_output,
                    writes_errors,
                    arguments,
                    cwd or Path.cwd(),
                    dict(os.environ if env is None else env),
                ),
            )
            self._process.start()
            self.stdout: TextIO | None = os.fdopen(os.dup(output.fileno()), encoding="utf-8")
            self.stderr: TextIO | None = os.fdopen(os.dup(errors.fileno()), encoding="utf-8")
        assert self._process.pid is not None
        self.pid = self._process.pid

    def __enter__(self) -> ForkedCommand:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("copr-chroot-fake", timeout or 0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        with ThreadPoolExecutor() as readers:
            assert self.stdout is not None
            assert self.stderr is not None
            reading = [readers.submit(stream.read) for stream in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            output, errors = (read.result() for read in reading)
            return output, errors

    def send_signal(self, signum: signal.Signals) -> None:
        # It may end at any moment.
        with suppress(ProcessLookupError):
            if self.poll() is None:
                os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(output: Connection, errors: Connection, arguments: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
    """Run the command in the forked process."""
    for stream, number in ((output, 1), (errors, 2)):
        os.dup2(stream.fileno(), number)
        stream.close()
    # Tests that run in the background of a shell ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["copr-chroot-fake", *arguments]
    from copr_chroot_fake.__main__ import main

    main()

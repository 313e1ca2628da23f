"""The command ``run``: a program, unmodified, with a fake behind Copr's own addresses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from ..cli_output import Failure, complete_scenario, failing, printable
from ..errors import needing
from ..model.progress import ProgressMode
from ..validation import checks
from .command import progress_option, proxy_allow_option, sources_of, speed_option

if TYPE_CHECKING:
    from ..service import Service

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
"""The exit statuses of shells for commands that they cannot run."""

_MAX_PRINTED = 20
"""The maximum number of unmatched requests, and of failed ones, that are printed."""

_KEYS = [getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name)]
"""Signals that a terminal sends for keys."""

_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
]


class _RunCommand(click.Command):
    """A command whose arguments after ``--`` are another command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.obj = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])


@click.command(cls=_RunCommand)
@click.argument(
    "scenarios",
    metavar="[SCENARIO]... -- COMMAND [ARGUMENT]...",
    nargs=-1,
    type=click.Path(path_type=Path),
    shell_complete=complete_scenario,
)
@progress_option
@speed_option
@proxy_allow_option
@click.pass_obj
@failing()
def run(
    command: tuple[str, ...],
    scenarios: tuple[Path, ...],
    progress: ProgressMode,
    speed: float,
    allowed: tuple[str, ...],
) -> None:
    """Run a program with a fake behind Copr's addresses.

    The program gets environment variables that name a proxy, which answers for
    https://copr.fedorainfracloud.org and Copr's other hosts; the certificates
    that verify it; and, in COPR_CONFIG, a configuration file for copr-cli.
    Scripts need copr-cli --config "$COPR_CONFIG": without it, copr-cli asks Copr
    itself for the second page of a list. run -- copr-cli … adds the option.
    Connections to all other hosts are rejected, except with --proxy-allow.

    SCENARIO is as for serve. Results of builds are served. Needs the tls extra.

    \b
    Try it:
        copr-chroot-fake run -- copr-cli monitor jdoe/playground
        copr-chroot-fake run mass-rebuild --speed 60 -- ./release.sh

    At the end, requests for builds and other objects that do not exist, and all
    others that failed without a fault, are printed on standard error; so is the
    fact that there was no request at all.

    Exit status: that of the program, 128 + N if signal N ended it, 126 if it
    cannot be executed, 127 if it does not exist, 2 for an invalid scenario or
    option.
    """
    if not command:
        raise Failure("there is no command; expected one after --, such as: copr-chroot-fake run -- ./release.sh")
    with needing("run", "trustme", "tls"):
        from .proxy import proxying
    from ..control.worlds import InitialConfig
    from ..options import FakeOptions

    options = FakeOptions(progress=progress)
    service = InitialConfig(sources_of(scenarios), options, speed).make()
    # Signals first, so that none can prevent the removal of the proxy and its files.
    with _passing_signals() as passing, proxying(service, allowed) as proxy:
        status = _run(_with_config(command, proxy.environment), proxy.environment, passing)
    _print_unmatched(service)
    _print_errors(service)
    if not service.journal.requests() and status not in (_NOT_EXECUTABLE, _NOT_FOUND):
        click.echo("The program sent no request to the fake.", err=True)
    sys.exit(status)


def _with_config(command: Sequence[str], environment: Mapping[str, str]) -> Sequence[str]:
    """Add the configuration to a command that is copr-cli, unless it has one.

    copr-cli reads no variable for it, and without it, the proxy cannot keep it from other pages of Copr's own lists:
    the official client ignores the settings of proxies for them.
    """
    name, *arguments = command
    if Path(name).name != "copr-cli" or any(argument.startswith("--config") for argument in arguments):
        return command
    return [name, "--config", environment["COPR_CONFIG"], *arguments]


def _run(command: Sequence[str], environment: Mapping[str, str], passing: _Signals) -> int:
    """Run a command to its end, and return its exit status as a shell does."""
    if not command[0]:
        return _report("'': command not found", _NOT_FOUND)
    try:
        process = subprocess.Popen(command, env=environment)
    except FileNotFoundError:
        return _report(f"{command[0]}: command not found", _NOT_FOUND)
    except OSError as error:
        return _report(f"{command[0]}: cannot be executed: {error.strerror}", _NOT_EXECUTABLE)
    passing.pass_to(process)
    while process.returncode is None:
        # Without a timeout, a signal that arrives just before this would be passed on only afterwards.
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _report(problem: str, status: int) -> int:
    click.echo(f"Error: {printable(problem)}", err=True)
    return status


class _Signals:
    """Passes signals on to a process, also those that arrive before it has started."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def receive(self, signum: int, frame: FrameType | None) -> None:
        if self._process is None:
            self._early.append(signum)
        elif not (signum in _KEYS and _is_from_terminal()):
            self._process.send_signal(signum)

    def pass_to(self, process: subprocess.Popen[bytes]) -> None:
        """Pass signals on to a process from now on."""
        self._process = process
        for signum in self._early:
            process.send_signal(signum)


def _is_from_terminal() -> bool:
    """Whether a key may have caused a signal, which the terminal sends to the program, too."""
    with suppress(OSError, AttributeError):
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        finally:
            os.close(terminal)
    return False


@contextmanager
def _passing_signals() -> Iterator[_Signals]:
    """Within the block, pass signals on, except those that are ignored."""
    passing = _Signals()
    handlers = {signum: signal.getsignal(signum) for signum in _SIGNALS}
    for signum, handler in handlers.items():
        if handler is not signal.SIG_IGN:
            signal.signal(signum, passing.receive)
    try:
        yield passing
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)


def _print_unmatched(service: Service) -> None:
    """Print the unmatched requests with their near misses."""
    _print_list("Unmatched Copr requests", [*map(str, service.journal.unmatched())], "more target")


def _print_errors(service: Service) -> None:
    """Print the other requests that failed, unless because of a fault, with the errors in the responses."""
    from ..journal.request import describe, group_equal

    requests = [request for request in service.journal.requests() if request.matched and request.fault is None]
    failed = group_equal(request for request in requests if request.status >= 400)
    lines = [describe(group, with_time=False) for group in failed]
    _print_list("Copr requests with errors", lines, "more request")


def _print_list(title: str, lines: Sequence[str], more: str) -> None:
    if lines:
        click.echo(f"{title}:", err=True)
    for line in lines[:_MAX_PRINTED]:
        click.echo(f"  {printable(line)}", err=True)
    if len(lines) > _MAX_PRINTED:
        click.echo(f"  … and {checks.counted(len(lines) - _MAX_PRINTED, more)}", err=True)

"""The command line's ``record``, which loads what it needs when it is run."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, cast

import click

from ..cli_output import Failure, printable
from ..errors import CoprFakeError
from ..model.project import COPR_URL
from ..validation import checks
from ..validation.checks import LARGEST_INTEGER

if TYPE_CHECKING:
    from ..scenario.entries import Scenario
    from .output_file import Keeper
    from .poll_loop import Looking
    from .reporter import Reporter
    from .to_scenario import Recorded

INTERVAL = 10.0
INCOMPLETE = 1
"""Exit status for a recording in which something is missing."""


class BuildId(click.IntRange):
    """The id of a build, or what is none: a misplaced ``--url``, say, whose password is not printed."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        # click gives what was typed, whatever its types say.
        return super().convert(cast(int, checks.shown_address(value) if "@" in str(value) else value), param, ctx)


class Interrupted(BaseException):
    """A signal says that it is to end."""


@click.command()
@click.argument("build_ids", metavar="BUILD_ID...", nargs=-1, required=True, type=BuildId(min=1, max=LARGEST_INTEGER))
@click.option("--url", default=COPR_URL, show_default=True, help="Address of the Copr, without /api_3.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File to write to.  [default: standard output]",
)
@click.option("--watch", is_flag=True, help="Look until the builds have ended, and record how they live.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help=f"Seconds between two looks with --watch.  [default: {INTERVAL:g}]",
)
@click.option("--anonymize", is_flag=True, help="Replace owners, projects, packages, people and addresses.")
@click.pass_context
def record(
    ctx: click.Context,
    build_ids: tuple[int, ...],
    url: str,
    output: Path | None,
    watch: bool,
    interval: float | None,
    anonymize: bool,
) -> None:
    """Record builds of a real Copr as a scenario that, served, answers the same.

    It only reads from that Copr. With --watch, the recorded chroots live again as
    they were seen to live, by the clock.

    \b
    Try it:
        copr-chroot-fake record 9000000 -o build.json
        copr-chroot-fake serve build.json

    After Ctrl-C or SIGTERM, or if the Copr stops answering, it writes what it has;
    if the output file already exists, to NAME.partial.json beside it.

    Exit status: 0 for a complete scenario, 1 if something is missing in it (each
    thing is reported), 2 if nothing could be recorded.
    """
    if interval is not None and not watch:
        raise Failure("--interval says how often to look with --watch; add that, or leave it out")
    from .reporter import reporting

    ids = tuple(dict.fromkeys(build_ids))
    try:
        copr = checks.address("--url", url)
        seconds = checks.amount("--interval", INTERVAL if interval is None else interval)
        with reporting() as reporter:
            problems = _record(ids, copr, output, seconds if watch else None, anonymize, reporter)
    except CoprFakeError as error:
        raise Failure(str(error)) from None
    except Interrupted:
        raise Failure("interrupted before anything was recorded") from None
    for line in problems:
        click.echo(printable(line), err=True)
    ctx.exit(INCOMPLETE if problems else 0)


def _record(
    ids: Sequence[int],
    url: str,
    output: Path | None,
    interval: float | None,
    anonymize: bool,
    reporter: Reporter,
) -> Sequence[str]:
    """Record, and write what there is in the end; what is missing in it, and why, a line each.

    :param interval: seconds from look to look; ``None`` for one look, of which no life is recorded.
    """
    from ..client.clients import CoprClient
    from .output_file import Keeper
    from .poll_loop import Looking
    from .recorded import recorded
    from .recorder import Recorder

    shown_url = checks.without_user(url)

    def make() -> Recorded:
        return recorded(recorder.answers(), lives=interval is not None, anonymous=anonymize)

    def keep() -> None:
        if keeper is not None:
            keeper.keep(make().scenario)

    def pause(seconds: float) -> None:
        reporter.say(f"{shown_url} does not answer as it should; asking again in {seconds:g} s")
        time.sleep(seconds)

    with ExitStack() as locked, ending_on_signals() as ignore_signals, CoprClient(url, sleep=pause) as client:
        keeper = None if output is None else locked.enter_context(Keeper(output))
        recorder = Recorder(client, time.time, reporter)
        looking = Looking(recorder, ids, keep, interval, reporter)
        problem = _look(looking)
        # What there is is about to be written.
        ignore_signals()
        if not recorder.has_something:
            raise CoprFakeError(problem or f"{shown_url}: {'; '.join(looking.missing())}; check the number, and --url")
        made = make()
        missing = [*looking.missing(), *made.left_out]
        _write(made.scenario, keeper, reporter, is_complete=not (problem or missing))
    return [*([f"Error: {problem}"] if problem else []), *(f"Missing: {line}" for line in missing)]


def _look(looking: Looking) -> str | None:
    """Look as long as there is something to see; what has ended that too early, if anything has."""
    from ..client.errors import ClientError

    try:
        looking.run()
    except Interrupted:
        return "interrupted"
    except ClientError as error:
        return f"{error}; {_remedy(error)}"
    return None


def _remedy(error: CoprFakeError) -> str:
    from ..client.errors import ServerError

    if isinstance(error, ServerError):
        return "try again later"
    return "check --url and the network, or try again later"


def _write(scenario: Scenario, keeper: Keeper | None, reporter: Reporter, *, is_complete: bool) -> None:
    if keeper is None:
        click.echo(json.dumps(scenario, indent=2))
    else:
        reporter.say(f"written to {keeper.finish(scenario) if is_complete else keeper.keep(scenario)}")


@contextmanager
def ending_on_signals() -> Iterator[Callable[[], None]]:
    """Let SIGINT and SIGTERM raise :class:`Interrupted`, once, until what is given is called: then they do nothing."""
    before = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}

    def ignore() -> None:
        for signum in before:
            signal.signal(signum, signal.SIG_IGN)

    def end(signum: int, frame: FrameType | None) -> None:
        ignore()
        raise Interrupted

    for signum in before:
        signal.signal(signum, end)
    try:
        yield ignore
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)

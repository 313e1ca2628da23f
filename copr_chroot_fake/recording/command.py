"""The command ``copr-chroot-fake record``: poll builds, save the scenario as it grows, and keep it if interrupted."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import click

from ..atomic_file import check_replaceable, replace_file
from ..cli_output import Failure, failing, printable
from ..client.clients import CoprClient
from ..client.errors import ClientError, ServerError
from ..errors import CoprFakeError
from ..model.project import COPR_URL
from ..validation import checks
from ..validation.checks import LARGEST_INTEGER
from .recorder import Recorder
from .to_scenario import Conversion, to_scenario

INTERVAL = 10.0
"""The default of ``--interval``, in seconds."""


class BuildId(click.IntRange):
    """A build id; hides the password of a misplaced URL in the error message."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        # click passes the text of the argument.
        return super().convert(cast(int, checks.address_excerpt(value) if "@" in str(value) else value), param, ctx)


@click.command()
@click.argument("build_ids", metavar="BUILD_ID...", nargs=-1, required=True, type=BuildId(min=1, max=LARGEST_INTEGER))
@click.option("--url", default=COPR_URL, show_default=True, help="URL of the Copr, without /api_3.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File to write.  [default: standard output]",
)
@click.option("--watch", is_flag=True, help="Poll until the builds have ended, and record their lifecycles.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help=f"Seconds between two polls with --watch.  [default: {INTERVAL:g}]",
)
@click.option("--anonymize", is_flag=True, help="Replace owners, projects, packages, people and URLs.")
@click.pass_context
@failing()
def record(
    ctx: click.Context,
    build_ids: tuple[int, ...],
    url: str,
    output: Path | None,
    watch: bool,
    interval: float | None,
    anonymize: bool,
) -> None:
    """Record builds of a real Copr as a scenario.

    The scenario gives the same responses. The command only reads from that Copr. With --watch, the recorded chroots go
    through the observed states again, driven by the clock.

    \b
    Try it:
        copr-chroot-fake record 9000000 -o build.json
        copr-chroot-fake serve build.json

    After Ctrl-C or SIGTERM, or if the Copr stops responding, the command writes what
    it has; if the output file already exists, to NAME.partial.json beside it.

    Exit status: 0 for a complete scenario, 1 if something is missing in it (each
    missing part is reported), 2 if nothing could be recorded.
    """
    if interval is not None and not watch:
        raise Failure("--interval requires --watch")
    copr_url = checks.address("--url", url)
    seconds = checks.amount("--interval", INTERVAL if interval is None else interval)
    unique_ids = tuple(dict.fromkeys(build_ids))
    problems = _record(unique_ids, copr_url, output, seconds if watch else None, anonymize)
    for line in problems:
        _report(line)
    ctx.exit(1 if problems else 0)


def _record(
    build_ids: Sequence[int], url: str, output: Path | None, interval: float | None, anonymize: bool
) -> list[str]:
    """Record builds and write the scenario; return a line for each problem and each missing part.

    If the output already exists, only a complete recording replaces it. Until then the recording is written to a file
    beside it, ``NAME.partial.json``.

    :param output: the file to write; ``None`` for standard output.
    :param interval: seconds between two polls until the builds have ended; ``None`` to read them once.
    :raises CoprFakeError: if nothing could be recorded, or if the file cannot be written.
    """
    public_url = checks.without_user(url)
    partial = None
    if output is not None:
        check_replaceable(output)
        partial = output.with_name(f"{output.stem}.partial{output.suffix}") if output.exists() else output

    def convert() -> Conversion:
        return to_scenario(recorder.observations, lifecycles=interval is not None, anonymous=anonymize)

    def pause(seconds: float) -> None:
        _report(f"unexpected response from {public_url}; retrying in {seconds:g} s")
        time.sleep(seconds)

    with CoprClient(url, sleep=pause) as client:
        recorder = Recorder(client, build_ids, interval, _report)
        problem = _run(recorder, lambda: _write(partial, convert()))
    missing = [*recorder.missing()]
    if not recorder.has_observations:
        raise CoprFakeError(problem or f"{public_url}: {'; '.join(missing)}; check the build id and --url")
    conversion = convert()
    missing += conversion.omissions
    _finish(conversion, output, partial, is_complete=not (problem or missing))
    return [*([f"Error: {problem}"] if problem else []), *(f"Missing: {line}" for line in missing)]


def _run(recorder: Recorder, save: Callable[[], object]) -> str | None:
    """Run a recorder; return the problem if it does not get to the end."""
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        recorder.run(save)
    except KeyboardInterrupt:
        return "interrupted"
    except ClientError as error:
        advice = "try again later"
        if not isinstance(error, ServerError):
            advice = "check --url and the network, or try again later"
        return f"{error}; {advice}"
    finally:
        signal.signal(signal.SIGTERM, handler)
    return None


def _finish(conversion: Conversion, output: Path | None, partial: Path | None, *, is_complete: bool) -> None:
    """Write the recording; a complete one replaces the output."""
    if output is None:
        click.echo(_encode(conversion))
        return
    path = output if is_complete else partial
    _write(path, conversion)
    if partial is not None and path != partial:
        partial.unlink(missing_ok=True)
    _report(f"written to {path}")


def _write(path: Path | None, conversion: Conversion) -> None:
    if path is not None:
        replace_file(path, f"{_encode(conversion)}\n".encode())


def _encode(conversion: Conversion) -> str:
    return json.dumps(conversion.scenario, indent=2)


def _report(line: str) -> None:
    click.echo(printable(line), err=True)

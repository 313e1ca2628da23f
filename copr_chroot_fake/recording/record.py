"""Record builds to a file: poll them, save the scenario as it grows, and keep it if the recording is interrupted."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from ..client.clients import CoprClient
from ..client.errors import ClientError, ServerError
from ..errors import CoprFakeError
from ..validation import checks
from .output_file import OutputFile
from .recorder import Recorder
from .reporter import Reporter
from .to_scenario import Conversion, to_scenario


class Interrupted(BaseException):
    """SIGINT or SIGTERM has ended the recording."""


def record_builds(
    build_ids: Sequence[int],
    url: str,
    output: Path | None,
    interval: float | None,
    anonymize: bool,
    reporter: Reporter,
) -> list[str]:
    """Record builds and write the scenario; return a line for each problem and each missing part.

    :param output: the file to write; ``None`` for standard output.
    :param interval: seconds between two polls until the builds have ended; ``None`` to read them once.
    :raises CoprFakeError: if nothing could be recorded, or if the file cannot be written.
    """
    public_url = checks.without_user(url)

    def convert() -> Conversion:
        return to_scenario(recorder.observations, lifecycles=interval is not None, anonymous=anonymize)

    def save() -> None:
        if file is not None:
            file.write_partial(convert().scenario)

    def pause(seconds: float) -> None:
        reporter.print(f"unexpected response from {public_url}; retrying in {seconds:g} s")
        time.sleep(seconds)

    with _interrupt_on_signals() as ignore_signals, CoprClient(url, sleep=pause) as client:
        file = None if output is None else OutputFile(output)
        recorder = Recorder(client, build_ids, interval, reporter)
        problem = None
        try:
            recorder.run(save)
        except Interrupted:
            problem = "interrupted"
        except ClientError as error:
            hint = (
                "try again later"
                if isinstance(error, ServerError)
                else "check --url and the network, or try again later"
            )
            problem = f"{error}; {hint}"
        ignore_signals()
        missing = [*recorder.missing()]
        if not recorder.has_observations:
            raise CoprFakeError(problem or f"{public_url}: {'; '.join(missing)}; check the build id and --url")
        conversion = convert()
        missing += conversion.omissions
        if file is None:
            click.echo(json.dumps(conversion.scenario, indent=2))
        else:
            write = file.write_partial if problem or missing else file.write_complete
            reporter.print(f"written to {write(conversion.scenario)}")
    return [*([f"Error: {problem}"] if problem else []), *(f"Missing: {line}" for line in missing)]


@contextmanager
def _interrupt_on_signals() -> Iterator[Callable[[], None]]:
    """Raise :class:`Interrupted` at the first SIGINT or SIGTERM; yield a function that ignores both from then on."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ignore() -> None:
        for number in handlers:
            signal.signal(number, signal.SIG_IGN)

    def interrupt(number: int, frame: FrameType | None) -> None:
        ignore()
        raise Interrupted

    for number in handlers:
        signal.signal(number, interrupt)
    try:
        yield ignore
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)

"""Record builds to a file, which always contains a complete scenario."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ..atomic_file import check_replaceable, replace_file
from ..cli_output import print_line
from ..client.clients import CoprClient
from ..client.errors import ClientError, ServerError
from ..errors import CoprFakeError
from ..validation import checks
from .recorder import Recorder
from .to_scenario import Conversion, to_scenario


def record_builds(
    build_ids: Sequence[int], url: str, output: Path | None, interval: float | None, anonymize: bool
) -> list[str]:
    """Record builds and write the scenario; return a line for each problem and each missing part.

    :param output: the file to write; ``None`` for standard output.
    :param interval: seconds between two polls until the builds have ended; ``None`` to read them once.
    :raises CoprFakeError: if nothing could be recorded, or if the file cannot be written.
    """
    public_url = checks.without_user(url)
    if output is not None:
        check_replaceable(output)

    def save() -> Conversion:
        conversion = to_scenario(recorder.observations, lifecycles=interval is not None, anonymous=anonymize)
        if output is not None:
            replace_file(output, f"{_encode(conversion)}\n".encode())
        return conversion

    def pause(seconds: float) -> None:
        print_line(f"unexpected response from {public_url}; retrying in {seconds:g} s")
        time.sleep(seconds)

    with CoprClient(url, sleep=pause) as client:
        recorder = Recorder(client, build_ids, interval, print_line)
        problem = _run(recorder, save)
    missing = [*recorder.missing()]
    if not recorder.has_observations:
        raise CoprFakeError(problem or f"{public_url}: {'; '.join(missing)}; check the build id and --url")
    conversion = save()
    if output is None:
        click.echo(_encode(conversion))
    else:
        print_line(f"written to {output}")
    missing += conversion.omissions
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


def _encode(conversion: Conversion) -> str:
    return json.dumps(conversion.scenario, indent=2)

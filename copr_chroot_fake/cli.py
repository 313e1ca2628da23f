"""The command line, ``copr-chroot-fake``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import click

from .errors import CoprFakeError
from .fake import FakeCopr
from .lives.clock import SystemClock
from .lives.progress import How
from .scenarios.reading import DEFAULT_SCENARIO, shipped_scenarios


class Failure(click.ClickException):
    """A mistake of the caller's: one line, exit status 2."""

    exit_code = 2


class Limit(click.ParamType[int | None]):
    """A number of items, or ``none`` for no limit."""

    name = "limit"

    def convert(self, value: str | int | None, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value is None or isinstance(value, int):
            return value
        if value == "none":
            return None
        if value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0:
            return int(value)
        self.fail(f"{value!r} is no limit; expected a whole number, at least 1, or none", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="copr-chroot-fake")
def main() -> None:
    """A faithful fake of the build-chroot API of Fedora's Copr."""


@main.command()
@click.argument("scenarios", metavar="[SCENARIO]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=5000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--default-limit",
    default=100,
    show_default=True,
    type=Limit(),
    metavar="100|none",
    help="Items in a list asked for without a limit: 100 as the API reference says, none as Copr is deployed.",
)
@click.option(
    "--progress",
    default="clock",
    show_default=True,
    type=click.Choice(get_args(How)),
    help="What makes chroots go on through their lives: each poll, the clock, nothing over HTTP, or the first look, "
    "which sees the end. What a scenario says for a build or chroot counts more.",
)
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="How many seconds pass on the fake's clock for each real one.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="What durations and outcomes are drawn from; the same seed gives the same run.",
)
def serve(
    scenarios: tuple[Path, ...],
    host: str,
    port: int,
    default_limit: int | None,
    progress: How,
    speed: float,
    seed: int,
) -> None:
    """Serve a fake Copr over HTTP until Ctrl-C or SIGTERM.

    SCENARIO is a JSON file (or YAML, with the yaml extra) that says which
    projects and builds there are, and how their chroots live; of several, each
    adds its own. Without one, a scenario that ships with the kit is served:
    build 1 has a chroot in every state that there is, and stays so; build 3
    lives.

    \b
    Once it answers, it prints one line with its address:
        Copr fake: http://127.0.0.1:5000

    \b
    Try it:
        curl 'http://127.0.0.1:5000/api_3/build-chroot/list?build_id=1'
        copr-chroot-fake serve --speed 60
        curl 'http://127.0.0.1:5000/api_3/build-chroot/list?build_id=3'

    Exit status: 0 when ended by Ctrl-C or SIGTERM, 2 for a mistake in a scenario
    or an option, or if the port is taken.
    """
    # Imported here so that --help need not load a server.
    from .doors.server import bind, end_on_signals, url_of
    from .doors.server import serve as serve_on

    end_on_signals()
    try:
        fake = FakeCopr(default_limit=default_limit, progress=progress, clock=SystemClock(speed), seed=seed)
        for scenario in scenarios or (shipped_scenarios() / DEFAULT_SCENARIO,):
            fake.add_scenario(scenario)
    except CoprFakeError as error:
        raise Failure(str(error)) from None
    try:
        listener = bind(host, port)
    except OSError as error:
        raise Failure(
            f"cannot listen on {host} port {port}: {_reason(error)}; choose another --host or --port, or --port 0"
        ) from None
    serve_on(fake.asgi, listener, lambda: click.echo(f"Copr fake: {url_of(listener)}"))


def _reason(error: OSError) -> str:
    """What the system says, without what Python adds; an unknown host has no number of the system's."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror)

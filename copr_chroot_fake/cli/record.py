"""The command ``copr-chroot-fake record``; loads the recorder when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from ..cli_output import Failure, failing, print_line
from ..model.project import COPR_URL
from ..validation import checks
from ..validation.checks import LARGEST_INTEGER

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
    it has.

    Exit status: 0 for a complete scenario, 1 if something is missing in it (each
    missing part is reported), 2 if nothing could be recorded.
    """
    if interval is not None and not watch:
        raise Failure("--interval requires --watch")
    copr_url = checks.address("--url", url, "/api_3")
    seconds = checks.amount("--interval", INTERVAL if interval is None else interval)
    unique_ids = tuple(dict.fromkeys(build_ids))
    from ..recording.record import record_builds

    problems = record_builds(unique_ids, copr_url, output, seconds if watch else None, anonymize)
    for line in problems:
        print_line(line)
    ctx.exit(1 if problems else 0)

"""The command line, ``copr-chroot-fake``."""

from __future__ import annotations

import click

from .recording.command import record_command
from .scenario_cli.commands import scenario
from .server.command import serve
from .server.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="copr-chroot-fake")
def main() -> None:
    """A fake of the API of Fedora's Copr."""


main.add_command(serve)
main.add_command(run)
main.add_command(scenario)
main.add_command(record_command)

"""The command line, ``copr-chroot-fake``."""

from __future__ import annotations

from importlib import import_module

import click

_MODULES = {
    "record": ".record",
    "run": "..server.run",
    "scenario": ".scenario",
    "serve": "..server.command",
    "verify": ".verify",
}
"""The module of each command; the function has the command's name."""


class _Commands(click.Group):
    """Imports a command when it is used, so that a server starts without the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        # The error for an unknown name suggests one of all commands.
        for name in [cmd_name] if cmd_name in _MODULES else _MODULES:
            self.add_command(getattr(import_module(_MODULES[name], __package__), name))
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="copr-chroot-fake")
def main() -> None:
    """A fake of Fedora Copr's API."""

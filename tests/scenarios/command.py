"""The command line's ``scenario`` in this process."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from copr_chroot_fake.cli import main


def run(*arguments: str | Path, text: str | bytes | None = None, **env: str) -> Result:
    """The command in this process, which is no terminal; what would do something to one is not taken out."""
    return CliRunner().invoke(main, ["scenario", *map(str, arguments)], input=text, env=env, color=True)

"""Runs ``copr-chroot-fake scenario`` in this process."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from copr_chroot_fake.cli import main


def run(*arguments: str | Path, text: str | bytes | None = None, **env: str) -> Result:
    """Run the command without a terminal, but keep terminal sequences in its output."""
    return CliRunner().invoke(main, ["scenario", *map(str, arguments)], input=text, env=env, color=True)

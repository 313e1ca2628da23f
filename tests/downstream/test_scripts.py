"""copr-cli and copr-builder need no special setup."""

from __future__ import annotations

import re
from pathlib import Path

from copr_cli.main import setup_parser

from copr_chroot_fake import CoprCli, FakeCopr

from ..documents import ROOT


def test_copr_builder_needs_a_configuration(copr_cli: CoprCli) -> None:
    """The message names the missing file."""
    done = copr_cli("--config", "none.conf", command="copr-builder")
    assert (done.returncode, done.stderr) == (1, 'copr.builder: Config file "none.conf" not found.\n')


def test_copr_cli_submits_a_build(copr_fake: FakeCopr, copr_cli: CoprCli, tmp_path: Path) -> None:
    """It polls the build until its end."""
    copr_fake.add_project("jdoe/playground", chroots=["fedora-42-x86_64"])
    (tmp_path / "hello-2.0-1.src.rpm").write_bytes(b"source package")
    done = copr_cli("build", "playground", "hello-2.0-1.src.rpm")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Build 1: succeeded\n")
    assert (copr_fake.builds[1].package, copr_fake.builds[1].state) == ("hello", "succeeded")


def test_docs_have_a_row_for_each_command_of_copr_cli() -> None:
    (commands,) = (action.choices for action in setup_parser()._actions if isinstance(action.choices, dict))  # noqa: SLF001  # there is no public list
    page = (ROOT / "docs" / "consumers.md").read_text()
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", page, flags=re.MULTILINE)) == sorted(commands)

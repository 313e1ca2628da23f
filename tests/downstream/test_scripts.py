"""The scripts as pip installs them; the other tests fork a process that has imported the programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from copr_cli.main import setup_parser

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.pytest_plugin.support import CoprServer

from ..documents import ROOT
from .processes import run_script


@pytest.mark.copr_fake(progress="clock")
def test_copr_cli_watches_a_build(
    copr_fake: FakeCopr, copr_server: CoprServer, copr_config: Path, tmp_path: Path
) -> None:
    """It finds its configuration, polls on the fake's clock, and ends with the build."""
    copr_fake.add_build(["fedora-41-x86_64"], id=1, lifecycle="import-fails")
    done = run_script("copr-cli", copr_server, tmp_path, "watch-build", "1")
    assert (done.returncode, done.stderr.strip()) == (4, "Build error: Build(s) 1 failed.")
    copr_fake.assert_polled_no_faster_than(30)


def test_copr_builder_needs_a_configuration(copr_server: CoprServer, copr_config: Path, tmp_path: Path) -> None:
    """The message names the missing file."""
    done = run_script("copr-builder", copr_server, tmp_path, "--config", "none.conf")
    assert (done.returncode, done.stderr) == (1, 'copr.builder: Config file "none.conf" not found.\n')


def test_copr_cli_submits_a_build(
    copr_fake: FakeCopr, copr_server: CoprServer, copr_config: Path, tmp_path: Path
) -> None:
    """It polls the build until its end."""
    copr_fake.add_project("jdoe/playground", chroots=["fedora-42-x86_64"])
    (tmp_path / "hello-2.0-1.src.rpm").write_bytes(b"source package")
    done = run_script("copr-cli", copr_server, tmp_path, "build", "playground", "hello-2.0-1.src.rpm")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Build 1: succeeded\n")
    assert (copr_fake.builds[1].package, copr_fake.builds[1].state) == ("hello", "succeeded")


def test_docs_have_a_row_for_each_command_of_copr_cli() -> None:
    (commands,) = (action.choices for action in setup_parser()._actions if isinstance(action.choices, dict))  # noqa: SLF001  # there is no public list
    page = (ROOT / "docs" / "consumers.md").read_text()
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", page, flags=re.MULTILINE)) == sorted(commands)

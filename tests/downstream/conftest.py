"""Programs as processes that ask the fake of a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from copr_chroot_fake.pytest_plugin.support import CoprServer

from .processes import Run, runner


@pytest.fixture
def copr_cli(copr_server: CoprServer, copr_config: Path, tmp_path: Path) -> Run:
    return runner("copr-cli", copr_server, tmp_path)


@pytest.fixture
def copr_builder(copr_server: CoprServer, copr_config: Path, tmp_path: Path) -> Run:
    return runner("copr-builder", copr_server, tmp_path)

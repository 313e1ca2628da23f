"""Programs that run as processes and request a test's fake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copr_chroot_fake.pytest_plugin.support import CoprServer

from .processes import Forker, Run, forking


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    with forking() as forker:
        yield forker


@pytest.fixture
def copr_cli(forker: Forker, copr_server: CoprServer, copr_config: Path, tmp_path: Path) -> Run:
    return forker.runner("copr-cli", copr_server, tmp_path)


@pytest.fixture
def copr_builder(forker: Forker, copr_server: CoprServer, copr_config: Path, tmp_path: Path) -> Run:
    return forker.runner("copr-builder", copr_server, tmp_path)

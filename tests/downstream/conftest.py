"""Programs that run as processes and request a test's fake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..served import Served, starting
from .processes import Forker, forking
from .service import SCENARIO, Copr, new_world
from .system import dnf, failing_dnf, root

__all__ = ["copr", "copr_process", "dnf", "failing_dnf", "forker", "root"]


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    with forking() as forker:
        yield forker


@pytest.fixture(scope="session")
def copr_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``copr-chroot-fake serve`` with users and a project, in which submitted builds advance by poll."""
    scenario = tmp_path_factory.mktemp("copr-process") / "scenario.json"
    scenario.write_text(json.dumps(SCENARIO))
    with starting() as start:
        yield start(str(scenario), "--progress", "poll")


@pytest.fixture
def copr(
    copr_process: Served, forker: Forker, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Copr]:
    """A new world of the server process."""
    with new_world(copr_process, forker, tmp_path, tmp_path_factory.mktemp("homes")) as copr:
        yield copr

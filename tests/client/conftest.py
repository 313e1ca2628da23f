"""Fixtures for both kinds of client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copr_chroot_fake import FakeCopr

from .harness import Harness


@pytest.fixture(params=["sync", "async"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    harness = Harness(request.param)
    yield harness
    harness.close()


@pytest.fixture
def fake() -> FakeCopr:
    return FakeCopr()

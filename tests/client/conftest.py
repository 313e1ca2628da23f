"""A client of each kind, and a fake for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copr_chroot_fake import FakeCopr

from .calling import Calling


@pytest.fixture(params=["sync", "async"])
def calling(request: pytest.FixtureRequest) -> Iterator[Calling]:
    calling = Calling(request.param)
    yield calling
    calling.close()


@pytest.fixture
def fake() -> FakeCopr:
    return FakeCopr()

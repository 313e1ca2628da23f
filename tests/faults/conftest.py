"""The fixture of the tests of faults."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr

from .helpers import fake_with_running_build


@pytest.fixture
def fake() -> FakeCopr:
    """A fake with a build whose chroots do not change."""
    return fake_with_running_build()

"""A build that is asked for while something goes wrong."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr

from .asked import running


@pytest.fixture
def fake() -> FakeCopr:
    """A build whose chroots stay as they are."""
    return running()

"""Verifying what was recorded of Copr: a fake of it equals the fake of what ``verify`` records."""

from __future__ import annotations

import time

import pytest

from copr_chroot_fake import FakeCopr

from ..examples import sample
from ..recordings import DIRECTORY
from .services import verified

WORLDS = [path.name for pattern in ("world-*", "fresh-*") for path in sorted(DIRECTORY.glob(f"{pattern}.json"))]


@pytest.mark.sampled
@pytest.mark.parametrize("world", sample(WORLDS))
def test_recorded_world_has_no_difference(world: str) -> None:
    """With any of its builds, chroots, projects and packages."""
    fake = FakeCopr.from_scenario(DIRECTORY / world, default_limit=None, progress="manual")
    # As strict as a real Copr, at the present time.
    fake.add_account("jdoe", "jdoe-login", "jdoe-token")
    fake.clock.move_to(time.time())
    report = verified(fake=fake)
    assert not report.differences, report.text()
    assert report.asked.total() > 1000

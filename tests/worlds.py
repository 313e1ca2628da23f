"""The fake of a world, with the methods that tests use."""

from __future__ import annotations

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.control.worlds import World


def fake_of(world: World) -> FakeCopr:
    """Return a fake with the service of a world."""
    fake = FakeCopr()
    fake.service = world.service
    return fake

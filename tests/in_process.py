"""What runs of pytest in the process of the tests need."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import copr_chroot_fake

_LATER = ("httpcore", "httpcore2")
"""Modules that clients import with their first connection, and of which they keep some objects."""

_NOT_IMPORTED = ("__main__", "server.amqp", "server.no_sleep")
"""Modules that do something when they are imported: run the command, install Twisted's reactor, replace sleep."""


def import_kit() -> None:
    """Import all modules of the kit, and those that its clients import later.

    At its end, the fixture pytester removes the modules that were imported since its beginning. Their objects that are
    still in use, such as the names in :mod:`copr_chroot_fake`, would then differ from those that are imported again.
    """
    for name in _LATER:
        import_module(name)
    prefix = f"{copr_chroot_fake.__name__}."
    for module in pkgutil.walk_packages(copr_chroot_fake.__path__, prefix):
        if not module.name.removeprefix(prefix).startswith(_NOT_IMPORTED):
            import_module(module.name)

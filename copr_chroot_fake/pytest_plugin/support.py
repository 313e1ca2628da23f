"""The implementation of fixtures and hooks, imported when they are used. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..errors import CoprFakeError
from ..fake import FakeCopr
from ..server.program_environment import client_config
from .network_guard import NetworkGuard, guarding
from .options import NAMES, Options, check_names

if TYPE_CHECKING:
    from ..server.live_server import LiveServer

FAKES: pytest.StashKey[list[tuple[FakeCopr, Options]]] = pytest.StashKey()
"""The fakes of a test, each with its options."""

GUARD: pytest.StashKey[NetworkGuard] = pytest.StashKey()
"""The network guard of a test."""


@dataclass(frozen=True, slots=True)
class MakeCoprFake:
    """The type of the fixture ``make_copr_fake``."""

    _item: pytest.Item
    _options: Options

    def __call__(self, **options: Any) -> FakeCopr:
        """Make a fake; ``options`` are those of the marker and of :class:`~copr_chroot_fake.FakeCopr`.

        :raises InputError: for an unknown option or an invalid value.
        """
        check_names(options, "make_copr_fake", NAMES)
        combined = replace(self._options, **options)
        fake = combined.make()
        if combined.scenario is not None:
            try:
                fake.add_scenario(combined.scenario)
            except CoprFakeError as error:
                pytest.fail(f"{self._item.nodeid}: {error}", pytrace=False)
        self._item.stash.setdefault(FAKES, []).append((fake, combined))
        return fake


@dataclass(frozen=True, slots=True)
class CoprServer:
    """A served fake; ``url`` is the ``copr_url`` of its clients."""

    url: str
    fake: FakeCopr


@contextmanager
def guard_network(item: pytest.Item, options: Options) -> Iterator[None]:
    """Fail the test if code in the block connects to Copr's real hosts, unless the options allow it."""
    if not options.network_guard:
        yield
        return
    with guarding(item) as item.stash[GUARD]:
        yield


@contextmanager
def serve(fake: FakeCopr, server: LiveServer) -> Iterator[CoprServer]:
    """Serve a fake as a world of a running server."""
    name = f"{id(fake):x}"
    yield CoprServer(server.add(name, fake.service), fake)
    server.remove(name)


def write_config(url: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a configuration file below ``directory``, and make both subprocesses and modules of this process use it."""
    path = directory / ".config" / "copr"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(client_config(url))
    # Import the official client before HOME changes: it computes its default path when it is imported.
    with suppress(ModuleNotFoundError):
        import_module("copr.v3")
    for name in ("copr.v3", "copr.v3.helpers", "copr_cli.main"):
        if name in sys.modules:
            monkeypatch.setattr(sys.modules[name], "DEFAULT_CONFIG_PATH", str(path))
    monkeypatch.setenv("HOME", str(directory))
    return path

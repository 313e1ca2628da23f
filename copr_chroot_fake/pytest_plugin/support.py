"""What the fixtures and hooks do once one of them is used. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..errors import CoprFakeError
from ..fake import FakeCopr
from .options import Options

if TYPE_CHECKING:
    from ..http_server.live_server import LiveServer

FAKE: pytest.StashKey[FakeCopr] = pytest.StashKey()
STRICT: pytest.StashKey[bool] = pytest.StashKey()

UNMATCHED = "Unmatched Copr requests"

MAX_UNMATCHED = 20
"""How many targets a report shows."""


@dataclass(frozen=True, slots=True)
class CoprServer:
    """A fake that is served; ``url`` is what clients call ``copr_url``."""

    url: str
    fake: FakeCopr


def make_fake(item: pytest.Item, options: Options) -> FakeCopr:
    fake = options.make()
    if options.scenario is not None:
        try:
            fake.add_scenario(options.scenario)
        except CoprFakeError as error:
            pytest.fail(f"{item.nodeid}: {error}", pytrace=False)
    item.stash[FAKE] = fake
    item.stash[STRICT] = options.strict
    return fake


def unmatched_text(item: pytest.Item) -> str:
    """The unmatched requests of a test, a line per target with its near miss; empty if there are none."""
    fake = item.stash.get(FAKE, None)
    unmatched = [] if fake is None else fake.unmatched
    lines = [str(requests) for requests in unmatched[:MAX_UNMATCHED]]
    more = len(unmatched) - MAX_UNMATCHED
    return "\n".join([*lines, f"… and {more} more targets"] if more > 0 else lines)


def fail_if_strict(item: pytest.Item) -> None:
    text = unmatched_text(item) if item.stash.get(STRICT, False) else ""
    if text:
        pytest.fail(f"{UNMATCHED}:\n{text}", pytrace=False)


@contextmanager
def serving(fake: FakeCopr, server: LiveServer) -> Iterator[CoprServer]:
    name = f"{id(fake):x}"
    yield CoprServer(server.add(name, fake), fake)
    server.remove(name)


def write_config(url: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration in a home directory of its own, for processes, and in its place for what is loaded here.

    The official client looks up the home directory when it is loaded, so that
    has to have been before the home directory is another one.
    """
    path = directory / ".config" / "copr"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[copr-cli]\ncopr_url = {url}\nusername = jdoe\nlogin = login\ntoken = token\nencrypted = False\n")
    with suppress(ModuleNotFoundError):
        import_module("copr.v3")
    for name in ("copr.v3", "copr.v3.helpers", "copr_cli.main"):
        if name in sys.modules:
            monkeypatch.setattr(sys.modules[name], "DEFAULT_CONFIG_PATH", str(path))
    monkeypatch.setenv("HOME", str(directory))
    return path

"""Fails tests whose code contacts Copr's real hosts, before it connects. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

import pytest

_HOST = re.compile(
    r"(.+\.)?copr(-[\w-]+)?\.((stg|dev)\.)?(fedorainfracloud|fedoraproject)\.org|copr[\w-]*\.cloud\.fedoraproject\.org"
)
"""The frontend, results, dist-git, backend and key server of Copr; production, staging and development."""

_FIXTURES = {"httpx": "copr_httpx", "httpx2": "copr_httpx2", "requests": "copr_requests"}
"""The fixture for each library, by its package."""

_SERVER = "copr_server or copr_config"

_STDLIB = [re.escape(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
_LIBRARY = re.compile("|".join(["<", ".*(site|dist)-packages", *_STDLIB]))
"""The start of the file names of installed code."""

_active: list[NetworkGuard] = []


class NetworkGuard:
    """Watches the connections of a test; :attr:`problems` has a message for each contact with Copr."""

    def __init__(self, item: pytest.Item) -> None:
        path, line, _ = item.location
        self._test = f"{path}:{(line or 0) + 1}"
        self._callers: dict[str, tuple[str, str]] = {}
        self.problems: list[str] = []

    def check(self, host: object) -> None:
        """Fail if a host is Copr's.

        :raises pytest.fail.Exception: naming the host, the caller and the missing fixture.
        """
        name = _normalize(host)
        if _HOST.fullmatch(name):
            # Installed code in a thread has no other caller there.
            caller, fixture = _find_caller() or self._callers.get(name) or (self._test, _SERVER)
            self.problems.append(
                f"{caller}: contacts Copr's real host {name}, but the test uses copr_fake. Use the fixture {fixture}, "
                "or copr_fake.transport; @pytest.mark.copr_fake(network_guard=False) allows real connections"
            )
            pytest.fail(self.problems[-1], pytrace=False)

    def note_caller(self, host: object) -> None:
        """Remember the caller of a resolver that runs in a thread."""
        found = _find_caller()
        if found is not None:
            self._callers[_normalize(host)] = found


@contextmanager
def guarding(item: pytest.Item) -> Iterator[NetworkGuard]:
    """Guard the network within the block."""
    _add_audit_hook()
    guard = NetworkGuard(item)
    _active.append(guard)
    try:
        with pytest.MonkeyPatch.context() as patch:
            _note_callers_of_asyncio(guard, patch)
            yield guard
    finally:
        _active.remove(guard)


@cache
def _add_audit_hook() -> None:
    """Let Python report connections; mocks that do not reach its socket module are not reported.

    The hook cannot be removed, but does nothing while no test is guarded.
    """
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _active and event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _active[-1].check(arguments[0])


def _note_callers_of_asyncio(guard: NetworkGuard, patch: pytest.MonkeyPatch) -> None:
    """Note who calls asyncio's resolver, which resolves names in a thread."""
    asyncio: Any = sys.modules.get("asyncio.base_events")
    if asyncio is None:
        return
    original = asyncio.BaseEventLoop.getaddrinfo

    def getaddrinfo(loop: object, host: object, *args: object, **kwargs: object) -> object:
        guard.note_caller(host)
        return original(loop, host, *args, **kwargs)

    patch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


def _normalize(host: object) -> str:
    text = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    return text.lower().rstrip(".")


def _find_caller() -> tuple[str, str] | None:
    """Return the file and line of the innermost caller that is not installed, and the fixture for what it called."""
    fixture = _SERVER
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # there is no public one without the source
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        fixture = _FIXTURES.get(package, fixture)
        path = frame.f_code.co_filename
        if frame.f_globals is not globals() and not _LIBRARY.match(path):
            return f"{path}:{frame.f_lineno}", fixture
        frame = frame.f_back
    return None

"""Fails tests whose code contacts Copr's real hosts, before it connects. PYTEST_DONT_REWRITE"""

from __future__ import annotations

import re
import socket
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
            # In a thread of installed code, no caller is known.
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
        with _patching(guard):
            yield guard
    finally:
        _active.remove(guard)


@cache
def _add_audit_hook() -> None:
    """Add an audit hook for connections; mocks that do not use the socket module are not reported.

    The hook cannot be removed, but does nothing while no test is guarded.
    """
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _active and event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _active[-1].check(arguments[0])


@contextmanager
def _patching(guard: NetworkGuard) -> Iterator[None]:
    """Guard what the audit hook misses: the caller of asyncio's resolver, and sockets that resolve names."""
    with pytest.MonkeyPatch.context() as patch:
        asyncio: Any = sys.modules.get("asyncio.base_events")
        if asyncio is not None:
            original = asyncio.BaseEventLoop.getaddrinfo

            def getaddrinfo(loop: object, host: object, *args: object, **kwargs: object) -> object:
                guard.note_caller(host)
                return original(loop, host, *args, **kwargs)

            patch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
        for name in ("connect", "connect_ex", "sendto", "sendmsg"):
            # A mock of the method is left alone; Windows has no sendmsg.
            if name not in vars(socket.socket) and hasattr(socket.socket, name):
                patch.setattr(socket.socket, name, _guarded(guard, getattr(socket.socket, name)))
        yield


def _guarded(guard: NetworkGuard, method: Callable[..., Any]) -> Callable[..., Any]:
    """Check the address: the last argument, if it is a tuple."""

    def guarded(self: socket.socket, *arguments: Any) -> Any:
        if arguments and isinstance(arguments[-1], tuple):
            guard.check(arguments[-1][0])
        return method(self, *arguments)

    return guarded


def _normalize(host: object) -> str:
    """Return a host name as it is resolved: IDNA maps full-width and other forms of characters to ASCII."""
    text = bytes(host).decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host)
    with suppress(UnicodeError):
        text = text.encode("idna").decode()
    return text.lower().rstrip(".")


def _find_caller() -> tuple[str, str] | None:
    """Return file and line of the innermost caller that is not installed, and the fixture for the library it called."""
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

"""The start page of a server: browsers are redirected from its root, or that of a world, to the control page."""

from __future__ import annotations

from ..wire.answer import Answer
from ..wire.headers import RawHeaders

_REDIRECT = Answer(
    302, (("Location", "_fake/"), ("Content-Length", "0"), ("Vary", "Accept"), ("Cache-Control", "no-store")), b""
)


def redirect_browser(method: str, headers: RawHeaders) -> Answer | None:
    """Return the redirect for a request to a root that accepts HTML; ``None`` for others, which only Copr answers."""
    accepted = next((value for name, value in headers if name == b"accept"), b"")
    return _REDIRECT if method in ("GET", "HEAD") and b"text/html" in accepted else None

"""Access control of the control API: no web pages of other sites, and a token if one is set."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from ..errors import InputError
from ..wire.answer import Answer, error_body, json_answer

_LOCAL_SITES = (b"same-origin", b"none")


def is_loopback(host: str) -> bool:
    """Whether an address is reachable from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_token(field: str, token: str) -> str:
    """Return a valid control token; errors do not quote it.

    :raises InputError: unless it consists of visible ASCII characters, which any client can send in a header.
    """
    if not token.strip():
        raise InputError(field, "is empty, which would admit everybody; set a token, or omit the option")
    if any(character.isspace() for character in token):
        raise InputError(
            field, "contains white space, such as a line break at the end, which clients cannot send; remove it"
        )
    if not (token.isascii() and token.isprintable()):
        raise InputError(
            field,
            "contains characters that clients cannot send in a header; expected visible ASCII characters",
        )
    return token


class Guard:
    """Checks a request to the control API.

    A page of another site can make a browser send requests to this machine
    (cross-site request forgery), and, by resolving its own name to this machine, read
    the responses (DNS rebinding). ``Origin`` and ``Sec-Fetch-Site`` reveal the former,
    and ``Host`` the latter: it has the page's own name.

    :param host: the address that the server listens on.
    :param token: required in ``Authorization: Bearer …``; ``None`` if no token is required.
    :param names: host names that the operator trusts to resolve to this server alone. A name without a dot
        is not trusted by default: a resolver may append a search domain that somebody else controls.
    :raises InputError: for a token that is empty, or that clients cannot send.
    """

    def __init__(self, host: str, token: str | None, names: Collection[str] = ()) -> None:
        self._names = {"localhost", host.lower(), *(name.lower() for name in names)}
        self._token = None if token is None else check_token("token", token).encode()

    def rejection(self, headers: Mapping[bytes, bytes], is_open: bool) -> Answer | None:
        """Return the error for a request that is not admitted; open paths need no token."""
        host = headers.get(b"host", b"").decode("latin-1")
        has_token = self._token is not None and self._has_token(headers.get(b"authorization", b""))
        # Pages do not know the token, so any Host is safe with it.
        if not (has_token or (is_open and self._token is not None) or self._is_own(host)):
            remedy = "use its IP address or localhost" if self._token is None else "send the token, use its IP address"
            problem = (
                f"Host {host!r} is not a known name of this server; {remedy}, or serve with --allow-host and the name"
            )
            return _rejected(403, problem)
        page_rejection = reject_foreign_page(headers)
        if page_rejection is not None:
            return page_rejection
        if self._token is None or is_open or has_token:
            return None
        answer = _rejected(401, "the control token is missing or wrong; send it as 'Authorization: Bearer TOKEN'")
        return answer._replace(headers=(*answer.headers, ("WWW-Authenticate", "Bearer")))

    def _has_token(self, authorization: bytes) -> bool:
        # Imported late because it takes a fiftieth of the startup time, and few servers have a token.
        from hmac import compare_digest

        scheme, _, token = authorization.partition(b" ")
        assert self._token is not None
        # Compared in constant time, so that it cannot be guessed byte by byte.
        return compare_digest(token.strip(), self._token) and scheme.lower() == b"bearer"

    def _is_own(self, host: str) -> bool:
        """Whether a ``Host`` is an IP address, localhost, or a name that the operator trusts."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return bool(name) and (name in self._names or _is_address(name))


def reject_foreign_page(headers: Mapping[bytes, bytes]) -> Answer | None:
    """Return the error for a request from a page of another site; ``None`` for any other request."""
    origin = headers.get(b"origin")
    if origin is not None and origin.partition(b"://")[2] != headers.get(b"host", b""):
        return _rejected(403, "requests from pages of another origin are rejected")
    if headers.get(b"sec-fetch-site", b"none") not in _LOCAL_SITES:
        return _rejected(403, "requests from pages of another site are rejected")
    return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _rejected(status: int, problem: str) -> Answer:
    return json_answer(error_body(problem), status)

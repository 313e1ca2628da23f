"""Who may control a fake: no web page of another site, and where there is a token only who has it."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from ..errors import InputError
from ..wire.answer import Answer, error_body, json_answer

_LOCAL_SITES = (b"same-origin", b"none")


def is_loopback(host: str) -> bool:
    """Whether only this machine can ask an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_token(field: str, token: str) -> str:
    """Check a control token; an error does not quote it.

    :raises InputError: unless it is made of visible ASCII characters, which any client can send in a header.
    """
    if not token.strip():
        raise InputError(field, "is empty, and would let everybody in; give a token, or leave it out")
    if any(character.isspace() for character in token):
        raise InputError(
            field, "has white space in it, such as a line break at the end, which clients cannot send; leave that out"
        )
    if not (token.isascii() and token.isprintable()):
        raise InputError(
            field, "has characters that clients cannot send in a header; expected ASCII letters, digits and signs"
        )
    return token


class Guard:
    """Checks a request to the control API.

    A page of a foreign site can make a browser send requests to this machine, and,
    with a name of its own that it lets lead here (DNS rebinding), read the answers.
    ``Origin`` and ``Sec-Fetch-Site`` give away the first, and ``Host`` the second: it
    is the page's own name then.

    :param host: the address that is listened on.
    :param token: what has to be in ``Authorization: Bearer …``; ``None`` for nothing.
    :param names: host names that lead to this server alone, as its operator says. A name without a dot
        is not trusted by itself: a resolver may append a search domain, which somebody else may control.
    :raises InputError: for a token that is empty, or that clients cannot send.
    """

    def __init__(self, host: str, token: str | None, names: Collection[str] = ()) -> None:
        self._names = {"localhost", host.lower(), *(name.lower() for name in names)}
        self._token = None if token is None else check_token("token", token).encode()

    def refusal(self, headers: Mapping[bytes, bytes], is_open: bool) -> Answer | None:
        """Why a request is not taken, if it is not; what is open needs no token."""
        host = headers.get(b"host", b"").decode("latin-1")
        has_token = self._token is not None and self._has_token(headers.get(b"authorization", b""))
        # No page knows the token, and a server that has one may go by any name among others.
        if not (has_token or (is_open and self._token is not None) or self._is_own(host)):
            remedy = "use its IP address or localhost" if self._token is None else "send the token, use its IP address"
            return _refused(403, f"Host {host!r} is not this server; {remedy}, or serve with --allow-host and the name")
        page_refusal = refuse_foreign_page(headers)
        if page_refusal is not None:
            return page_refusal
        if self._token is None or is_open or has_token:
            return None
        answer = _refused(401, "the control token is missing or wrong; send it as 'Authorization: Bearer TOKEN'")
        return answer._replace(headers=(*answer.headers, ("WWW-Authenticate", "Bearer")))

    def _has_token(self, authorization: bytes) -> bool:
        scheme, _, token = authorization.partition(b" ")
        assert self._token is not None
        # Compared in constant time, so that it cannot be guessed byte by byte.
        return hmac.compare_digest(token.strip(), self._token) and scheme.lower() == b"bearer"

    def _is_own(self, host: str) -> bool:
        """Whether it is an IP address, or a name that leads only here: localhost, and those that the operator gave."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return bool(name) and (name in self._names or _is_address(name))


def refuse_foreign_page(headers: Mapping[bytes, bytes]) -> Answer | None:
    """The error for a request that a browser sends for a page of another site; ``None`` for any other request."""
    origin = headers.get(b"origin")
    if origin is not None and origin.partition(b"://")[2] != headers.get(b"host", b""):
        return _refused(403, "requests from pages of another origin are not taken")
    if headers.get(b"sec-fetch-site", b"none") not in _LOCAL_SITES:
        return _refused(403, "requests from pages of another site are not taken")
    return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refused(status: int, problem: str) -> Answer:
    return json_answer(error_body(problem), status)

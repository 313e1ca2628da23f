"""The endpoints that need a login: who one is, and canceling a build."""

from __future__ import annotations

import binascii
import json
import zlib
from base64 import b64decode

from ..engine.build import Build
from ..engine.store import Store
from ..errors import EventError
from ..wire.answer import Answer, Refusal, json_answer
from ..wire.headers import read_header
from . import companion_rendering as views
from .context import Asking, Shown, build_asked, no_such_build
from .rendering import line

_UNKNOWN = {
    "output": "notok",
    "error": "Login invalid/expired. "
    "Please visit https://copr.fedorainfracloud.org/api to get or renew your API token.",
}
_DEPRECATED = (("Warning", "This method is deprecated: Use PUT method instead of POST"),)


class Unknown(Refusal):
    """Nobody has that login, which Copr says in a form of its own."""

    def __init__(self) -> None:
        super().__init__(401, _UNKNOWN["error"])

    def answer(self) -> Answer:
        return json_answer(json.dumps(_UNKNOWN).encode() + b"\n", self.status)


def show_user(asking: Asking) -> Shown:
    """Who has logged in."""
    name = _log_in(asking)
    return Shown(line({"name": name, "id": _user_id(asking.store, name)}))


def cancel(asking: Asking) -> Shown:
    """Cancel a build, whose chroots stay as they are until the backend confirms it."""
    name = _log_in(asking)
    sent, build = build_asked(asking)
    if build is None:
        raise no_such_build(sent)
    if not _may_cancel(asking.store, name, build):
        raise Refusal(403, "You are not allowed to cancel this build.")
    try:
        build.cancel()
    except EventError:
        raise Refusal(409, f"Cannot cancel build {build.id}") from None
    return Shown(views.build(build) + b"\n", headers=_DEPRECATED if asking.method == "POST" else ())


def refuse_gssapi(asking: Asking) -> Shown:
    """Nobody here has a ticket of Kerberos."""
    raise Refusal(403, "Can't log-in using GSSAPI: Kerberos authentication failed (no credentials provided)")


def _log_in(asking: Asking) -> str:
    """The name of who asks: while no account was added, any login is the name of a user."""
    login, token = _credentials(read_header(asking.headers, b"authorization") or "")
    accounts = asking.store.accounts
    if not accounts and login:
        return login
    account = accounts.get(login)
    if account is None or account.token != token:
        raise Unknown
    return account.name


def _credentials(sent: str) -> tuple[str, str]:
    """Login and token of basic authentication; empty where there are none."""
    scheme, _, encoded = sent.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        login, _, token = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return login, token


def _may_cancel(store: Store, name: str, build: Build) -> bool:
    return not store.accounts or any(
        account.owns(build.project) for account in store.accounts.values() if account.name == name
    )


def _user_id(store: Store, name: str) -> int:
    """One number for each name, for as long as the accounts are the same."""
    names = [account.name for account in store.accounts.values()]
    return names.index(name) + 1 if name in names else zlib.crc32(name.encode()) % 100_000 + 1

"""API logins and permissions.

While a fake has no accounts, any login is valid, is the user's name, and may cancel any build.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode

from ..engine.build import Build
from ..engine.store import Store
from ..wire.answer import Answer, ApiError, json_answer
from ..wire.headers import read_header
from .context import RequestContext

_MESSAGE = "Login invalid/expired. Please visit https://copr.fedorainfracloud.org/api to get or renew your API token."


class InvalidLoginError(ApiError):
    """An unknown login or a wrong token; Copr's response has one more key than other errors."""

    def __init__(self) -> None:
        super().__init__(401, _MESSAGE)

    def answer(self) -> Answer:
        """Return the response."""
        return json_answer(json.dumps({"output": "notok", "error": self.message}).encode() + b"\n", self.status)


def authenticate(context: RequestContext) -> str:
    """Return the name of the user who sends a request.

    :raises InvalidLoginError: if the login or the token is wrong.
    """
    login, token = _parse_credentials(read_header(context.headers, b"authorization") or "")
    accounts = context.store.accounts
    if not accounts and login:
        return login
    account = accounts.get(login)
    if account is None or account.token != token:
        raise InvalidLoginError
    return account.name


def may_cancel(store: Store, user: str, build: Build) -> bool:
    """Return whether a user may cancel a build."""
    return not store.accounts or any(
        account.owns(build.project) for account in store.accounts.values() if account.name == user
    )


def _parse_credentials(header: str) -> tuple[str, str]:
    """Return login and token of basic authentication; empty if the header is invalid."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        login, _, token = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return login, token

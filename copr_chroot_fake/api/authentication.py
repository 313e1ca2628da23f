"""API logins.

While a fake has no accounts, any login is valid, is the user's name, and may do everything.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode

from ..wire.answer import CATCH_ALL, Answer, ApiError, json_answer
from ..wire.headers import read_header
from .context import RequestContext
from .users import User, find_user

_MESSAGE = "Login invalid/expired. Please visit https://copr.fedorainfracloud.org/api to get or renew your API token."


class InvalidLoginError(ApiError):
    """An unknown login, or a wrong or expired token; Copr's response has one more key than other errors."""

    def __init__(self) -> None:
        super().__init__(401, _MESSAGE)

    def answer(self) -> Answer:
        """Return the response."""
        return json_answer(json.dumps({"output": "notok", "error": self.message}).encode() + b"\n", self.status)


def authenticate(context: RequestContext) -> User:
    """Return the user who sends a request.

    :raises InvalidLoginError: if there is no login, or it is wrong.
    :raises ApiError: 500 for a header that Copr cannot read.
    """
    login, token = _parse_credentials(read_header(context.headers, b"authorization"))
    store = context.store
    account = store.accounts.get(login)
    name = login if account is None else account.name
    if store.accounts and (account is None or account.token != token or account.expired):
        raise InvalidLoginError
    user = find_user(store, name) if name else None
    if user is None:
        raise InvalidLoginError
    return user


def _parse_credentials(header: str | None) -> tuple[str, str]:
    """Return login and token; empty without a header. Copr does not look at the scheme."""
    if header is None:
        return "", ""
    try:
        login, token = b64decode(header.split()[1]).decode().split(":")
    except (IndexError, binascii.Error, ValueError):
        raise ApiError(500, CATCH_ALL) from None
    return login.strip(), token

"""API logins.

While a fake has no accounts, any login is valid, is the user's name, and may do everything.

Copr takes the second word of the header ``Authorization`` as base64 of a login, a colon and a token, whatever the first
word is, and fails if it cannot.
"""

from __future__ import annotations

import json
from base64 import b64decode

from ..wire.answer import CATCH_ALL, Answer, ApiError, json_answer
from ..wire.headers import read_header
from .context import RequestContext, nul_error
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

    :raises InvalidLoginError: if the login or the token is missing or wrong.
    :raises ApiError: 500 if the header has no login and token.
    """
    header = read_header(context.headers, b"authorization")
    if header is None:
        raise InvalidLoginError
    login, token = _parse_credentials(header)
    store = context.store
    if store.accounts and login and token and (error := nul_error(login)):
        raise error
    account = store.accounts.get(login)
    name = login if account is None else account.name
    if store.accounts and (account is None or account.token != token or account.expired):
        raise InvalidLoginError
    user = find_user(store, name) if name else None
    if user is None:
        raise InvalidLoginError
    context.user = user.name
    return user


def _parse_credentials(header: str) -> tuple[str, str]:
    """Return login and token.

    :raises ApiError: 500 if the header has no second word, or that is no base64 of UTF-8 with exactly one colon.
    """
    try:
        login, token = b64decode(header.split()[1]).decode().split(":")
    except (IndexError, ValueError):
        raise ApiError(500, CATCH_ALL) from None
    return login, token

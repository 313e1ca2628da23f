"""Endpoints about the service and the user: the API version, and who is logged in."""

from __future__ import annotations

import zlib

from ..engine.store import Store
from ..wire.answer import ApiError
from .authentication import authenticate
from .context import RequestContext, Success
from .rendering import json_line


def home(context: RequestContext) -> Success:
    """Answer ``home`` with the version of the API."""
    return Success(b'{"version":3}\n')


def auth_check(context: RequestContext) -> Success:
    """Answer ``auth-check`` with the user who is logged in."""
    user = authenticate(context)
    return Success(json_line({"name": user, "id": _user_id(context.store, user)}))


def gssapi_login(context: RequestContext) -> Success:
    """Answer ``gssapi_login`` as if the client had no Kerberos ticket."""
    raise ApiError(403, "Can't log-in using GSSAPI: Kerberos authentication failed (no credentials provided)")


def _user_id(store: Store, user: str) -> int:
    """Return a number that stays the same as long as the accounts do."""
    names = [account.name for account in store.accounts.values()]
    return names.index(user) + 1 if user in names else zlib.crc32(user.encode()) % 100_000 + 1

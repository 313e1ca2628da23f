"""Endpoints about the service and the user: the version, the chroots in which it can build, and who is logged in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from random import Random
from string import ascii_lowercase

from ..model.project import RESULTS_PATH
from ..wire.answer import Answer, ApiError
from .context import RequestContext, Success, json_success
from .endpoint import Endpoint
from .users import authenticate

TOKEN_DAYS = 180
"""Days for which a token is valid."""


@Endpoint("", alias="home")
def home(context: RequestContext) -> Success:
    """Return the version of the API."""
    return Success(b'{"version":3}\n')


@Endpoint("auth-check")
def auth_check(context: RequestContext) -> Success:
    """Return the authenticated user."""
    user = authenticate(context)
    return json_success({"name": user.name, "id": user.id})


@Endpoint("api-token", methods=("POST",))
def renew_token(context: RequestContext) -> Success:
    """Replace the login and the token of the user."""
    user, store = authenticate(context), context.store
    account = next((account for account in store.accounts.values() if account.name == user.name), None)
    random = Random(f"{store.seed}/{user.name}/{'' if account is None else account.login}")
    login, token = ("".join(random.choices(ascii_lowercase, k=length)) for length in (20, 30))
    if account is not None:
        store.replace_account(account, replace(account, login=login, token=token))
    expiration = datetime.fromtimestamp(store.clock.now(), timezone.utc).date() + timedelta(days=TOKEN_DAYS)
    return json_success({"api_login": login, "api_token": token, "expiration": expiration.isoformat()})


@Endpoint("gssapi_login gssapi_login/web-ui")
def gssapi_login(context: RequestContext) -> Success:
    """Return a 403, as to a client without a Kerberos ticket."""
    raise ApiError(403, "Can't log-in using GSSAPI: Kerberos authentication failed (no credentials provided)")


@Endpoint("mock-chroots/list")
def list_mock_chroots(context: RequestContext) -> Success:
    """Return all active chroots of Copr, each with its comment, which the fake leaves empty."""
    return json_success(dict.fromkeys(context.store.active_chroots, ""))


@Endpoint(f"{RESULTS_PATH} {RESULTS_PATH}/{{result}}", any_method=True)
def get_result(context: RequestContext) -> Answer:
    """Return a file of the results, or a list of files."""
    # Imported late because most fakes serve no results.
    from ..results.serving import answer

    return answer(context.store, context.method, context.target.path, context.headers)

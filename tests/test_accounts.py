"""Endpoints that need a login: auth-check and build/cancel."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from copr_chroot_fake import Account, Answer, FakeCopr, InputError, ScenarioError

from .adapters import credentials
from .chroots import F41, F42

UNKNOWN = (
    b'{"output": "notok", "error": "Login invalid/expired. '
    b'Please visit https://copr.fedorainfracloud.org/api to get or renew your API token."}\n'
)
BUG = b'{"error": "Request wasn\'t successful, there is probably a bug in the Copr code."}\n'


def basic(login: str, token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", credentials(login, token)),)


def error(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["error"]


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build({F41: "running", F42: "pending"}, id=1, project="frostyx/tools")
    fake.add_build({F41: "running"}, id=2, project="@copr/tools")
    fake.add_build({F41: "succeeded"}, id=3, project="frostyx/tools")
    return fake


def with_accounts(fake: FakeCopr) -> FakeCopr:
    fake.add_account("praiskup", "abc", "s3cret")
    fake.add_account("frostyx", "def", "t0ken", groups=["@copr"])
    return fake


REQUESTS = pytest.mark.parametrize(
    ("method", "target"), [("GET", "auth-check"), ("PUT", "build/cancel/1"), ("POST", "build/cancel/99")]
)


def encoded(credentials: bytes, scheme: str = "Basic ") -> str:
    return scheme + base64.b64encode(credentials).decode()


@pytest.mark.parametrize("headers", [(), basic("", "token"), basic("", "")])
@REQUESTS
def test_missing_login_is_rejected(
    fake: FakeCopr, headers: tuple[tuple[str, str], ...], method: str, target: str
) -> None:
    """The error is Copr's own, and no build is canceled."""
    answer = fake.answer(method, f"/api_3/{target}", headers)
    assert (answer.status, answer.body) == (401, UNKNOWN)
    assert not any(build.is_canceled for build in fake.builds.values())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!",
        "Bearer abc",
        "Basic \xfc",
        encoded(b"login:token", ""),
        encoded(b"login"),
        encoded(b"login:to:ken"),
        encoded(b"\xff:\xfe"),
        encoded(b"login:token")[:-1],
    ],
)
@pytest.mark.parametrize("has_accounts", [False, True])
@REQUESTS
def test_header_without_credentials_is_an_internal_error(
    fake: FakeCopr, has_accounts: bool, value: str, method: str, target: str
) -> None:
    """Copr expects a second word, which is base64 of UTF-8 with one colon."""
    if has_accounts:
        with_accounts(fake)
    answer = fake.answer(method, f"/api_3/{target}", (("Authorization", value),))
    assert (answer.status, answer.body) == (500, BUG)
    assert not any(build.is_canceled for build in fake.builds.values())


@pytest.mark.parametrize(
    "value",
    [
        encoded(b"def:t0ken", "Bearer "),
        encoded(b"def:t0ken", "x\t"),
        encoded(b"def:t0ken", " Basic  ") + " and more",
        "Basic !" + base64.b64encode(b"def:t0ken").decode(),
    ],
)
def test_only_the_second_word_of_the_header_counts(fake: FakeCopr, value: str) -> None:
    """Characters that are not in the alphabet of base64 are ignored."""
    user = with_accounts(fake).answer("GET", "/api_3/auth-check", (("Authorization", value),))
    assert user.body == b'{"name": "frostyx", "id": 2}\n'


def test_nul_in_login_is_an_internal_error(fake: FakeCopr) -> None:
    """The database rejects it, unless the token is empty, in which case Copr does not look for the user."""
    with_accounts(fake)
    assert fake.answer("GET", "/api_3/auth-check", basic("d\0f", "t0ken")).body == BUG
    assert fake.answer("GET", "/api_3/auth-check", basic("d\0f", "")).status == 401


def test_any_login_is_valid_without_accounts(fake: FakeCopr) -> None:
    """The login is the user's name, and the user may cancel any build."""
    user = json.loads(fake.answer("GET", "/api_3/auth-check", basic("anybody", "x")).body)
    assert (user["name"], type(user["id"])) == ("anybody", int)
    assert fake.answer("PUT", "/api_3/build/cancel/2", basic("anybody", "x")).status == 200


def test_accounts_need_login_and_token(fake: FakeCopr) -> None:
    with_accounts(fake)
    assert fake.answer("GET", "/api_3/auth-check", basic("def", "t0ken")).body == b'{"name": "frostyx", "id": 2}\n'
    for login in (basic("def", "s3cret"), basic("frostyx", "t0ken"), basic("def", "")):
        assert fake.answer("GET", "/api_3/auth-check", login).status == 401


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_cancel_changes_the_build_at_once(fake: FakeCopr, method: str) -> None:
    """The chroots keep their states; a POST gets Copr's deprecation warning."""
    answer = fake.answer(method, "/api_3/build/cancel/1", basic("any", "x"))
    assert answer.status == 200
    assert json.loads(answer.body)["state"] == "canceled"
    assert answer.body == fake.answer("GET", "/api_3/build/1").body
    assert [chroot.state for chroot in fake.builds[1].values()] == ["running", "pending"]
    warnings = [value for name, value in answer.headers if name == "Warning"]
    assert warnings == (["This method is deprecated: Use PUT method instead of POST"] if method == "POST" else [])


def test_cancel_errors_have_coprs_precedence(fake: FakeCopr) -> None:
    """Missing builds come first, then builds of others, then finished builds."""
    with_accounts(fake)
    own, other = basic("def", "t0ken"), basic("abc", "s3cret")
    cancel = "/api_3/build/cancel"
    assert error(fake.answer("PUT", f"{cancel}/99", other)) == (404, "Build 99 does not exist.")
    assert error(fake.answer("PUT", f"{cancel}/1", other)) == (403, "You are not allowed to cancel this build.")
    assert error(fake.answer("PUT", f"{cancel}/3", other)) == (403, "You are not allowed to cancel this build.")
    assert error(fake.answer("PUT", f"{cancel}/3", own)) == (409, "Cannot cancel build 3")
    assert fake.answer("PUT", f"{cancel}/1", own).status == fake.answer("PUT", f"{cancel}/2", own).status == 200
    assert error(fake.answer("PUT", f"{cancel}/1", own)) == (409, "Cannot cancel build 1")
    assert fake.answer("GET", f"{cancel}/2", own).status == 405


def test_cancel_is_logged_and_is_no_poll() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41], id=1)
    fake.answer("PUT", "/api_3/build/cancel/1", basic("any", "x"))
    fake.assert_requested("build/cancel", build_id=1, times=1)
    assert build[F41].state == "importing"
    fake.answer("GET", "/api_3/build/1")
    fake.answer("GET", "/api_3/build/1")
    assert (build[F41].state, build.state, build.ended_on) == ("canceled", "canceled", None)


@pytest.mark.parametrize("source", ["failed", "canceled"])
def test_build_whose_source_has_ended_cannot_be_canceled(source: str) -> None:
    """For Copr it has ended, even if its chroots have not."""
    scenario = {"builds": [{"id": 1, "source_state": source, "chroots": [{"name": F41, "state": "running"}]}]}
    fake = FakeCopr.from_scenario(scenario)
    assert error(fake.answer("PUT", "/api_3/build/cancel/1", basic("any", "x"))) == (409, "Cannot cancel build 1")
    assert not fake.builds[1].is_canceled


@pytest.mark.parametrize("path", ["gssapi_login", "gssapi_login/", "gssapi_login/web-ui", "gssapi_login/web-ui/"])
def test_gssapi_login_always_fails(fake: FakeCopr, path: str) -> None:
    """The response is Copr's to a client without a ticket."""
    assert error(fake.answer("GET", f"/api_3/{path}")) == (
        403,
        "Can't log-in using GSSAPI: Kerberos authentication failed (no credentials provided)",
    )
    assert fake.answer("PUT", f"/api_3/{path}").status == 405
    assert dict(fake.answer("OPTIONS", f"/api_3/{path}").headers)["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": ""}, "name: expected a text"),
        ({"token": 3}, "token: expected a text"),
        ({"login": "a:b"}, "login: 'a:b' has a colon, which separates it from the token; remove it"),
        ({"groups": "@copr"}, "groups: expected a list"),
        (
            {"groups": ["@kde", "copr"]},
            r"groups\[1\]: 'copr' is not a group; expected its name after an @, such as @copr",
        ),
        ({"groups": ["@"]}, r"groups\[0\]: '@' is not a group"),
        ({"login": "abc"}, "login: 'abc' already exists; expected another"),
    ],
)
def test_invalid_account_is_rejected(options: dict[str, Any], message: str) -> None:
    """The message names the field, and no account is added."""
    fake = FakeCopr()
    fake.add_account("praiskup", "abc", "s3cret")
    with pytest.raises(InputError, match=f"^{message}"):
        fake.add_account(**{"name": "frostyx", "login": "def", "token": "t0ken", **options})
    assert fake.accounts == [Account("praiskup", "abc", "s3cret")]


def test_account_copies_its_groups(fake: FakeCopr) -> None:
    """Later changes of the list have no effect."""
    groups = ["@copr"]
    account = fake.add_account("frostyx", "def", "t0ken", groups=groups)
    groups.append("@kde")
    assert account.groups == ("@copr",)
    made = Account("frostyx", "def", "t0ken", groups)  # type: ignore[arg-type]  # lists are accepted too
    assert made.groups == ("@copr", "@kde")
    with pytest.raises(InputError, match=r"^groups: expected a list, got '@copr'$"):
        Account("frostyx", "def", "t0ken", "@copr")  # type: ignore[arg-type]  # wrong on purpose


def test_scenario_may_repeat_an_account() -> None:
    """A fake can load its own scenario, but not another account with the same login."""
    fake = FakeCopr()
    fake.add_account("frostyx", "abc", "s3cret", ["@copr"])
    fake.add_scenario({"accounts": fake.to_scenario()["accounts"]})
    assert len(fake.accounts) == 1
    with pytest.raises(ScenarioError, match="'abc' already exists"):
        fake.add_scenario({"accounts": [{"name": "frostyx", "login": "abc", "token": "other"}]})


def test_group_is_added_once() -> None:
    fake = FakeCopr()
    fake.add_group("@copr")
    with pytest.raises(InputError, match="name: group @copr already exists; expected another"):
        fake.add_group("@copr", "other")
    assert [group.fas_name for group in fake.groups] == ["copr"]

"""Control calls on accounts and groups, and their effect on Copr's responses."""

from __future__ import annotations

import json

import pytest

from copr_chroot_fake import Answer

from ..adapters import credentials
from ..chroots import F41
from ..worlds import fake_of
from .clients import Control

JDOE = {"name": "jdoe", "login": "abc", "token": "s3cret"}


def send(
    control: Control, method: str, path: str, login: str = "abc", token: str = "s3cret", body: object = None
) -> Answer:
    """Send a request to Copr with a login."""
    headers = [("Authorization", credentials(login, token)), ("Content-Type", "application/json")]
    return fake_of(control.world).answer(method, f"/api_3/{path}", headers, json.dumps(body).encode())


def test_added_account_is_returned_without_token(control: Control) -> None:
    """Omitted fields are false or empty."""
    reply = control.request("POST", "/accounts", JDOE)
    view = {"name": "jdoe", "login": "abc", "groups": [], "admin": False, "expired": False}
    assert (reply.status, reply.document) == (201, view)
    assert control.get("/accounts") == {"accounts": [view], "total": 1}
    assert b"s3cret" not in reply.body


def test_account_accepts_all_options_of_python(control: Control) -> None:
    view = control.post("/accounts", {**JDOE, "groups": ["@copr"], "admin": True, "expired": True})
    assert (view["groups"], view["admin"], view["expired"]) == (["@copr"], True, True)
    (written,) = control.get("/scenario")["accounts"]
    assert written == {**JDOE, "groups": ["@copr"], "admin": True, "expired": True}


def test_account_restricts_logins(control: Control) -> None:
    """Without accounts, any login is accepted."""
    assert send(control, "GET", "auth-check", "nobody").status == 200
    control.post("/accounts", JDOE)
    assert send(control, "GET", "auth-check").status == 200
    assert send(control, "GET", "auth-check", "nobody").status == 401
    assert send(control, "GET", "auth-check", token="wrong").status == 401


def test_expired_token_is_rejected(control: Control) -> None:
    control.post("/accounts", {**JDOE, "expired": True})
    assert send(control, "GET", "auth-check").status == 401


def test_only_administrators_change_projects_of_others(control: Control) -> None:
    control.post("/accounts", JDOE)
    control.post("/accounts", {"name": "root", "login": "def", "token": "s3cret", "admin": True})
    control.post("/projects", {"ownername": "frostyx", "projectname": "tools"})
    body = {"description": "Tools."}
    assert send(control, "PUT", "project/edit/frostyx/tools", body=body).status == 403
    assert send(control, "PUT", "project/edit/frostyx/tools", "def", body=body).status == 200
    (project,) = control.get("/projects")["projects"]
    assert project["description"] == "Tools."


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"name": "jdoe", "login": "abc"}, "token"),
        ({**JDOE, "login": "a:b"}, "login"),
        ({**JDOE, "groups": ["copr"]}, "groups[0]"),
        ({**JDOE, "admin": "yes"}, "admin"),
        ({**JDOE, "expired": 1}, "expired"),
        ({**JDOE, "admn": True}, "admn"),
        ({**JDOE, "login": "taken"}, "login"),
    ],
)
def test_invalid_account_is_rejected(control: Control, body: object, where: str) -> None:
    """Nothing is added."""
    control.post("/accounts", {**JDOE, "login": "taken"})
    refused = control.request("POST", "/accounts", body)
    assert (refused.status, refused.where) == (422, where)
    assert control.get("/accounts")["total"] == 1


def test_added_group_is_listed(control: Control) -> None:
    """Its name in the account system is the same without the ``@`` by default."""
    reply = control.request("POST", "/groups", {"name": "@copr"})
    assert (reply.status, reply.document) == (201, {"name": "@copr", "fas_name": "copr"})
    other = control.post("/groups", {"name": "@tools", "fas_name": "tools-sig"})
    assert control.get("/groups") == {"groups": [reply.document, other], "total": 2}
    assert control.get("/scenario")["groups"] == [reply.document, other]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "name"),
        ({"name": "copr"}, "name"),
        ({"name": "@"}, "name"),
        ({"name": "@copr"}, "name"),
        ({"name": "@tools", "fas_name": ""}, "fas_name"),
        ({"name": "@tools", "fas": "tools"}, "fas"),
    ],
)
def test_invalid_group_is_rejected(control: Control, body: object, where: str) -> None:
    """Nothing is added."""
    control.post("/groups", {"name": "@copr"})
    refused = control.request("POST", "/groups", body)
    assert (refused.status, refused.where) == (422, where)
    assert control.get("/groups")["total"] == 1


def test_members_add_projects_of_their_group(control: Control) -> None:
    """Others do not."""
    control.post("/groups", {"name": "@copr", "fas_name": "copr-sig"})
    control.post("/accounts", {**JDOE, "groups": ["@copr"]})
    control.post("/accounts", {"name": "frostyx", "login": "def", "token": "s3cret"})
    control.post("/mock-chroots", {"names": [F41]})
    body = {"name": "tools", "chroots": [F41]}
    assert send(control, "POST", "project/add/@copr", "def", body=body).status == 403
    assert send(control, "POST", "project/add/@copr", body=body).status == 200
    assert [project["ownername"] for project in control.get("/projects")["projects"]] == ["@copr"]


def test_snapshot_restores_accounts_and_groups(control: Control) -> None:
    control.post("/accounts", JDOE)
    control.post("/groups", {"name": "@copr"})
    control.post("/snapshots")
    control.post("/accounts", {**JDOE, "login": "def"})
    control.post("/groups", {"name": "@tools"})
    control.post("/snapshots/1/restore")
    assert [account["login"] for account in control.get("/accounts")["accounts"]] == ["abc"]
    assert [group["name"] for group in control.get("/groups")["groups"]] == ["@copr"]

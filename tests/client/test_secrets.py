"""Passwords and tokens are sent, but appear in nothing that is printed or stored."""

from __future__ import annotations

import base64
import time
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from copr_chroot_fake import FakeCopr, InputError
from copr_chroot_fake.cli import main
from copr_chroot_fake.client.errors import ClientError
from copr_chroot_fake.control.worlds import InitialConfig
from copr_chroot_fake.model.account import Account

from ..adapters import running_server
from ..chroots import F41
from ..served import serving as serving_worlds
from ..worlds import fake_of
from .garbage import serving
from .harness import HTML, Harness, page_of, responding

SECRET = "s3cret"
URL = f"http://jdoe:{SECRET}@copr.test"


def printable(error: BaseException) -> str:
    """Return everything printable of an error, its causes and its request."""
    lines = "".join(traceback.format_exception(error))
    seen: list[object] = [lines, vars(error)]
    cause: BaseException | None = error
    while cause is not None:
        seen += [str(cause), repr(cause), vars(cause)]
        request = getattr(cause, "request", None) if isinstance(cause, ClientError) else vars(cause).get("_request")
        seen += [] if request is None else [repr(request), str(request.url), repr(request.url), repr(request.headers)]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(map(str, seen))


@pytest.mark.parametrize(
    "answer",
    [
        *(httpx.Response(404, json={"error": "Build 1 does not exist."}), HTML, httpx.Response(200, text="{")),
        *(httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.DecodingError("no gzip")),
        *(httpx.Response(200, json={}), page_of("running"), httpx.Response(302, headers={"Location": f"{URL}/x"})),
    ],
)
def test_errors_contain_no_password(harness: Harness, answer: httpx.Response | Exception) -> None:
    """Neither their texts nor their requests."""
    sent: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Authorization"])
        return responding(answer).handle_request(request)

    client = harness.client(httpx.MockTransport(handle), url=URL, retries=1)
    with pytest.raises(ClientError) as raised:
        client.get(1, F41)
    assert SECRET not in printable(raised.value)
    assert "jdoe" not in str(raised.value)
    assert "copr.test" in str(raised.value)
    assert set(sent) == {f"Basic {base64.b64encode(f'jdoe:{SECRET}'.encode()).decode()}"}
    assert SECRET not in repr(client)


@pytest.mark.parametrize(
    "url",
    [
        *(f"http://jdoe:{SECRET}@", f"jdoe:{SECRET}@copr.test", f"ftp://jdoe:{SECRET}@copr.test", f"{URL}:99999"),
        *(f"http://jdoe:{SECRET}/x@copr.test", f"http://jdoe:{SECRET}@x@copr.test", f"http://jdoe:{SECRET}?@copr.test"),
        *(f"{URL}/?x", f"http://jdoe:{SECRET}#@copr.test", f"http://jdoe:{SECRET} @copr.test", f"{URL}/\ud800"),
        *(f"http://jdoe:{SECRET}@[::::]", f"http://jdoe:{SECRET}@a..b"),
    ],
)
def test_invalid_url_is_reported_without_password(harness: Harness, url: str) -> None:
    """Even if the password is not escaped or the scheme is missing."""
    with pytest.raises(InputError, match=r"^url: ") as raised:
        harness.client(url=url)
    assert SECRET not in printable(raised.value)


def record(url: str, *arguments: str | Path, **options: Any) -> str:
    """Run ``record`` on a build; return its output."""
    done = CliRunner().invoke(main, ["record", *map(str, arguments), "--url", url], **options)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.output
    return done.output


@pytest.mark.parametrize("arguments", [["99"], ["1"], ["1", "99"], ["1", "--anonymize"]])
def test_record_prints_and_writes_no_password(arguments: list[str], tmp_path: Path) -> None:
    fake = FakeCopr()
    fake.add_build({F41: "succeeded"}, id=1)
    path = tmp_path / "recorded.json"
    with running_server(fake) as url:
        with_password = url.replace("http://", f"http://jdoe:{SECRET}@")
        printed = record(with_password, *arguments, "-o", path)
        assert arguments != ["99"] or url in printed
    assert SECRET not in printed + (path.read_text() if path.exists() else "")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", b"noise\r\n\r\n", b""])
def test_record_retries_print_no_password(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with serving(lambda: [answer]) as url:
        printed = record(url.replace("http://", f"http://jdoe:{SECRET}@"), "1")
        assert f"unexpected response from {url}; retrying in 4 s" in printed
    assert SECRET not in printed


def test_misplaced_url_is_reported_without_password() -> None:
    """As a build, or as another option."""
    for arguments in (["record", URL], ["record", "1", "--url", f"{URL}:x"], ["record", "1", URL]):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 2
        assert SECRET not in done.output
        assert "copr.test" in done.output


def test_tokens_are_in_no_repr_and_no_error() -> None:
    account = Account("jdoe", "login", SECRET)
    assert repr(account) == "Account(name='jdoe', login='login')"
    assert SECRET not in repr(InitialConfig(accounts=(account,)))
    fake = FakeCopr()
    fake.add_account("jdoe", "login", SECRET)
    assert SECRET not in repr(fake.accounts)
    wrong: Any = [SECRET]
    with pytest.raises(InputError, match=r"^token: ") as raised:
        fake.add_account("jdoe", "login", wrong)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("account", [SECRET, f"jdoe::{SECRET}", f"jdoe:login:{SECRET}:nogroup", f":login:{SECRET}"])
def test_invalid_account_option_prints_no_token(account: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--account", account])
    assert done.exit_code == 2
    assert SECRET not in done.output
    assert "--account" in done.output


@pytest.mark.slow
@pytest.mark.parametrize("header", ["Authorization", "authorization", "Cookie", "X-Gitlab-Token"])
def test_recorded_headers_contain_no_token(header: str) -> None:
    """Neither in Python nor over HTTP, nor in the message of an assertion."""
    encoded = base64.b64encode(f"login:{SECRET}".encode()).decode()
    headers = {header: f"Basic {encoded}", "Content-Type": "application/json"}
    with serving_worlds() as server:
        fake, url = fake_of(server.worlds.main), server.url
        fake.add_account("jdoe", "login", SECRET)
        for path in ("auth-check", "nope", "project?ownername=a&projectname=b"):
            httpx.get(f"{url}/api_3/{path}", headers=headers)
        httpx.post(f"{url}/api_3/build/create/url", headers=headers, json={"ownername": "a", "projectname": "b"})
        paths = ("requests", "unmatched", "overview", "scenario", "changes")
        responses = [httpx.get(f"{url}/_fake/{path}").text for path in paths]
    with pytest.raises(AssertionError) as failed:
        fake.assert_submitted(project="a/b")
    texts = [*responses, str(failed.value), repr(fake.requests), str([*map(str, fake.requests)]), repr(fake.unmatched)]
    texts += [repr(vars(fake.service.journal)), repr(fake.requests[0].headers), str(fake.requests[-1].json)]
    assert "***" in responses[0]
    assert all(encoded not in text for text in texts)
    # A scenario has the accounts with their tokens.
    assert all(SECRET not in text for text in texts if text != responses[3])


def test_new_token_is_not_recorded() -> None:
    headers = {"Authorization": f"Basic {base64.b64encode(f'login:{SECRET}'.encode()).decode()}"}
    with serving_worlds() as server:
        fake = fake_of(server.worlds.main)
        fake.add_account("jdoe", "login", SECRET)
        token = httpx.post(f"{server.url}/api_3/api-token", headers=headers).json()["api_token"]
        recorded = httpx.get(f"{server.url}/_fake/requests").text
    assert "api-token" in recorded
    assert all(token not in text for text in (recorded, repr(fake.requests), str(fake.requests[-1])))


def test_recorded_requests_contain_no_password() -> None:
    fake = FakeCopr()
    fake.add_account("jdoe", "login", SECRET)
    with httpx.Client(transport=fake.transport, base_url=f"http://login:{SECRET}@copr.test") as client:
        assert client.get("/api_3/auth-check").status_code == 200
        assert client.get("/api_3/build/9").status_code == 404
    assert SECRET not in repr(fake.requests) + str(fake.requests[-1]) + str(fake.unmatched)

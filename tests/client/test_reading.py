"""Results and errors of the reference client."""

from __future__ import annotations

from datetime import datetime, timezone

import httpx
import pytest

from copr_chroot_fake import CoprClient, FakeCopr, Nevra, State
from copr_chroot_fake.client.errors import (
    BadRequestError,
    ClientError,
    ConnectionFailedError,
    NotFoundError,
    NotJsonError,
    RequestTimeoutError,
    ServerError,
)

from ..chroots import F41, F42
from .harness import HTML, Harness, page_of, responding


def test_get_returns_a_chroot_with_its_times(harness: Harness, fake: FakeCopr) -> None:
    """As Unix times and as datetimes in UTC."""
    fake.add_build({F41: {"state": "succeeded", "started_on": 0, "ended_on": 90}}, id=1)
    status = harness.client(fake.transport).get(1, F41)
    assert (status.name, status.state, status.is_final) == (F41, State.SUCCEEDED, True)
    assert (status.started_on, status.ended_on) == (0, 90)
    assert status.started_at == datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert status.ended_at == datetime(1970, 1, 1, 0, 1, 30, tzinfo=timezone.utc)
    assert status.result_url.endswith("/00000001-hello/")


def test_missing_times_are_none(harness: Harness, fake: FakeCopr) -> None:
    """A pending chroot has neither time."""
    fake.add_build({F41: "pending"}, id=1)
    status = harness.client(fake.transport).get(1, F41)
    assert (status.started_at, status.ended_at, status.is_final) == (None, None, False)


def test_get_list_returns_a_page_and_iter_all_all_items(harness: Harness, fake: FakeCopr) -> None:
    names = [f"bulk-{number}-x86_64" for number in range(250)]
    fake.add_build(names, id=1, state="running")
    client = harness.client(fake.transport)
    page = client.get_list(1, limit=3, offset=2, order_type="DESC")
    assert [status.name for status in page] == names[-3:-6:-1]
    assert (len(page), page.limit, page.offset, page.order, page.order_type) == (3, 3, 2, "id", "DESC")
    assert [status.name for status in client.iter_all(1)] == names
    assert [status.name for status in client.iter_all(1, limit=60, order_type="DESC")] == names[::-1]
    fake.assert_all_pages_read(1)


@pytest.mark.parametrize("default_limit", [None, 100, 250, 7])
def test_iter_all_reads_every_page(harness: Harness, default_limit: int | None) -> None:
    """One request if the service has no limit; one more than there are pages if the last page is full."""
    fake = FakeCopr(default_limit=default_limit)
    fake.add_build([f"bulk-{number}-x86_64" for number in range(250)], id=1, state="running")
    assert len(list(harness.client(fake.transport).iter_all(1))) == 250
    fake.assert_requested("build-chroot/list", build_id=1, times={None: 1, 100: 3, 250: 2, 7: 36}[default_limit])


def test_iter_all_ends_with_an_empty_page(harness: Harness) -> None:
    """Whatever its limit."""
    assert list(harness.client(responding(page_of(limit=0))).iter_all(1)) == []


def test_iter_all_requests_pages_as_needed(fake: FakeCopr) -> None:
    """Stopping early saves the remaining requests."""
    fake.add_build([f"bulk-{number}-x86_64" for number in range(250)], id=1, state="running")
    with CoprClient(transport=fake.transport) as client:
        next(client.iter_all(1))
    fake.assert_requested("build-chroot/list", times=1)


def test_get_build_config_returns_settings_and_repositories(harness: Harness, fake: FakeCopr) -> None:
    fake.add_project("jdoe/tools", additional_repos=["https://a.example/?priority=5"], bootstrap="on")
    fake.add_build([F41], id=1, project="jdoe/tools", enable_net=True)
    config = harness.client(fake.transport).get_build_config(1, F41)
    assert (config.memory_limit, config.timeout, config.enable_net, config.bootstrap) == (2048, 18000, True, "on")
    assert config.repo_urls == (
        f"https://download.copr.fedorainfracloud.org/results/jdoe/tools/{F41}/",
        "https://a.example/",
    )
    assert (config.repos[1].priority, config.repos[0].repo_gpgcheck) == (5, False)
    assert config.bootstrap_image is None


def test_get_document_returns_the_json_of_any_path(harness: Harness, fake: FakeCopr) -> None:
    """Errors are the same as for other calls."""
    fake.add_build([F41], id=1)
    client = harness.client(fake.transport)
    assert client.get_document("build/1")["id"] == 1
    config = client.get_document("build-chroot/build-config", build_id=1, chrootname=F41)
    assert next(iter(config)) == "additional_repos"
    with pytest.raises(NotFoundError, match="Build 99 does not exist"):
        client.get_document("build/99")


def test_get_built_packages_returns_nevras(harness: Harness, fake: FakeCopr) -> None:
    fake.add_build({F41: {"state": "succeeded", "packages": ["hello-2:1.0-1.fc41.x86_64"]}}, id=1)
    (package,) = harness.client(fake.transport).get_built_packages(1, F41)
    assert str(package) == "hello-2:1.0-1.fc41.x86_64"
    assert isinstance(package, Nevra)


def test_unknown_fields_are_kept(harness: Harness) -> None:
    """A newer service may have more fields, in ``unknown``, and more states, which are plain strings."""
    chroot = {"name": F41, "state": "resting", "started_on": None, "ended_on": None, "result_url": None, "mood": "good"}
    meta = {"limit": None, "offset": 0, "order": "id", "order_type": "ASC", "total": 1}
    status = harness.client(responding(httpx.Response(200, json=chroot))).get(1, F41)
    assert (status.state, status.is_final, status.unknown) == ("resting", False, {"mood": "good"})
    page = harness.client(responding(httpx.Response(200, json={"items": [chroot], "meta": meta}))).get_list(1)
    assert page.unknown == {"total": 1}
    config = harness.client(responding(httpx.Response(200, json={"isolation": "nspawn"}))).get_build_config(1, F41)
    assert config.unknown == {"isolation": "nspawn"}
    package = {"name": "a", "epoch": 0, "version": "1", "release": "2", "arch": "src", "size": 5}
    packages = harness.client(responding(httpx.Response(200, json={"packages": [package]}))).get_built_packages(1, F41)
    assert packages[0].unknown == {"size": 5}


@pytest.mark.parametrize(
    ("build_id", "chrootname", "missing", "message"),
    [
        (7, F41, "build", "Build 7 does not exist."),
        (1, F42, "chroot", f"Chroot {F42} does not exist"),
        (1, "epel-9-s390x", "chroot", "Build 1 was not submitted to epel-9-s390x chroot."),
    ],
)
def test_not_found_names_the_missing_build_or_chroot(
    harness: Harness, fake: FakeCopr, build_id: int, chrootname: str, missing: str, message: str
) -> None:
    """The error has status, message and request."""
    fake.add_build([F41], id=1)
    fake.add_mock_chroots("epel-9-s390x")
    with pytest.raises(NotFoundError) as raised:
        harness.client(fake.transport).get(build_id, chrootname)
    error = raised.value
    assert (error.status, error.message, error.missing) == (404, message, missing)
    assert error.request.url.params["build_id"] == str(build_id)
    assert message in str(error)
    assert "404, GET https://copr.example/api_3/build-chroot?" in str(error)


@pytest.mark.parametrize(
    ("path", "arguments", "missing"),
    [
        ("project", {"ownername": "jdoe", "projectname": "chroot-tools"}, "project"),
        ("monitor", {"ownername": "@chroots", "projectname": "tools"}, "project"),
        ("build/7", {}, "build"),
        ("build-chroots", {}, "endpoint"),
    ],
)
def test_not_found_names_the_missing_kind_of_object(
    harness: Harness, fake: FakeCopr, path: str, arguments: dict[str, str], missing: str
) -> None:
    """A project of a user or a group, a build, or the endpoint."""
    with pytest.raises(NotFoundError) as raised:
        harness.client(fake.transport).get_document(path, **arguments)
    assert raised.value.missing == missing


def test_not_found_with_another_message_has_no_kind(harness: Harness) -> None:
    """A proxy in front of Copr may return 404 in JSON."""
    with pytest.raises(NotFoundError) as raised:
        harness.client(responding(httpx.Response(404, json={"error": "No chroot here"}))).get(1, F41)
    assert raised.value.missing is None


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (httpx.Response(400, json={"error": "Missing argument build_id"}), BadRequestError, 400),
        (httpx.Response(404, json={"error": "Such API endpoint doesn't exist"}), NotFoundError, 404),
        (httpx.Response(405, json={"error": "The method is not allowed"}), ClientError, 405),
        (httpx.Response(500, json={"error": "There is probably a bug"}), ServerError, 500),
        (httpx.Response(504, json={"error": "The API request timeouted"}), RequestTimeoutError, 504),
        (httpx.Response(504, text="<html>"), RequestTimeoutError, 504),
        (HTML, NotJsonError, 502),
        (httpx.Response(200, text="<html>"), NotJsonError, 200),
        (httpx.Response(200, text=""), NotJsonError, 200),
        (httpx.Response(200, json=[1]), NotJsonError, 200),
        (httpx.ReadTimeout("too slow"), RequestTimeoutError, None),
        (httpx.ConnectError("refused"), ConnectionFailedError, None),
        (httpx.RemoteProtocolError("broke off"), ConnectionFailedError, None),
        (httpx.DecodingError("no gzip"), NotJsonError, None),
        (httpx.Response(200, text="[" * 100_000), NotJsonError, 200),
    ],
)
def test_each_kind_of_failure_has_its_error(
    harness: Harness, answer: httpx.Response | Exception, kind: type[ClientError], status: int | None
) -> None:
    """With the request, and the status if there is one."""
    with pytest.raises(ClientError) as raised:
        harness.client(responding(answer), retries=0).get(1, F41)
    assert type(raised.value) is kind
    assert raised.value.status == status
    assert raised.value.request.url.path == "/api_3/build-chroot"
    if isinstance(raised.value, NotFoundError):
        assert raised.value.missing == "endpoint"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (httpx.Response(200, json=[1]), "expected a JSON object, got other JSON"),
        (httpx.Response(200, headers={"Content-Type": "application/json"}, text='{"items": ['), "invalid JSON"),
        (HTML, "expected JSON, got text/html"),
        (httpx.Response(503), "expected JSON, got no content type"),
        (httpx.ConnectError("refused"), "no response: refused"),
        (httpx.ConnectError(""), "no response: ConnectError"),
        (httpx.ReadTimeout(""), "no complete response within 30 s; increase timeout if the service needs longer"),
        (httpx.DecodingError("no gzip"), "unreadable response: no gzip"),
    ],
)
def test_error_describes_the_unexpected_response(
    harness: Harness, answer: httpx.Response | Exception, message: str
) -> None:
    """Even if httpx's exception has no text."""
    with pytest.raises(ClientError) as raised:
        harness.client(responding(answer), retries=0).get(1, F41)
    assert raised.value.message == message


NOT_A_TIME = "expected a Unix time in whole seconds, from 0 to 2147483647, got"


@pytest.mark.parametrize(
    ("call", "document", "problem"),
    [
        ("get", {"state": "failed"}, "name: missing, and required; add it"),
        ("get", {"name": F41, "state": 3}, "state: expected a text, got 3"),
        ("get", {"name": F41, "state": "failed", "started_on": True}, f"started_on: {NOT_A_TIME} True"),
        ("get", {"name": F41, "state": "failed", "ended_on": "now"}, f"ended_on: {NOT_A_TIME} 'now'"),
        ("get_list", {"items": [], "meta": None}, "meta: expected an object, got None"),
        ("get_list", {"items": None, "meta": {}}, "items: missing, and required; add it"),
        ("get_list", {"items": [{"name": F41}], "meta": {}}, "items[0].state: missing, and required; add it"),
        (
            "get_list",
            {"items": [], "meta": {"limit": "100"}},
            "limit: expected a whole number from 0 to 2147483647, got '100'",
        ),
        ("get_build_config", {"repos": "x"}, "repos: expected a list, got 'x'"),
        ("get_build_config", {"repos": [{"id": 1}]}, "repos[0].id: expected a text, got 1"),
        ("get_build_config", {"with_opts": [["x"]]}, "with_opts[0]: expected a text, got ['x']"),
        ("get_built_packages", {}, "packages: missing, and required; add it"),
        ("get_built_packages", {"packages": [{"name": "a"}]}, "packages[0].version: missing, and required; add it"),
    ],
)
def test_invalid_field_in_a_response_is_named(
    harness: Harness, call: str, document: dict[str, object], problem: str
) -> None:
    client = harness.client(responding(httpx.Response(200, json=document)))
    with pytest.raises(ClientError) as raised:
        getattr(client, call)(1, *([] if call == "get_list" else [F41]))
    assert type(raised.value) is ClientError
    assert raised.value.message == f"unexpected content in the response: {problem}"
    assert raised.value.status == 200


def test_fields_missing_in_an_older_copr_are_none(harness: Harness) -> None:
    """Or empty. For Copr, null equals a missing field."""
    client = harness.client(responding(httpx.Response(200, json={"with_opts": None, "repos": [{"id": "x"}]})))
    config = client.get_build_config(1, F41)
    assert (config.with_opts, config.timeout, config.repos[0].baseurl) == ((), None, None)

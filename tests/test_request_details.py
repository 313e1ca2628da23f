"""Recorded requests have their headers, user and body, and the builds and the project that they created."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from copr_chroot_fake import FakeCopr, Request

from .adapters import OpenAdapter, credentials
from .chroots import F41

SECRET = "s3cret"
URL = "https://example.com/hello-2.12-1.src.rpm"
HELLO = {"ownername": "jdoe", "projectname": "hello"}
JSON = ("Content-Type", "application/json")
LOGIN = ("Authorization", credentials("login", SECRET))
FORM = "application/x-www-form-urlencoded"
KIB = 1024


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_account("jdoe", "login", SECRET)
    fake.add_project("jdoe/hello", chroots=[F41])
    return fake


def send(fake: FakeCopr, path: str, document: object, *headers: tuple[str, str]) -> Request:
    """Send JSON with a login, and return the recorded request."""
    fake.answer("POST", f"/api_3/{path}", [LOGIN, JSON, *headers], json.dumps(document).encode())
    return fake.requests[-1]


def send_raw(fake: FakeCopr, content_type: str, body: bytes) -> Request:
    fake.answer("POST", "/api_3/build/create/url", [LOGIN, ("Content-Type", content_type)], body)
    return fake.requests[-1]


def upload(fake: FakeCopr, content: bytes, **fields: object) -> Request:
    """Upload a file as the official client does."""
    document = json.dumps({**HELLO, **fields}).encode()
    files: dict[str, tuple[str, bytes, str]] = {
        "pkgs": ("hello.spec", content, "text/plain"),
        "json": ("json", document, "application/json"),
    }
    with httpx.Client(transport=fake.transport, base_url="https://copr.test/api_3") as client:
        assert client.post("/build/create/upload", files=files, auth=("login", SECRET)).status_code == 200
    return fake.requests[-1]


def test_submission_is_recorded(open_adapter: OpenAdapter, fake: FakeCopr) -> None:
    """Through every adapter."""
    document = {**HELLO, "pkgs": [URL, URL], "timeout": 60}
    open_adapter(fake)("POST", "/api_3/build/create/url", [LOGIN, JSON], json.dumps(document).encode())
    (request,) = fake.requests
    assert (request.user, request.json, request.form, request.files) == ("jdoe", document, {}, {})
    assert (request.created_builds, request.created_project) == ((1, 2), None)
    assert (request.headers["content-type"], request.headers["authorization"]) == ("application/json", "***")
    assert request.body_size == len(json.dumps(document))


def test_get_has_headers_but_no_body(fake: FakeCopr) -> None:
    fake.answer("GET", "/api_3/build/1", [("User-Agent", "test"), ("X-List", "a"), ("x-list", "b")])
    (request,) = fake.requests
    assert request.headers == {"user-agent": "test", "x-list": "a, b"}
    assert (request.user, request.json, request.form, request.files) == (None, None, {}, {})
    assert (request.body_size, request.created_builds, request.created_project) == (0, (), None)


def test_form_is_recorded(fake: FakeCopr) -> None:
    request = send_raw(fake, FORM, b"ownername=jdoe&projectname=hello&a=1&a=2&b=%C3%A9+")
    assert request.form == {**HELLO, "a": "1", "b": "é "}
    assert request.json is None


def test_upload_is_recorded_without_its_content(fake: FakeCopr) -> None:
    content = b"Name: hello" * 100_000
    request = upload(fake, content, timeout=60)
    assert request.files["pkgs"] == ("hello.spec", len(content))
    assert (request.json, request.form) == ({**HELLO, "timeout": 60}, {})
    assert fake.builds[request.created_builds[0]].source.content == content
    assert request.body_size > len(content)


def test_fields_beside_a_file_are_recorded(fake: FakeCopr) -> None:
    body = httpx.Request("POST", "https://x", data={"a": "ä"}, files={"f": ("n", b"123")})
    request = send_raw(fake, body.headers["content-type"], body.read())
    assert (request.form, request.files, request.json) == ({"a": "ä"}, {"f": ("n", 3)}, None)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        *(("application/json", body) for body in (b"{", b"\xff", b"[" * 100_000, b"9" * 10_000, b"")),
        *((FORM, body) for body in (b"\xff", b"")),
        *(("multipart/form-data; boundary=x", body) for body in (b"--x", b"--x\r\n", b"\0")),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n" * 1500 + b"--x--",
        ),
        ("multipart/form-data", b"--x--"),
        *((kind, b"{}") for kind in ("text/plain", "", "application/json/x")),
    ],
)
def test_invalid_body_is_recorded_as_empty(fake: FakeCopr, content_type: str, body: bytes) -> None:
    request = send_raw(fake, content_type, body)
    assert (request.json, request.form, request.files) == (None, {}, {})
    assert request.body_size == len(body)


def test_large_body_is_not_kept(fake: FakeCopr) -> None:
    """Its size is, and so are the builds."""
    request = send(fake, "build/create/url", {**HELLO, "pkgs": [URL], "x": "x" * 64 * KIB})
    assert (request.json, request.created_builds) == (None, (1,))
    assert request.body_size > 64 * KIB
    with pytest.raises(AssertionError, match=r"Its body of \d+ bytes is too large to be kept"):
        fake.assert_submitted(project="jdoe/hello")
    fake.assert_submitted(user="jdoe")


def test_changed_headers_are_recorded(fake: FakeCopr) -> None:
    headers = [("X", "1")]
    fake.answer("GET", "/api_3/", headers)
    headers[0] = ("X", "2")
    fake.answer("GET", "/api_3/", headers)
    fake.answer("GET", "/api_3/")
    assert [request.headers for request in fake.requests] == [{"x": "1"}, {"x": "2"}, {}]


@pytest.mark.parametrize(
    "name", ["AUTHORIZATION", "Proxy-Authorization", "Cookie", "X-Gitlab-Token", "X-Webhook-Secret", "X-Api-Key"]
)
def test_header_with_secret_is_masked(fake: FakeCopr, name: str) -> None:
    fake.answer("GET", "/api_3/", [(name, SECRET)])
    assert fake.requests[-1].headers == {name.lower(): "***"}
    assert SECRET not in repr(fake.requests)


def test_user_is_the_account_and_not_the_login(fake: FakeCopr) -> None:
    assert send(fake, "build/create/url", {}).user == "jdoe"
    fake.answer("GET", "/api_3/auth-check", [LOGIN])
    assert fake.requests[-1].user == "jdoe"
    fake.answer("GET", "/api_3/", [LOGIN])
    assert fake.requests[-1].user is None
    fake.answer("GET", "/api_3/auth-check", [("Authorization", credentials("login", "wrong"))])
    assert fake.requests[-1].user is None


def test_created_project_and_fork_are_recorded(fake: FakeCopr) -> None:
    fake.add_build([F41], project="jdoe/hello", state="succeeded")
    assert send(fake, "project/add/jdoe", {"name": "tools", "chroots": [F41]}).created_project == "jdoe/tools"
    assert send(fake, "project/add/jdoe?exist_ok=True", {"name": "tools", "chroots": [F41]}).created_project is None
    fork = send(fake, "project/fork/jdoe/hello", {"name": "fork", "ownername": "jdoe"})
    assert (fork.created_project, fork.created_builds) == ("jdoe/fork", (2,))


def test_rejected_request_created_nothing(fake: FakeCopr) -> None:
    send(fake, "build/create/url", {**HELLO, "pkgs": [URL]})
    request = send(fake, "build/create/url", {**HELLO, "pkgs": ["nope"]})
    assert (request.status, request.created_builds, request.user) == (400, (), "jdoe")


def test_fault_does_not_hide_the_request(fake: FakeCopr) -> None:
    """An outage creates no build, a lost response does."""
    fake.faults.add({"endpoint": "build/create/url", "status": 503, "first": 1})
    document = {**HELLO, "pkgs": [URL]}
    refused = send(fake, "build/create/url", document)
    assert (refused.json, refused.user, refused.created_builds) == (document, None, ())
    fake.faults.add({"endpoint": "build/create/url", "breaks": "timeout"})
    lost = send(fake, "build/create/url", document)
    assert (lost.status, lost.user, lost.created_builds) == (0, "jdoe", (1,))


def test_restored_snapshot_keeps_requests(fake: FakeCopr) -> None:
    with fake.snapshot():
        send(fake, "build/create/url", {**HELLO, "pkgs": [URL]})
    assert [*fake.requests[-1].created_builds] == [1]
    assert not fake.builds
    fake.add_build([F41])
    fake.answer("GET", "/api_3/build/1")
    assert not fake.requests[-1].created_builds


def test_largest_build_id_is_recorded(fake: FakeCopr) -> None:
    fake.add_build([F41], id=2**31 - 1)
    assert send(fake, "build/create/url", {**HELLO, "pkgs": [URL]}).created_builds == (1,)


def test_threads_record_their_own_builds(fake: FakeCopr) -> None:
    def submit(number: int) -> None:
        document = {**HELLO, "pkgs": [f"https://example.com/p{number}-1-1.src.rpm"]}
        fake.answer("POST", "/api_3/build/create/url", [LOGIN, JSON], json.dumps(document).encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(submit, range(100)))
    for request in fake.requests:
        (number,) = request.created_builds
        assert [fake.builds[number].source.config["url"]] == request.json["pkgs"]
    assert len({request.created_builds for request in fake.requests}) == 100


def test_parsed_body_cannot_change_the_record(fake: FakeCopr) -> None:
    request = send(fake, "build/create/url", {**HELLO, "pkgs": [URL]})
    request.json["pkgs"].clear()
    assert request.json["pkgs"] == [URL]


@pytest.mark.parametrize("body", ['{"ownername": "jdoe", "projectname": "helo"}', '{"projectname": ["x"]}', "[]"])
def test_near_miss_names_project_in_body(fake: FakeCopr, body: str) -> None:
    fake.answer("POST", "/api_3/package/build", [LOGIN, JSON], body.encode())
    near = [unmatched.near_miss for unmatched in fake.unmatched]
    assert near == (["project jdoe/hello exists, jdoe/helo does not"] if "helo" in body else [])

"""Results over HTTP: ranges, conditional requests, methods and redirects."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from copr_chroot_fake import FakeCopr

from ..adapters import OpenAdapter, SendRequest, direct_client, without_date
from ..chroots import F43

ENDED = 1_700_000_300
DIRECTORY = f"/results/jdoe/playground/{F43}/00000001-hello/"
RPM = f"{DIRECTORY}hello-1.0-1.fc43.x86_64.rpm"
LOG = f"{DIRECTORY}builder-live.log"


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build({F43: {"state": "succeeded", "started_on": 1_700_000_000, "ended_on": ENDED}}, id=1)
    return fake


@pytest.fixture
def send(fake: FakeCopr) -> SendRequest:
    return direct_client(fake)


def test_file_has_type_length_etag_and_time(send: SendRequest) -> None:
    """The time of the last modification is the end of the build."""
    got = send("GET", RPM)
    assert (got.status, got.content_type) == (200, "application/x-rpm")
    assert got.body.startswith(b"\xed\xab\xee\xdb")
    assert got.headers["content-length"] == str(len(got.body))
    assert got.headers["last-modified"] == formatdate(ENDED, usegmt=True)
    assert got.headers["accept-ranges"] == "bytes"
    assert send("GET", RPM).headers["etag"] == got.headers["etag"] != send("GET", f"{DIRECTORY}success").headers["etag"]


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("hello.spec", "text/plain; charset=utf-8"),
        ("results.json", "text/plain"),
        ("success", "text/plain"),
        ("root.log.gz", "text/plain"),
        ("", "text/html; charset=utf-8"),
    ],
)
def test_content_types_follow_coprs_configuration(send: SendRequest, name: str, type_: str) -> None:
    """All files except packages are text, even JSON."""
    assert send("GET", DIRECTORY + name).content_type == type_


@pytest.mark.parametrize("target", [RPM, DIRECTORY, DIRECTORY.rstrip("/"), f"{DIRECTORY}none"])
@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_browsers_do_not_guess_the_type_of_a_response(send: SendRequest, method: str, target: str) -> None:
    assert send(method, target).headers["x-content-type-options"] == "nosniff"


def test_compressed_log_has_content_encoding_gzip(fake: FakeCopr, send: SendRequest) -> None:
    """HTTP clients that support it decompress the log."""
    got = send("GET", f"{LOG}.gz")
    raw = fake.answer("GET", f"{LOG}.gz").body
    assert got.headers["content-encoding"] == "gzip"
    assert got.headers["content-length"] == str(len(raw))
    assert got.body in (raw, gzip.decompress(raw))
    assert gzip.decompress(raw).endswith(b"RPMResults finished\n")


def test_head_has_the_headers_of_get(send: SendRequest) -> None:
    for target in (RPM, DIRECTORY, f"{DIRECTORY}missing", LOG, f"{LOG}.gz"):
        head, got = send("HEAD", target), send("GET", target)
        assert (head.status, head.body) == (got.status, b"")
        assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(send: SendRequest, method: str) -> None:
    """The response lists the allowed methods."""
    for target in (RPM, DIRECTORY, f"{DIRECTORY}missing"):
        got = send(method, target)
        assert (got.status, got.allow) == (405, {"GET", "HEAD", "OPTIONS"})
    assert send("OPTIONS", RPM).allow == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("sent", "first", "last"),
    [
        ("bytes=0-3", 0, 4),
        ("bytes=4-", 4, None),
        ("bytes=-4", -4, None),
        ("bytes=4-999999", 4, None),
        ("bytes=-999999", 0, None),
        ("BYTES = 2-2", 2, 3),
        ("bytes= 0-3 ", 0, 4),
        ("bytes=0-0", 0, 1),
    ],
)
def test_range_gets_a_part_of_the_file(send: SendRequest, sent: str, first: int, last: int | None) -> None:
    """A range can have a first byte, a last byte, or only a length; it can exceed the end of the file."""
    whole = send("GET", RPM)
    got = send("GET", RPM, [("Range", sent)])
    part = range(len(whole.body))[first:last]
    assert (got.status, got.body) == (206, whole.body[first:last])
    assert got.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/{len(whole.body)}"
    assert got.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize("sent", ["bytes=999999-", "bytes=-0"])
def test_unsatisfiable_range_gets_the_size(send: SendRequest, sent: str) -> None:
    """A client that follows a log can tell that it has not grown."""
    size = len(send("GET", RPM).body)
    got = send("GET", RPM, [("Range", sent)])
    assert (got.status, got.headers["content-range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize(
    "sent", ["bytes", "bytes=", "bytes=a-b", "bytes=-", "bytes=4-2", "lines=0-1", "bytes=0-1,", "bytes=" + "0-1," * 20]
)
def test_invalid_range_is_ignored(send: SendRequest, sent: str) -> None:
    """The response has the whole file."""
    whole = send("GET", RPM)
    got = send("GET", RPM, [("Range", sent)])
    assert (got.status, got.body) == (200, whole.body)


@pytest.mark.parametrize("sent", ["bytes=0-3,-4", "bytes=0-3, 999999-", "bytes=999999-,9999999-"])
def test_several_ranges_get_the_whole_file(send: SendRequest, sent: str) -> None:
    whole = send("GET", RPM)
    got = send("GET", RPM, [("Range", sent)])
    assert (got.status, got.body, got.content_type) == (200, whole.body, whole.content_type)


def test_if_range_gets_the_whole_of_a_changed_file(send: SendRequest) -> None:
    """A client with a part of the same file gets the range."""
    whole = send("GET", RPM)
    for validator, status in (
        (whole.headers["etag"], 206),
        (whole.headers["last-modified"], 206),
        ('"another"', 200),
        (formatdate(0, usegmt=True), 200),
    ):
        assert send("GET", RPM, [("Range", "bytes=0-3"), ("If-Range", validator)]).status == status


@pytest.fixture
def tokyo_time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("tokyo_time_zone")
def test_unmodified_file_is_not_sent_again(send: SendRequest) -> None:
    """An ETag takes precedence over a time, which is in GMT whatever the local time zone is."""
    whole = send("GET", RPM)
    etag, modified = whole.headers["etag"], whole.headers["last-modified"]
    for headers, status in (
        ([("If-None-Match", etag)], 304),
        ([("If-None-Match", f'"another", W/{etag}')], 304),
        ([("If-None-Match", "*")], 304),
        ([("If-None-Match", '"another"')], 200),
        ([("If-None-Match", '"another"'), ("If-Modified-Since", modified)], 200),
        ([("If-Modified-Since", modified)], 304),
        ([("If-Modified-Since", modified.replace(" GMT", ""))], 304),
        ([("If-Modified-Since", formatdate(ENDED - 1, usegmt=True))], 200),
        ([("If-Modified-Since", formatdate(ENDED - 1, usegmt=True).replace(" GMT", ""))], 200),
        ([("If-Modified-Since", "yesterday")], 200),
        ([("If-Modified-Since", "Mon, 01 Jan 0001 00:00:00 +2359")], 200),
    ):
        got = send("GET", RPM, headers)
        assert (got.status, got.body) == (status, b"" if status == 304 else whole.body), headers


@pytest.mark.parametrize(
    "target", ["/results", "/results/jdoe", DIRECTORY.rstrip("/"), f"/results/jdoe/playground/{F43}"]
)
def test_directory_without_slash_redirects(send: SendRequest, target: str) -> None:
    """The location is relative, so it is right behind any prefix."""
    got = send("GET", target)
    assert (got.status, got.headers["location"]) == (301, target.rpartition("/")[2] + "/")


def test_live_log_redirects_to_its_compressed_form(send: SendRequest) -> None:
    """Logs that are never written without compression do not redirect."""
    got = send("GET", LOG)
    assert (got.status, got.headers["location"]) == (301, "builder-live.log.gz")
    assert send("GET", f"{DIRECTORY}backend.log").status == 301
    assert send("GET", f"{DIRECTORY}root.log").status == 404


def test_doubled_slashes_are_ignored(send: SendRequest) -> None:
    assert send("GET", f"{DIRECTORY}/success").body == b"done"
    assert send("GET", f"/results//jdoe///playground/{F43}/00000001-hello/success").body == b"done"


@pytest.mark.parametrize(
    "target",
    [
        "/results/../api_3/",
        "/results/%2e%2e/api_3/",
        f"{DIRECTORY}../../../../../../etc/passwd",
        f"{DIRECTORY}..%2f..%2fetc%2fpasswd",
        f"{DIRECTORY}%2e%2e/",
        f"{DIRECTORY}./success",
        f"{DIRECTORY}%00",
        f"{DIRECTORY}success%00.rpm",
        f"{DIRECTORY}%ff%fe",
        f"{DIRECTORY}..\\..\\success",
        f"{DIRECTORY}%5c..%5csuccess",
        "/results//etc/passwd",
        "/results/" + "a/" * 2000,
    ],
)
def test_paths_cannot_leave_the_results(fake: FakeCopr, target: str) -> None:
    """``.`` and ``..`` have no meaning, in any encoding."""
    assert fake.answer("GET", target).status == 404


def test_log_can_be_followed_with_ranges() -> None:
    """Responses for the bytes after the last one add up to the whole log."""
    fake = FakeCopr(progress="clock")
    chroot = fake.add_build([F43], id=1)[F43]
    followed = b""
    while not chroot.state.is_final:
        fake.clock.tick(5)
        answer = fake.answer("GET", LOG, [("Range", f"bytes={len(followed)}-")])
        assert answer.status in (206, 404, 416, 301)
        followed += answer.body if answer.status == 206 else b""
    whole = gzip.decompress(fake.answer("GET", f"{LOG}.gz").body)
    assert followed
    assert whole.startswith(followed)


def test_every_adapter_sends_the_same_response(fake: FakeCopr, send: SendRequest, open_adapter: OpenAdapter) -> None:
    """Some clients decompress the body."""
    send_adapter = open_adapter(fake)
    etag = send("GET", RPM).headers["etag"]
    for method, target, headers in [
        *[("GET", target, []) for target in (RPM, LOG, f"{LOG}.gz", DIRECTORY, DIRECTORY[:-1], f"{DIRECTORY}missing")],
        *[("HEAD", target, []) for target in (RPM, f"{LOG}.gz", DIRECTORY)],
        *[(method, RPM, []) for method in ("OPTIONS", "POST", "PUT", "DELETE", "PATCH")],
        *[("GET", RPM, [("Range", value)]) for value in ("bytes=0-3", "bytes=-4", "bytes=0-1,4-5", "bytes=9999999-")],
        ("GET", RPM, [("Range", "bytes=0-3"), ("If-Range", etag)]),
        ("GET", RPM, [("If-None-Match", etag)]),
        ("GET", RPM, [("If-Match", '"other"')]),
        ("GET", RPM, [("If-Modified-Since", formatdate(ENDED, usegmt=True))]),
    ]:
        expected = without_date(send(method, target, headers))
        got = without_date(send_adapter(method, target, headers))
        if expected.headers.get("content-encoding") == "gzip" and method == "GET":
            assert got.body in (expected.body, gzip.decompress(expected.body)), target
            got = got._replace(body=expected.body)
        assert got == expected, (method, target, headers)

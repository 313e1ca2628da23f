"""What a web server of files does: ranges, conditions, methods and redirects."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from copr_chroot_fake import FakeCopr

from ..adapters import Ask, Open, asking, without_servers_own
from .fetching import F43

ENDED = 1_700_000_300
DIRECTORY = f"/results/jdoe/playground/{F43}/00000001-hello/"
RPM = f"{DIRECTORY}hello-1.0-1.fc43.x86_64.rpm"
LOG = f"{DIRECTORY}builder-live.log"


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr(serve_results=True)
    fake.add_build(1, {F43: {"state": "succeeded", "started_on": 1_700_000_000, "ended_on": ENDED}})
    return fake


@pytest.fixture
def ask(fake: FakeCopr) -> Ask:
    return asking(fake)


def test_a_file_comes_whole_with_what_tells_it_apart(ask: Ask) -> None:
    """Type, length, tag and time of the last change, which is the end of the build."""
    got = ask("GET", RPM)
    assert (got.status, got.content_type) == (200, "application/x-rpm")
    assert got.body.startswith(b"\xed\xab\xee\xdb")
    assert got.headers["content-length"] == str(len(got.body))
    assert got.headers["last-modified"] == formatdate(ENDED, usegmt=True)
    assert got.headers["accept-ranges"] == "bytes"
    assert ask("GET", RPM).headers["etag"] == got.headers["etag"] != ask("GET", f"{DIRECTORY}success").headers["etag"]


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
def test_types_are_those_of_coprs_configuration(ask: Ask, name: str, type_: str) -> None:
    """All but packages are texts, JSON too."""
    assert ask("GET", DIRECTORY + name).content_type == type_


def test_a_compressed_log_is_a_text_in_a_coding(fake: FakeCopr, ask: Ask) -> None:
    """A client that knows the coding reads the log, and one that does not has the compressed bytes."""
    got = ask("GET", f"{LOG}.gz")
    raw = fake.answer("GET", f"{LOG}.gz").body
    assert got.headers["content-encoding"] == "gzip"
    assert got.headers["content-length"] == str(len(raw))
    assert got.body in (raw, gzip.decompress(raw))
    assert gzip.decompress(raw).endswith(b"RPMResults finished\n")


def test_head_has_the_headers_alone(ask: Ask) -> None:
    """The same as GET, without a body."""
    for target in (RPM, DIRECTORY, f"{DIRECTORY}nothing", LOG, f"{LOG}.gz"):
        head, got = ask("HEAD", target), ask("GET", target)
        assert (head.status, head.body) == (got.status, b"")
        assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(ask: Ask, method: str) -> None:
    """Other methods are refused, with those that there are."""
    for target in (RPM, DIRECTORY, f"{DIRECTORY}nothing"):
        got = ask(method, target)
        assert (got.status, got.allow) == (405, {"GET", "HEAD", "OPTIONS"})
    assert ask("OPTIONS", RPM).allow == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("sent", "first", "last"),
    [
        ("bytes=0-3", 0, 4),
        ("bytes=4-", 4, None),
        ("bytes=-4", -4, None),
        ("bytes=4-999999", 4, None),
        ("bytes=-999999", 0, None),
        ("BYTES = 2-2", 2, 3),
        ("bytes= 0-3 , 999999-", 0, 4),
        ("bytes=0-0", 0, 1),
    ],
)
def test_a_range_is_a_part(ask: Ask, sent: str, first: int, last: int | None) -> None:
    """From a byte, up to a byte, or the last so many; what is beyond the end is not asked for."""
    whole = ask("GET", RPM)
    got = ask("GET", RPM, [("Range", sent)])
    part = range(len(whole.body))[first:last]
    assert (got.status, got.body) == (206, whole.body[first:last])
    assert got.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/{len(whole.body)}"
    assert got.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize("sent", ["bytes=999999-", "bytes=-0", "bytes=999999-,9999999-"])
def test_a_range_that_is_not_there_is_refused(ask: Ask, sent: str) -> None:
    """With how much there is, so that whoever follows a log knows that it has not grown."""
    size = len(ask("GET", RPM).body)
    got = ask("GET", RPM, [("Range", sent)])
    assert (got.status, got.headers["content-range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize(
    "sent", ["bytes", "bytes=", "bytes=a-b", "bytes=-", "bytes=4-2", "lines=0-1", "bytes=0-1,", "bytes=" + "0-1," * 20]
)
def test_a_range_that_is_none_is_ignored(ask: Ask, sent: str) -> None:
    """The whole comes, as if nothing had been asked."""
    whole = ask("GET", RPM)
    got = ask("GET", RPM, [("Range", sent)])
    assert (got.status, got.body) == (200, whole.body)


def test_several_ranges_come_in_one_answer(ask: Ask) -> None:
    """Each part says which it is."""
    whole = ask("GET", RPM).body
    got = ask("GET", RPM, [("Range", "bytes=0-3,-4")])
    kind, _, boundary = got.content_type.partition("; boundary=")
    assert (got.status, kind) == (206, "multipart/byteranges")
    first, second = got.body.split(f"--{boundary}".encode())[1:-1]
    size = len(whole)
    assert first == b"\r\nContent-Type: application/x-rpm\r\nContent-Range: bytes 0-3/%d\r\n\r\n%b\r\n" % (
        size,
        whole[:4],
    )
    assert second.endswith(b"bytes %d-%d/%d\r\n\r\n%b\r\n" % (size - 4, size - 1, size, whole[-4:]))
    assert got.headers["content-length"] == str(len(got.body))


def test_a_part_of_another_file_is_not_wanted(ask: Ask) -> None:
    """If-Range: only who has a part of the same file gets another one."""
    whole = ask("GET", RPM)
    for validator, status in (
        (whole.headers["etag"], 206),
        (whole.headers["last-modified"], 206),
        ('"another"', 200),
        (formatdate(0, usegmt=True), 200),
    ):
        assert ask("GET", RPM, [("Range", "bytes=0-3"), ("If-Range", validator)]).status == status


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
def test_what_a_client_has_is_not_sent_again(ask: Ask) -> None:
    """By tag, of which any may match, else by time, which is always Greenwich's."""
    whole = ask("GET", RPM)
    tag, modified = whole.headers["etag"], whole.headers["last-modified"]
    for headers, status in (
        ([("If-None-Match", tag)], 304),
        ([("If-None-Match", f'"another", W/{tag}')], 304),
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
        got = ask("GET", RPM, headers)
        assert (got.status, got.body) == (status, b"" if status == 304 else whole.body), headers


@pytest.mark.parametrize(
    "target", ["/results", "/results/jdoe", DIRECTORY.rstrip("/"), f"/results/jdoe/playground/{F43}"]
)
def test_a_directory_without_its_slash_leads_to_it(ask: Ask, target: str) -> None:
    """By an address relative to the one asked for, which holds behind any prefix."""
    got = ask("GET", target)
    assert (got.status, got.headers["location"]) == (301, target.rpartition("/")[2] + "/")


def test_a_live_log_leads_to_its_compressed_form(ask: Ask) -> None:
    """Once that is there; of what never was there nothing leads anywhere."""
    got = ask("GET", LOG)
    assert (got.status, got.headers["location"]) == (301, "builder-live.log.gz")
    assert ask("GET", f"{DIRECTORY}backend.log").status == 301
    assert ask("GET", f"{DIRECTORY}root.log").status == 404


def test_slashes_may_be_doubled(ask: Ask) -> None:
    """As by who adds a slash to an address that has one."""
    assert ask("GET", f"{DIRECTORY}/success").body == b"done"
    assert ask("GET", f"/results//jdoe///playground/{F43}/00000001-hello/success").body == b"done"


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
def test_no_path_leaves_the_tree(fake: FakeCopr, target: str) -> None:
    """Dots lead nowhere, whatever way they are written: there are only names."""
    assert fake.answer("GET", target).status == 404


def test_following_a_log_byte_by_byte() -> None:
    """Who asks for what comes after the bytes that it has, has the whole log in the end."""
    fake = FakeCopr(serve_results=True, progress="clock")
    chroot = fake.add_build(1, [F43])[F43]
    followed = b""
    while not chroot.state.is_final:
        fake.clock.tick(5)
        answer = fake.answer("GET", LOG, [("Range", f"bytes={len(followed)}-")])
        assert answer.status in (206, 404, 416, 301)
        followed += answer.body if answer.status == 206 else b""
    whole = gzip.decompress(fake.answer("GET", f"{LOG}.gz").body)
    assert followed
    assert whole.startswith(followed)


def test_every_adapter_sends_the_same(fake: FakeCopr, ask: Ask, ask_through: Open) -> None:
    """Status, headers and body, which some clients decompress."""
    ask_adapter = ask_through(fake)
    tag = ask("GET", RPM).headers["etag"]
    for method, target, headers in [
        *[("GET", target, []) for target in (RPM, LOG, f"{LOG}.gz", DIRECTORY, DIRECTORY[:-1], f"{DIRECTORY}none")],
        *[("HEAD", target, []) for target in (RPM, f"{LOG}.gz", DIRECTORY)],
        *[(method, RPM, []) for method in ("OPTIONS", "POST", "PUT", "DELETE", "PATCH")],
        *[("GET", RPM, [("Range", value)]) for value in ("bytes=0-3", "bytes=-4", "bytes=0-1,4-5", "bytes=9999999-")],
        ("GET", RPM, [("Range", "bytes=0-3"), ("If-Range", tag)]),
        ("GET", RPM, [("If-None-Match", tag)]),
        ("GET", RPM, [("If-Match", '"other"')]),
        ("GET", RPM, [("If-Modified-Since", formatdate(ENDED, usegmt=True))]),
    ]:
        expected = without_servers_own(ask(method, target, headers))
        got = without_servers_own(ask_adapter(method, target, headers))
        if expected.headers.get("content-encoding") == "gzip" and method == "GET":
            assert got.body in (expected.body, gzip.decompress(expected.body)), target
            got = got._replace(body=expected.body)
        assert got == expected, (method, target, headers)

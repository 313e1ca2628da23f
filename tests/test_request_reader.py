"""Reading requests from bytes that arrive in any pieces."""

from __future__ import annotations

import pytest

from copr_chroot_fake.server.request_reader import InvalidRequestError

from .malformed_requests import MALFORMED
from .reading import Read, read
from .served import raw

CHUNKED = "chunked"
CHUNKS = b"3\r\nabc\r\n4;x=y\r\n\r\n\r\n\r\n0\r\nX: trailer\r\n\r\n"


HOST = (b"host", b"localhost")


def expected(
    method: str,
    target: str,
    *headers: tuple[bytes, bytes],
    body: bytes = b"",
    keeps_alive: bool = True,
    expects_continue: bool = False,
) -> Read:
    return Read(method, target, [HOST, *headers], body, keeps_alive, expects_continue)


VALID: dict[str, tuple[bytes, Read]] = {
    "get": (raw("GET", "/a?b"), expected("GET", "/a?b")),
    "unknown method": (raw("FOO", "/a"), expected("FOO", "/a")),
    "fragment": (raw("GET", "/a?b#c"), expected("GET", "/a?b")),
    "empty query": (raw("GET", "/a?"), expected("GET", "/a")),
    "question mark as query": (raw("GET", "/a??"), expected("GET", "/a??")),
    "absolute": (raw("GET", "http://u@x:1/a?b"), expected("GET", "/a?b")),
    "absolute, no path": (raw("GET", "http://x"), expected("GET", "/")),
    "absolute, only a query": (raw("GET", "http://x?a"), expected("GET", "/?a")),
    "asterisk": (raw("OPTIONS", "*"), expected("OPTIONS", "*")),
    "sized": (raw("POST", "/", b"abc"), expected("POST", "/", (b"content-length", b"3"), body=b"abc")),
    "empty lines in a sized body": (
        raw("POST", "/", b"\r\n\r\n\r\n"),
        expected("POST", "/", (b"content-length", b"6"), body=b"\r\n\r\n\r\n"),
    ),
    "chunked": (
        raw("POST", "/", Transfer_Encoding="Chunked") + CHUNKS,
        expected("POST", "/", (b"transfer-encoding", b"Chunked"), body=b"abc\r\n\r\n"),
    ),
    "no chunk": (
        raw("POST", "/", Transfer_Encoding="chunked") + b"0\r\n\r\n",
        expected("POST", "/", (b"transfer-encoding", b"chunked")),
    ),
    "continue": (
        raw("POST", "/", b"abc", Expect="100-Continue"),
        expected(
            "POST", "/", (b"expect", b"100-Continue"), (b"content-length", b"3"), body=b"abc", expects_continue=True
        ),
    ),
    "close": (
        raw("GET", "/", Connection="te, Close"),
        expected("GET", "/", (b"connection", b"te, Close"), keeps_alive=False),
    ),
    "HTTP/1.0": (raw("GET", "/").replace(b"HTTP/1.1", b"HTTP/1.0"), expected("GET", "/", keeps_alive=False)),
    "upgrade": (
        raw("GET", "/", Connection="Upgrade", Upgrade="h2c"),
        expected("GET", "/", (b"connection", b"Upgrade"), (b"upgrade", b"h2c")),
    ),
    "upgrade with a body": (
        raw("POST", "/", b"abc", Connection="upgrade", UPGRADE="h2c"),
        expected(
            "POST", "/", (b"connection", b"upgrade"), (b"upgrade", b"h2c"), (b"content-length", b"3"), body=b"abc"
        ),
    ),
    "connect": (raw("CONNECT", "copr:443"), expected("CONNECT", "copr:443")),
    "connect to the first port": (raw("CONNECT", "copr:1"), expected("CONNECT", "copr:1")),
    "connect to an address": (raw("CONNECT", "[::1]:65535"), expected("CONNECT", "[::1]:65535")),
    "empty line before": (b"\r\n" + raw("GET", "/"), expected("GET", "/")),
}


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_request_is_read_from_any_pieces(name: str, size: int) -> None:
    """Also between others, unless it is the last one."""
    data, request = VALID[name]
    requests = [expected("GET", "/first"), request]
    if request.keeps_alive:
        data += raw("BAR", "/last")
        requests.append(expected("BAR", "/last"))
    assert read(raw("GET", "/first") + data, size) == requests


@pytest.mark.parametrize("name", MALFORMED)
def test_pieces_do_not_change_rejections(name: str) -> None:
    data, admitted, _ = MALFORMED[name]
    for size in (1, 3, 1000):
        try:
            requests = read(raw("GET", "/") + data, size)
        except (InvalidRequestError, EOFError):
            assert not admitted
        else:
            assert len(requests) == 1 + bool(admitted)


@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
@pytest.mark.parametrize(
    "data",
    [
        raw("GET", "/", X="x" * 1000),
        raw("GET", "/" + "x" * 1000)[:-4],
        raw("POST", "/", Transfer_Encoding="chunked") + b"3;" + b"x" * 1001,
        raw("POST", "/", Transfer_Encoding="chunked") + b"0\r\n" + b"X: y\r\n" * 200,
    ],
    ids=["head", "endless line", "extension", "trailers"],
)
def test_large_head_is_rejected(data: bytes, size: int) -> None:
    with pytest.raises(InvalidRequestError, match="larger than 1000 bytes") as raised:
        read(data, size)
    assert raised.value.status == 431


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\nX: y\n", b"\x16\x03", b"a" * 65, b"GET /\r\n"]
)
def test_invalid_beginning_is_rejected_at_once(data: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        read(data, 1000)

"""The server under invalid, endless and concurrent requests."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from .examples import examples
from .served import GET, HOME, LIST, Process, Server, Start, Wire, eventually, files_of, raw, replies, serving_as

RESET = struct.pack("ii", 1, 0)
MAX_HEAD = 8192
MAX_BODY = 4096


# Invalid requests.

Make = Callable[[Random], "bytes | list[bytes]"]
"""Returns the bytes to send, in one piece or several."""

GOOD: list[bytes] = [
    raw("GET", HOME),
    raw("OPTIONS", GET),
    raw("POST", HOME, b"x" * 100),
    raw("GET", f"/worlds/first{GET}"),
    raw("GET", "/_fake/health"),
    raw("POST", "/_fake/seed", b'{"seed": 7}'),
    raw("GET", HOME, Connection="close"),
]


def _one_of(*sent: bytes) -> Make:
    return lambda random: random.choice(sent)


def _good(random: Random) -> bytes:
    return random.choice(GOOD)


def _cut(random: Random) -> bytes:
    sent = _good(random)
    return sent[: random.randrange(len(sent))]


def _garbage(random: Random) -> bytes:
    return random.randbytes(random.randrange(1, 200))


def _spliced(random: Random) -> bytes:
    """Return a request with a few foreign bytes in it."""
    sent = bytearray(_good(random))
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(sent))
        sent[at : at + random.randrange(3)] = random.randbytes(random.randrange(3))
    return bytes(sent)


def _at(target: bytes) -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % target


def _badly_escaped(random: Random) -> bytes:
    places = [b"/api_3/", LIST.encode(), b"/worlds/", b"/worlds/first/", b"/_fake/builds/", b"/_fake/worlds/", b"//"]
    pieces = [b"%zz", b"%", b"%f", b"%ff%fe", b"%00", b"%2e%2e/", b"%2f", b"%C3%A9", b"\xc3\xa9", b"\xff", b"?", b"&="]
    return _at(random.choice(places) + b"".join(random.choices(pieces, k=4)) + b"%x" % random.randrange(2000))


def _with(*lines: bytes, body: bytes = b"") -> bytes:
    """Return a control call with additional header lines, whose body changes nothing."""
    return b"\r\n".join([b"POST /_fake/faults HTTP/1.1", b"Host: localhost", *lines, b"", body])


def _in_pieces(random: Random) -> list[bytes]:
    sent, size = _with(b"X: " + b"x" * MAX_HEAD), random.choice([100, 1000])
    return [sent[at : at + size] for at in range(0, len(sent), size)]


def _without_end(random: Random) -> list[bytes]:
    """Send an endless head or endless trailers."""
    begin = random.choice([b"GET /api_3/", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n", *map(_chunked, BESIDE)])
    return [begin, *[b"X: y\r\n" * 500 if begin.endswith(b"\n") else b"x" * 3000] * 10]


BESIDE = (b"0\r\n", b"0\r\nX: ", b"5;")
"""Places in a chunked body that are not part of the body."""


def _chunked(body: bytes) -> bytes:
    return _with(b"Transfer-Encoding: chunked", body=body)


def _pipelined(random: Random) -> bytes:
    """Fifty pipelined requests, one of them invalid."""
    sent = [_good(random) for _ in range(50)]
    bad = random.choice([_spliced, _garbage, CASES["a length that is none"], CASES["chunks that are none"]])
    made = bad(random)
    assert isinstance(made, bytes)
    sent[random.randrange(50)] = made
    return b"".join(sent)


METHODS = [b"get", b"G T", b"", b"G\0", b"X" * 99]
VERSIONS = [b"HTTP/9.9", b"HTP/1.1", b"HTTP/11", b"x"]
TARGETS = [
    b"http://copr.example/api_3/",
    b"http://copr.example",
    b"copr.example",
    b"?",
    b"*",
    b"/api_3/ x",
    b"/\0",
    b"/\n",
]
LENGTHS = [b"-1", b"abc", b"", b"1, 2", b"+5", b"0x5", b"9" * 30, b"18446744073709551615", b"5\r\nContent-Length: 6"]
LENGTHS += [b"0" * 5000 + b"2"]
ENCODINGS = [b"chunked, gzip", b"gzip", b"chunked\r\nTransfer-Encoding: chunked", b"xchunked", b"", b"identity"]
CHUNKS = [b"zz\r\n", b"-1\r\n\r\n", b"5\r\nab\r\n0\r\n\r\n", b"F" * 20 + b"\r\n", b"1\r\nxy", b"1;" + b"e" * 99]
NO_JSON = [b"{", b"[" * 3000, b"\xff\xfe", b"[%s]" % (b"9" * 4000), b"NaN", b'"\\ud800"', b"{}x"]
NO_HEADERS = [b"X", b": x", b"X : y", b"\0: x", b"X: \0", b" X: y"]
HTTP_2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d\0\x04\0\xa0\0\0\0\x02\0\0\0\0"
TLS = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"x" * 500

CASES: dict[str, Make] = {
    "nothing": _one_of(b""),
    "a request that is cut": _cut,
    "garbage": _garbage,
    "garbage in a request": _spliced,
    "a method that is none": _one_of(*(method + b" / HTTP/1.1\r\n\r\n" for method in METHODS)),
    "a version that is none": _one_of(*(b"GET / " + version + b"\r\n\r\n" for version in VERSIONS)),
    "a target with bad escapes": _badly_escaped,
    "another target": _one_of(*map(_at, TARGETS)),
    "an older form": _one_of(b"GET /api_3/ HTTP/1.0\r\n\r\n", b"GET /api_3/\r\n\r\n"),
    "another protocol": _one_of(HTTP_2, TLS, b"GET /api_3/ HTTP/2.0\r\n\r\n"),
    "for a proxy, or for all": _one_of(b"CONNECT" + _at(b"x:443")[3:], b"OPTIONS" + _at(b"*")[3:]),
    "an upgrade": _one_of(*(_with(b"Connection: Upgrade", b"Upgrade: " + to) for to in (b"websocket", b"h2c", b""))),
    "a huge header": _one_of(_with(b"X: " + b"x" * MAX_HEAD), _with(b"X: " + b"x" * 100_000)),
    "a huge header in pieces": _in_pieces,
    "many headers": _one_of(_with(*[b"X: y"] * 2000)),
    "something without end": _without_end,
    "a header that is none": _one_of(*map(_with, NO_HEADERS)),
    "a length that is none": _one_of(*(_with(b"Content-Length: " + length, body=b"x" * 5) for length in LENGTHS)),
    "an encoding that is none": _one_of(*(_with(b"Transfer-Encoding: " + it, body=b"0\r\n\r\n") for it in ENCODINGS)),
    "a length and an encoding": _one_of(_with(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
    "chunks that are none": _one_of(*(_chunked(b"1\r\nx\r\n" + chunk) for chunk in CHUNKS)),
    "an unfinished body": _one_of(_with(b"Content-Length: 50", body=b"x" * 49), raw("POST", HOME, b"x" * 50)[:-1]),
    "a body that waits to be wanted": _one_of(_with(b"Expect: 100-continue", b"Content-Length: 5")),
    "a body too large": _one_of(_with(b"Content-Length: 9999", body=b"x" * 9999), _chunked(b"2000\r\n" + b"x" * 8192)),
    "a body too large that does not come": _one_of(_with(b"Content-Length: 9999")),
    "no JSON": _one_of(*(raw("POST", "/_fake/faults", body) for body in NO_JSON)),
    "a foreign Host": _one_of(*(_with().replace(b"localhost", it) for it in (b"evil.example", b"[", b"\xbd", b""))),
    "a foreign Origin": _one_of(*(_with(b"Origin: " + it) for it in (b"http://x", b"null", b"http://["))),
    "fifty at once": _pipelined,
}  # fmt: skip


def memory_of(process: Process) -> int:
    """In KiB."""
    (line,) = [line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "VmRSS" in line]
    return int(line.split()[1])


def send_invalid(server: Server, random: Random, case: Make, still_open: deque[Wire]) -> None:
    """Send a case, and end the connection in one of four ways.

    Where it is ended by sending no more, all that comes until the server closes
    it is answers, of which a reset may cut off the last.
    """
    made = case(random)
    end = random.choices(("half", "close", "reset", "later"), (7, 1, 1, 1))[0]
    wire = server.connect()
    got, is_reset = b"", False
    try:
        for piece in [made] if isinstance(made, bytes) else made:
            wire.send(piece)
        if end == "half":
            wire.end()
            got = wire.rest()
    except ConnectionError:
        is_reset = True
    if end == "later":
        still_open.append(wire)
        wire = still_open.popleft()
    elif end == "reset":
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    wire.socket.close()
    if not is_reset:
        assert not any(b"internal" in reply.body.lower() for reply in replies(got) if reply.status == 500), (made, got)


@pytest.mark.sampled
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory and open files are read from /proc")
def test_invalid_requests_leave_the_server_unchanged(start: Start) -> None:
    """No output, open connections or growing memory."""
    served = start("--max-head", str(MAX_HEAD), "--max-body", str(MAX_BODY), "--journal", "100", "--max-worlds", "5")
    random, cases = Random(7), list(CASES.values())
    files = files_of(served.process)
    before = served.get(LIST)
    memory = 0
    still_open = deque(served.connect() for _ in range(20))
    for number in range(examples(10_000)):
        if number == examples(3000):
            memory = memory_of(served.process)
        send_invalid(served, random, cases[number % len(cases)], still_open)
    for wire in still_open:
        wire.socket.close()
    assert served.get(LIST) == before
    # After it is ready, the server may still have a module open that it imports.
    assert eventually(lambda: files_of(served.process) <= files)
    assert memory_of(served.process) - memory < 5 * 1024
    assert served.end() == (0, "", "")


@pytest.fixture(scope="module", params=["process", "thread", "tls"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with small limits, as a process and in a thread, there also with TLS."""
    with serving_as(request.param, max_head=MAX_HEAD, max_body=MAX_BODY) as server:
        yield server


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    server.world("slow").control("POST", "/faults", {"every": 3, "delay": 0.01})
    targets = [HOME, LIST, "/_fake/projects", f"/worlds/slow{LIST}", "/api_3/none"] * 10
    with server.connect() as wire:
        wire.send(b"".join(raw("GET", target) for target in targets))
        got = [wire.reply() for _ in targets]
    alone = {target: server.call("GET", target) for target in set(targets)}
    for target, reply in zip(targets, got, strict=True):
        assert (reply.status, reply.document) == (alone[target].status, alone[target].document)


BAD: dict[str, bytes] = {
    "no method": b"G\0 / HTTP/1.1\r\n\r\n",
    "no length": _with(b"Content-Length: x"),
    "no chunks": _chunked(b"1\r\nx\r\nzz\r\n"),
    "no chunks for Copr": b"POST /worlds/slow/api_3/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a huge header": _with(b"X: " + b"x" * MAX_HEAD),
}


@pytest.mark.parametrize("bad", BAD)
def test_requests_before_an_invalid_one_are_answered(server: Server, bad: str) -> None:
    """Also slow ones; nothing after it is answered."""
    slow = server.world("slow")
    slow.control("PUT", "/scenario", {"faults": [{"nth": 3, "delay": 0.05}]})
    good = raw("GET", slow.prefix + HOME)
    with server.connect() as wire:
        wire.send(good * 20 + BAD[bad] + good * 20)
        got = wire.rest()
    assert [reply.status for reply in replies(got)] == [200] * 20 + [431 if bad == "a huge header" else 400]
    assert slow.request_count == 20


def test_started_response_is_not_mixed_with_an_error(server: Server) -> None:
    """If its request turns out to be invalid, the connection is closed."""
    slow = server.world("slow")
    slow.control("PUT", "/scenario", {"faults": [{"dribble": {"bytes": 1, "every": 0.1}}]})
    with server.connect() as wire:
        wire.send(b"GET /worlds/slow/api_3/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert eventually(lambda: slow.request_count == 1)
        while b"\r\n\r\n{" not in wire.got:
            wire.got += wire.socket.recv(65536)
        wire.send(b"zz\r\n")
        assert b"400" not in wire.rest()


BEGINNINGS = [
    b"",
    b"GET /api_3/",
    b"GET / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nX: ",
    *map(_chunked, BESIDE),
    _chunked(b"1\r\nx\r\n2;"),
    b"POST /api_3/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
]


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_endless_request_is_rejected(server: Server, begin: bytes) -> None:
    """Long before it exhausts the memory."""
    more = b"X: y\r\n" * 500 if begin.endswith(b"\n") else b"x" * 3000
    with server.connect() as wire:
        wire.send(begin)
        with pytest.raises(ConnectionError):
            wire.send_on(more)
    assert server.get(HOME) == {"version": 3}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("target", [HOME, "/_fake/health"])
def test_reading_is_limited_to_answered_requests(start: Start, target: str) -> None:
    """However much a client sends at once."""
    served = start()
    with served.connect() as wire:
        reader = threading.Thread(target=wire.drain)
        reader.start()
        memory = memory_of(served.process)
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            wire.send(raw("GET", target) * 1000)
        assert memory_of(served.process) - memory < 40 * 1024
        wire.socket.shutdown(socket.SHUT_RDWR)
        reader.join()

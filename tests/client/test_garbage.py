"""Whatever a server sends, the client raises only its own errors."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

import httpx
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from copr_chroot_fake.client.errors import ClientError

from ..chroots import F41
from ..examples import examples, sample
from .garbage import serving
from .harness import Harness, responding

CALLS: Mapping[str, Callable[[Any], object]] = {
    "get": lambda client: client.get(1, F41),
    "get_list": lambda client: client.get_list(1),
    "iter_all": lambda client: list(client.iter_all(1)),
    "get_build_config": lambda client: client.get_build_config(1, F41),
    "get_built_packages": lambda client: client.get_built_packages(1, F41),
    "get_document": lambda client: client.get_document("build/1"),
    "wait": lambda client: client.wait(1, timeout=60),
}


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def chunked(*chunks: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


BOMB = gzip.compress(b"[" * 10_000_000)
GZIP = "Content-Encoding: gzip"

ANSWERS: Mapping[str, bytes] = {
    "nothing": b"",
    "an empty line": b"\r\n",
    "binary noise": bytes(range(256)) * 40,
    "TLS": bytes.fromhex("160301") + b"\0" * 100,
    "HTTP/0.9": b'{"name": "x"}',
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.0 without a length": b"HTTP/1.0 200 OK\r\n\r\n[1]",
    "HTTP/9.9": b"HTTP/9.9 200 OK\r\n\r\n[]",
    "half a status line": b"HTTP/1.1 2",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "a status of one digit": b"HTTP/1.1 2 OK\r\n\r\n",
    "a status of a thousand": b"HTTP/1.1 1000 OK\r\n\r\n",
    "the status 999": answer(b"{}", status="999 Odd"),
    "the status 600": answer(b'{"error": "?"}', status="600 Odd"),
    "a reason that is not ASCII": answer(b"[]", status="200 \xe4\xf6"),
    "half of the headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a header without a name": b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
    "a header with a zero byte": b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n",
    "a megabyte of headers": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: long\r\n\r\n",
    "a negative length": answer(b"{}", length=-2),
    "a length of many digits": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "two lengths": answer(b"{}", "Content-Length: 1"),
    "a length that is too long": answer(b"{}", length=100),
    "a length that is too short": answer(b'{"error": "x"}', length=3),
    "a length and chunks": answer(b"2\r\n[]\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "a chunk of a wrong size": chunked(b"zz\r\n{}\r\n0\r\n\r\n"),
    "a chunk that is too large": chunked(b"ffffffffffffffff\r\n{}"),
    "chunks without an end": chunked(b"2\r\n{}\r\n"),
    "a transfer encoding that is not known": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: odd\r\n\r\n{}",
    "an empty body": answer(b""),
    "204 with a body": answer(b'{"error": "x"}', status="204 No Content"),
    "304": answer(b"", status="304 Not Modified"),
    "only 100 Continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    "101 Switching Protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\0\0",
    "a redirect to itself": answer(b"", "Location: /api_3/build-chroot", status="302 Found"),
    "a redirect to nowhere": answer(b"", "Location: http://[", status="301 Moved Permanently"),
    "a redirect to a port of many digits": answer(b"", "Location: http://x:999999999/", status="308 Permanent"),
    "a redirect to noise": answer(b"", "Location: \x80\xff//\x85", status="302 Found"),
    "HTML": answer(b"<html>", "Content-Type: text/html", status="502 Bad Gateway"),
    "a content type that is not ASCII": answer(b"<", "Content-Type: \xe4\x85"),
    "cookies": answer(b"", "Set-Cookie: \xff=\xff; expires=never; max-age=x; domain=.."),
    "many content encodings": answer(b"{}", f"Content-Encoding: {'gzip, ' * 1000}gzip"),
    "gzip that is none": answer(b"{}", GZIP),
    "gzip of a wrong checksum": answer(gzip.compress(b"{}")[:-8] + b"\0" * 8, GZIP),
    "an empty gzip": answer(b"", GZIP),
    "zlib as gzip": answer(zlib.compress(b"{}"), GZIP),
    "a gzip bomb": answer(BOMB, GZIP),
    "half of JSON": answer(b'{"name": "fedo'),
    "other JSON than an object": answer(b"[1, 2]"),
    "a number of many digits": answer(b'{"started_on": ' + b"9" * 5000 + b"}"),
    "very deep nesting": answer(b"[" * 100_000),
    "latin-1": answer('{"name": "\xe4"}'.encode("latin-1")),
    "errors that are no texts": answer(b'{"error": [[{}], null]}'),
    "a long error": answer(json.dumps({"error": "x" * 90_000}).encode(), status="500 Oh"),
    "odd times to retry after": answer(b"", "Retry-After: \xe4", "Date: 9", status="503 Busy"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", ANSWERS)
def test_garbage_raises_a_client_error(harness: Harness, what: str) -> None:
    """Its message is short and printable."""
    with serving(lambda: [ANSWERS[what]]) as url:
        client = harness.client(url=url, timeout=50, retries=1)
        for name in ("get_document", "wait"):
            with pytest.raises(ClientError) as raised:
                CALLS[name](client)
            assert len(str(raised.value).encode()) < 5000
    assert len(harness.pauses) <= 2


WHOLE = answer(b'{"packages":[]}', "Content-Type: application/json")


@pytest.mark.sampled
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_connection_can_break_at_every_byte(harness: Harness, reset: bool) -> None:
    """An incomplete response is never returned."""
    lengths = sample(range(len(WHOLE)))
    sizes = iter(lengths)
    with serving(lambda: [WHOLE[: next(sizes)]], reset=reset) as url:
        for _ in lengths:
            with pytest.raises(ClientError):
                harness.client(url=url, retries=0, timeout=50).get_built_packages(1, F41)


ITEM = {"name": F41, "state": "running", "started_on": 5, "ended_on": None, "result_url": "https://a/b/"}
REPO = {"id": "copr_base", "name": "x", "baseurl": "https://a/b/", "priority": 5, "module_hotfixes": True}
META: dict[str, Any] = {"limit": 1, "offset": 0, "order": "id", "order_type": "ASC"}
CONFIG = {
    "repos": [REPO],
    "additional_repos": ["copr://a/b"],
    "additional_packages": ["x"],
    "with_opts": ["y"],
    "without_opts": [],
    "memory_limit": 2048,
    "timeout": 5,
    "enable_net": False,
    "is_background": True,
    "bootstrap": "on",
    "bootstrap_image": None,
}
PACKAGE = {"name": "a", "epoch": 0, "version": "1", "release": "2", "arch": "src"}
DOCUMENTS: Mapping[str, object] = {
    "get": ITEM,
    "get_list": {"items": [ITEM], "meta": dict(META, limit=100)},
    "iter_all": {"items": [ITEM], "meta": META},
    "get_build_config": CONFIG,
    "get_built_packages": {"packages": [PACKAGE]},
    "get_document": {"id": 1},
    "wait": {"items": [ITEM], "meta": dict(META, limit=100)},
}

JUNK: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        2**31,
        2**63,
        -(2**70),
        10**400,
        1.5,
        1e300,
        "",
        "x",
        "\x00\x1b[31m",
        "\U0001f600",
        "x" * 3000,
    ),
    *([], {}, [None], [[[]]], {"": {}}, {"error": 5}, ["x", 1], {"name": None}, [{}], 253402300800, "2023-01-01"),
]


def locations(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner: Iterable[Any] = value.items() if isinstance(value, dict) else enumerate(value) if type(value) is list else ()
    for key, below in inner:
        yield from locations(below, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    copied = deepcopy(document)
    at = copied
    for key in path[:-1]:
        at = at[key]
    if junk is DELETED:
        del at[path[-1]]
    else:
        at[path[-1]] = junk
    return copied


DELETED = object()


def use(result: Any) -> None:
    """Use the result of a call as callers do."""
    assert str(result)
    for each in result if isinstance(result, (list, tuple)) else [result]:
        for name in ("started_at", "ended_at", "is_final", "next_offset", "repo_urls"):
            getattr(each, name, None)
        str(each).encode("utf-8")


@pytest.mark.sampled
@pytest.mark.parametrize("name", DOCUMENTS)
def test_values_of_any_type_anywhere(harness: Harness, name: str) -> None:
    """A response with any JSON value in any location is parsed or raises a client error."""
    document = DOCUMENTS[name]
    made = [
        replaced(document, path, junk) for path in locations(document) for junk in [*JUNK, *([DELETED] if path else [])]
    ]
    answers = iter(sample(made))
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=json.dumps(next(answers, document))))
    client = harness.client(transport, retries=0, timeout=5)
    for _ in sample(made):
        with suppress(ClientError):
            use(CALLS[name](client))


@pytest.mark.sampled
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(DOCUMENTS)),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 20), st.binary(max_size=20)), max_size=4),
    status=st.sampled_from([200, 200, 204, 302, 400, 404, 429, 500, 503]),
)
def test_bytes_of_any_kind_anywhere(
    harness: Harness, name: str, cuts: list[tuple[int, int, bytes]], status: int
) -> None:
    """So does a response with parts replaced by noise."""
    body = json.dumps(DOCUMENTS[name]).encode()
    for at, size, noise in cuts:
        body = body[:at] + noise + body[at + size :]
    client = harness.client(responding(httpx.Response(status, content=body)), retries=0)
    with suppress(ClientError):
        use(CALLS[name](client))

"""Mutations that keep a case nearly valid; byte-wise mutations rarely get past a parser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from copr_chroot_fake.control.api import DOCUMENT
from copr_chroot_fake.scenario.files import scenario_schema

JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 2, -1, 0.5, 2**31 - 1, 2**31, 2**63, 1e308, [], {}, "", " ", "\n", "\0", "\ud800", "%"),
    *("1", "a/b", "@a", "a:b", "fedora-41-x86_64", "epel-9-s390x", "a-1-1.src", "x" * 300, "running", "list"),
)


class Mutator:
    """Mutates documents with names from the schemas and parts of other cases."""

    def __init__(self, cases: Sequence[bytes]) -> None:
        documents = [document for case in cases for _, document in _split(case)]
        named = set(_names_in([json.loads(text) for text in (scenario_schema(), DOCUMENT.read_text())]))
        values = [value for document in documents for _, value in _locations_in(document)]
        self._values = [*JUNK, *sorted(named), *values]
        self._keys = sorted(named | {key for document in documents for key in _keys_in(document)})

    def change(self, case: bytes, seed: int) -> bytes | None:
        """Return a case with some changed values in its document; ``None`` if it has no document."""
        random = Random(seed)
        for head, document in _split(case):
            root = [document]
            for _ in range(random.choice((1, 1, 1, 2, 4))):
                self._spoil(root, random)
            return head + json.dumps(root[0] if root else {}).encode()
        return None

    def _spoil(self, root: list[Any], random: Random) -> None:
        locations = [location for location, _ in _locations_in(root) if location]
        if not locations:
            return
        *parents, last = random.choice(locations)
        parent: Any = root
        for key in parents:
            parent = parent[key]
        value = json.loads(json.dumps(random.choice(self._values)))
        match random.randrange(4):
            case 0 if parents:
                del parent[last]
            case 1 if isinstance(parent[last], dict):
                parent[last][random.choice(self._keys)] = value
            case 2 if isinstance(parent[last], list):
                parent[last].insert(random.randint(0, len(parent[last])), value)
            case _:
                parent[last] = value


def _split(case: bytes) -> Iterator[tuple[bytes, Any]]:
    """Return the part of a case before its document, and the document, if it has one."""
    first, newline, rest = case.partition(b"\n")
    for head, text in ((b"", case), (first + newline, rest)):
        try:
            yield head, json.loads(text)
        except (ValueError, RecursionError):
            continue
        return


def _locations_in(document: Any, location: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield location, document
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from _locations_in(value, (*location, key))


def _keys_in(document: Any) -> Iterator[str]:
    return (key for _, value in _locations_in(document) if isinstance(value, dict) for key in value)


def _names_in(schemas: Any) -> Iterator[str]:
    """Return the properties and enum values of schemas."""
    for _, schema in _locations_in(schemas):
        if isinstance(schema, dict):
            properties, choices = schema.get("properties", {}), schema.get("enum", [])
            yield from properties if isinstance(properties, dict) else ()
            yield from (choice for choice in choices if isinstance(choice, str)) if isinstance(choices, list) else ()


REQUESTS: tuple[bytes, ...] = (
    b"GET /api_3/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api_3/build-chroot/list?build_id=1&limit=5 HTTP/1.1\r\nHost: localhost\r\nX-Fields: items\r\n\r\n",
    b"HEAD /worlds/first/api_3/build-chroot/1/fedora-41-x86_64 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"OPTIONS /@second/api_3/build-chroot/build-config HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /api_3/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
    b"GET /api_3/ HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
    b"GET /_fake/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b'POST /_fake/seed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n{"seed": 7}',
    b'POST /worlds/w/_fake/faults HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"status\r\n'
    b'7\r\n": 503}\r\n0\r\nX: y\r\n\r\n',
    b"PUT /worlds/w/_fake/scenario HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
    b"POST /worlds/w/_fake/reset HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"DELETE /_fake/worlds/w HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n\r\n",
    b"POST /_fake/snapshots HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"CONNECT copr.fedorainfracloud.org:443 HTTP/1.1\r\nHost: copr.fedorainfracloud.org:443\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    b"GET http://copr.fedorainfracloud.org/api_3/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://evil.example/_fake/clock HTTP/1.1\r\nHost: localhost\r\n\r\n",
)
"""Requests from which mutated connections are made."""

TOKENS: tuple[bytes, ...] = (
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"\t", b"\r\n\r\n", b"%", b"%00", b"%2F", b"\xff", b"\xc3\xa9", b"?"),
    *(
        b"Content-Length: 0\r\n",
        b"Content-Length: ",
        b"Content-Length: " + b"0" * 5000 + b"2\r\n",
        b"9" * 30,
        b"-1",
        b"+1",
        b"0x1",
        b"1, 1",
    ),
    *(b"Transfer-Encoding: chunked\r\n", b"chunked", b"gzip, ", b"0\r\n\r\n", b"5;x=y\r\n", b"ffffffffffffffff\r\n"),
    *(b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"Expect: 100-continue\r\n", b"x" * 9000),
    *(
        b"Host: ",
        b"Host: [\r\n",
        b"Authorization: Bearer x\r\n",
        b"X-Fields: {\r\n",
        b"Range: bytes=0-\r\n",
        b"HTTP/1.0",
    ),
    *(
        b"HTTP/9.9",
        b"HTTP/2.0",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"/worlds/",
        b"/@",
        b"/_fake",
        b"/..",
        b"//",
        b"*",
    ),
    *(b"http://copr/", b"http://copr.fedorainfracloud.org", b"CONNECT ", b":443", b"\x16\x03\x01"),
    *(b"TRACE ", b"QUERY ", b"{", b"[" * 2000, b'"\\ud800"', b"NaN", b"X: y\r\n" * 1500),
)
"""Bytes with a meaning for parsers, and oversized values."""


def make_connection(random: Random) -> bytes:
    """Return a case of the target ``connections``: a few requests, some of them invalid."""
    made = mutate(REQUESTS, random)
    return bytes([random.choice((0, 0, 0, 1, 2, 7, 40, 255))]) + made


def mutate(requests: Sequence[bytes], random: Random) -> bytes:
    """Return a few requests one behind the other, with up to six mutations."""
    made = bytearray(b"".join(random.choices(requests, k=random.choice((1, 1, 2, 3, 8)))))
    for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
        lines = [found.end() for found in re.finditer(b"\r\n", made)]
        at = random.choice(lines) if lines and random.random() < 0.5 else random.randrange(len(made) + 1)
        end = at + random.choice((0, 0, 1, 2, 10, 50))
        match random.randrange(5):
            case 0:
                made[at:end] = random.randbytes(random.randrange(4))
            case 1:
                made[at:end] = b""
            case 2:
                made[at:at] = made[at:end] * random.choice((1, 1, 50))
            case _:
                made[at:end] = random.choice(TOKENS)
    if random.random() < 0.2:
        del made[random.randrange(len(made) + 1) :]
    return bytes(made)

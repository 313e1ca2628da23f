"""Arbitrary bytes read as requests, in any pieces, compared with how h11 reads them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import h11

from copr_chroot_fake.server.request_reader import InvalidRequestError

from ..reading import Read, read_into

MAX_HEAD = 1_000_000
"""More than any case has: how much a limit admits depends on the pieces."""


def framing(case: bytes) -> None:
    """The first byte of a case is the size of the pieces of the rest; 0 stands for one piece."""
    data = case[1:]
    size = (case[0] if case else 0) or len(data) or 1
    ours, is_valid = _read(data, size)
    for other_size in (1, len(data) or 1):
        assert _read(data, other_size) == (ours, is_valid), "the pieces change nothing"
    theirs = _read_by_h11(data)
    for one, other in zip(ours, theirs, strict=False):
        assert (one.method, one.body) == (other.method, other.body), "both read the same request"
    for extra in ours[len(theirs) :][:1]:
        assert _is_known_difference(extra, data), extra


def _is_known_difference(request: Read, data: bytes) -> bool:
    """Whether h11 rejects a request for no host, an empty line before it, or a length of many digits."""
    headers = dict(request.headers)
    has_empty_line = data.startswith(b"\r\n") or b"\n\r\n" in data.replace(b"\r\n\r\n", b"", 1)
    return b"host" not in headers or len(headers.get(b"content-length", b"")) > 20 or has_empty_line


def _read(data: bytes, size: int) -> tuple[Sequence[Read], bool]:
    """Return the complete requests until one that is the last on its connection, and whether all data is valid."""
    requests: list[Read] = []
    try:
        read_into(requests, data, size, MAX_HEAD)
        is_valid = True
    except EOFError:
        is_valid = True
    except InvalidRequestError:
        is_valid = False
    for number, request in enumerate(requests):
        if not request.keeps_alive:
            return requests[: number + 1], True
    return requests, is_valid


def _read_by_h11(data: bytes) -> Sequence[Read]:
    requests: list[Read] = []
    connection = h11.Connection(h11.SERVER)
    with suppress(h11.ProtocolError):
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                request = Read(event.method.decode(), event.target.decode(), [*event.headers], b"", True, False)
            elif isinstance(event, h11.Data):
                request = request._replace(body=request.body + event.data)
            elif isinstance(event, h11.EndOfMessage):
                requests.append(request)
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                connection.start_next_cycle()
            else:
                break
    return requests

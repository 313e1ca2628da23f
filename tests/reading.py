"""Requests with their bodies, as the server reads them."""

from __future__ import annotations

from typing import NamedTuple

from copr_chroot_fake.server.request_reader import RequestReader


class Read(NamedTuple):
    """A request with its whole body."""

    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    keeps_alive: bool
    expects_continue: bool


def read(data: bytes, size: int, max_head: int = 1000) -> list[Read]:
    """Return the requests in data that arrives in pieces of a size.

    :raises InvalidRequestError: if a request is invalid.
    :raises EOFError: if the last body is incomplete.
    """
    requests: list[Read] = []
    read_into(requests, data, size, max_head)
    return requests


def read_into(requests: list[Read], data: bytes, size: int, max_head: int = 1000) -> None:
    """Append the complete requests in data to a list.

    :raises InvalidRequestError: if a request is invalid.
    :raises EOFError: if the last body is incomplete.
    """
    reader = RequestReader(max_head)
    current: Read | None = None
    for at in range(0, len(data), size):
        reader.receive(data[at : at + size])
        while True:
            if current is None:
                got = reader.read_head()
                if got is None:
                    break
                current = Read(got.method, got.target, [*got.headers], b"", got.keeps_alive, got.expects_continue)
            if reader.in_body:
                current = current._replace(body=current.body + reader.read_body())
                if reader.in_body:
                    break
            requests.append(current)
            current = None
    if current is not None:
        raise EOFError

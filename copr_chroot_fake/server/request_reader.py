"""Reading HTTP/1.1 requests from the bytes of a connection, without I/O.

httptools parses them, without any of its leniencies. What it admits nevertheless, but another program on the way to the
server may read as a different request, is rejected here: such differences are used to smuggle requests.

The parser does not tell where a request ends. So it gets the bytes in pieces that end wherever a request can end: the
head up to its empty line, and then as many bytes as ``Content-Length`` announces, or chunks up to each empty line.
"""

from __future__ import annotations

import re

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from .request import Request

_EMPTY_LINE = b"\r\n\r\n"

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_REQUEST_LINE = re.compile(rb"(%b{1,64}) ([\x21-\x7e]+) HTTP/1\.([01])\r\n" % _TOKEN)
_BEGINNING = re.compile(rb"\r?\Z|%b{1,64}(?: |\Z)" % _TOKEN)
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
"""A line feed without a carriage return, or the reverse."""

_ABSOLUTE_TARGET = re.compile("[A-Za-z][A-Za-z0-9+.-]*://([^/?#]+)")
_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9_.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}")
"""The target of CONNECT."""

# The parser rejects PRI, with which a client begins HTTP/2.
_PARSED_METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI")
_METHOD_STAND_IN = b"REPORT"
"""A method without a meaning here. The parser gets it instead of any other, as it rejects unknown ones."""

_CHECKED_HEADERS = frozenset({b"host", b"connection", b"content-length", b"transfer-encoding", b"expect"})

_UPGRADE = re.compile(rb"\r\nupgrade(?=:)", re.IGNORECASE)
_UPGRADE_STAND_IN = b"\r\nno-upgrade"


class InvalidRequestError(Exception):
    """The received bytes are no valid request, so nothing after them can be understood.

    :param status: of the response.
    """

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class RequestReader:
    """Reads the requests of a connection, one after the other: its head, and then its body in pieces.

    :param max_head: maximum of bytes in a head, and of those between two pieces of a body.
    """

    def __init__(self, max_head: int) -> None:
        self._max_head = max_head
        self._parser = HttpRequestParser(self)
        self._data = b""
        """Received bytes, of which those before ``_position`` have been read."""
        self._position = 0
        self._searched = 0
        """Where the search for the end of the head continues."""
        self._missing: int | None = 0
        """Bytes of the body that have not been read; ``None`` if it is chunked."""
        self._overhead = 0
        """Bytes read since the last piece of the body."""
        self._body: list[bytes] = []
        self.in_body = False
        """Whether the last request has a body that has not been read to its end."""

    def receive(self, data: bytes) -> None:
        """Add received bytes."""
        position = self._position
        if position < len(self._data):
            data = self._data[position:] + data
            self._searched -= position
        else:
            self._searched = 0
        self._data = data
        self._position = 0

    @property
    def has_unread(self) -> bool:
        """Whether bytes have been received that have not been read."""
        return self._position < len(self._data)

    @property
    def unread(self) -> bytes:
        """Received bytes that have not been read."""
        return self._data[self._position :]

    @property
    def announced(self) -> int:
        """Bytes of the body that have not arrived, as far as its length is known."""
        return self._missing or 0

    def read_head(self) -> Request | None:
        """Read the head of the next request; ``None`` if it has not arrived in full.

        :raises InvalidRequestError: if it is invalid or too large.
        """
        data, start = self._data, self._position
        if start == len(data):
            return None
        while data.startswith(b"\r\n", start):
            # Some clients send an empty line after a body.
            self._position = start = start + 2
        end = data.find(_EMPTY_LINE, max(start, self._searched)) + len(_EMPTY_LINE)
        if end < len(_EMPTY_LINE):
            self._check_incomplete_head()
            return None
        if end - start > self._max_head:
            raise self._too_large()
        self._position = self._searched = end
        return self._parse_head(data[start:end])

    def _check_incomplete_head(self) -> None:
        """Reject what cannot become a valid head, without waiting for the rest."""
        data, start = self._data, self._position
        if len(data) - start > self._max_head:
            raise self._too_large()
        is_invalid_line = b"\n" in data[start:] and not _REQUEST_LINE.match(data, start)
        if is_invalid_line or not _BEGINNING.match(data, start) or _BARE.search(data, max(start, self._searched)):
            raise _invalid()
        self._searched = max(start, len(data) - len(_EMPTY_LINE) + 1)

    def _parse_head(self, head: bytes) -> Request:
        size = len(head)
        line = _REQUEST_LINE.match(head)
        if line is None:
            raise _invalid()
        method, target, minor_version = line.groups()
        if method not in _PARSED_METHODS:
            head = _METHOD_STAND_IN + head[len(method) :]
        self._start_request()
        headers = self._headers
        try:
            self._parser.feed_data(head)
        except HttpParserError:
            raise _invalid() from None
        except HttpParserUpgrade:
            # After an upgrade, the parser expects no HTTP. Ignore the upgrade.
            self._parser = HttpRequestParser(self)
            if method != b"CONNECT":
                self._start_request()
                self._feed(_UPGRADE.sub(_UPGRADE_STAND_IN, head))
            elif self._is_chunked or self._length:
                raise _invalid() from None
        is_old = minor_version == b"0"
        if not self._is_valid or self._hosts > 1 or (self._is_chunked and is_old):
            raise _invalid()
        self.in_body = not self._is_complete
        self._missing = None if self._is_chunked else self._length
        keeps_alive = self._keeps_alive and not is_old
        is_connect = method == b"CONNECT"
        path, authority = _read_authority(target.decode()) if is_connect else _read_target(target.decode())
        return Request(method.decode(), path, headers, size, keeps_alive, self._expects_continue, authority)

    def _start_request(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._hosts = self._length = self._overhead = 0
        self._is_valid = self._keeps_alive = True
        self._is_chunked = self._expects_continue = self._is_complete = False

    def read_body(self) -> bytes:
        """Read what has arrived of the body; empty if that is nothing.

        :raises InvalidRequestError: if it is invalid, or if there is too much between two pieces of it.
        """
        start = self._position
        if self._missing is None:
            self._feed_chunks()
        else:
            self._position = min(start + self._missing, len(self._data))
            self._missing -= self._position - start
            self._feed(self._data[start : self._position])
        self.in_body = not self._is_complete
        body = b"".join(self._body)
        self._body.clear()
        self._overhead = 0 if body else self._overhead + self._position - start
        if self._overhead > self._max_head:
            raise self._too_large()
        return body

    def _feed_chunks(self) -> None:
        data = self._data
        while not self._is_complete and self._position < len(data):
            start = self._position
            end = data.find(_EMPTY_LINE, start) + len(_EMPTY_LINE)
            if end < len(_EMPTY_LINE):
                end = len(data)
                # The beginning of an empty line waits for its end.
                while end > start and data[end - 1] in _EMPTY_LINE and len(data) - end < len(_EMPTY_LINE) - 1:
                    end -= 1
                if end == start:
                    return
            self._position = end
            self._feed(data[start:end])

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            raise _invalid() from None

    # Called by the parser.

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_body:
            # A trailer, which has no meaning here.
            return
        name = name.lower()
        self._headers.append((name, value))
        if name in _CHECKED_HEADERS:
            self._check_header(name, value.strip(b" \t").lower())

    def _check_header(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name == b"connection":
            self._keeps_alive &= b"close" not in [token.strip(b" \t") for token in value.split(b",")]
        elif name == b"content-length":
            # The parser has checked it. Python converts at most 4,300 digits.
            self._length = int(value.lstrip(b"0") or b"0")
        elif name == b"transfer-encoding":
            self._is_valid &= value == b"chunked" and not self._is_chunked
            self._is_chunked = True
        else:
            self._expects_continue = value == b"100-continue"

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._is_complete = True

    def _too_large(self) -> InvalidRequestError:
        problem = f"the head of the request is larger than {self._max_head} bytes; serve with a larger --max-head"
        return InvalidRequestError(431, problem)


def _invalid() -> InvalidRequestError:
    return InvalidRequestError(400, "Invalid HTTP request received.")


def _read_authority(target: str) -> tuple[str, str]:
    """Return the target of CONNECT, a host with a port, as target and authority."""
    if not _HOST_AND_PORT.fullmatch(target) or not 0 < int(target.rpartition(":")[2]) < 65536:
        raise _invalid()
    return target, target


def _read_target(target: str) -> tuple[str, str | None]:
    """Return path and query of a request target, and the authority of an absolute one, without user and password.

    The former is without the fragment, and without an empty query.
    """
    authority = None
    if not target.startswith("/") and target != "*":
        absolute = _ABSOLUTE_TARGET.match(target)
        if absolute is None:
            raise _invalid()
        authority, rest = absolute[1].rpartition("@")[2], target[absolute.end() :]
        if not authority:
            raise _invalid()
        target = rest if rest.startswith("/") else f"/{rest}"
    if "#" in target:
        target = target.partition("#")[0]
    return target[:-1] if target.endswith("?") and target.count("?") == 1 else target, authority

"""The body of a response: collected within a time and size limit, decompressed and parsed as strict JSON."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from ..validation import checks


class TooLargeError(Exception):
    """A body exceeds the size limit."""


class UnreadableError(Exception):
    """A body cannot be decompressed."""


@dataclass(slots=True)
class Body:
    """Collects the pieces of a body until it is too large or takes too long.

    :param max_bytes: the size limit, for the body as sent and as decompressed.
    :param until: the deadline, on the clock ``now``.
    """

    max_bytes: int
    until: float
    now: Callable[[], float]
    _received: bytearray = field(default_factory=bytearray)
    _is_too_large: bool = False

    def add(self, piece: bytes) -> bool:
        """Add a received piece; return whether to read on."""
        if self.now() > self.until:
            return False
        self._is_too_large = len(self._received) + len(piece) > self.max_bytes
        if self._is_too_large:
            return False
        self._received += piece
        return True

    def check(self) -> None:
        """Check that the whole body has been received.

        :raises TooLargeError: if it exceeds the size limit.
        :raises TimeoutError: if it missed the deadline.
        """
        if self._is_too_large:
            raise TooLargeError
        if self.now() > self.until:
            raise TimeoutError

    def decoded(self, encoding: str) -> bytes:
        """Return the decompressed body. The client accepts only gzip.

        :raises TooLargeError: if it exceeds the size limit.
        :raises UnreadableError: if it is broken or has another encoding.
        """
        if not encoding or encoding == "identity":
            return bytes(self._received)
        if encoding not in ("gzip", "x-gzip"):
            raise UnreadableError(f"the encoding {checks.excerpt(encoding)} was not requested")
        decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            # One byte more than allowed shows whether the limit is exceeded.
            content = decompressor.decompress(self._received, self.max_bytes + 1)
        except zlib.error as error:
            raise UnreadableError(f"broken gzip: {error}") from None
        if len(content) > self.max_bytes:
            raise TooLargeError
        if not decompressor.eof or decompressor.unused_data:
            raise UnreadableError("broken gzip: truncated, or followed by other data")
        return content


def parse_json(body: bytes) -> object:
    """Parse JSON as RFC 8259 defines it.

    Python also accepts infinities, NaN, lone surrogates and other encodings, which are not valid JSON.

    :raises ValueError: if it is not valid JSON, or nested too deeply.
    """
    try:
        document: object = json.loads(body.decode("utf-8-sig"))
        # What is not valid JSON cannot be encoded as such.
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if checks.is_too_deep(document):
        raise ValueError("nested too deeply")
    return document

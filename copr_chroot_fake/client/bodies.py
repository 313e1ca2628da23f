"""The body of a response: gathered within a deadline and a size, decompressed, and parsed as strict JSON."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Callable

from ..validation import checks

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class TooLargeError(Exception):
    """A body has more bytes than it may have."""


class UnreadableError(Exception):
    """A body that cannot be decompressed."""


class Body:
    """Gathers the pieces of a body, until it gets too large or takes too long.

    :param max_bytes: how many bytes it may have.
    :param until: when it has to be complete, by ``now``.
    """

    def __init__(self, max_bytes: int, until: float, now: Callable[[], float]) -> None:
        self._max_bytes = max_bytes
        self._until = until
        self._now = now
        self._received = bytearray()
        self._is_too_large = False

    def add(self, piece: bytes) -> bool:
        """Add what has been received; whether more of it is to be read."""
        if self._now() > self._until:
            return False
        self._is_too_large = len(self._received) + len(piece) > self._max_bytes
        if self._is_too_large:
            return False
        self._received += piece
        return True

    def check(self) -> None:
        """Check what has been received in the end.

        :raises TooLargeError: if it was too much.
        :raises TimeoutError: if it took too long.
        """
        if self._is_too_large:
            raise TooLargeError
        if self._now() > self._until:
            raise TimeoutError

    def decoded(self, encoding: str) -> bytes:
        """The body without its content encoding, of which the client asks for gzip only.

        :raises TooLargeError: if it is larger than the body may be.
        :raises UnreadableError: if it is broken, or encoded in another way.
        """
        if not encoding or encoding == "identity":
            return bytes(self._received)
        if encoding not in ("gzip", "x-gzip"):
            raise UnreadableError(f"the encoding {checks.shown(encoding)} was not asked for")
        decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            # One byte more tells whether there is more.
            content = decompressor.decompress(self._received, self._max_bytes + 1)
        except zlib.error as error:
            raise UnreadableError(f"broken gzip: {error}") from None
        if len(content) > self._max_bytes:
            raise TooLargeError
        if not decompressor.eof or decompressor.unused_data:
            raise UnreadableError("broken gzip: it ends too early, or too late")
        return content


def parse_json(body: bytes) -> object:
    """Parse JSON as RFC 8259 has it.

    Python also reads infinities, NaN, lone surrogates and other encodings, which nobody could write out again.

    :raises ValueError: if it is anything else, or nested too deeply.
    """
    text = body.decode("utf-8-sig")
    try:
        document: object = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if checks.is_too_deep(document):
        raise ValueError("nested too deeply")
    if _ESCAPED_SURROGATE.search(text):
        # Two of them can be a character; one alone cannot be encoded.
        json.dumps(document, ensure_ascii=False).encode()
    return document


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("a number that is too large")
    return value

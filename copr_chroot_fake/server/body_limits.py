"""Limits for the bodies of requests that a server receives."""

from __future__ import annotations

from collections.abc import Iterable

from ..wire.answer import Answer, error_body, json_answer

MAX_BODY = 64 * 1024 * 1024
"""Bytes in the body of one request."""

MAX_CONTROL_BODY = 4 * 1024 * 1024
"""Default for the body of a control call; to parse a larger one takes seconds, in which nothing else is answered."""

MAX_BODIES = 256 * 1024 * 1024
"""Bytes in all bodies that are being received at the same time."""


class BodyLimits:
    """Limits for each body, and for all bodies that are being received at the same time.

    :param max_body: bytes in the body of one request.
    :param max_bodies: bytes in all bodies that are being received at the same time.
    :param remedy: what to do about a body that is too large, for the message of the error.
    """

    def __init__(self, max_body: int = MAX_BODY, max_bodies: int = MAX_BODIES, remedy: str = "send less") -> None:
        self.max_body = max_body
        self.max_bodies = max_bodies
        self.receiving = 0
        """Bytes received so far of all bodies that are not complete."""
        self._remedy = remedy

    def rejection(self, headers: Iterable[tuple[bytes, bytes]]) -> Answer | None:
        """Return the error for a request whose headers announce too large a body."""
        return self.too_large() if _exceeds(dict(headers).get(b"content-length", b"0"), self.max_body) else None

    def too_large(self) -> Answer:
        """Return the error for a body that is too large."""
        return json_answer(error_body(f"the body is larger than {self.max_body} bytes; {self._remedy}"), 413)


class IncomingBody:
    """A body that is being received."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._content = bytearray()

    def add(self, piece: bytes) -> Answer | None:
        """Add a piece; return the error if a limit is exceeded."""
        limits = self._limits
        self._content += piece
        limits.receiving += len(piece)
        if len(self._content) > limits.max_body:
            return limits.too_large()
        if len(self._content) < limits.receiving > limits.max_bodies:
            problem = f"more than {limits.max_bodies} bytes of other bodies are being received; try again later"
            return json_answer(error_body(problem), 503)
        return None

    def end(self) -> bytes:
        """Return what was received, which no longer counts, whether the body is complete or not."""
        content = bytes(self._content)
        self._limits.receiving -= len(content)
        self._content = bytearray()
        return content


def _exceeds(digits: bytes, limit: int) -> bool:
    """Whether the number in a header is above a limit, however many digits it has."""
    significant = digits.lstrip(b"0")
    # Python converts at most 4,300 digits.
    return significant.isdigit() and (len(significant) > 20 or int(significant) > limit)

"""Text that is safe to print to a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text on one line, with everything escaped that is not printable."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def counted(number: int, what: str) -> str:
    """A number of things: ``1 build``, ``1,000 builds``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"

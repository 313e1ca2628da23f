"""Text for people to read: nothing in it does anything to a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text on one line, with all that is no character to look at written out."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def counted(number: int, what: str) -> str:
    """So many of something: ``1 build``, ``1,000 builds``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"

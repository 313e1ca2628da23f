"""Text that does to a terminal what it says, and nothing else."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text on one line, with all that is no character to look at written out."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)

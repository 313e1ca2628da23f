"""Output of all commands: text that is safe to print on a terminal, and errors."""

from __future__ import annotations

import click


def printable(text: str) -> str:
    """Return a text on one line, with characters escaped that are not printable."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def counted(number: int, noun: str) -> str:
    """Return a number with a noun: ``1 build``, ``1,000 builds``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class Failure(click.ClickException):
    """An error that ends a command before it does anything: one line, exit status 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        # The message may quote a file or a response.
        super().__init__(printable(message))

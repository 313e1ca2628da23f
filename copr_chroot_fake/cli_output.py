"""What every command says on a terminal: text that is safe to print there, and why it fails."""

from __future__ import annotations

import click


def printable(text: str) -> str:
    """A text on one line, with everything escaped that is not printable."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def counted(number: int, what: str) -> str:
    """A number of things: ``1 build``, ``1,000 builds``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


class Failure(click.ClickException):
    """An error that keeps a command from doing anything: one line, exit status 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        # It may quote a file, or an answer.
        super().__init__(printable(message))

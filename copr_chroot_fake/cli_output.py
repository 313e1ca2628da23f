"""Shared by all commands: text that is safe to print on a terminal, errors, and completion of scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.shell_completion import CompletionItem

from .errors import CoprFakeError
from .excerpt import escaped
from .scenario.files import by_name


def printable(text: str) -> str:
    """Escape the unprintable characters of a text."""
    return text if text.isprintable() else "".join(map(escaped, text))


def print_line(line: str) -> None:
    """Print a line to standard error."""
    click.echo(printable(line), err=True)


class Failure(click.ClickException):
    """An error that ends a command before it does anything: one line, exit status 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        # The message may quote a file or a response.
        super().__init__(printable(message))


@contextmanager
def failing() -> Iterator[None]:
    """End the command with a message if the block, or the decorated command, raises an error of the package.

    :raises Failure: with the message of the error.
    """
    try:
        yield
    except CoprFakeError as error:
        raise Failure(str(error)) from None


def complete_scenario(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a bundled scenario or of a file."""
    names = [CompletionItem(name) for name in by_name() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]

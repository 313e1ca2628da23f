"""The exceptions that the kit raises.

None of them is an answer of the fake: what Copr would answer a client, errors
included, is an :class:`~copr_chroot_fake.Answer`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .excerpt import line

LONGEST_FIELD = 200
"""How many characters of a field's name a message has at most: keys that there should not be are part of it."""


class CoprFakeError(Exception):
    """The base of everything that the kit raises."""


class InputError(CoprFakeError, ValueError):
    """A value that a build, a chroot or an option cannot have.

    ``field`` names the value, and ``problem`` says what is wrong with it and what
    would be valid; the message has both, on one line.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(line(f"{line(field, LONGEST_FIELD)}: {problem}"))
        self.field = field
        self.problem = problem


class ScenarioError(InputError):
    """A scenario that cannot be read; ``source`` is its file, where it has one."""

    def __init__(self, source: str | None, place: str, problem: str) -> None:
        where = ": ".join(part for part in (source, place) if part)
        super().__init__(where or "scenario", problem)
        self.source = source
        self.place = place


class EventError(CoprFakeError):
    """An event that cannot happen to a chroot or a build in its state, or a stage that is not in its life."""


class MissingExtraError(CoprFakeError, ImportError):
    """Something needs a package that only an extra of the kit installs."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed: pip install 'copr-chroot-fake[{extra}]'")


@contextmanager
def needing(what: str, package: str, extra: str) -> Iterator[None]:
    """Say of an import within it that fails what needs the package, and which extra brings it.

    :raises MissingExtraError: if the package, or one that it needs itself, is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(what, package, extra) from error

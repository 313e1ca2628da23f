"""The exceptions that the kit raises.

None of them is a response of the fake: Copr's responses, errors included, are :class:`~copr_chroot_fake.Answer`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .excerpt import line

_MAX_LOCATION = 200
"""Maximum length of a location in a message, in characters; it can contain unknown keys."""


class CoprFakeError(Exception):
    """The base class of the kit's exceptions, except :class:`PollLoopError`."""


class PollLoopError(BaseException):
    """The code under test polls in a loop without waiting.

    It is no :class:`Exception`, so that ``except Exception`` in such a loop does not keep it running.
    """


class InputError(CoprFakeError, ValueError):
    """Invalid input: the ``location`` of the value, and the ``problem`` with it, which includes what would be valid.

    The message has both on one line. ``errors`` are all errors that were found, the first of which this one describes.
    """

    _errors: Sequence[InputError] = ()

    def __init__(self, location: str, problem: str) -> None:
        # A key in an object may be given with a leading dot, which distinguishes a key such as "[0]" from an index.
        self._path = location
        self.location = location.removeprefix(".")
        self.problem = problem
        super().__init__(line(f"{line(self.location, _MAX_LOCATION)}: {problem}"))

    @property
    def errors(self) -> Sequence[InputError]:
        return self._errors or (self,)


class InputErrors(InputError):
    """Several errors in one input; the message is that of the first, and has the number of the others."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        first = errors[0]
        super().__init__(first._path, first.problem + _more(errors))  # noqa: SLF001  # private to this module
        self.problem = first.problem
        self._errors = tuple(errors)


class ScenarioError(InputError):
    """A scenario that cannot be loaded; ``source`` is its file, if it has one."""

    def __init__(self, source: str | None, error: InputError) -> None:
        location = ": ".join(part for part in (source, error.location) if part)
        super().__init__(location or "scenario", error.problem + _more(error.errors))
        self.source = source
        self.location = error.location
        self.problem = error.problem
        self._errors = error.errors


def below(error: InputError, location: str) -> InputError:
    """Return the same errors in an object that is at a location itself."""
    located = [InputError(_join(location, nested._path), nested.problem) for nested in error.errors]  # noqa: SLF001  # private to this module
    return located[0] if len(located) == 1 else InputErrors(located)


def is_within(error: InputError, location: str) -> bool:
    """Whether an error is about the value at a location, or one inside it."""
    return error.location == location or error.location.startswith((f"{location}.", f"{location}["))


def _join(location: str, path: str) -> str:
    if not (location and path):
        return location or path
    return f"{location}{path}" if path[0] in ".[" else f"{location}.{path}"


def _more(errors: Sequence[InputError]) -> str:
    count = len(errors) - 1
    return f" (and {count} more {'error' if count == 1 else 'errors'})" if count else ""


class EventError(CoprFakeError):
    """A change of state that is not possible now, or that the lifecycle does not contain."""


class MissingKeyError(CoprFakeError, KeyError):
    """A build, project or chroot that a collection does not have."""

    # The one of KeyError quotes the message.
    __str__ = Exception.__str__


class ArgumentError(CoprFakeError, TypeError):
    """An argument that a function does not take."""


class MissingExtraError(CoprFakeError, ImportError):
    """A package that only an extra of the kit installs is missing."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(f"{feature} needs {package}, which is not installed: pip install 'copr-chroot-fake[{extra}]'")


@contextmanager
def needing(feature: str, package: str, extra: str) -> Iterator[None]:
    """Report a failed import in the block with the feature that needs it and the extra that installs it.

    :raises MissingExtraError: if the package, or one of its own dependencies, is not installed.
    """
    try:
        yield
    except ModuleNotFoundError:
        # The remedy is the same for a dependency of the package, and its traceback would hide it.
        raise MissingExtraError(feature, package, extra) from None

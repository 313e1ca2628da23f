"""A call of the control API: what was asked, of which world, and the refusals that any call can end with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..errors import CoprFakeError, InputError
from ..validation import checks
from ..validation.fields import Fields, Form
from .bodies import DEFAULT_LIMIT, MAX_LIMIT

if TYPE_CHECKING:
    from ..fake import FakeCopr
    from ..worlds.initial import InitialConfig
    from ..worlds.world import World, Worlds

T = TypeVar("T")


class NotFoundError(CoprFakeError):
    """What a path names is not there."""

    def __init__(self, what: str, there: Collection[object]) -> None:
        super().__init__(f"there is no {what}; there are: {checks.listing(there) or 'none'}")


@dataclass(frozen=True, slots=True)
class Setting:
    """What all calls share: the worlds, the initial state of new ones, and how to save, if the server saves."""

    worlds: Worlds
    initial: InitialConfig
    save: Callable[[Worlds], Awaitable[str]] | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    :param path: what the path names, such as a ``build_id``, as it was sent.
    :param takes: the type of the body.
    :param body: what the body says.
    """

    setting: Setting
    world: World
    path: Mapping[str, str]
    query: Fields
    takes: object
    body: object

    @property
    def fake(self) -> FakeCopr:
        return self.world.fake

    @property
    def said(self) -> Mapping[str, object]:
        """The body as it is.

        :raises InputError: for one that is no object.
        """
        return checks.mapping("body", self.body)

    @property
    def fields(self) -> Fields:
        """The fields of the body, to be read.

        :raises InputError: naming one that is not known, or missing.
        """
        return Fields("", self.said, form_of(self.takes))

    @property
    def given(self) -> dict[str, object]:
        """The body without the optional fields that are null, for those who check the others themselves.

        :raises InputError: naming a field that is not known, or missing.
        """
        form = form_of(self.takes)
        Fields("", self.said, form)
        return {key: value for key, value in self.said.items() if value is not None or key in form.required}

    def limit(self, default: int = DEFAULT_LIMIT, maximum: int = MAX_LIMIT) -> int:
        """How many items the query wants."""
        return self.query.read("limit", in_digits(at_most(maximum)), default)

    @property
    def offset(self) -> int:
        """How many items the query skips."""
        return self.query.read("offset", in_digits(checks.whole_number), 0)

    def page(self, items: Iterable[T]) -> list[T]:
        """The items on the page that the query wants."""
        offset = self.offset
        return list(islice(items, offset, offset + self.limit()))

    def latest(self, items: Sequence[T]) -> Sequence[T]:
        """The items on the page that the query wants, if pages are counted from the end."""
        end = max(len(items) - self.offset, 0)
        return items[max(end - self.limit(), 0) : end]

    @property
    def build(self) -> Build:
        """The build that the path names.

        :raises NotFoundError: naming those that there are.
        """
        builds = self.fake.builds
        return builds[self.number("build", builds)]

    @property
    def chroot(self) -> BuildChroot:
        """The build chroot that the path names.

        :raises NotFoundError: naming those that there are.
        """
        build, sent = self.build, self.path["chrootname"]
        chroot = build.get(sent)
        if chroot is None:
            raise NotFoundError(f"chroot {checks.shown(sent)} in build {build.id}", build.keys())
        return chroot

    def number(self, kind: str, there: Collection[int]) -> int:
        """The number by which the path names something of a kind.

        :raises NotFoundError: naming those that there are.
        """
        sent = self.path[f"{kind}_id"]
        number = _read_digits(sent)
        if number is None or number not in there:
            raise NotFoundError(f"{kind} {checks.shown(sent)}", there)
        return number


@lru_cache(maxsize=64)
def form_of(type_: object) -> Form:
    """The form of a ``TypedDict``; for ``None``, one without keys."""
    return Form.of(type_)


def in_digits(check: Callable[[str, object], T]) -> Callable[[str, object], T]:
    """The same check, for a number in the digits of a query."""

    def check_digits(field: str, value: object) -> T:
        number = _read_digits(str(value))
        if number is None:
            raise InputError(field, f"expected a whole number, got {checks.shown(value)}")
        return check(field, number)

    return check_digits


def at_most(maximum: int) -> Callable[[str, object], int]:
    """A check for a whole number that says how much one call does."""

    def check(field: str, value: object) -> int:
        number = checks.whole_number(field, value)
        if number > maximum:
            raise InputError(field, f"expected at most {maximum} in one call, got {number}")
        return number

    return check


def _read_digits(text: str) -> int | None:
    """The number that digits say; ``None`` for anything else, and for 20 digits or more, which no number here has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None

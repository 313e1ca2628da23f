"""Operations of the control API, and calls of them: the world, the parameters in the path, and what they select."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from ..engine.build import Build
from ..engine.chroot import BuildChroot
from ..errors import CoprFakeError
from ..validation import checks
from ..validation.rule import frozen
from .specs import BuildFilter

if TYPE_CHECKING:
    from ..engine.store import Store
    from ..service import Service
    from .specs import PageQuery
    from .worlds import InitialConfig, World, Worlds


T = TypeVar("T")


class NotFoundError(CoprFakeError):
    """An object in the path does not exist."""

    def __init__(self, name: str, existing: Collection[object]) -> None:
        super().__init__(checks.missing(name, existing))


@dataclass(frozen=True, slots=True)
class Setting:
    """What all calls share: the worlds, the initial state of new ones, and how to save, if the server saves."""

    worlds: Worlds
    initial: InitialConfig
    save: Callable[[Worlds], str] | None


@dataclass(frozen=True, slots=True)
class Call:
    """A control call.

    :param path: the decoded parameters in the path, such as a ``build_id``.
    :param sent: the body as it was sent, which distinguishes null from an omitted field.
    """

    setting: Setting
    world: World
    path: Mapping[str, str]
    sent: Mapping[str, object]

    @property
    def service(self) -> Service:
        return self.world.service

    @property
    def store(self) -> Store:
        return self.service.store

    @property
    def build(self) -> Build:
        """The build in the path.

        :raises NotFoundError: listing the existing ones.
        """
        builds = self.store.current_builds
        return builds[self.number("build", builds)]

    @property
    def chroot(self) -> BuildChroot:
        """The build chroot in the path.

        :raises NotFoundError: listing the existing ones.
        """
        build, name = self.build, self.path["chrootname"]
        chroot = build.get(name)
        if chroot is None:
            raise NotFoundError(f"chroot {checks.excerpt(name)} in build {build.id}", build.keys())
        return chroot

    def number(self, kind: str, existing: Collection[int]) -> int:
        """Return the id of an object of a kind in the path.

        :raises NotFoundError: listing the existing ones.
        """
        text = self.path[f"{kind}_id"]
        number = parse_digits(text)
        if number is None or number not in existing:
            raise NotFoundError(f"{kind} {checks.excerpt(text)}", existing)
        return number


@frozen()
class Operation:
    """An operation of the control API. The docstring of its function is the summary.

    The type hints of the function are those of its ``body`` and ``query``, if it has any, and of the response.

    :param path: its template, relative to ``/_fake``.
    :param has_optional_body: whether a missing body is equivalent to an empty object.
    :param creates: whether it creates something, and the status is 201.
    """

    method: str
    path: str
    run: Callable[..., object]
    has_optional_body: bool
    creates: bool

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The types of ``body`` and ``query``, if it takes any, and ``return``."""
        return get_type_hints(self.run, include_extras=True)


def operation(
    method: str, path: str, *, has_optional_body: bool = False, creates: bool = False
) -> Callable[[Callable[..., object]], Operation]:
    """Declare that a function is an operation; see :class:`Operation` for the parameters."""
    return lambda run: Operation(method, path, run, has_optional_body, creates)


def page(items: Iterable[T], query: PageQuery) -> list[T]:
    """Return the items on a page."""
    return list(islice(items, query.offset, query.offset + query.limit))


def latest(items: Sequence[T], query: PageQuery) -> Sequence[T]:
    """Return the items on a page, if pages are counted from the end."""
    end = max(len(items) - query.offset, 0)
    return items[max(end - query.limit, 0) : end]


def parse_digits(text: str) -> int | None:
    """Return the number that digits represent; ``None`` for other texts, and for 20 digits or more."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def select_builds(builds: Collection[Build], query: BuildFilter) -> Collection[Build]:
    """Return the selected builds in their order; without a filter, without a step for each."""
    found = builds
    if query.search is not None:
        text = query.search.casefold()
        found = [
            build
            for build in found
            if text == str(build.id) or text in f"{build.package or ''}\n{build.project.full_name}".casefold()
        ]
    if query.state is not None:
        found = [build for build in found if build.state is query.state]
    return found


def select_names(items: Collection[T], name: Callable[[T], str], search: str | None) -> Collection[T]:
    """Return the items whose name contains a text, in any case, in their order."""
    return items if search is None else [item for item in items if search.casefold() in name(item).casefold()]

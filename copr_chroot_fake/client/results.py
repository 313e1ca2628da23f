"""What the client gives back: the service's answers, typed; what it does not know it keeps in ``unknown``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timezone
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, TypeVar, cast, get_args, get_type_hints

from ..errors import InputError
from ..model.nevra import Nevra
from ..model.states import State
from ..validation import checks
from . import arguments

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json = Mapping[str, object]
T = TypeVar("T")
Read = Callable[[str, object], object]


@dataclass(frozen=True, slots=True)
class ChrootStatus:
    """How a build chroot is doing; times are Unix times in seconds.

    ``state`` is a :class:`~copr_chroot_fake.State`, or the plain text of one that this kit does not know.
    """

    name: str
    state: str
    started_on: int | None
    ended_on: int | None
    result_url: str | None
    unknown: Json = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether it has ended: succeeded, failed, canceled, skipped or forked."""
        return isinstance(self.state, State) and self.state.is_final

    @property
    def started_at(self) -> datetime | None:
        """``started_on`` as a time in UTC."""
        return _utc(self.started_on)

    @property
    def ended_at(self) -> datetime | None:
        """``ended_on`` as a time in UTC."""
        return _utc(self.ended_on)


@dataclass(frozen=True, slots=True)
class ChrootPage:
    """A page of a build's chroots, and how it was cut; ``limit`` is ``None`` where the service has no limit."""

    items: tuple[ChrootStatus, ...]
    limit: int | None
    offset: int
    order: str
    order_type: str
    unknown: Json = field(default_factory=dict)

    def __iter__(self) -> Iterator[ChrootStatus]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def next_offset(self) -> int | None:
        """Where the next page begins; ``None`` where this is known to be the last one, as one without items is."""
        if self.limit is None or len(self.items) < max(self.limit, 1):
            return None
        return self.offset + len(self.items)


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository that a build may install from."""

    id: str | None
    name: str | None
    baseurl: str | None
    priority: int | None = None
    module_hotfixes: bool | None = None
    repo_gpgcheck: bool | None = None
    unknown: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """The configuration of a chroot's build; ``memory_limit`` in MB, ``timeout`` in seconds.

    ``bootstrap`` and ``bootstrap_image`` are ``None`` where the service leaves them to its default.
    """

    repos: tuple[Repo, ...] = ()
    additional_repos: tuple[str, ...] = ()
    additional_packages: tuple[str, ...] = ()
    with_opts: tuple[str, ...] = ()
    without_opts: tuple[str, ...] = ()
    memory_limit: int | None = None
    timeout: int | None = None
    enable_net: bool | None = None
    is_background: bool | None = None
    bootstrap: str | None = None
    bootstrap_image: str | None = None
    unknown: Json = field(default_factory=dict)

    @property
    def repo_urls(self) -> tuple[str, ...]:
        """The addresses of the repositories, in order."""
        return tuple(repo.baseurl for repo in self.repos if repo.baseurl is not None)


@dataclass(frozen=True, slots=True)
class BuiltPackage(Nevra):
    """A package that came out; prints as its NEVRA."""

    unknown: Json = field(default_factory=dict)

    # A dataclass does not take over how its base prints.
    __str__ = Nevra.__str__


def read_chroot(place: str, document: object) -> ChrootStatus:
    read: dict[str, Read] = {"name": _name, "state": _state, "started_on": _unix_time, "ended_on": _unix_time}
    return _read(ChrootStatus, place, document, **read)


def read_page(place: str, document: object) -> ChrootPage:
    page = checks.mapping(place, document)
    meta = checks.mapping("meta", page.get("meta"))
    return _read(ChrootPage, place, {**meta, "items": page.get("items")}, items=_each(read_chroot))


def read_config(place: str, document: object) -> BuildConfig:
    lists = ("additional_repos", "additional_packages", "with_opts", "without_opts")
    return _read(BuildConfig, place, document, repos=_each(_read_repo), **dict.fromkeys(lists, _each(_text)))


def read_packages(place: str, document: object) -> tuple[BuiltPackage, ...]:
    packages = checks.mapping(place, document).get("packages")
    return tuple(checks.each("packages", checks.items("packages", packages), _read_package))


def _read_repo(place: str, document: object) -> Repo:
    return _read(Repo, place, document)


def _read_package(place: str, document: object) -> BuiltPackage:
    return _read(BuiltPackage, place, document)


def _state(place: str, value: object) -> State | str:
    text = _text(place, value)
    return State(text) if text in State._value2member_map_ else text


def _name(place: str, value: object) -> str:
    """A name by which the chroot can be requested."""
    return arguments.name(place, _text(place, value))


def _unix_time(place: str, value: object) -> int | None:
    if value is None:
        return None
    seconds = cast(int, _of_type(int, place, value))
    if not 0 <= seconds <= _LATEST:
        raise InputError(place, f"{checks.shown(value)} is no time from 1970 to 9999")
    return seconds


def _text(place: str, value: object) -> str:
    return cast(str, _of_type(str, place, value))


def _each(read: Read) -> Read:
    return lambda place, value: tuple(checks.each(place, checks.items(place, value), read))


_LATEST = 253_402_300_799
"""The end of the year 9999, after which Python has no times."""

_LARGEST_NUMBER = 2**63 - 1
"""Of the numbers that JSON can say, no service stores larger ones, and Python does not even print all of them."""


def _read(kind: Callable[..., T], place: str, document: object, **read: Read) -> T:
    """A JSON object: each field by its own reader in ``read``, else of its type; the rest of it is ``unknown``.

    :raises InputError: naming what is missing or not possible; what is null counts as missing.
    """
    unknown = dict(checks.mapping(place, document))
    known = {}
    for name, expected, has_default in _fields(kind):
        value = unknown.pop(name, None)
        if value is None and has_default:
            continue
        at = checks.dotted(place, name)
        known[name] = read[name](at, value) if name in read else _of_type(expected, at, value)
    return kind(**known, unknown=unknown)


def _of_type(expected: type | UnionType, place: str, value: object) -> object:
    # In Python true and false are whole numbers, too.
    is_other = isinstance(value, bool) and bool not in (expected, *get_args(expected))
    if is_other or not isinstance(value, expected):
        raise InputError(place, "missing" if value is None else f"{checks.shown(value)} is not possible")
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
        raise InputError(place, f"{checks.shown(value)} is not possible")
    return value


@cache
def _fields(kind: Callable[..., object]) -> Sequence[tuple[str, type | UnionType, bool]]:
    """The name and the type of each field but ``unknown``, and whether it has a default."""
    types = get_type_hints(kind)
    known = (each for each in fields(cast("type[DataclassInstance]", kind)) if each.name != "unknown")
    return [(each.name, types[each.name], each.default is not MISSING) for each in known]


def _utc(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=timezone.utc)

"""The results of the client's calls. Fields that this version does not know are in ``unknown``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timezone
from functools import cache, partial
from types import UnionType
from typing import TYPE_CHECKING, TypeVar, cast, get_args, get_type_hints

from ..errors import InputError
from ..model.nevra import Nevra
from ..model.states import State
from ..validation import checks

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json = Mapping[str, object]
T = TypeVar("T")
Parser = Callable[[str, object], object]


@dataclass(frozen=True, slots=True)
class ChrootStatus:
    """The status of a build chroot; times are Unix times in seconds.

    ``state`` is a :class:`~copr_chroot_fake.State`, or a plain string if this kit does not know the state.
    """

    name: str
    state: str
    started_on: int | None
    ended_on: int | None
    result_url: str | None
    unknown: Json = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether the chroot has ended: succeeded, failed, canceled, skipped or forked."""
        return isinstance(self.state, State) and self.state.is_final

    @property
    def started_at(self) -> datetime | None:
        """``started_on`` as an aware datetime in UTC."""
        return _utc(self.started_on)

    @property
    def ended_at(self) -> datetime | None:
        """``ended_on`` as an aware datetime in UTC."""
        return _utc(self.ended_on)


@dataclass(frozen=True, slots=True)
class ChrootPage:
    """A page of a build's chroots; ``limit`` is ``None`` if the service sets no limit."""

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
        """The offset of the next page; ``None`` if this page is the last."""
        if self.limit is None or len(self.items) < max(self.limit, 1):
            return None
        return self.offset + len(self.items)


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository that a build installs packages from."""

    id: str | None
    name: str | None
    baseurl: str | None
    priority: int | None = None
    module_hotfixes: bool | None = None
    repo_gpgcheck: bool | None = None
    unknown: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildConfig:
    """The build configuration of a chroot; ``memory_limit`` in MB, ``timeout`` in seconds.

    ``bootstrap`` and ``bootstrap_image`` are ``None`` for the service's default.
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
        """The URLs of the repositories, in order."""
        return tuple(repo.baseurl for repo in self.repos if repo.baseurl is not None)


@dataclass(frozen=True, slots=True)
class BuiltPackage(Nevra):
    """A built package; ``str()`` returns its NEVRA."""

    unknown: Json = field(default_factory=dict)

    # The dataclass decorator does not inherit it.
    __str__ = Nevra.__str__


def parse_chroot(location: str, document: object) -> ChrootStatus:
    time = checks.optional(checks.unix_time)
    return _parse(ChrootStatus, location, document, name=checks.text, state=_state, started_on=time, ended_on=time)


def parse_page(location: str, document: object) -> ChrootPage:
    page = checks.mapping(location, document)
    meta = checks.mapping("meta", page.get("meta"))
    return _parse(ChrootPage, location, {**meta, "items": page.get("items")}, items=_each(parse_chroot))


def parse_config(location: str, document: object) -> BuildConfig:
    lists = ("additional_repos", "additional_packages", "with_opts", "without_opts")
    return _parse(
        BuildConfig, location, document, repos=_each(partial(_parse, Repo)), **dict.fromkeys(lists, _each(_text))
    )


def parse_packages(location: str, document: object) -> tuple[BuiltPackage, ...]:
    packages = checks.mapping(location, document).get("packages")
    return tuple(checks.each("packages", checks.items("packages", packages), partial(_parse, BuiltPackage)))


def _state(location: str, value: object) -> State | str:
    text = _text(location, value)
    try:
        return State(text)
    except ValueError:
        return text


def _text(location: str, value: object) -> str:
    return cast(str, _of_type(str, location, value))


def _each(parse: Parser) -> Parser:
    return lambda location, value: tuple(checks.each(location, checks.items(location, value), parse))


def _parse(kind: Callable[..., T], location: str, document: object, **parsers: Parser) -> T:
    """Parse a JSON object: each field with its parser, or else by its type; other keys go into ``unknown``.

    :raises InputError: for a missing or invalid value; null counts as missing.
    """
    unknown = dict(checks.mapping(location, document))
    known = {}
    for name, expected, has_default in _fields(kind):
        value = unknown.pop(name, None)
        if value is None and has_default:
            continue
        field_location = checks.dotted(location, name)
        known[name] = (
            parsers[name](field_location, value) if name in parsers else _of_type(expected, field_location, value)
        )
    return kind(**known, unknown=unknown)


def _of_type(expected: type | UnionType, location: str, value: object) -> object:
    # bool is a subclass of int.
    is_other = isinstance(value, bool) and bool not in (expected, *get_args(expected))
    if is_other or not isinstance(value, expected):
        raise InputError(location, "missing" if value is None else f"{checks.excerpt(value)} is not valid")
    return value


@cache
def _fields(kind: Callable[..., object]) -> Sequence[tuple[str, type | UnionType, bool]]:
    """Return name, type and whether there is a default, for each field except ``unknown``."""
    types = get_type_hints(kind)
    known = (each for each in fields(cast("type[DataclassInstance]", kind)) if each.name != "unknown")
    return [(each.name, types[each.name], each.default is not MISSING) for each in known]


def _utc(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=timezone.utc)

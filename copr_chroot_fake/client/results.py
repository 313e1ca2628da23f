"""The results of the client's calls. Fields that this version does not know are in ``unknown``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

from ..model.nevra import Nevra
from ..model.states import State
from ..validation import checks
from ..validation.checks import Text, UnixTime, WholeNumber
from ..validation.rule import Rule, frozen
from ..validation.spec import fields_of, parse

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json = Mapping[str, object]
ResultT = TypeVar("ResultT", bound="DataclassInstance")

_Integer = Annotated[int, checks.integers(-checks.LARGEST_INTEGER)]


def parse_result(kind: type[ResultT], location: str, document: object) -> ResultT:
    """Parse a JSON object; unknown keys go into ``unknown``.

    :raises InputErrors: for missing and invalid values; null counts as missing.
    """
    unknown = dict(checks.mapping(location, document))
    known = {name: unknown.pop(name) for name in fields_of(kind) if name in unknown and name != "unknown"}
    return replace(parse(kind, location, known), unknown=unknown)


def _parse_state(location: str, value: object) -> State | str:
    text = checks.any_text(location, value)
    try:
        return State(text)
    except ValueError:
        return text


_StateText = Annotated[str, Rule(_parse_state)]


@frozen()
class ChrootStatus:
    """The status of a build chroot; times are Unix times in seconds.

    ``state`` is a :class:`~copr_chroot_fake.State`, or a plain string if this kit does not know the state.
    """

    name: Text
    state: _StateText
    started_on: UnixTime | None = None
    ended_on: UnixTime | None = None
    result_url: str | None = None
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


_Chroot = Annotated[ChrootStatus, Rule(partial(parse_result, ChrootStatus))]


@frozen()
class ChrootPage:
    """A page of a build's chroots; ``limit`` is ``None`` if the service sets no limit."""

    items: tuple[_Chroot, ...]
    offset: _Integer
    order: str
    order_type: str
    limit: WholeNumber | None = None
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


@frozen()
class Repo:
    """A repository that a build installs packages from."""

    id: str | None = None
    name: str | None = None
    baseurl: str | None = None
    priority: _Integer | None = None
    module_hotfixes: bool | None = None
    repo_gpgcheck: bool | None = None
    unknown: Json = field(default_factory=dict)


_Repo = Annotated[Repo, Rule(partial(parse_result, Repo))]


@frozen()
class BuildConfig:
    """The build configuration of a chroot; ``memory_limit`` in MB, ``timeout`` in seconds.

    ``bootstrap`` and ``bootstrap_image`` are ``None`` for the service's default.
    """

    repos: tuple[_Repo, ...] = ()
    additional_repos: tuple[str, ...] = ()
    additional_packages: tuple[str, ...] = ()
    with_opts: tuple[str, ...] = ()
    without_opts: tuple[str, ...] = ()
    memory_limit: WholeNumber | None = None
    timeout: WholeNumber | None = None
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


@frozen()
class _Packages:
    """The packages built in a chroot."""

    packages: tuple[Annotated[BuiltPackage, Rule(partial(parse_result, BuiltPackage))], ...]
    unknown: Json = field(default_factory=dict)


parse_chroot = partial(parse_result, ChrootStatus)
parse_config = partial(parse_result, BuildConfig)


def parse_page(location: str, document: object) -> ChrootPage:
    page = checks.mapping(location, document)
    return parse_result(ChrootPage, location, {**checks.mapping("meta", page.get("meta")), "items": page.get("items")})


def parse_packages(location: str, document: object) -> tuple[BuiltPackage, ...]:
    return parse_result(_Packages, location, document).packages


def _utc(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=timezone.utc)

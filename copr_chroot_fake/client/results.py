"""What the client gives back: the service's answers, typed; what it does not know it keeps in ``unknown``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TypeVar, cast

from ..builds.nevra import Nevra
from ..states import State

Json = Mapping[str, object]
T = TypeVar("T")


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
        """Where the next page begins; ``None`` where this is known to be the last one."""
        if self.limit is None or len(self.items) < self.limit:
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


def read_chroot(document: Json) -> ChrootStatus:
    known, unknown = _split(document, ("name", "state", "started_on", "ended_on", "result_url"))
    state = str(known["state"])
    known["state"] = State(state) if state in State._value2member_map_ else state
    return _made(ChrootStatus, known, unknown)


def read_page(document: Json) -> ChrootPage:
    known, unknown = _split(cast(Json, document["meta"]), ("limit", "offset", "order", "order_type"))
    known["items"] = tuple(read_chroot(item) for item in cast("list[Json]", document["items"]))
    return _made(ChrootPage, known, unknown)


def read_config(document: Json) -> BuildConfig:
    lists = ("additional_repos", "additional_packages", "with_opts", "without_opts")
    plain = ("memory_limit", "timeout", "enable_net", "is_background", "bootstrap", "bootstrap_image")
    known, unknown = _split(document, ("repos", *lists, *plain))
    for name in lists:
        known[name] = tuple(cast("list[str] | None", known.get(name)) or ())
    known["repos"] = tuple(_read_repo(repo) for repo in cast("list[Json] | None", known.get("repos")) or ())
    return _made(BuildConfig, known, unknown)


def _read_repo(document: Json) -> Repo:
    names = ("id", "name", "baseurl", "priority", "module_hotfixes", "repo_gpgcheck")
    known, unknown = _split(document, names)
    return _made(Repo, {"id": None, "name": None, "baseurl": None, **known}, unknown)


def read_packages(document: Json) -> tuple[BuiltPackage, ...]:
    packages = []
    for entry in cast("list[Json]", document["packages"]):
        known, unknown = _split(entry, ("name", "epoch", "version", "release", "arch"))
        packages.append(_made(BuiltPackage, known, unknown))
    return tuple(packages)


def _split(document: Json, names: tuple[str, ...]) -> tuple[dict[str, object], dict[str, object]]:
    known = {name: document[name] for name in names if name in document}
    return known, {name: value for name, value in document.items() if name not in known}


def _made(kind: Callable[..., T], known: Mapping[str, object], unknown: Json) -> T:
    return kind(**known, unknown=unknown)


def _utc(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=timezone.utc)

"""What has been answered about builds: all that a scenario is made of, as it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..client.results import BuiltPackage, ChrootStatus
from .parsing import Json


class Sighting(NamedTuple):
    """How a chroot was doing when somebody looked, at a Unix time."""

    at: int
    status: ChrootStatus


class Details(NamedTuple):
    """What is only asked for chroot by chroot; a configuration of ``None`` is one that the service fails to give."""

    config: Json | None
    packages: tuple[BuiltPackage, ...]


class ChrootAnswers(NamedTuple):
    """A chroot as it was seen, each time that it had changed, and the latest details."""

    sightings: tuple[Sighting, ...]
    details: Details

    @property
    def first(self) -> ChrootStatus:
        return self.sightings[0].status

    @property
    def last(self) -> ChrootStatus:
        return self.sightings[-1].status

    @property
    def result_url(self) -> str | None:
        """The latest that there was, as one that is built again loses it meanwhile."""
        urls = [sighting.status.result_url for sighting in self.sightings if sighting.status.result_url]
        return urls[-1] if urls else None


class BuildAnswers(NamedTuple):
    """A build, and its chroots by name in the order of the list.

    :param seen_at: when it was first looked at, as a Unix time.
    :param build: what ``/build/<id>`` answers first, where it does.
    :param source: what ``/build/source-chroot/<id>`` answers, where it does.
    :param canceled_at: when it was first seen to be canceled, if that was while it was watched.
    :param gone_at: when it was first seen to be gone.
    """

    id: int
    chroots: Mapping[str, ChrootAnswers]
    seen_at: int = 0
    build: Json | None = None
    source: Json | None = None
    canceled_at: int | None = None
    gone_at: int | None = None

    @property
    def is_canceled(self) -> bool:
        """Whether it was canceled already when it was first seen."""
        return self.build is not None and self.build.get("state") == "canceled"


class Answers(NamedTuple):
    """All that was read, from a Unix time on.

    :param projects: what ``/project`` answers, by full name, where it does.
    :param mock_chroots: the chroots that the service knows, in its order, where it says so.
    """

    begun: int
    builds: tuple[BuildAnswers, ...]
    projects: Mapping[str, Json]
    mock_chroots: tuple[str, ...] = ()

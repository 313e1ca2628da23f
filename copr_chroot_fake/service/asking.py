"""What one request asks, and what every endpoint takes out of it in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..builds.build import Build
from ..builds.store import Store
from .answers import CATCH_ALL, Refusal
from .headers import RawHeaders
from .query import cast_integer
from .routes import Match


class Asking(NamedTuple):
    """A request that has found its route.

    :param counts: whether somebody sees the answer, which makes it a poll.
    """

    store: Store
    default_limit: int | None
    method: str
    found: Match
    arguments: Mapping[str, str]
    headers: RawHeaders
    counts: bool


class Shown(NamedTuple):
    """A body, the build chroots that it is about, each as the API shows it, and headers beside the usual ones."""

    body: bytes
    chroots: Sequence[bytes] = ()
    headers: tuple[tuple[str, str], ...] = ()


def require(name: str, sent: str | int | None) -> str | int:
    """An argument that has to be there."""
    if sent is None:
        raise Refusal(400, f"Missing argument {name}")
    return sent


def build_asked(asking: Asking) -> tuple[str | int, Build | None]:
    """What was sent for a build, and the build, if there is one."""
    sent = require("build_id", asking.found.build_asked(asking.arguments))
    build_id = cast_integer(sent)
    return sent, None if build_id is None else asking.store.find_build(build_id)


def no_such_build(sent: str | int) -> Refusal:
    return impossible_text(sent) or Refusal(404, f"Build {sent} does not exist.")


def impossible_text(sent: str | int) -> Refusal | None:
    """The database's driver takes no text with a NUL in it, which the service does not expect."""
    return Refusal(500, CATCH_ALL) if "\0" in str(sent) else None

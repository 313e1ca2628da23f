"""A request to a fake as tests see it: what was asked, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..model.states import State
from ..validation import checks
from ..wire.routes import EndpointName
from ..wire.target import parse_target
from .log import Record


class Request(NamedTuple):
    """A request and what became of it.

    :param endpoint: which endpoint was asked, ``None`` where there is none.
    :param build_id: the build that was meant, ``None`` where what was sent is no number of one.
    :param arguments: all arguments of the query, as sent.
    :param status: the answer's; 0 where a fault has kept any from coming.
    :param at: when it was, on the fake's clock (Unix time).
    :param matched: whether what was asked for is, or has been, there.
    """

    method: str
    target: str
    endpoint: EndpointName | None
    build_id: int | None
    chrootname: str | None
    arguments: Mapping[str, str]
    status: int
    at: float
    matched: bool
    shown: Sequence[bytes] = ()
    """The build chroots that the answer was about, as the API shows them."""
    fault: int | None = None
    """The id of the fault that hit it."""
    number: int = 0
    """Its number among all that the fake was ever asked, from 1."""

    @property
    def saw(self) -> dict[str, State]:
        """The states that the answer was about, by chroot."""
        return dict(map(_name_and_state, self.shown))

    def __str__(self) -> str:
        saw = ", ".join(f"{name} {state}" for name, state in map(_name_and_state, self.shown[:3]))
        more = f" and {len(self.shown) - 3} more" if len(self.shown) > 3 else ""
        what = self.status or "no answer"
        why = "" if self.fault is None else f" by fault {self.fault}"
        asked = f"{checks.shortened(self.method)} {checks.shortened(self.target, 1000)}"
        return f"{asked} -> {what}{why}{f' ({saw}{more})' if saw else ''} at {self.at:.10g}"


# Most requests show what an earlier one has shown.
@lru_cache(maxsize=4096)
def _name_and_state(shown: bytes) -> tuple[str, State]:
    document = json.loads(shown)
    return document["name"], State(document["state"])


def names_shown(record: Record) -> tuple[str, ...]:
    """The names of the chroots that an answer was about."""
    return tuple([_name_and_state(shown)[0] for shown in record[5]])


def read_request(record: Record, has_results: bool) -> Request:
    """Read a request out of its entry in the log."""
    method, target, status, at, matched, shown, fault, number = record
    parsed = parse_target(target, has_results)
    return Request(
        method=method,
        target=target,
        endpoint=parsed.endpoint,
        build_id=parsed.build_id,
        chrootname=parsed.chrootname,
        arguments=parsed.arguments,
        status=status,
        at=at,
        matched=matched,
        shown=shown,
        fault=fault,
        number=number,
    )

"""What makes a build chroot go on to its next stage: polls, the clock, a call, or the first look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, cast, get_args

from ..errors import InputError
from ..validation import checks
from ..validation.errors import tried
from .states import State, StateName, parse_state

How = Literal["poll", "clock", "manual", "immediate"]


@dataclass(frozen=True)
class Progress:
    """How a chroot progresses.

    - ``poll``: each answer that shows it counts; after ``polls`` of them the next
      one shows the next stage. ``polls_in`` has other numbers for some states.
    - ``clock``: each stage ends when its time on the fake's clock is over.
    - ``manual``: only when told to.
    - ``immediate``: the first look sees the end.

    :raises InputError: naming what is impossible, such as numbers of polls where no polls count.
    """

    how: How
    polls: int = 1
    polls_in: Mapping[State, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "how", checks.one_of(get_args(How))("how", self.how))
        object.__setattr__(self, "polls", checks.positive("polls", self.polls))
        said = checks.mapping("polls_in", self.polls_in)
        states = {parse_state("polls_in", state): number for state, number in said.items()}
        read = {state: checks.positive(f"polls_in.{state}", number) for state, number in states.items()}
        object.__setattr__(self, "polls_in", read)
        if self.how != "poll" and (self.polls != 1 or read):
            name = "polls_in" if read else "polls"
            raise InputError(name, f"only 'poll' counts polls, not {self.how!r}; expected none")

    def polls_needed(self, state: State) -> int:
        return self.polls_in.get(parse_state("state", state), self.polls)


ProgressLike = Progress | How | Mapping[Literal["poll"], int | Mapping[StateName | Literal["other"], int]]
"""A progress, its name, or ``{"poll": 3}`` or ``{"poll": {"running": 3, "other": 2}}``."""

_OTHER = "other"


def read_progress(place: str, value: object) -> Progress:
    """A progress as it is written.

    :raises InputError: for a choice that there is not, listing those that there are.
    """
    if checks.is_kind(value, Progress):
        return value
    said = checks.mapping(place, value) if checks.is_mapping(value) else {}
    if [*map(checks.plain_text, said)] == ["poll"]:
        return _by_poll(f"{place}.poll", *said.values())
    if checks.plain_text(value) is None:
        raise InputError(
            place, f"expected one of {', '.join(get_args(How))}, or an object with poll, got {checks.shown(value)}"
        )
    return _named(checks.one_of(get_args(How))(place, value))


@cache
def _named(how: str) -> Progress:
    return Progress(cast(How, how))


def _by_poll(place: str, polls: object) -> Progress:
    if not checks.is_mapping(polls):
        return Progress("poll", checks.positive(place, polls))
    numbers = {checks.key(name): number for name, number in checks.mapping(place, polls).items()}
    other = tried(checks.positive, f"{place}.{_OTHER}", numbers.pop(_OTHER, 1), 1)
    polls_in = {
        tried(parse_state, place, state, State.UNKNOWN): tried(checks.positive, f"{place}.{state}", number, 1)
        for state, number in numbers.items()
    }
    return Progress("poll", other, polls_in)


def write_progress(progress: Progress) -> object:
    """What reads back to the same progress."""
    if progress.polls_in:
        return {
            "poll": {_OTHER: progress.polls, **{state.value: number for state, number in progress.polls_in.items()}}
        }
    return progress.how if progress.polls == 1 else {"poll": progress.polls}

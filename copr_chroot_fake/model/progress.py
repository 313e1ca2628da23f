"""What makes a build chroot advance to its next stage: polls, the clock, a call, or the first access."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from functools import cache
from typing import Annotated, ClassVar, Literal, cast, get_args

from ..errors import InputError
from ..validation import checks
from ..validation.checks import Positive
from ..validation.rule import Relation, Rule, Written, frozen
from ..validation.spec import parse_mapping, validate
from .states import State, StateName, StateValue, parse_state

ProgressMode = Literal["poll", "clock", "manual", "immediate"]


def _check_polls(spec: Progress) -> Iterable[tuple[str, str]]:
    if spec.mode != "poll" and (spec.polls != 1 or spec.polls_in):
        yield "polls_in" if spec.polls_in else "polls", f"only 'poll' counts polls, not {spec.mode!r}; expected none"


@frozen()
class Progress:
    """How a chroot advances.

    - ``poll``: each response that contains the chroot counts; after ``polls`` of them, the next response has the next
      stage. ``polls_in`` has other numbers for some states.
    - ``clock``: each stage ends when its time on the fake's clock is over.
    - ``manual``: only a call advances it.
    - ``immediate``: the first poll returns the final state.

    :raises InputErrors: for invalid values, or numbers of polls with a mode that does not count them.
    """

    mode: ProgressMode
    polls: Positive = 1
    polls_in: Mapping[StateValue, Positive] = field(default_factory=dict)
    _RELATIONS: ClassVar[tuple[object, ...]] = (Relation(("mode", "polls", "polls_in"), _check_polls),)

    def __post_init__(self) -> None:
        validate(self)

    def polls_needed(self, state: State) -> int:
        """Return how many responses show a state before the chroot leaves it."""
        return self.polls_in.get(parse_state("state", state), self.polls)


ProgressLike = Progress | ProgressMode | Mapping[Literal["poll"], int | Mapping[StateName | Literal["other"], int]]
"""A progress, its mode, or ``{"poll": 3}`` or ``{"poll": {"running": 3, "other": 2}}``."""

_OTHER = "other"


def parse_progress(location: str, value: object) -> Progress:
    """Return the progress of a mode, or of ``{"poll": …}``.

    :raises InputErrors: for an unknown mode, listing the known ones, or an invalid number of polls.
    """
    if checks.is_kind(value, Progress):
        return value
    entry = checks.mapping(location, value) if checks.is_mapping(value) else {}
    if [*map(checks.plain_text, entry)] == ["poll"]:
        return _by_poll(f"{location}.poll", *entry.values())
    if checks.plain_text(value) is None:
        expected = f"expected one of {', '.join(get_args(ProgressMode))}, or an object with poll"
        raise InputError(location, f"{expected}, got {checks.excerpt(value)}")
    return _of_mode(checks.one_of(get_args(ProgressMode))(location, value))


@cache
def _of_mode(mode: str) -> Progress:
    return Progress(cast(ProgressMode, mode))


def _by_poll(location: str, polls: object) -> Progress:
    if not checks.is_mapping(polls):
        return Progress("poll", checks.positive(location, polls))
    numbers = parse_mapping(_parse_key, checks.positive, location, polls)
    other = numbers.pop(_OTHER, 1)
    return Progress("poll", other, cast("Mapping[State, int]", numbers))


def _parse_key(location: str, value: object) -> str:
    return _OTHER if checks.plain_text(value) == _OTHER else parse_state(location, value)


def dump_progress(progress: Progress) -> object:
    """Return what parses back to the same progress."""
    if progress.polls_in:
        return {"poll": {_OTHER: progress.polls, **{state.value: polls for state, polls in progress.polls_in.items()}}}
    return progress.mode if progress.polls == 1 else {"poll": progress.polls}


@frozen(kw_only=True)
class _PollsObject:
    """After how many responses that show a state the next one shows what follows."""

    poll: Annotated[int, Rule(checks.positive), Written(Positive | Mapping[StateName | Literal["other"], Positive])]


ProgressValue = Annotated[Progress, Rule(parse_progress, dump_progress), Written(ProgressMode | _PollsObject)]

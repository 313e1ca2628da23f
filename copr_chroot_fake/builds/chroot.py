"""A build chroot: what it shows, the events that happen to it, and how it goes through its life.

Whatever is read of it is as of now: all that is due on the clock has happened
by then, in order, each thing at its own time.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from types import EllipsisType
from typing import TYPE_CHECKING, NamedTuple

from .. import checks
from ..errors import EventError, InputError
from ..lives.lifecycle import ABSENT, DELETED, PlannedStage
from ..lives.machine import (
    Event,
    Stamp,
    event_between,
    find_transition,
    possible_events,
    shortest_path,
)
from ..states import State, StateName
from . import made_up
from .events import ChrootEvents
from .nevra import Nevra, PackageLike, read_packages

if TYPE_CHECKING:
    from ..lives.life import Life
    from .build import Build


class Moment(NamedTuple):
    """All of a chroot that can change, as it was."""

    state: State
    started_on: int | None
    ended_on: int | None
    result_dir: str
    packages: tuple[Nevra, ...]
    life: Life | None


class BuildChroot(ChrootEvents):
    """One chroot of a build: its state, its times (Unix, seconds) and what came out.

    What can happen to it are the methods of :class:`~.events.ChrootEvents`.
    """

    __slots__ = (
        "_build",
        "_build_config",
        "_ended_on",
        "_name",
        "_packages",
        "_result_dir",
        "_result_url",
        "_started_on",
        "_state",
        "life",
        "rendered",
    )

    def __init__(
        self,
        build: Build,
        name: str,
        state: State,
        *,
        started_on: int | None = None,
        ended_on: int | None = None,
        result_dir: str = "",
        packages: tuple[Nevra, ...] = (),
        result_url: str | None = None,
        build_config: Mapping[str, object] | None = None,
        life: Life | None = None,
    ) -> None:
        self._build = build
        self._name = name
        self._state = state
        self._started_on = started_on
        self._ended_on = ended_on
        self._result_dir = result_dir
        self._packages = packages
        self._result_url = result_url
        self._build_config = build_config
        self.life = life
        """What it still goes through; ``None`` for one whose state is fixed."""
        self.rendered: bytes | None = None
        """What the API shows of it, kept until it changes."""

    @property
    def build(self) -> Build:
        return self._build

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> State:
        self.catch_up()
        return self._state

    @property
    def started_on(self) -> int | None:
        self.catch_up()
        return self._started_on

    @property
    def ended_on(self) -> int | None:
        self.catch_up()
        return self._ended_on

    @property
    def result_dir(self) -> str:
        """The name of the directory with the results; empty while there is none."""
        self.catch_up()
        return self._result_dir

    @property
    def packages(self) -> tuple[Nevra, ...]:
        self.catch_up()
        return self._packages

    @property
    def result_url(self) -> str | None:
        """Where the results are: as given, else as Copr derives it; ``None`` without a result directory."""
        self.catch_up()
        if self._result_url is not None:
            return self._result_url
        if not self._result_dir:
            return None
        return f"{self._build.results_url}/{self._name}/{self._result_dir}/"

    @property
    def given_result_url(self) -> str | None:
        return self._result_url

    @property
    def build_config(self) -> Mapping[str, object] | None:
        """The build configuration as given; ``None`` where it is derived."""
        return self._build_config

    @property
    def is_absent(self) -> bool:
        """Whether Copr does not know yet that the build has it."""
        return self.life is not None and self.life.stage.state == ABSENT

    def __repr__(self) -> str:
        return f"<BuildChroot {self._build.id} {self._name} {self._state}>"

    def report(
        self,
        state: State | StateName,
        *,
        at: int | None = None,
        result_dir: str | None = None,
        packages: Iterable[PackageLike] = (),
    ) -> bool:
        """What the backend reports, as Copr takes it; whether it does.

        Once a chroot has ended, a report changes no state, but one of an end
        still moves ``ended_on`` (from the recorded lives).
        """
        to = checks.state("state", state)
        with self._build.store.lock:
            self.catch_up()
            if not self._state.is_final:
                # Canceled is what the backend reports, though what was being built ends as failed.
                event = Event.CONFIRM_CANCEL if to is State.CANCELED else event_between(self._state, to)
                if event is None:
                    raise EventError(f"{self._described()}: the backend never reports {to} then")
                if find_transition(event, self._state, self._build.canceled) is None:
                    return False
                self._happen(event, at, result_dir=result_dir, packages=read_packages("packages", packages))
            elif self._build.canceled and to is State.STARTING:
                return False
            elif to in (State.SUCCEEDED, State.FAILED):
                self._ended_on = self._time(at)
                self.rendered = None
            return True

    def force_state(
        self,
        state: State | StateName,
        *,
        started_on: int | EllipsisType | None = ...,
        ended_on: int | EllipsisType | None = ...,
    ) -> None:
        """Put it into a state, possible or not, in which it then stays; what is not said is left as it is."""
        to = checks.state("state", state)
        start = self._started_on if isinstance(started_on, EllipsisType) else _optional_time("started_on", started_on)
        end = self._ended_on if isinstance(ended_on, EllipsisType) else _optional_time("ended_on", ended_on)
        with self._build.store.lock:
            self.catch_up()
            self._state, self._started_on, self._ended_on = to, start, end
            self.life = self.rendered = None

    def advance(self) -> State:
        """Go on to the next stage of its life; returns the state that it is in then.

        :raises EventError: if it is fixed, held, stuck or at its end.
        """
        with self._build.store.lock:
            self.catch_up()
            reason = self._reason_to_stay()
            if reason is not None:
                raise EventError(f"{self._described()}: {reason}")
            self._step()
            return self._state

    def run_to(self, state: State | StateName) -> None:
        """Go on until it is in a state: along its life if that gets there, else straight through the table.

        :raises EventError: if it cannot get there, or is held on the way.
        """
        to = checks.state("state", state)
        with self._build.store.lock:
            self.catch_up()
            if self.life is not None and any(stage.state == to for stage in self.life.plan[self.life.at :]):
                while self._state is not to or self.is_absent:
                    self.advance()
                return
            path = shortest_path(self._state, to)
            if path is None:
                raise EventError(f"{self._described()}: nothing leads from there to {to}")
            for event in path:
                self._happen(event, None)

    @property
    def can_advance(self) -> bool:
        self.catch_up()
        return self._reason_to_stay() is None

    def hold(self, state: State) -> None:
        """Stay in a state, once it gets there."""
        self.catch_up()
        if self.life is None or all(stage.state != state for stage in self.life.plan[self.life.at :]):
            raise EventError(f"{self._described()}: no life of it gets to {state}")
        self.life.held_in = state

    def release(self) -> None:
        """Go on; a stage whose time is over ends now."""
        if self.life is None or self.life.held_in is None:
            raise EventError(f"{self._described()}: it is not held")
        if self.life.due is not None and self.life.is_timed and self.life.is_held:
            self.life.due = max(self.life.due, self._build.store.clock.now())
        self.life.held_in = None

    # How it goes through its life; whoever calls these holds the store's lock.

    def look(self, counts: bool) -> None:
        """An answer shows it, which may count where it progresses by poll."""
        life = self.life
        if life is None:
            return
        if life.progress.how != "poll":
            self.catch_up()
            return
        if not counts:
            return
        if life.has_been_shown_enough and self._reason_to_stay() is None:
            self._step()
        life.looks += 1

    def catch_up(self) -> None:
        """Let everything happen that is due on the clock."""
        life = self.life
        if life is None or life.due is None or not life.is_timed:
            return
        store = self._build.store
        if life.due <= store.clock.now():
            with store.lock:
                now = store.clock.now()
                while life.due is not None and life.due <= now and not life.is_held and life is self.life:
                    self._step(life.due)

    def confirm_cancel_by(self, time: float) -> None:
        """Its build has been canceled, which the backend confirms by then."""
        if self.life is not None and not self._state.is_final:
            self.life.due = time if self.life.due is None else min(self.life.due, time)

    def moment(self) -> Moment:
        life = copy.copy(self.life)
        return Moment(self._state, self._started_on, self._ended_on, self._result_dir, self._packages, life)

    def restore(self, moment: Moment) -> None:
        self._state, self._started_on, self._ended_on, self._result_dir, self._packages, life = moment
        self.life = copy.copy(life)
        self.rendered = None

    def _reason_to_stay(self) -> str | None:
        life = self.life
        if life is None and self._state.is_final:
            return "that is the end of its life"
        if life is None:
            return "its state is fixed; use an event such as start() or fail()"
        if life.is_held:
            return "it is held there; release it first"
        if life.due is None and not self._build.canceled:
            return "it is stuck there; its life has no next stage"
        return None

    def _step(self, at: float | None = None) -> None:
        """Enter the next stage; at no said time, when it was due, or now if that has been."""
        life = self.life
        assert life is not None
        clock = self._build.store.clock
        now = at if at is not None else clock.now() if life.due is None else clock.reach(life.due)
        # By poll, its own time can be ahead of the clock, by which its build was canceled.
        now = max(now, self._latest)
        if self._build.canceled and not self._state.is_final and not self.is_absent:
            self._apply(Event.CONFIRM_CANCEL, int(now))
            self.life = None
        else:
            was_absent = self.is_absent
            self._enter(life.go_on(now), now, was_absent)
        if self.life is not None and life.following is None and self._state.is_final:
            self.life = None

    def _enter(self, stage: PlannedStage, now: float, was_absent: bool) -> None:
        if stage.canceled:
            self._build.mark_canceled(now)
        if stage.state == DELETED:
            self._build.remove()
        elif was_absent:
            self._state = State(stage.state)
            self.rendered = None
        elif stage.state != self._state:
            event = event_between(self._state, State(stage.state))
            assert event is not None, "a lifecycle is checked to follow the table"
            if event is Event.CONFIRM_CANCEL:
                self._build.mark_canceled(now)
            self._apply(event, int(now), without=stage.without)

    def _happen(
        self,
        event: Event,
        at: int | None,
        *,
        result_dir: str | None = None,
        packages: tuple[Nevra, ...] | None = None,
    ) -> None:
        """An event from outside, after which its life goes on from where that has led, if it has that at all."""
        with self._build.store.lock:
            self.catch_up()
            now = self._time(at)
            self._apply(event, now, result_dir=result_dir, packages=packages)
            if self.life is not None and (self._state.is_final or not self.life.move_to(self._state, now)):
                self.life = None

    def _apply(
        self,
        event: Event,
        now: int,
        *,
        result_dir: str | None = None,
        packages: tuple[Nevra, ...] | None = None,
        without: frozenset[Stamp] = frozenset(),
    ) -> None:
        transition = find_transition(event, self._state, self._build.canceled)
        if transition is None or self.is_absent:
            raise EventError(self._impossible(event))
        life = self.life
        for stamp in transition.stamps:
            if stamp in without:
                continue
            if stamp is Stamp.STARTED_ON:
                self._started_on = now
            elif stamp is Stamp.ENDED_ON:
                self._ended_on = now
            elif stamp is Stamp.RESULT_DIR:
                self._result_dir = result_dir or (life and life.result_dir) or self._build.result_dir
            elif stamp is Stamp.NO_RESULT_DIR:
                self._result_dir = ""
            elif packages is None:
                planned = None if life is None else life.packages
                self._packages = made_up.packages(self._name, self._build.package) if planned is None else planned
            else:
                self._packages = packages
        self._state = transition.target
        self.rendered = None

    def _time(self, at: int | None) -> int:
        """A time that is said, or now; never before what has been stamped already."""
        if at is None:
            return max(int(self._build.store.clock.now()), self._latest)
        if checks.unix_time("at", at) < self._latest:
            raise InputError(
                "at", f"{at} is before {self._latest}, when {self._name} last changed; expected a later time"
            )
        return at

    @property
    def _latest(self) -> int:
        return max(self._started_on or 0, self._ended_on or 0)

    def _described(self) -> str:
        state = "absent" if self.is_absent else self._state
        canceled = " in a canceled build" if self._build.canceled else ""
        return f"build {self._build.id}, {self._name} is {state}{canceled}"

    def _impossible(self, event: Event) -> str:
        possible = [] if self.is_absent else possible_events(self._state, self._build.canceled)
        return f"{self._described()}: {event} is not possible; possible: {', '.join(possible) or 'nothing'}"


_optional_time = checks.optional(checks.unix_time)

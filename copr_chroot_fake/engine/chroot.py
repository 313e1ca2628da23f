"""A build chroot as tests hold it: what it shows now, what can happen to it, and how to steer it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from functools import partial
from types import EllipsisType
from typing import TYPE_CHECKING

from ..errors import EventError, InputError
from ..model.machine import Event, event_between, find_transition, possible_events, shortest_path
from ..model.nevra import Nevra, PackageLike, read_packages
from ..model.states import State, StateName
from ..validation import checks
from .chroot_events import ChrootEvents
from .chroot_lifecycle import LivingChroot
from .interrupts import forget_changes_after, last_change

if TYPE_CHECKING:
    from .lifecycle_run import Life


class BuildChroot(LivingChroot, ChrootEvents):
    """One chroot of a build: its state, its times (Unix, seconds) and its packages.

    Everything is as of now: whatever was due on the clock has happened, in
    order, each thing at its own time. Its events are the methods of
    :class:`~.events.ChrootEvents`.
    """

    __slots__ = ()

    @property
    def state(self) -> State:
        """The state that the API shows now."""
        self.catch_up()
        return self._state

    @property
    def started_on(self) -> int | None:
        """When it started, as a Unix time; ``None`` before that, and where Copr never sets it."""
        self.catch_up()
        return self._started_on

    @property
    def ended_on(self) -> int | None:
        """When it ended, as a Unix time; ``None`` before that, and where Copr never sets it."""
        self.catch_up()
        return self._ended_on

    @property
    def result_dir(self) -> str:
        """The name of its result directory; empty while there is none."""
        self.catch_up()
        return self._result_dir

    @property
    def packages(self) -> tuple[Nevra, ...]:
        """The packages that were built; none before it has succeeded."""
        self.catch_up()
        return self._packages

    @property
    def result_url(self) -> str | None:
        """Where the results are: as given, else as Copr derives it; ``None`` without a result directory."""
        given = self.given.result_url
        result_dir = self.result_dir
        if given is not None or not result_dir:
            return given
        return f"{self._build.results_url}/{self._name}/{result_dir}/"

    @property
    def build_config(self) -> Mapping[str, object] | None:
        """A copy of the build configuration as given; ``None`` where it is derived."""
        return copy.deepcopy(self.given.build_config)

    @property
    def is_absent(self) -> bool:
        """Whether Copr does not know it yet."""
        self.catch_up()
        return self._is_absent

    def __repr__(self) -> str:
        return f"<BuildChroot {self._build.id} {self._name} {self.state}>"

    def report(
        self,
        state: State | StateName,
        *,
        at: int | None = None,
        result_dir: str | None = None,
        packages: Iterable[PackageLike] = (),
    ) -> bool:
        """Report a state, as the backend does; returns whether Copr accepts the report.

        Once a chroot has ended, a report changes no state, but one of an end
        still moves ``ended_on`` (from the recorded lives). No packages given
        means that there are none.

        :raises EventError: for a report that no backend makes in this state.
        :raises InputError: for an impossible value.
        """
        to = checks.state("state", state)
        said = _checked_result_dir(result_dir)
        built = read_packages("packages", packages)
        with self._build.store.lock:
            self.catch_up()
            now = self._time(at)
            if not self._state.is_final:
                # Canceled is what the backend reports, though what was being built ends as failed.
                event = Event.CONFIRM_CANCEL if to is State.CANCELED else event_between(self._state, to)
                if event is None:
                    raise EventError(f"{self.described()}: the backend never reports {to} then")
                if find_transition(event, self._state, self._build.is_canceled) is None:
                    return False
                self._happen(event, at, result_dir=said, packages=built)
            elif self._build.is_canceled and to is State.STARTING:
                return False
            elif to in (State.SUCCEEDED, State.FAILED):
                self.forget_rendered()
                self._ended_on = now
            return True

    def force_state(
        self,
        state: State | StateName,
        *,
        started_on: int | EllipsisType | None = ...,
        ended_on: int | EllipsisType | None = ...,
    ) -> None:
        """Put it into a state, possible or not, in which it stays; times that are not given stay as they are.

        :raises InputError: for what is no state or time, or an end before the start.
        """
        to = checks.state("state", state)
        with self._build.store.lock:
            self.catch_up()
            start = self._started_on if isinstance(started_on, EllipsisType) else _given_time("started_on", started_on)
            end = self._ended_on if isinstance(ended_on, EllipsisType) else _given_time("ended_on", ended_on)
            checks.end_after_start("ended_on", start, end)
            self._atomically(partial(self._force, to, start, end))

    def _force(self, state: State, started_on: int | None, ended_on: int | None) -> None:
        self._started_on, self._ended_on = started_on, ended_on
        self.life = None
        self.was_canceled = False
        self.put_into(state, int(self._build.store.clock.now()))

    def advance(self) -> State:
        """Go on to the next stage of its life; returns its new state.

        :raises EventError: if it is fixed, held, stuck or at its end.
        """
        with self._build.store.lock:
            self.catch_up()
            reason = self.reason_to_stay()
            if reason is not None:
                raise EventError(f"{self.described()}: {reason}")
            self.step()
            return self._state

    @property
    def possible_events(self) -> list[Event]:
        """The events that can happen to it now."""
        self.catch_up()
        return [] if self._is_absent else possible_events(self._state, self._build.is_canceled)

    @property
    def can_advance(self) -> bool:
        """Whether it is neither fixed, held nor stuck, nor at its end."""
        self.catch_up()
        return self.reason_to_stay() is None

    def run_to(self, state: State | StateName) -> None:
        """Go on until it is in a state: along its life if that gets there, else straight through the table.

        :raises EventError: if it cannot get there, or is held on the way; nothing has changed then.
        """
        to = checks.state("state", state)
        with self._build.store.lock:
            self.catch_up()
            # Its events can change the other chroots of the build, too.
            changes = self._build.store.changes
            saved, last = self._build.save(), last_change(changes)
            try:
                self._go_to(to)
            except BaseException:
                self._build.restore(saved)
                forget_changes_after(last, changes)
                raise

    def _go_to(self, to: State) -> None:
        ahead = () if self.life is None else self.life.plan[self.life.at :]
        if any(stage.state == to for stage in ahead):
            while self._is_absent or self._state is not to:
                self.advance()
            return
        path = None if self._is_absent else shortest_path(self._state, to)
        if path is None:
            raise EventError(f"{self.described()}: nothing leads from there to {to}")
        for event in path:
            self._happen(event, None)

    def finish(self) -> State:
        """Go on to the end of its life; returns its new state."""
        with self._build.store.lock:
            while self.can_advance:
                self.advance()
            return self._state

    def hold(self, state: State | StateName) -> None:
        """Stay in a state, once it gets there, until it is released.

        :raises EventError: if it has no life that gets there.
        """
        to = checks.state("state", state)
        with self._build.store.lock:
            if self.life is not None and self.life.how != "immediate":
                self.catch_up()
            if self.life is None or not self.life.gets_to(to):
                raise EventError(f"{self.described()}: no life of it gets to {to}")
            self._build.forget_rendered()
            self.life.held_in = to

    def release(self) -> None:
        """Let it go on; a stage whose time is over ends now. A chroot that has ended meanwhile needs no release.

        :raises EventError: if it lives and is not held.
        """
        with self._build.store.lock:
            self.catch_up()
            life = self.life
            if life is None:
                return
            if life.held_in is None:
                raise EventError(f"{self.described()}: it is not held")
            self._atomically(partial(self._release, life))

    def _release(self, life: Life) -> None:
        self._build.forget_rendered()
        if life.is_held and life.due is not None and life.how == "clock":
            life.due = max(life.due, self._build.store.clock.now())
        life.held_in = None

    def _happen(
        self,
        event: Event,
        at: int | None,
        *,
        result_dir: str | None = None,
        packages: tuple[Nevra, ...] | None = None,
    ) -> None:
        """Let an event from outside happen; its life goes on from there, if it has such a stage."""
        said = _checked_result_dir(result_dir)
        with self._build.store.lock:
            self.catch_up()
            self._atomically(partial(self._let_happen, event, self._time(at), said, packages))

    def _let_happen(self, event: Event, now: int, result_dir: str | None, packages: tuple[Nevra, ...] | None) -> None:
        quiet_until, cancellation = self._build.quiet_until, self._build.cancellation
        self.change(event, now, result_dir=result_dir, packages=packages)
        if self.life is not None and (self._state.is_final or not self.life.move_to(self._state, now)):
            self.life = None
        elif self.life is not None and self.life.stage.canceled:
            self._build.mark_canceled(now)
        self._build.only_changed(self, quiet_until, cancellation)

    def _time(self, at: int | None) -> int:
        """A time that is said, or now; never before what has been stamped already."""
        if at is None:
            return max(int(self._build.store.clock.now()), self.latest)
        checked = checks.unix_time("at", at)
        if checked < self.latest:
            raise InputError(
                "at", f"{checked} is before {self.latest}, when {self._name} last changed; expected a later time"
            )
        return checked


def _checked_result_dir(result_dir: str | None) -> str | None:
    return None if result_dir is None else checks.path_segment("result_dir", result_dir)


_given_time = checks.optional(checks.unix_time)

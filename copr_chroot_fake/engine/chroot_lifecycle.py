"""How a build chroot goes through its life: with each poll, by the clock, by hand, or at once.

Nothing runs in the background. Whoever looks at a chroot lets happen first what
is due; whoever calls what is here holds the store's lock.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..errors import EventError
from ..model.lifecycle import ABSENT, DELETED, PlannedStage
from ..model.machine import Event, Stamp, event_between, find_transition, stamps_of
from ..model.nevra import Nevra
from ..model.states import State
from .chroot_fields import ChrootRecord
from .interrupts import forget_changes_after, last_change

if TYPE_CHECKING:
    from .lifecycle_run import Life


class Moment(NamedTuple):
    """All of a chroot that can change, as it was."""

    state: State
    started_on: int | None
    ended_on: int | None
    result_dir: str
    packages: tuple[Nevra, ...]
    life: Life | None
    was_canceled: bool


class LivingChroot(ChrootRecord):
    """A chroot that goes on."""

    __slots__ = ()

    def begin(self, life: Life) -> None:
        """Begin to live, in the first stage of a life, as Copr would show it there."""
        self.life = life
        source_state = self._build.source_state
        if isinstance(life.stage.state, State):
            self._enter(life.stage, life.begun)
        # It tells what the source build does from the next stage on.
        self._build.source_state = source_state

    def go_on_with(self, life: Life) -> None:
        """Go on with a life in the stage that it is in already."""
        self.life = life
        if life.stage.canceled:
            self._build.mark_canceled(life.begun)

    def look(self, counts: bool) -> None:
        """An answer shows it, which may count where it progresses by poll."""
        life = self.life
        if life is None:
            return
        if life.how != "poll":
            self.catch_up()
        elif counts:
            if life.has_been_shown_enough and self.reason_to_stay() is None:
                self._atomically(self._step_and_count)
            else:
                life.count_look()

    @property
    def counts_polls(self) -> bool:
        """Whether one more poll can make a difference to it."""
        life = self.life
        if life is None or life.how != "poll":
            return False
        return not life.has_been_shown_enough or self.reason_to_stay() is None

    def catch_up(self) -> None:
        """Let everything happen that is due."""
        life, build = self.life, self._build
        if build.is_in_order:
            build.catch_up()
            return
        if life is None:
            return
        due, clock = life.due, build.store.clock
        if life.how == "clock" and due is not None and build.cancellation is None and due > clock.now():
            # What nearly every look finds, and the reason why looking is cheap.
            return
        with build.store.lock:
            now = clock.now()
            while self.is_due(now):
                self.step()

    def is_due(self, now: float) -> bool:
        """Whether it goes on by itself now."""
        life = self.life
        if life is None or life.how in ("poll", "manual"):
            return False
        due = self.due
        return due is not None and (due <= now or life.how == "immediate") and not life.is_held

    @property
    def due(self) -> float | None:
        """When its stage ends: when its time is over, or when the backend confirms that its build is canceled."""
        life = self.life
        return None if life is None else self._due_in(life)

    def _due_in(self, life: Life) -> float | None:
        confirmed_by = self._build.confirmed_by
        if confirmed_by is None or life.stage.canceled or self._state.is_final or self._is_absent:
            return life.due
        return confirmed_by if life.due is None else min(life.due, confirmed_by)

    @property
    def next_due(self) -> float:
        """When it goes on by itself, if nothing else happens to it; for ever never."""
        life = self.life
        if life is None or not life.is_timed or life.is_held:
            return math.inf
        due = self.due
        return math.inf if due is None else due

    @property
    def _is_absent(self) -> bool:
        life = self.life
        return life is not None and life.stage.state == ABSENT

    def reason_to_stay(self) -> str | None:
        """Why it cannot go on to a next stage now; ``None`` if it can."""
        life = self.life
        if self._state.is_final and (life is None or life.following is None):
            return "that is the end of its life"
        if life is None:
            return "its state is fixed; use an event such as start() or fail()"
        if life.is_held:
            return "it is held there; release it first"
        if self.due is None:
            return "it is stuck there; its life has no next stage"
        return None

    def step(self) -> None:
        """Enter the next stage: when it was due, or by poll and by hand when the clock can have reached that.

        A virtual clock not before it was due; the system's clock now.
        """
        self._atomically(self._step)

    def _step_and_count(self) -> None:
        life = self.life
        assert life is not None
        self._step()
        life.count_look()

    def _atomically(self, change: Callable[[], None]) -> None:
        """Make a change, and take back what there is of it if an exception comes in between."""
        build = self._build
        before, cancellation, source_state = self.moment(), build.cancellation, build.source_state
        last = last_change(build.store.changes)
        try:
            change()
        except BaseException:
            self.restore(before)
            build.cancellation, build.source_state = cancellation, source_state
            forget_changes_after(last, build.store.changes)
            raise

    def _step(self) -> None:
        build = self._build
        quiet_until, cancellation = build.quiet_until, build.cancellation
        build.forget_rendered()
        life, due, clock = self.life, self.due, build.store.clock
        assert life is not None
        assert due is not None
        is_on_time = life.how == "immediate" or (life.how == "clock" and due <= clock.now())
        now = max(due if is_on_time else clock.reach(due), self.latest)
        if self._build.is_canceled and not (self._state.is_final or self._is_absent or self._is_to_wait(life)):
            self.change(Event.CONFIRM_CANCEL, int(now))
            self.life = None
        else:
            self._enter(life.go_on(now), now)
            if self.life is not None and life.following is None and self._state.is_final:
                self.life = None
        build.only_changed(self, quiet_until, cancellation)

    def _is_to_wait(self, life: Life) -> bool:
        """Whether a life says next how long it takes to be confirmed that the build is canceled."""
        following = life.following
        if following is None or not following.canceled or not isinstance(following.state, State):
            return False
        event = event_between(self._state, following.state)
        is_possible = event is not None and find_transition(event, self._state, canceled=True) is not None
        return following.state is self._state or is_possible

    def _enter(self, stage: PlannedStage, now: float) -> None:
        if stage.state == DELETED:
            self._build.remove()
            return
        self._come_into(stage, now)
        if stage.canceled:
            # Only then: it may have started just before.
            self._build.mark_canceled(now)

    def _come_into(self, stage: PlannedStage, now: float) -> None:
        state = State(stage.state)
        was_there = self.life is not None and self.life.at > 0 and self.life.plan[self.life.at - 1].state != ABSENT
        if not was_there:
            stamps = [stamp for stamp in stamps_of(state) if stamp not in stage.without]
            self.stamp(state, stamps, int(now), self._planned_result_dir, self._planned_packages)
        elif state is not self._state:
            event = event_between(self._state, state)
            assert event is not None, "a lifecycle is checked to follow the table"
            if event is Event.CONFIRM_CANCEL:
                self._build.mark_canceled(now)
            self.change(event, int(now), without=stage.without)

    def change(
        self,
        event: Event,
        now: int,
        *,
        result_dir: str | None = None,
        packages: tuple[Nevra, ...] | None = None,
        without: frozenset[Stamp] = frozenset(),
    ) -> None:
        """Let an event happen, with what its life has planned for it where nothing else is said."""
        if self._is_absent:
            raise EventError(f"{self.described()}: {event} is not possible; possible: nothing")
        self.apply(
            event,
            now,
            result_dir=result_dir or self._planned_result_dir,
            packages=self._planned_packages if packages is None else packages,
            without=without,
        )

    @property
    def _planned_result_dir(self) -> str:
        return (self.life and self.life.result_dir) or self._build.result_dir

    @property
    def _planned_packages(self) -> tuple[Nevra, ...] | None:
        return None if self.life is None else self.life.packages

    def described(self) -> str:
        text = super().described()
        return text.replace(f"is {self._state}", "is absent") if self._is_absent else text

    def moment(self) -> Moment:
        return Moment(
            self._state,
            self._started_on,
            self._ended_on,
            self._result_dir,
            self._packages,
            copy.copy(self.life),
            self.was_canceled,
        )

    def restore(self, moment: Moment) -> None:
        self._state, self._started_on, self._ended_on, self._result_dir, self._packages, life, was_canceled = moment
        self.life = copy.copy(life)
        self.was_canceled = was_canceled
        self.forget_rendered()

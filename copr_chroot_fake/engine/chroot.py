"""A build chroot: its stored fields, how it goes through its lifecycle, and how tests control it.

Nothing runs in the background: reading a chroot makes everything happen that is due. Each transition
happens at its own time, in order.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import takewhile
from types import EllipsisType
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..errors import EventError, InputError
from ..excerpt import public_dir
from ..model.lifecycle import ABSENT, DELETED, PlannedStage
from ..model.machine import (
    Event,
    Stamp,
    event_between,
    find_transition,
    possible_events,
    shortest_paths,
    stamps_of,
)
from ..model.nevra import Nevra, PackageLike, parse_packages
from ..model.result_file import NO_RESULTS, parse_result
from ..model.source import UNFINISHED, UNIMPORTED
from ..model.states import State, StateName, parse_state
from ..model.task import chroot_task_ends, is_announced, is_rescheduled
from ..scenario.spec import OutcomeSpec
from ..validation import checks

if TYPE_CHECKING:
    from .build import Build
    from .lifecycle_run import LifecycleRun


class Overrides(NamedTuple):
    """Fields and files that are served as given instead of derived; ``None`` to derive a field."""

    result_url: str | None = None
    build_config: Mapping[str, object] | None = None
    results: Mapping[str, bytes] = NO_RESULTS
    copied: tuple[Nevra, ...] = ()
    """The packages that a fork has copied."""


NO_OVERRIDES = Overrides()


class Change(NamedTuple):
    """A build chroot came into a state, at a Unix time."""

    at: int
    build_id: int
    chrootname: str
    state: State


@dataclass(slots=True)
class ChrootData:
    """What a fake stores about a chroot, as of its last transition."""

    state: State
    started_on: int | None = None
    ended_on: int | None = None
    result_dir: str = ""
    packages: tuple[Nevra, ...] = ()
    overrides: Overrides = NO_OVERRIDES
    was_canceled: bool = False
    """Whether it failed because its build was canceled, which its state does not tell."""
    run: LifecycleRun | None = None
    """The rest of its lifecycle; ``None`` if its state is fixed or it has ended."""
    is_announced: bool | None = None
    """Whether its start needs no message anymore: it has one, or it is not the first attempt; derived by default."""

    def __post_init__(self) -> None:
        if self.is_announced is None:
            self.is_announced = is_announced(self.state, self.started_on)

    def __copy__(self) -> ChrootData:
        return replace(self, run=copy.copy(self.run))


class BuildChroot:
    """One chroot of a build: its state, its times and its packages, as of now.

    It is controlled by :meth:`report`, :meth:`advance`, :meth:`hold`, :meth:`release`, :meth:`set_state` and
    :meth:`add_result`.
    """

    __slots__ = ("_build", "_name", "_position", "rendered", "stored")

    def __init__(self, build: Build, name: str, stored: ChrootData) -> None:
        self._build = build
        self._name = name
        self._position = len(build.stored_chroots)
        """Its place among the chroots of its build."""
        self.stored = stored
        self.rendered: bytes | None = None
        """Its JSON document, cached until it changes."""

    @property
    def run(self) -> LifecycleRun | None:
        """The rest of its lifecycle; ``None`` if its state is fixed or it has ended."""
        return self.stored.run

    @property
    def _current(self) -> ChrootData:
        """What is stored about it, once everything that is due has happened."""
        self._build.store.catch_up()
        return self.stored

    @property
    def build(self) -> Build:
        return self._build

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> State:
        """The state that the API reports now."""
        return self._current.state

    @property
    def started_on(self) -> int | None:
        """Unix time of its start; ``None`` before that, and in states for which Copr never sets it."""
        return self._current.started_on

    @property
    def ended_on(self) -> int | None:
        """Unix time of its end; ``None`` before that, and in states for which Copr never sets it."""
        return self._current.ended_on

    @property
    def started_at(self) -> datetime | None:
        """:attr:`started_on` as a datetime in UTC."""
        return as_datetime(self.started_on)

    @property
    def ended_at(self) -> datetime | None:
        """:attr:`ended_on` as a datetime in UTC."""
        return as_datetime(self.ended_on)

    @property
    def result_dir(self) -> str:
        """The name of its result directory; empty while there is none."""
        return self._current.result_dir

    @property
    def packages(self) -> tuple[Nevra, ...]:
        """The packages that were built; none before it has succeeded."""
        return self._current.packages

    @property
    def files_of_packages(self) -> tuple[Nevra, ...]:
        """The packages in its result directory; a fork has copies of them, of which the API lists none."""
        return self.packages or self.overrides.copied

    @property
    def result_url(self) -> str | None:
        """The URL of its results: as given, else as Copr derives it; ``None`` without a result directory."""
        given = self.overrides.result_url
        result_dir = self.result_dir
        if given is not None or not result_dir:
            return given
        return f"{self._build.results_url}/{self._name}/{result_dir}/"

    @property
    def build_config(self) -> Mapping[str, object] | None:
        """A copy of the build configuration as given; ``None`` if it is derived."""
        return copy.deepcopy(self.overrides.build_config)

    @property
    def results(self) -> Mapping[str, bytes]:
        """The files that were added to its result directory, by name."""
        return self.overrides.results

    @property
    def held_in(self) -> State | None:
        """The state in which it is, or will be, held; ``None`` if it is not."""
        run = self._current.run
        return None if run is None else run.held_in

    @property
    def is_absent(self) -> bool:
        """Whether its build has no such chroot yet, as far as Copr's clients see."""
        self._build.store.catch_up()
        return self._is_absent

    @property
    def overrides(self) -> Overrides:
        return self.stored.overrides

    @property
    def stored_state(self) -> str:
        """Its state as of its last catch-up; ``absent`` if its build has no such chroot yet."""
        return ABSENT if self._is_absent else self.stored.state.value

    @property
    def default_announced(self) -> bool:
        """Whether a start is in its past, as far as its stored fields and its lifecycle tell."""
        run = self.stored.run
        was_running = run is not None and any(stage.state == State.RUNNING for stage in run.plan[: run.index])
        return was_running or is_announced(self.stored.state, self.stored.started_on)

    @property
    def last_time(self) -> int:
        """The latest time that is stored for it."""
        return max(self.stored.started_on or 0, self.stored.ended_on or 0)

    @property
    def possible_events(self) -> list[Event]:
        """The events that can happen to it now."""
        is_canceled = self._build.is_canceled
        return [] if self._is_absent else possible_events(self.stored.state, is_canceled)

    __dir__ = public_dir

    def __repr__(self) -> str:
        return f"<BuildChroot {self._build.id} {self._name} {self.state}>"

    # Control by hand.

    def report(
        self,
        state: State | StateName,
        *,
        at: int | None = None,
        result_dir: str | None = None,
        packages: Iterable[PackageLike] | None = None,
    ) -> bool:
        """Report a state as Copr's backend does; return whether Copr accepts the report.

        Its lifecycle continues from there, or ends if it has no such stage. Once the chroot has ended, a report
        changes no state, but reporting an end again moves ``ended_on``, as Copr's recordings show.

        :param at: Unix time of the report; now by default.
        :param result_dir: the name of its result directory; used when it starts.
        :param packages: used when it succeeds; ``None`` for plausible ones, ``()`` for none.
        :raises EventError: for a state that no backend reports, or if the chroot has not appeared.
        :raises InputError: for an invalid value, or a time before the chroot's last one.
        """
        to = parse_state("state", state)
        directory = None if result_dir is None else checks.path_segment("result_dir", result_dir)
        built = None if packages is None else parse_packages("packages", packages)
        with self._build.store.changing():
            now = self._time(at)
            is_canceled = self._build.confirmed_by is not None
            # Copr's backend reports a canceled chroot as canceled; Copr stores one that was running as failed.
            event = Event.CONFIRM_CANCEL if to is State.CANCELED else event_between(self.stored.state, to)
            if self._is_absent or (event is None and to not in _REPORTED):
                possible = ", ".join(self._reportable_states()) or "nothing"
                raise EventError(
                    f"{self.describe()}; the backend cannot report {to} in this state; possible: {possible}"
                )
            if event is not None and find_transition(event, self.stored.state, is_canceled) is not None:
                self._apply_event(event, now, directory, built)
                return True
            if to in (State.PENDING, State.CANCELED) or (is_canceled and to is State.STARTING):
                # There is nothing to reschedule or to confirm, or the build must not start.
                return to is State.CANCELED and self.stored.state.is_final
            self._store_report(to, now, directory, built)
            return True

    def _store_report(self, to: State, now: int, result_dir: str | None, packages: tuple[Nevra, ...] | None) -> None:
        """Store a report that comes late or out of order: Copr checks only that an ended chroot keeps its state."""
        self.forget_rendered()
        self.stored.result_dir = result_dir or self.stored.result_dir or self._planned_result_dir
        has_ended = self.stored.state in _ENDED
        if to is State.STARTING:
            self.stored.started_on = now
        elif to in (State.SUCCEEDED, State.FAILED):
            self.stored.ended_on = now
        if to is State.SUCCEEDED:
            default = () if has_ended else self._planned_packages or self._build.default_packages(self._name)
            self.stored.packages += default if packages is None else packages
        if not has_ended:
            self._enter_state(to, now)
            self.continue_from(now)

    def _reportable_states(self) -> list[State]:
        return [
            State.CANCELED if event is Event.CONFIRM_CANCEL else _target(event, self.stored.state)
            for event in self.possible_events
        ]

    def _apply_event(self, event: Event, now: int, result_dir: str | None, packages: tuple[Nevra, ...] | None) -> None:
        self._change(event, now, result_dir=result_dir, packages=packages)
        self.continue_from(now)

    def continue_from(self, now: float) -> None:
        """Let its lifecycle continue from the state that was reported, or end if it has no such stage."""
        run = self.stored.run
        if run is not None and (self.stored.state.is_final or not run.move_to_state(self.stored.state, now)):
            self.stored.run = None
        elif run is not None and run.stage.canceled:
            self._build.mark_canceled(now)
        self.schedule()

    # What its source build does to it.

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for the source package."""
        return self.stored.state in UNIMPORTED

    def wait_for_source(self, now: float) -> None:
        """Wait for the import of the source package, whatever state it is in; then its lifecycle continues."""
        if self.stored.state is State.WAITING and not self._is_absent:
            return
        if self.stored.run is not None and not self.stored.run.wait(now):
            self.stored.run = None
        self._enter_state(State.WAITING, int(now))

    def queue(self, outcome: OutcomeSpec, now: float) -> None:
        """Become pending, as the source package is imported; a chroot without a lifecycle gets that of its outcome."""
        # The remains of an earlier attempt are in no recording.
        self.stored.packages = ()
        if outcome.results:
            self.stored.overrides = self.overrides._replace(results={**outcome.results, **self.results})
        self._enter_state(State.PENDING, int(now))
        if self.stored.run is not None:
            self.continue_from(now)
        elif outcome.lifecycle is not None:
            self._build.start_run(self, outcome.lifecycle, outcome.packages, now)

    def fail_import(self, now: float) -> None:
        """Fail because the dist-git branch is missing; keep the timestamps."""
        self.end_unbuilt(State.FAILED, now, self.stored.started_on, self.stored.ended_on)

    def end_unbuilt(self, state: State, now: float, started_on: int | None, ended_on: int | None) -> None:
        """End without having been built, with the times of the source build."""
        self.stored.started_on, self.stored.ended_on = started_on, ended_on
        self._enter_state(state, int(now))
        self.stored.run = None

    def _time(self, at: int | None) -> int:
        """Return a given time, or now; never before the chroot's last time."""
        if at is None:
            return max(int(self._build.store.clock.now()), self.last_time)
        checked = checks.unix_time("at", at)
        if checked < self.last_time:
            raise InputError(
                "at", f"{checked} is before {self.last_time}, when {self._name} last changed; expected a later time"
            )
        return checked

    def advance(self, *, to: State | StateName | Literal["end"] | None = None) -> State:
        """Enter the next stage of its lifecycle; return the new state.

        :param to: advance on to this state: along the lifecycle if that has it, else by the fewest events that lead
            there; or to the ``"end"`` of the lifecycle, as far as it can.
        :raises EventError: if it is fixed, held, stuck or at its end, or cannot reach the state; nothing changes then.
        """
        is_end = to is not None and checks.plain_text(to) == _END
        state = None if to is None or is_end else parse_state("to", to)
        with self._build.store.changing():
            if state is not None:
                self._advance_to(state)
            elif not is_end:
                self._advance(self.advance_problem())
            while is_end and self.can_advance:
                self._advance(None)
            return self.stored.state

    def _advance(self, problem: str | None) -> None:
        if problem is not None:
            raise EventError(f"{self.describe()}: {problem}")
        self.enter_next_stage(self._build.store.clock.now())

    def _advance_to(self, state: State) -> None:
        if self.stored.run is not None and state in self.stored.run.states_ahead:
            self._advance_along(self.stored.run, state)
            return
        paths = {} if self._is_absent else shortest_paths(self.stored.state)
        if state not in paths:
            possible = ", ".join(to for to in paths if to is not self.stored.state) or "nothing"
            raise EventError(f"{self.describe()}, and cannot change to {state}; possible: {possible}")
        self._check_events(paths[state])
        for event in paths[state]:
            self._apply_event(event, self._time(None), None, None)

    def _advance_along(self, run: LifecycleRun, state: State) -> None:
        if not self._is_absent and self.stored.state is state:
            return
        problem = self.advance_problem() or self._problem_before(run, state)
        while self._is_absent or self.stored.state is not state:
            self._advance(problem)

    def _problem_before(self, run: LifecycleRun, state: State) -> str | None:
        """Return why its lifecycle would not go on to a state ahead; ``None`` if it would."""
        following = run.next_stage
        # One that is absent still appears; then its lifecycle ends like that of the others.
        appears = self._is_absent and following is not None and following.state == state
        if self._build.confirmed_by is not None and not (appears or self._plans_cancellation(run)):
            return "its build is canceled; its lifecycle ends at the next stage"
        before = takewhile(lambda stage: stage.state != state, run.plan[run.index + 1 :])
        is_held = any(stage.state == run.held_in for stage in before)
        return f"it will be held in {run.held_in}; release it first" if is_held else None

    def _check_events(self, events: Iterable[Event]) -> None:
        """:raises EventError: if the cancellation of the build makes one of the events impossible."""
        state, is_canceled = self.stored.state, self._build.confirmed_by is not None
        for event in events:
            transition = find_transition(event, state, is_canceled)
            if transition is None:
                possible = ", ".join(possible_events(state, is_canceled)) or "nothing"
                raise EventError(f"{self.describe()}: {event} is not possible; possible: {possible}")
            state = transition.target

    @property
    def can_advance(self) -> bool:
        """Whether it is neither fixed, held nor stuck, nor at its end."""
        self._build.store.catch_up()
        return self.advance_problem() is None

    def hold(self, state: State | StateName | None = None) -> None:
        """Stay in a state when it is reached, until :meth:`release`; by default in the current one.

        :raises EventError: if its lifecycle does not reach the state.
        """
        given = None if state is None else parse_state("state", state)
        with self._build.store.lock:
            run = self.stored.run
            if run is not None and (given is None or run.mode != "immediate"):
                self._build.store.catch_up()
                run = self.stored.run
            to = self.stored.state if given is None else given
            ahead = [] if run is None else run.states_ahead
            if run is None or to not in ahead:
                possible = ", ".join(dict.fromkeys(ahead)) or "nothing, as its state is fixed"
                raise EventError(f"{self.describe()}: its lifecycle does not reach {to}; possible: {possible}")
            run.held_in = to

    def release(self) -> None:
        """Let it continue; a stage whose time is over ends now. A chroot that has ended needs no release.

        :raises EventError: if it has a lifecycle and is not held.
        """
        with self._build.store.changing():
            run = self.stored.run
            if run is None:
                return
            if run.held_in is None:
                raise EventError(f"{self.describe()}: it is not held")
            if run.is_held and run.due is not None and run.mode == "clock":
                run.due = max(run.due, self._build.store.clock.now())
            run.held_in = None
            self.schedule()

    def set_state(
        self,
        state: State | StateName,
        *,
        started_on: int | EllipsisType | None = ...,
        ended_on: int | EllipsisType | None = ...,
    ) -> None:
        """Set a state, possible or not, in which it stays; times that are not given stay as they are.

        :raises InputError: for an invalid state or time, or an end before the start.
        """
        to = parse_state("state", state)
        with self._build.store.changing():
            start = (
                self.stored.started_on
                if isinstance(started_on, EllipsisType)
                else _optional_time("started_on", started_on)
            )
            end = self.stored.ended_on if isinstance(ended_on, EllipsisType) else _optional_time("ended_on", ended_on)
            if problem := checks.end_problem(start, end):
                raise InputError("ended_on", problem)
            self.stored.started_on, self.stored.ended_on = start, end
            self.stored.run = None
            self._build.reveal_package()
            self._enter_state(to, int(self._build.store.clock.now()))

    def add_result(self, name: str, content: str | bytes) -> None:
        """Add a file to its result directory, or replace the one that the fake generates.

        Logs that Copr writes during the build grow from its start on; other files exist from its end on. Logs are
        compressed at the end, as Copr's are.

        :raises InputError: for an invalid name or content.
        """
        added = parse_result(name, content)
        with self._build.store.lock:
            self.stored.overrides = self.overrides._replace(results={**self.results, **added})

    # Its lifecycle. Callers of functions that change it hold the store's lock.

    def start_lifecycle(self, run: LifecycleRun) -> None:
        """Start a lifecycle in its first stage, with the fields that Copr would have stored by then."""
        self.stored.run = run
        if isinstance(run.stage.state, State):
            self._enter_stage(run.stage, run.started_at)

    def resume_lifecycle(self, run: LifecycleRun) -> None:
        """Continue a lifecycle in the stage that the chroot is in already."""
        self.stored.run = run
        self.stored.is_announced = self.default_announced
        if run.stage.canceled:
            self._build.mark_canceled(run.started_at)

    def poll(self, counts: bool) -> None:
        """Note that a response shows it; ``counts`` says whether that is a poll, which can advance it."""
        if self.stored.run is None:
            return
        self._build.store.catch_up()
        run = self.stored.run
        if run is not None and run.mode == "poll" and counts:
            if run.has_enough_polls and self.advance_problem() is None:
                self.enter_next_stage(self._build.store.clock.now())
            run.count_poll()

    @property
    def order(self) -> tuple[float, int, int]:
        return self.due or 0, self._build.id, self._position

    def schedule(self) -> None:
        """Let it advance by itself when its stage is over."""
        if self.stored.run is not None and self._build.is_in_store:
            self._build.store.timeline.schedule(self)

    @property
    def due(self) -> float | None:
        """Unix time at which its stage ends: its time is over, or the backend confirms that its build is canceled."""
        run = self.stored.run
        return None if run is None else self._due_in(run)

    def _due_in(self, run: LifecycleRun) -> float | None:
        confirmed_by = self._build.confirmed_by
        if self._waits_for_import:
            return confirmed_by
        if confirmed_by is None or run.stage.canceled or self.stored.state.is_final or self._is_absent:
            return run.due
        return confirmed_by if run.due is None else min(run.due, confirmed_by)

    @property
    def next_due(self) -> float:
        """Unix time of the next automatic transition; ``inf`` if there is none, ``-inf`` if it does not wait."""
        run, due = self.stored.run, self.due
        if run is None or due is None or run.is_held or not (run.is_timed and self._build.is_in_store):
            return math.inf
        return -math.inf if run.mode == "immediate" else due

    @property
    def waits_for_reading(self) -> bool:
        """Whether it is immediate and cannot affect which chroots its build has: it can be held before it is read."""
        return self.stored.run is not None and self.stored.run.mode == "immediate" and not self._build.is_coupled

    @property
    def _is_absent(self) -> bool:
        run = self.stored.run
        return run is not None and run.stage.state == ABSENT

    @property
    def _waits_for_import(self) -> bool:
        """Whether it waits for the import of its source package, whatever its lifecycle."""
        source = self._build.source
        is_waiting = self.stored.state is State.WAITING and source.is_independent and source.stored_state in UNFINISHED
        return is_waiting and not self._is_absent

    def advance_problem(self) -> str | None:
        """Return why it cannot enter a next stage now; ``None`` if it can."""
        run = self.stored.run
        if self.stored.state.is_final and (run is None or run.next_stage is None):
            return "its lifecycle has ended"
        if run is None:
            return "its state is fixed; use report() or set_state()"
        if run.is_held:
            return "it is held; release it first"
        if self.due is None and self._waits_for_import:
            return "its source package is not imported; report that with report_import()"
        if self.due is None:
            return "it is stuck; its lifecycle has no next stage"
        return None

    def enter_next_stage(self, now: float) -> None:
        """Enter the next stage: at the time it was due, or by poll and by hand as soon as the clock allows.

        With a virtual clock that is not before it was due; with the system's clock it is now.
        """
        build, run, due = self._build, self.stored.run, self.due
        assert run is not None
        assert due is not None
        is_on_time = run.mode == "immediate" or (run.mode == "clock" and due <= now)
        at = max(due if is_on_time else build.store.clock.reach(due), self.last_time)
        is_canceled = build.confirmed_by is not None
        if is_canceled and not (self.stored.state.is_final or self._is_absent or self._plans_cancellation(run)):
            self._change(Event.CONFIRM_CANCEL, int(at))
            self.stored.run = None
        else:
            self._enter_stage(run.enter_next_stage(at), at)
            if self.stored.run is not None and run.next_stage is None and self.stored.state.is_final:
                self.stored.run = None
        self.forget_rendered()
        self.schedule()

    def _plans_cancellation(self, run: LifecycleRun) -> bool:
        """Return whether the next stage says how long the backend takes to confirm the cancellation."""
        following = run.next_stage
        if following is None or not following.canceled or not isinstance(following.state, State):
            return False
        event = event_between(self.stored.state, following.state)
        is_possible = event is not None and find_transition(event, self.stored.state, canceled=True) is not None
        return following.state is self.stored.state or is_possible

    def _enter_stage(self, stage: PlannedStage, now: float) -> None:
        if stage.state == DELETED:
            self._build.delete()
            return
        self._enter_state_of(stage, now)
        if stage.canceled:
            # After the transition, as it may have started just before.
            self._build.mark_canceled(now)

    def _enter_state_of(self, stage: PlannedStage, now: float) -> None:
        state = State(stage.state)
        run = self.stored.run
        had_state = run is not None and run.index > 0 and run.plan[run.index - 1].state != ABSENT
        if not had_state:
            stamps = [stamp for stamp in stamps_of(state) if stamp not in stage.without]
            self._stamp(state, stamps, int(now), int(now), self._planned_result_dir, self._planned_packages)
            self._build.reveal_package()
        elif state is not self.stored.state:
            event = event_between(self.stored.state, state)
            assert event is not None, "lifecycles are checked to follow the state machine"
            if event is Event.CONFIRM_CANCEL:
                self._build.mark_canceled(now)
            self._change(event, int(now), without=stage.without)

    # Its stored fields.

    def _change(
        self,
        event: Event,
        now: int,
        *,
        result_dir: str | None = None,
        packages: tuple[Nevra, ...] | None = None,
        without: frozenset[Stamp] = frozenset(),
    ) -> None:
        """Apply a possible event: the new state and its stamps; omitted stamps are those of its lifecycle."""
        is_canceled = self._build.confirmed_by is not None
        transition = None if self._is_absent else find_transition(event, self.stored.state, is_canceled)
        assert transition is not None, f"{self.describe()}: {event} is checked to be possible"
        stamps = [stamp for stamp in transition.stamps if stamp not in without]
        packages = self._planned_packages if packages is None else packages
        # What is never built started when its source build did.
        started_on = now if event is Event.START else self._build.source_started_on(now)
        self._stamp(transition.target, stamps, now, started_on, result_dir or self._planned_result_dir, packages)
        self.stored.was_canceled = event is Event.CONFIRM_CANCEL

    def _stamp(
        self,
        state: State,
        stamps: list[Stamp],
        now: int,
        started_on: int,
        result_dir: str,
        packages: tuple[Nevra, ...] | None,
    ) -> None:
        for stamp in stamps:
            if stamp is Stamp.STARTED_ON:
                self.stored.started_on = started_on
                if state.is_final:
                    # An older end is not that of the state; a chroot that only starts keeps it.
                    self.stored.ended_on = None
            elif stamp is Stamp.ENDED_ON:
                self.stored.ended_on = now
            elif stamp is Stamp.RESULT_DIR:
                self.stored.result_dir = result_dir
            elif stamp is Stamp.NO_RESULT_DIR:
                self.stored.result_dir = ""
            elif packages is None:
                self.stored.packages = self._build.default_packages(self._name)
            else:
                self.stored.packages = packages
        self._enter_state(state, now)

    def _enter_state(self, state: State, now: int) -> None:
        build = self._build
        # The first stage of a chroot that is being added is no change; the source build follows from the next one on.
        is_added = build.by_name.get(self._name) is self
        is_news = build.is_in_store and is_added
        if is_added and not build.source.is_independent:
            build.source.follow(self.stored.state, state, now)
        starts = state is State.RUNNING and not self.stored.is_announced
        if is_news and (starts or chroot_task_ends(self.stored.state, state)):
            build.announce(self._name, state, now, build.source.package.version)
        if starts or is_rescheduled(self.stored.state, state):
            self.stored.is_announced = True
        self.stored.state, self.stored.was_canceled = state, False
        self.forget_rendered()
        if build.is_in_store:
            build.store.changes.append(Change(now, build.id, self._name, state))

    @property
    def _planned_result_dir(self) -> str:
        return (self.stored.run and self.stored.run.result_dir) or self._build.result_dir

    @property
    def _planned_packages(self) -> tuple[Nevra, ...] | None:
        return None if self.stored.run is None else self.stored.run.packages

    def forget_rendered(self) -> None:
        """Drop its cached document, and that of its build."""
        self.rendered = None
        self._build.forget_rendered()

    def describe(self) -> str:
        """Return its build, name and state, for error messages."""
        canceled = "" if self._build.confirmed_by is None else " in a canceled build"
        state = "absent" if self._is_absent else self.stored.state
        return f"build {self._build.id}, {self._name} is {state}{canceled}"


_REPORTED = (State.PENDING, State.STARTING, State.RUNNING, State.SUCCEEDED, State.FAILED, State.CANCELED)
"""The states that the backend reports; it does not matter to Copr in which order."""

_ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELED)
"""The states that no report changes."""

_END = "end"


def _target(event: Event, state: State) -> State:
    transition = find_transition(event, state, canceled=False)
    assert transition is not None
    return transition.target


_optional_time = checks.optional(checks.unix_time)


def as_datetime(time: int | None) -> datetime | None:
    """Return a Unix time as a datetime in UTC."""
    return None if time is None else datetime.fromtimestamp(time, timezone.utc)

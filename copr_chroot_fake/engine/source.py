"""The source build of a build: it makes the source package, and the chroots wait for it.

That of a build which a scenario or a test describes follows its chroots. That of a submitted build advances first, and
Copr learns the name of the package and the chroots from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import EventError, InputError
from ..excerpt import public_dir
from ..model import defaults
from ..model.changelog import ChangelogEntry, parse_changelog
from ..model.lifecycle import UNBUILT_LIFECYCLES, Lifecycle, Plan
from ..model.nevra import Nevra
from ..model.progress import Progress
from ..model.project import SOURCES, SourcePackage
from ..model.result_file import NO_RESULTS, parse_result
from ..model.source import FAILING_SOURCE_PLAN, SOURCE_PLAN, UNBUILT, UNFINISHED, SourceType, source_state_after
from ..model.states import State
from ..model.task import is_announced, is_rescheduled, source_task_ends
from ..scenario.spec import OutcomeSpec
from ..sources.reading import NOT_UPLOADED, Reading, read_source
from ..validation import checks
from .lifecycle_run import LifecycleRun

if TYPE_CHECKING:
    from .build import Build

_REPORTED = (State.STARTING, State.RUNNING, State.SUCCEEDED, State.FAILED, State.PENDING, State.CANCELED)
"""The states that the backend reports."""


_NOT_MADE = SourcePackage()
_NO_OUTCOME = OutcomeSpec()


@dataclass(eq=False, repr=False, slots=True)
class SourceBuild:
    """The source build of a build: where its source comes from, its state, and the package that it made.

    ``started_on`` and ``ended_on`` are Unix times, which Copr only shows on chroots that end with it.
    """

    _build: Build
    _: KW_ONLY
    type: SourceType = "unset"
    config: Mapping[str, object] = field(default_factory=dict)
    """The fields of its source, which depend on the type."""
    content: bytes | None = None
    """The uploaded file, for an upload."""
    stored_state: State = State.SUCCEEDED
    is_derived: bool = False
    """Whether its first state follows from the lifecycles of the chroots."""
    result_dir: str = ""
    """The name of its result directory; empty while there is none."""
    results: Mapping[str, bytes] = field(default_factory=lambda: NO_RESULTS)
    """The files that were added to that directory, by name."""
    package: SourcePackage = _NOT_MADE
    started_on: int | None = None
    ended_on: int | None = None
    planned_name: str | None = None
    """The name of the package that it will make; ``None`` for one that fits its source."""
    planned_version: str | None = None
    """The version of the source package that it will make; ``None`` for one that fits its source."""
    planned_changelog: str | None = None
    """The changelog of its packages, as in a spec; ``None`` for that of its content."""
    lifecycle: Lifecycle | None = None
    """The lifecycle of the chroots that wait for it; ``None`` if they stay as they are reported."""
    outcomes: Mapping[str, OutcomeSpec] = field(default_factory=dict)
    """By name, the chroots with a lifecycle or packages of their own."""
    progress: Progress | None = None
    """What advances it, and these chroots; ``None`` for the progress of the fake."""
    is_independent: bool = False
    """Whether it advances by itself or by reports; otherwise its state follows from the chroots."""
    run: LifecycleRun | None = field(default=None, init=False)
    """What advances it; ``None`` if it has ended, or only reports do."""
    is_announced: bool = field(init=False)
    """Whether its start needs no message anymore, as that of a chroot."""
    is_made: bool = field(default=True, init=False)
    """Whether it has made its package, if its state follows from the chroots."""
    _reading: Reading | None = field(default=None, init=False)
    """What its content tells, once that has been read."""

    def __post_init__(self) -> None:
        self.is_announced = self.default_announced

    @property
    def default_announced(self) -> bool:
        """Whether its start is in its past, as far as its stored fields tell."""
        return is_announced(self.stored_state, self.started_on)

    __dir__ = public_dir

    def __repr__(self) -> str:
        return f"<SourceBuild {self._build.id} {self.type}, {self.state}>"

    @property
    def state(self) -> State:
        """Its state now."""
        self._build.store.catch_up()
        return self.stored_state

    @property
    def version(self) -> str | None:
        """The version of the source package; ``None`` before it is made."""
        self._build.store.catch_up()
        return self.package.version if self.has_package else None

    @property
    def url(self) -> str | None:
        """The URL of the source package; ``None`` before it is made."""
        self._build.store.catch_up()
        return self.package.url if self.has_package else None

    @property
    def has_package(self) -> bool:
        """Whether responses show its source package; that of an independent one is as stored."""
        return self.is_independent or self.is_made

    @property
    def default_made(self) -> bool:
        """Whether it has made its package, as far as its state and the chroots tell; one that stays is as given."""
        return self.stored_state not in UNBUILT or all(chroot.run is None for chroot in self._build.stored_chroots)

    @property
    def reading(self) -> Reading:
        """What its content tells about its package, which is read once."""
        if self._reading is None:
            name = str(self.config.get("pkg") or "")
            self._reading = NOT_UPLOADED if self.content is None else read_source(name, self.content)
        return self._reading

    @property
    def expected_name(self) -> str | None:
        """The name of the package that it will make, as far as a rule, its content or its location tells."""
        facts = self.reading.facts
        return self.planned_name or (defaults.package_of(self.config) if facts is None else facts.name)

    @property
    def changelog(self) -> tuple[ChangelogEntry, ...]:
        """The latest entries of the changelog, the latest first."""
        if self.planned_changelog is not None:
            return parse_changelog(self.planned_changelog)
        facts = self.reading.facts
        return () if facts is None else facts.changelog

    def default_packages(self, chrootname: str, package: str | None) -> tuple[Nevra, ...]:
        """Return plausible packages that a chroot builds: those in its content, or one with the name of the package."""
        facts = self.reading.facts
        version = self.package.version if self.is_independent else None
        has_dist_tag = facts is None or facts.has_dist_tag
        built = defaults.packages(chrootname, package, version or defaults.SOURCE_VERSION, has_dist_tag=has_dist_tag)
        if facts is None or facts.name != package:
            return built
        source, main = built
        arches = {True: "noarch", False: main.arch}
        return source, *(replace(main, name=each.name, arch=arches[each.is_noarch]) for each in facts.binaries)

    @property
    def plan(self) -> Plan:
        """The stages that it goes through."""
        fails = self.reading.fails or (
            self.lifecycle is not None and UNBUILT_LIFECYCLES.get(self.lifecycle) == "source-fails"
        )
        return FAILING_SOURCE_PLAN if fails else SOURCE_PLAN

    def add_result(self, name: str, content: str | bytes) -> None:
        """Add a file to its result directory, as :meth:`BuildChroot.add_result` does.

        :raises InputError: for an invalid name or content.
        """
        added = parse_result(name, content)
        with self._build.store.lock:
            self.results = {**self.results, **added}

    def outcome_of(self, chrootname: str) -> OutcomeSpec:
        """Return what happens to a chroot after the import."""
        own = self.outcomes.get(chrootname, _NO_OUTCOME)
        return replace(own, lifecycle=self.lifecycle) if own.lifecycle is None else own

    def _names_with(self, lifecycle: str) -> list[str]:
        """Return the names of the chroots with a lifecycle that ends before they are built."""
        lifecycles = {name: self.outcome_of(name).lifecycle for name in self._build.names}
        return [name for name, own in lifecycles.items() if own and UNBUILT_LIFECYCLES.get(own) == lifecycle]

    def report(self, to: State, name: str | None, made: SourcePackage, skip: Iterable[str]) -> bool:
        """Report a state as Copr's backend does; see :meth:`Build.report_source`."""
        if to not in _REPORTED:
            expected = ", ".join(_REPORTED)
            raise EventError(
                f"build {self._build.id}: the backend cannot report {to} for a source build; possible: {expected}"
            )
        build = self._build
        with build.store.changing():
            if not self._accepts(to):
                return False
            self._store(to, build.store.clock.now(), name, made, skip)
            self._continue_from(self.stored_state)
            return True

    def enter(self, state: State) -> None:
        """Change its state, whether it is possible or not."""
        self._build.forget_rendered()
        self.stored_state = state
        self.is_made |= state not in UNBUILT

    def follow(self, before: State, after: State, now: int) -> None:
        """Change its state as one of the chroots has changed its own, from whose lifecycles it follows."""
        had_package = self.has_package
        state = source_state_after(self.stored_state, before, after)
        self._note(state, now)
        self.enter(state)
        if not had_package and self.stored_state in (State.FAILED, State.CANCELED):
            self.package = _NOT_MADE

    def _accepts(self, to: State) -> bool:
        is_canceled = self._build.confirmed_by is not None
        if to is State.STARTING:
            return not is_canceled
        if to is State.PENDING:
            # Only a build in progress can be rescheduled.
            return not is_canceled and self.stored_state in (State.STARTING, State.RUNNING)
        return True

    def _store(
        self,
        to: State,
        now: float,
        name: str | None = None,
        made: SourcePackage = _NOT_MADE,
        skip: Iterable[str] = (),
    ) -> None:
        build = self._build
        build.forget_rendered()
        self.is_independent = True
        if to is State.CANCELED:
            # The confirmation changes nothing about what has ended already.
            if self.stored_state in UNBUILT:
                self._note(to, int(now))
                self.stored_state = to
            return
        self._note(to, int(now))
        self.result_dir = "" if to is State.PENDING else self.result_dir or defaults.source_result_dir(build.id)
        if to is State.STARTING:
            self.started_on = int(now)
        if to in (State.SUCCEEDED, State.FAILED):
            self.ended_on = int(now)
        if to is State.SUCCEEDED:
            self._succeed(now, name, made, skip)
            return
        self.stored_state = to
        if to is State.FAILED:
            # Nothing will tell the name of the package.
            build.hidden_package = None
            self._end_chroots(build.names, State.FAILED, now)

    def _note(self, state: State, now: int) -> None:
        """Note for the messages that its task starts or ends as it enters a state."""
        build = self._build
        starts = state is State.RUNNING and not self.is_announced
        if build.is_in_store and (starts or source_task_ends(self.stored_state, state)):
            succeeds = state is State.IMPORTING
            build.announce(SOURCES, State.SUCCEEDED if succeeds else state, now, None)
        self.is_announced |= starts or is_rescheduled(self.stored_state, state)

    def _succeed(self, now: float, name: str | None, made: SourcePackage, skip: Iterable[str]) -> None:
        """Make the source package and its chroots known."""
        build = self._build
        if build.stored_package is None:
            planned = build.hidden_package or self.expected_name
            build.set_package(name or planned or defaults.PACKAGE)
            build.hidden_package = None
        facts = self.reading.facts
        expected = defaults.version_of(self.config) if facts is None else facts.version
        version = made.version or self.package.version or self.planned_version or expected
        url = made.url or f"{build.source_results_url}/{build.stored_package}-{version.rpartition(':')[2]}.src.rpm"
        self.package = SourcePackage(version, url)
        if not build.names:
            build.add_waiting(build.allowed_chroots)
        self.stored_state = State.IMPORTING if build.names else State.FAILED
        for chroot in build.stored_chroots:
            chroot.wait_for_source(now)
        excluded = [] if facts is None else [name for name in build.names if facts.excludes(name)]
        self._end_chroots((*skip, *excluded, *self._names_with("skipped")), State.SKIPPED, now)
        self._end_chroots(self._names_with("forked"), State.FORKED, now)

    def _end_chroots(self, chrootnames: Iterable[str], state: State, now: float) -> None:
        """End chroots with the times of the source build, as Copr does for those that are never built."""
        started_on = self.ended_on if self.started_on is None else self.started_on
        for name in chrootnames:
            chroot = self._build.by_name.get(name)
            if chroot is not None:
                chroot.end_unbuilt(state, now, started_on, self.ended_on)

    def report_import(self, failed_for: Iterable[str] = ()) -> bool:
        """Report that the package is in dist-git; see :meth:`Build.report_import`."""
        failed = checks.each("failed_for", failed_for, checks.text)
        build = self._build
        for index, distribution in enumerate(failed):
            if not any(_distribution(name) == distribution for name in build.store.mock_chroots):
                known = {_distribution(name) for name in build.store.mock_chroots}
                raise InputError(
                    f"failed_for[{index}]",
                    f"{checks.excerpt(distribution)} is not a distribution; {checks.choices(distribution, known)}",
                )
        with build.store.changing():
            if self.stored_state is not State.IMPORTING:
                return False
            self._import(build.store.clock.now(), failed)
            self._continue_from(self.stored_state)
            return True

    def _import(self, now: float, failed: Iterable[str] = ()) -> None:
        build = self._build
        build.forget_rendered()
        self.is_independent = True
        waiting = [chroot for chroot in build.stored_chroots if chroot.is_waiting]
        failing = self._names_with("import-fails")
        missing = [chroot for chroot in waiting if chroot.name in failing or _distribution(chroot.name) in failed]
        self.stored_state = State.FAILED if missing else State.SUCCEEDED
        for chroot in waiting:
            if chroot in missing:
                # Copr stores no times, so the build never ends unless it had times before.
                chroot.fail_import(now)
            else:
                chroot.queue(self.outcome_of(chroot.name), now)

    # Its lifecycle. Callers of functions that change it hold the store's lock.

    def start(self, begun: float, position: int = 0, *, remaining: float | None = None, polls: int = 0) -> None:
        """Advance from a stage on, since a Unix time.

        :param remaining: seconds until the stage ends, by default all of them.
        """
        build, plan = self._build, self.plan
        if remaining is None:
            remaining = plan[position].lasts
        progress = self.progress or build.store.progress
        self.run = LifecycleRun(plan, progress, begun, index=position, remaining=remaining, polls=polls)
        build.had_lifecycle = True
        build.schedule()

    @property
    def order(self) -> tuple[float, int, int]:
        return 0, self._build.id, -1

    @property
    def next_due(self) -> float:
        """Unix time of its next automatic transition; ``inf`` if there is none, or while it waits for a batch."""
        run, build = self.run, self._build
        if run is None or run.due is None or not (run.is_timed and build.is_in_store):
            return math.inf
        is_immediate = run.mode == "immediate"
        if build.confirmed_by is not None:
            return -math.inf if is_immediate else build.confirmed_by
        unblocked_at = build.store.unblocked_at(build.batch)
        return unblocked_at if is_immediate else max(run.due, unblocked_at)

    @property
    def waits_for_reading(self) -> bool:
        return False

    def enter_next_stage(self, now: float) -> None:
        """Enter the next stage at the time when it was due."""
        assert self.run is not None
        at = now if self.run.mode == "immediate" else self.next_due
        if self._build.confirmed_by is None:
            self._enter_next_stage(at)
        else:
            self._confirm_cancellation(at)

    def poll(self) -> None:
        """Count a poll, which can advance it."""
        run, build = self.run, self._build
        if run is None or run.mode != "poll":
            return
        if not run.has_enough_polls or run.due is None:
            run.count_poll()
            return
        if build.confirmed_by is not None:
            self._confirm_cancellation(build.store.clock.now())
            return
        unblocked_at = build.store.unblocked_at(build.batch)
        if unblocked_at < math.inf:
            self._enter_next_stage(build.store.clock.reach(max(run.due, unblocked_at)))
            run.count_poll()

    def _confirm_cancellation(self, now: float) -> None:
        """Let it, and the chroots that wait for it, end as canceled, as the backend confirms that."""
        self._store(State.CANCELED, now)
        for chroot in self._build.stored_chroots:
            if chroot.is_waiting:
                chroot.end_unbuilt(State.CANCELED, now, None, None)
        self.run = None

    def _enter_next_stage(self, now: float) -> None:
        assert self.run is not None
        stage = self.run.enter_next_stage(now)
        if stage.state is State.SUCCEEDED:
            self._import(now)
        else:
            self._store(State.SUCCEEDED if stage.state is State.IMPORTING else State(stage.state), now)
        if self.stored_state not in UNFINISHED:
            self.run = None

    def _continue_from(self, state: State) -> None:
        """Let it advance from the state that was reported."""
        run = self.run
        if run is not None and (state not in UNFINISHED or not run.move_to_state(state, self._build.store.clock.now())):
            self.run = None
        self._build.schedule()


def _distribution(chrootname: str) -> str:
    """Return the distribution and its version, for which dist-git has a branch."""
    return chrootname.rpartition("-")[0]

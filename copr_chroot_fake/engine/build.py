"""A build of a package in a project, and the state of all its chroots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import EventError, InputError, MissingKeyError
from ..excerpt import public_dir
from ..model import defaults
from ..model.lifecycle import ABSENT, Lifecycle, LifecycleLike, couples_chroots
from ..model.nevra import Nevra
from ..model.progress import ProgressLike
from ..model.project import SOURCES, SourcePackage
from ..model.source import DERIVED_STATES, source_state_of
from ..model.states import STATUS_NUMBERS, State, StateName, parse_state
from ..validation import checks
from ..validation.spec import parse
from .chroot import BuildChroot, ChrootData, as_datetime
from .collection import ReadOnlyMapping
from .lifecycle_run import LifecycleRun
from .message_log import END, STARTS, Task
from .source import SourceBuild

if TYPE_CHECKING:
    from .project import Project
    from .store import Store

CANCEL_SECONDS = 10
"""How long the backend takes at most to confirm that a chroot is canceled, in seconds."""


def confirmation_due(canceled_on: float) -> float:
    """Return the Unix time by which the backend confirms a cancellation; Copr stores no later time than the largest."""
    return min(canceled_on + CANCEL_SECONDS, checks.LARGEST_INTEGER)


@dataclass(eq=False, repr=False, slots=True)
class Build(ReadOnlyMapping[str, BuildChroot]):
    """A build: a mapping of names to its chroots, in the order of their database ids.

    ``memory_limit`` is in MB, ``timeout`` in seconds.
    """

    id: int
    project: Project
    store: Store
    _: KW_ONLY
    project_dirname: str
    stored_package: str | None
    hidden_package: str | None = None
    """The name that its source build will tell; ``None`` if it is known, or nothing knows it."""
    memory_limit: int
    timeout: int
    enable_net: bool
    is_background: bool
    bootstrap: str | None
    isolation: str | None = None
    confirmed_by: float | None = None
    """Unix time by which the backend confirms for each chroot that a user has canceled it; ``None`` if none has."""
    submitted_on: int | None = None
    """Unix time of its submission."""
    submitter: str | None = None
    """The user who submitted it; ``None`` for a webhook."""
    batch: int | None = None
    """The id of its batch, if it has one."""
    source: SourceBuild = field(init=False)
    """The build of its source package, which is made for it."""
    stored_chroots: list[BuildChroot] = field(default_factory=list, init=False)
    by_name: dict[str, BuildChroot] = field(default_factory=dict, init=False)
    """The same by name."""
    had_lifecycle: bool = field(default=False, init=False)
    """Whether any of its chroots has had a lifecycle."""
    is_coupled: bool = field(default=False, init=False)
    """Whether one chroot's lifecycle can affect all chroots: it cancels or deletes the build, or adds it."""
    rendered: bytes | None = field(default=None, init=False)
    """Its JSON document, cached until it changes."""
    rendered_page: tuple[object, object] | None = field(default=None, init=False)
    """The latest page of its chroots: which one, and the response; cached until it or one of them changes."""
    added_after: int = field(init=False)
    """The number of requests before it was added."""

    def __post_init__(self) -> None:
        self.added_after = self.store.requests

    # A mapping, but compared by identity like any object with a state.

    def __getitem__(self, chrootname: str) -> BuildChroot:
        """Return the chroot with a name.

        :raises MissingKeyError: naming the chroots that the build has.
        """
        name = checks.plain_text(chrootname)
        chroot = None if name is None else self._entries.get(name)
        if chroot is None:
            names = checks.listing(self.by_name) or "no chroots"
            raise MissingKeyError(f"build {self.id} has no chroot {checks.excerpt(chrootname)}; it has {names}")
        return chroot

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    __dir__ = public_dir

    def __repr__(self) -> str:
        chroots = "" if self.by_name else ", no chroots"
        return f"<Build {self.id} {self.package} in {self.project}, {self.state}{chroots}>"

    @property
    def _entries(self) -> dict[str, BuildChroot]:
        self.store.catch_up_for_lookup()
        return self.by_name

    @property
    def chroots(self) -> Sequence[BuildChroot]:
        """Its chroots, in the order of their database ids."""
        self.store.catch_up_for_lookup()
        return self.stored_chroots

    @property
    def package(self) -> str | None:
        """The name of the package; ``None`` until the source build has determined it."""
        self.store.catch_up()
        return self.stored_package

    @property
    def source_state(self) -> State:
        """The state of its source build; it can be set.

        :raises InputError: for an invalid state.
        """
        return self.source.state

    @source_state.setter
    def source_state(self, state: State | StateName) -> None:
        to = parse_state("source_state", state)
        with self.store.changing():
            self.source.enter(to)
            self.source.is_made = self.source.default_made
            self.schedule()

    @property
    def state(self) -> State:
        """The state of the build as a whole, as Copr derives it from its source and its chroots."""
        self.store.catch_up()
        states = {chroot.state for chroot in self.known_chroots}
        return _derive_state(self.confirmed_by is not None, self.source.stored_state, states)

    @property
    def started_on(self) -> int | None:
        """Unix time at which the first of its chroots started; ``None`` before that."""
        self.store.catch_up()
        starts = (chroot.started_on for chroot in self.known_chroots)
        return min((time for time in starts if time), default=None)

    @property
    def ended_on(self) -> int | None:
        """Unix time at which the last of its chroots ended; ``None`` while one of them has no end."""
        self.store.catch_up()
        return self.stored_end

    @property
    def started_at(self) -> datetime | None:
        """:attr:`started_on` as a datetime in UTC."""
        return as_datetime(self.started_on)

    @property
    def ended_at(self) -> datetime | None:
        """:attr:`ended_on` as a datetime in UTC."""
        return as_datetime(self.ended_on)

    @property
    def is_canceled(self) -> bool:
        """Whether a user has canceled it; its chroots may follow later."""
        self.store.catch_up()
        return self.confirmed_by is not None

    @property
    def is_finished(self) -> bool:
        """Whether it has ended as Copr sees it: it is canceled, its source failed, or all of its chroots have ended."""
        self.store.catch_up()
        return self.has_ended

    def add_chroot(
        self,
        name: str,
        *,
        state: State | StateName | None = None,
        lifecycle: LifecycleLike | None = None,
        progress: ProgressLike | None = None,
    ) -> BuildChroot:
        """Add a chroot after the others, like :meth:`FakeCopr.add_build` does.

        With a ``state`` and no ``lifecycle`` it stays in the state, and takes no ``progress``.

        :raises InputError: naming the invalid value, or if the build is deleted; nothing is added then.
        """
        from ..scenario.spec import ChrootSpec
        from .create import add_chroot

        with self.store.lock:
            if not self.is_in_store:
                raise InputError("build", f"build {self.id} is deleted; expected one that the fake has")
            entry = {
                "name": checks.chroot_name("chrootname", name),
                "state": state,
                "lifecycle": lifecycle,
                "progress": progress,
            }
            return add_chroot(parse(ChrootSpec, "", entry), self)

    def cancel(self) -> None:
        """Cancel the build as a user does; its chroots keep their states until the backend confirms that.

        A chroot with a lifecycle is canceled at its next transition, or by the clock within 10 seconds.

        :raises EventError: if it is finished or canceled already.
        """
        with self.store.lock:
            if self.is_canceled or self.is_finished:
                done = "finished" if self.confirmed_by is None else "canceled"
                raise EventError(f"build {self.id} is {done} already")
            self.mark_canceled(self.store.clock.now())

    def report_source(
        self,
        state: State | StateName,
        *,
        package: str | None = None,
        version: str | None = None,
        url: str | None = None,
        skip: Iterable[str] = (),
    ) -> bool:
        """Report a state of its source build as Copr's backend does; return whether Copr accepts the report.

        Once the source has succeeded, the package and the chroots are known, and the chroots wait for the import.

        :param package: the name of the package, if the source has succeeded; by default one that fits the source.
        :param version: its version and release, such as ``1:2.0-3``.
        :param url: the URL of the source package.
        :param skip: the chroots that are not built, as the package excludes their architecture.
        :raises EventError: for a state that the backend does not report.
        :raises InputError: for an invalid value.
        """
        to = parse_state("state", state)
        name = None if package is None else checks.path_segment("package", package)
        made = SourcePackage(
            None if version is None else checks.text("version", version),
            None if url is None else checks.text("url", url),
        )
        return self.source.report(to, name, made, checks.each("skip", skip, checks.chroot_name))

    def report_import(self, failed_for: Iterable[str] = ()) -> bool:
        """Report that the package is in dist-git, so that the chroots are pending; return whether Copr waits for that.

        :param failed_for: distributions, such as ``fedora-42``, for which the import failed. Their chroots fail.
        :raises InputError: for an unknown distribution.
        """
        return self.source.report_import(failed_for)

    def delete(self) -> None:
        """Delete it from the fake, which answers 404 for it from then on."""
        with self.store.lock:
            self.store.remove(self)

    # For the rest of the kit.

    @property
    def stored_end(self) -> int | None:
        """:attr:`ended_on` as of the last catch-up."""
        ends = [chroot.stored.ended_on for chroot in self.known_chroots]
        return max((end for end in ends if end is not None), default=None) if None not in ends else None

    @property
    def has_ended(self) -> bool:
        """:attr:`is_finished` as of the last catch-up."""
        if self.confirmed_by is not None or self.source.stored_state in (State.FAILED, State.CANCELED):
            return True
        if not self.stored_chroots:
            return self.source.stored_state.is_final
        return all(chroot.stored.state.is_final for chroot in self.stored_chroots)

    @property
    def known_chroots(self) -> Sequence[BuildChroot]:
        """The chroots that Copr's clients see, as of the last catch-up."""
        chroots = self.stored_chroots
        return [chroot for chroot in chroots if chroot.stored_state != ABSENT] if self.is_coupled else chroots

    @property
    def results_url(self) -> str:
        """The URL below which its chroots' results are."""
        return f"{self.store.results_root}/{self.project.ownername}/{self.project_dirname}"

    @property
    def names(self) -> Sequence[str]:
        """The names of its chroots, those that have not appeared included."""
        return [*self.by_name]

    @property
    def allowed_chroots(self) -> list[str]:
        """The chroots for which its package is built unless it was submitted to some."""
        chroots, package = self.project.active_chroots, self.project.stored_packages.get(self.stored_package or "")
        return chroots if package is None else package.allowed(chroots)

    def source_started_on(self, now: int) -> int:
        """Return the Unix time at which its source build started; if that is unknown, when it was submitted."""
        times = (self.source.started_on, self.submitted_on, now)
        return min(next(time for time in times if time is not None), now)

    def hide_package(self) -> None:
        """Hide the name of the package until its first chroot appears."""
        self.hidden_package, self.stored_package = self.stored_package, None

    @property
    def may_hide_package(self) -> bool:
        """Whether its chroots are to appear, so that the name of the package is unknown to Copr by default."""
        runs = [chroot.run for chroot in self.stored_chroots]
        is_absent = bool(runs) and all(run is not None and run.stage.state == ABSENT for run in runs)
        return is_absent and not self.source.is_independent

    def reveal_package(self) -> None:
        """Show the name of the package, as its first chroot appears."""
        if self.hidden_package is not None:
            self.set_package(self.hidden_package)
            self.hidden_package = None

    def set_package(self, name: str) -> None:
        """Set the package; create it in the project, with the source of this build, if it is missing."""
        self.stored_package = name
        if name not in self.project.stored_packages:
            self.project.add_package(name, self.source.type, self.source.config)
        if self.is_in_store:
            self.project.note_build(self.id, name)

    def add_waiting(self, chrootnames: Iterable[str]) -> None:
        """Add chroots that wait for the source package."""
        for name in chrootnames:
            self.attach(BuildChroot(self, name, ChrootData(State.WAITING)))

    def start_run(
        self, chroot: BuildChroot, lifecycle: Lifecycle, packages: tuple[Nevra, ...] | None, now: float
    ) -> None:
        """Let a chroot that has become pending continue along a lifecycle."""
        plan = lifecycle.plan(f"{self.store.seed}/{self.id}/{chroot.name}", through=State.PENDING)
        progress = self.source.progress or self.store.progress
        if progress.mode == "immediate":
            # Its stages are over now, and not before it was submitted.
            plan = tuple(stage if stage.lasts is None else stage._replace(lasts=0) for stage in plan)
        index = next((index for index, stage in enumerate(plan) if stage.state == State.PENDING), None)
        if index is None:
            # It stays as it is reported.
            return
        chroot.stored.run = LifecycleRun(plan, progress, now, index=index, packages=packages)
        self.had_lifecycle = True
        self.is_coupled |= couples_chroots(plan)
        self.schedule()

    @property
    def result_dir(self) -> str:
        """The default name of its chroots' result directories."""
        return defaults.result_dir(self.id, self.stored_package or self.hidden_package)

    def default_packages(self, chrootname: str) -> tuple[Nevra, ...]:
        """Return plausible packages that it builds in a chroot."""
        return self.source.default_packages(chrootname, self.stored_package or self.hidden_package)

    @property
    def source_result_dir(self) -> str:
        """The name of the result directory of its source build."""
        return self.source.result_dir or defaults.source_result_dir(self.id)

    @property
    def source_results_url(self) -> str:
        """The URL of that directory, without the slash at its end."""
        return f"{self.results_url}/{SOURCES}/{self.source_result_dir}"

    def attach(self, chroot: BuildChroot) -> None:
        """Append a chroot that was made for it."""
        self.stored_chroots.append(chroot)
        self.by_name[chroot.name] = chroot
        run = chroot.run
        if run is not None:
            self.had_lifecycle = True
            self.is_coupled |= couples_chroots(run.plan)
            if self.source.is_derived and not self.is_in_store:
                own = source_state_of(run.stage.state)
                self.source.stored_state = min(self.source.stored_state, own, key=DERIVED_STATES.index)
            self.source.is_made &= self.source.default_made
        if run is None or run.stage.state != ABSENT:
            self.reveal_package()
        self.forget_rendered()

    def forget_rendered(self) -> None:
        """Clear its cached responses, because it or its chroots change."""
        self.rendered = self.rendered_page = None
        self.store.schedule_after(self)

    def forget_all_rendered(self) -> None:
        """Clear the cached responses of its chroots, too."""
        self.forget_rendered()
        for chroot in self.stored_chroots:
            chroot.rendered = None

    def schedule(self) -> None:
        """Let its source build and its chroots advance by themselves."""
        self.store.schedule_after(self)
        if self.had_lifecycle and self.is_in_store:
            self.store.timeline.schedule(self.source)
            for chroot in self.stored_chroots:
                chroot.schedule()

    def announce(self, chrootname: str, state: State, at: int, version: str | None) -> None:
        """Publish that the task of a chroot or of the source build is running or has ended."""
        # The backend knows no other ends than success and failure.
        status = STATUS_NUMBERS[state if state in (State.RUNNING, State.SUCCEEDED) else State.FAILED]
        owner, project, package = self.project.ownername, self.project.projectname, self.stored_package
        task = Task(at, status, self.id, chrootname, owner, project, package, version, self.submitter)
        self.store.messages.add(task, *(STARTS if state is State.RUNNING else (END,)))

    def mark_canceled(self, now: float) -> None:
        """Cancel it, as a user does."""
        if self.confirmed_by is None:
            self.confirmed_by = confirmation_due(now)
        self.forget_rendered()
        self.schedule()

    def poll(self, counts: bool) -> None:
        """Note that a response shows it and so all its chroots; ``counts`` says whether that is a poll."""
        self.store.catch_up()
        if not (counts and self.had_lifecycle):
            return
        if self.source.run is None:
            for chroot, _ in self._polled():
                chroot.poll(counts)
            self.store.catch_up()
            return
        self.source.poll()
        if self.source.run is None:
            self._count_first_poll()

    @property
    def needs_more_polls(self) -> bool:
        """Whether it needs more polls before it can advance."""
        source = self.source.run
        if source is not None and source.mode == "poll" and not source.has_enough_polls:
            return True
        return any(not run.has_enough_polls for _, run in self._polled())

    def _count_first_poll(self) -> None:
        """Count the response that shows that its chroots are pending, as its source build has ended with it."""
        for _, run in self._polled():
            run.count_poll()

    def _polled(self) -> list[tuple[BuildChroot, LifecycleRun]]:
        """Return the chroots that polls advance, with their runs."""
        runs = [(chroot, chroot.stored.run) for chroot in self.stored_chroots]
        return [(chroot, run) for chroot, run in runs if run is not None and run.mode == "poll"]

    @property
    def is_in_store(self) -> bool:
        """Whether it has been added, and not been deleted."""
        return self.store.builds.get(self.id) is self


_SOURCE_COUNTS = (State.STARTING, State.PENDING, State.RUNNING, State.IMPORTING, State.FAILED)
_PRECEDENCE = (
    State.RUNNING,
    State.STARTING,
    State.PENDING,
    State.FAILED,
    State.SUCCEEDED,
    State.SKIPPED,
    State.FORKED,
)


def _derive_state(is_canceled: bool, source: State, chroots: Iterable[State]) -> State:
    """Return a build's state: canceled, its source's while that counts, else the first that any chroot has."""
    if is_canceled:
        return State.CANCELED
    if source in _SOURCE_COUNTS:
        return source
    states = {*chroots}
    if not states:
        return State.WAITING
    for state in _PRECEDENCE:
        if state in states:
            return state
    # Chroots that only wait are about to be pending; Copr has no state for the remaining combinations.
    return State.PENDING if State.WAITING in states else State.UNKNOWN

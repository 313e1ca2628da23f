"""The state of the service, and progress it changes.

The model is eager: before anything else happens, all due transitions are applied in order.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .tables import BUILDING, EPOCH, EVENTS, FINAL, FORWARD, LIFECYCLES, UNIMPORTED, state_of_build


class Impossible(Exception):
    """The operation is not possible now."""


@dataclass
class Chroot:
    name: str
    state: str
    started_on: int | None = None
    ended_on: int | None = None
    result_dir: str = ""
    has_packages: bool = False
    stages: Sequence[tuple[str, int | None]] = ()
    """The lifecycle; empty if the state is fixed."""
    at: int = 0
    due: float | None = None
    progress: str = "poll"
    polls: int = 1
    polled: int = 0
    held_in: str | None = None

    @property
    def stage(self) -> str:
        return self.stages[self.at][0] if self.stages else ""

    @property
    def is_absent(self) -> bool:
        return self.stage == "absent"

    @property
    def is_held(self) -> bool:
        return bool(self.stages) and self.held_in == self.stage.split()[0]

    @property
    def latest(self) -> int:
        return max(self.started_on or 0, self.ended_on or 0)


@dataclass
class Build:
    id: int
    owner: str
    project: str
    dirname: str
    package: str
    submission: Mapping[str, object]
    """When and by whom it was submitted, which the kit derives, as in a response."""
    chroots: list[Chroot] = field(default_factory=list)
    source: str = "succeeded"
    had_lifecycle: bool = False
    is_name_known: bool = True
    source_failed: bool = False
    """Whether it never made a source package."""
    confirmed_by: float | None = None

    @property
    def is_canceled(self) -> bool:
        return self.confirmed_by is not None

    @property
    def has_source_package(self) -> bool:
        return not self.source_failed and not (
            self.had_lifecycle and self.source in ("waiting", "pending", "starting", "running")
        )

    @property
    def name(self) -> str | None:
        """The name of its package, once the source build has told it."""
        return self.package if self.is_name_known else None

    @property
    def submitted_on(self) -> int:
        submitted_on = self.submission["submitted_on"]
        assert isinstance(submitted_on, int)
        return submitted_on

    @property
    def present_chroots(self) -> list[Chroot]:
        return [chroot for chroot in self.chroots if not chroot.is_absent]

    @property
    def is_finished(self) -> bool:
        if self.is_canceled or self.source in ("failed", "canceled"):
            return True
        return all(chroot.state in FINAL for chroot in self.chroots) if self.chroots else self.source in FINAL

    @property
    def state(self) -> str:
        return state_of_build(self.source, {chroot.state for chroot in self.present_chroots}, self.is_canceled)

    def due(self, chroot: Chroot) -> float | None:
        if (
            self.confirmed_by is None
            or chroot.stage.endswith(" canceled")
            or chroot.state in FINAL
            or chroot.is_absent
            or not chroot.stages
        ):
            return chroot.due
        return self.confirmed_by if chroot.due is None else min(chroot.due, self.confirmed_by)

    def can_advance(self, chroot: Chroot) -> bool:
        return bool(chroot.stages) and not chroot.is_held and self.due(chroot) is not None


@dataclass
class Model:
    """Everything that the service knows."""

    default_limit: int | None
    now: float = EPOCH
    known: list[str] = field(default_factory=list)
    projects: dict[str, list[str]] = field(default_factory=dict)
    """The enabled chroots of each project."""
    directories: set[tuple[str, str]] = field(default_factory=set)
    """The directories in which there were builds, each with the name of its project."""
    builds: dict[int, Build] = field(default_factory=dict)
    accounts: dict[str, tuple[str, str, Sequence[str]]] = field(default_factory=dict)
    """By login: the token, the name, and the groups."""

    # Objects.

    def know(self, names: Sequence[str]) -> None:
        self.known += [name for name in names if name not in self.known]

    def add_project(self, full_name: str, chroots: Sequence[str]) -> None:
        if full_name in self.projects:
            raise Impossible
        self.know(chroots)
        self.projects[full_name] = [*chroots]

    def add_build(self, build: Build, chroots: Sequence[tuple[str, str]], progress: str, polls: int) -> None:
        if build.id in self.builds:
            raise Impossible
        self.builds[build.id] = build
        self.projects.setdefault(f"{build.owner}/{build.project}", [])
        self.directories.add((f"{build.owner}/{build.project}", build.dirname))
        for name, course in chroots:
            self.add_chroot(build.id, name, course, progress, polls)
        build.is_name_known = not chroots or bool(build.present_chroots)
        # The source build is not finished while its chroots wait or are imported.
        firsts = {chroot.stage for chroot in build.chroots}
        if firsts & {"waiting", "absent"}:
            build.source = "running"
        elif "importing" in firsts:
            build.source = "importing"
        courses = [course for _, course in chroots]
        if {*courses} == {"=forked"}:
            build.source = "forked"
        if "=importing" in courses:
            build.source = "importing"
        if "=canceled" in courses and all(course.startswith("=") and course[1:] in FINAL for course in courses):
            build.confirmed_by = self.now + 10

    def add_chroot(self, build_id: int, name: str, course: str, progress: str, polls: int) -> None:
        """Add a chroot; ``course`` is a lifecycle, or after ``=`` a fixed state."""
        build = self.builds[build_id]
        if any(chroot.name == name for chroot in build.chroots):
            raise Impossible
        if course.startswith("="):
            chroot = Chroot(name, course[1:])
            self._appear(build, chroot, EPOCH)
            if chroot.ended_on is not None and chroot.state != "skipped":
                chroot.ended_on = EPOCH + 300
        else:
            stages = LIFECYCLES[course]
            build.had_lifecycle = True
            begun = self.now
            if progress == "immediate":
                begun = max(0, begun - sum(lasts or 0 for _, lasts in stages))
            lasts = stages[0][1]
            due = None if lasts is None else begun + lasts
            chroot = Chroot(name, "waiting", stages=stages, due=due, progress=progress, polls=polls)
            if not chroot.is_absent:
                chroot.state = chroot.stage
                self._appear(build, chroot, int(begun))
        build.chroots.append(chroot)
        build.is_name_known |= not chroot.is_absent
        self.know([name])
        enabled = self.projects[f"{build.owner}/{build.project}"]
        if name not in enabled:
            enabled.append(name)

    def _appear(self, build: Build, chroot: Chroot, now: int) -> None:
        """Set the values of a chroot that has reached its state in the usual way."""
        state = chroot.state
        if state in (*BUILDING, "succeeded", "failed", "skipped", "forked"):
            chroot.started_on = now
        if state in ("succeeded", "failed", "skipped", "forked"):
            chroot.ended_on = now
        if state in (*BUILDING, "succeeded", "failed", "forked"):
            chroot.result_dir = f"{build.id:08d}-{build.package}"
        chroot.has_packages = state == "succeeded"

    # Transitions.

    def change(self, build: Build, chroot: Chroot, to: str, now: int) -> None:
        """Change the state, with the values that an event would set."""
        before = chroot.state
        if to == "starting":
            chroot.started_on, chroot.result_dir = now, f"{build.id:08d}-{build.package}"
        elif to in ("skipped", "forked") or (to == "failed" and before == "waiting"):
            # The source build started when the build was submitted.
            chroot.started_on, chroot.ended_on = min(build.submitted_on, now), now
            if to == "forked":
                chroot.result_dir = f"{build.id:08d}-{build.package}"
        elif to == "failed" and before == "importing":
            pass
        elif to in ("succeeded", "failed"):
            chroot.ended_on = now
            chroot.has_packages = to == "succeeded"
        elif to == "pending" and before in BUILDING:
            chroot.result_dir = ""
        self.put_into(build, chroot, to)

    def put_into(self, build: Build, chroot: Chroot, to: str) -> None:
        before, chroot.state = chroot.state, to
        if build.source in FINAL or to == "waiting":
            return
        if to == "importing":
            build.source = "importing"
        elif to == "forked":
            build.source = "forked"
        elif before in UNIMPORTED and to in ("failed", "canceled"):
            build.source_failed = not build.has_source_package
            build.source = to
        else:
            build.source = "succeeded"

    def confirm(self, build: Build, chroot: Chroot, now: int) -> None:
        self.change(build, chroot, "failed" if chroot.state == "running" else "canceled", now)

    def step(self, build: Build, chroot: Chroot) -> None:
        due = build.due(chroot)
        assert due is not None
        timed = chroot.progress in ("clock", "immediate")
        now = max(due if timed else max(due, self.now), chroot.latest)
        if (
            build.is_canceled
            and chroot.state not in FINAL
            and not chroot.is_absent
            and not self.confirms_itself(chroot)
        ):
            self.confirm(build, chroot, int(now))
            chroot.stages = ()
            return
        was_absent = chroot.is_absent
        chroot.at, chroot.polled = chroot.at + 1, 0
        lasts = chroot.stages[chroot.at][1]
        chroot.due = None if lasts is None else now + lasts
        state, _, canceled = chroot.stage.partition(" ")
        if state == "deleted":
            self.builds.pop(build.id, None)
        elif was_absent:
            build.is_name_known = True
            self.put_into(build, chroot, state)
            self._appear(build, chroot, int(now))
        elif state != chroot.state:
            if state == "canceled" and not build.is_canceled:
                build.confirmed_by = now + 10
            self.change(build, chroot, state, int(now))
        if canceled and not build.is_canceled:
            build.confirmed_by = now + 10
        if chroot.at + 1 == len(chroot.stages) and chroot.state in FINAL:
            chroot.stages = ()

    def confirms_itself(self, chroot: Chroot) -> bool:
        """Whether the next stage of its lifecycle confirms that the build is canceled."""
        following, _ = (*chroot.stages, ("", None))[chroot.at + 1]
        return following == f"{chroot.state} canceled"

    def catch_up(self) -> None:
        for build in [*self.builds.values()]:
            while build.id in self.builds:
                due = [
                    (build.due(chroot) or 0, at)
                    for at, chroot in enumerate(build.chroots)
                    if chroot.progress in ("clock", "immediate") and build.can_advance(chroot)
                    if chroot.progress == "immediate" or (build.due(chroot) or 0) <= self.now
                ]
                if not due:
                    break
                self.step(build, build.chroots[min(due)[1]])

    def tick(self, seconds: float) -> None:
        self.now += seconds

    def poll(self, build: Build, chroot: Chroot) -> None:
        """Count a response with the chroot as a poll."""
        if chroot.stages and chroot.progress == "poll":
            if chroot.polled >= chroot.polls and build.can_advance(chroot):
                self.step(build, chroot)
            chroot.polled += 1

    def event(self, build: Build, chroot: Chroot, event: str) -> None:
        sources, to = EVENTS[event]
        if chroot.is_absent or chroot.state not in sources:
            raise Impossible
        if (event in ("start", "reschedule") and build.is_canceled) or (
            event == "confirm_cancel" and not build.is_canceled
        ):
            raise Impossible
        now = max(int(self.now), chroot.latest)
        if event == "confirm_cancel":
            self.confirm(build, chroot, now)
        else:
            self.change(build, chroot, to, now)
        self._continue_lifecycle(chroot, now)

    def _continue_lifecycle(self, chroot: Chroot, now: float) -> None:
        """Continue at the stage of the new state, if the lifecycle has one."""
        courses = [*range(chroot.at, len(chroot.stages)), *range(min(chroot.at, len(chroot.stages)))]
        at = next((at for at in courses if chroot.stages[at][0].split()[0] == chroot.state), None)
        if at is None or chroot.state in FINAL:
            chroot.stages = ()
            return
        lasts = chroot.stages[at][1]
        chroot.at, chroot.polled, chroot.due = at, 0, None if lasts is None else now + lasts

    def cancel(self, build: Build) -> None:
        if build.is_finished:
            raise Impossible
        build.confirmed_by = self.now + 10

    def advance(self, build: Build) -> int:
        going = [chroot for chroot in build.chroots if build.can_advance(chroot)]
        for chroot in going:
            if build.can_advance(chroot):
                self.step(build, chroot)
                self.catch_up()
        return len(going)

    def hold(self, chroot: Chroot, state: str) -> None:
        if state not in [stage.split()[0] for stage, _ in chroot.stages[chroot.at :]]:
            raise Impossible
        chroot.held_in = state

    def release(self, chroot: Chroot) -> None:
        if not chroot.stages:
            return
        if chroot.held_in is None:
            raise Impossible
        if chroot.is_held and chroot.due is not None and chroot.progress == "clock":
            chroot.due = max(chroot.due, self.now)
        chroot.held_in = None

    def run_to(self, build: Build, chroot: Chroot, to: str) -> None:
        if to in [stage.split()[0] for stage, _ in chroot.stages[chroot.at :]]:
            while chroot.is_absent or chroot.state != to:
                if not build.can_advance(chroot) or build.id not in self.builds:
                    raise Impossible
                self.step(build, chroot)
                self.catch_up()
            return
        if chroot.is_absent:
            raise Impossible
        paths = {chroot.state: list[str]()}
        for state in (reached := [chroot.state]):
            for event in FORWARD:
                sources, target = EVENTS[event]
                if state in sources and target not in paths:
                    paths[target] = [*paths[state], event]
                    reached.append(target)
        if to not in paths:
            raise Impossible
        for event in paths[to]:
            self.event(build, chroot, event)
            self.catch_up()

    def force(self, build: Build, chroot: Chroot, state: str) -> None:
        chroot.stages = ()
        self.put_into(build, chroot, state)

    def copy(self) -> Model:
        return copy.deepcopy(self)

    def every_chroot(self) -> Iterator[tuple[Build, Chroot]]:
        return ((build, chroot) for build in self.builds.values() for chroot in build.chroots)

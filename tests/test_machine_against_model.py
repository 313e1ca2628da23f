"""Random events, polls and ticks drive a build beside a plain model of it, and the invariants hold throughout.

``COPR_FAKE_EXAMPLES`` says how many runs are tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from copr_chroot_fake import LIVES as ALL_LIVES
from copr_chroot_fake import Build, EventError, FakeCopr, Snapshot, State
from copr_chroot_fake.lives.machine import Event, find_transition
from copr_chroot_fake.lives.progress import ProgressLike

from .doors import asking
from .invariants import REACHABLE, check_one, check_step
from .test_events import METHODS

NAMES = ["fedora-41-x86_64", "epel-9-s390x", "fedora-rawhide-aarch64"]
# Those after which a chroot shows what Copr could show, and is there.
LIVES = sorted(set(ALL_LIVES) - {"no-ended-on", "deleted", "appears-late"})


class BuildMachine(RuleBasedStateMachine):
    """A build, and beside it only what its chroots' states must be: by the table, event by event."""

    snapshots = Bundle("snapshots")

    fake: FakeCopr
    build: Build

    @initialize(
        progress=st.sampled_from(["poll", "clock", "manual", "immediate", {"poll": 2}]),
        lives=st.lists(st.sampled_from(LIVES), min_size=3, max_size=3),
        seed=st.integers(0, 5),
    )
    def submit(self, progress: ProgressLike, lives: list[str], seed: int) -> None:
        self.fake = FakeCopr(progress=progress, seed=seed)
        chroots = {name: {"lifecycle": life} for name, life in zip(NAMES, lives, strict=True)}
        self.build = self.fake.add_build(1, chroots)
        self.seen = {item["name"]: item for item in self.listed()}
        self.now = self.fake.clock.now()

    def listed(self) -> list[dict[str, object]]:
        items: list[dict[str, object]] = json.loads(
            asking(self.fake)("GET", "/api_3/build-chroot/list?build_id=1").body
        )["items"]
        return items

    def see(self, item: Mapping[str, object]) -> None:
        """What any endpoint shows is what the object is then, so that they all agree."""
        chroot = self.build[str(item["name"])]
        assert item == {
            "started_on": chroot.started_on,
            "ended_on": chroot.ended_on,
            "state": chroot.state,
            "name": chroot.name,
            "result_url": chroot.result_url,
        }
        check_one(item)
        check_step(self.seen[str(item["name"])], item)
        self.seen[str(item["name"])] = dict(item)

    @rule(name=st.sampled_from(NAMES), event=st.sampled_from(Event))
    def event(self, name: str, event: Event) -> None:
        chroot = self.build[name]
        transition = find_transition(event, chroot.state, self.build.canceled)
        try:
            METHODS[event](chroot)
        except EventError:
            assert transition is None
        else:
            assert transition is not None
            # At once, its life goes on from there.
            at_once = chroot.life is not None and chroot.life.progress.how == "immediate"
            assert chroot.state is transition.target or (at_once and chroot.state in REACHABLE[transition.target])

    @rule(seconds=st.floats(0, 400))
    def tick(self, seconds: float) -> None:
        self.fake.clock.tick(seconds)

    @rule()
    def poll_list(self) -> None:
        for item in self.listed():
            self.see(item)

    @rule(name=st.sampled_from(NAMES))
    def poll_one(self, name: str) -> None:
        self.see(json.loads(asking(self.fake)("GET", f"/api_3/build-chroot/1/{name}").body))

    @rule()
    def advance(self) -> None:
        going = sum(chroot.can_advance for chroot in self.build)
        assert self.fake.advance() == going

    @rule()
    def cancel(self) -> None:
        # In a sandbox, so that it is the cancel that lets happen what is due.
        with self.fake.sandbox():
            before = [chroot.state for chroot in self.build]
            refused = self.build.canceled or self.build.is_finished
            at_once = [chroot.life is not None and chroot.life.progress.how == "immediate" for chroot in self.build]
        if refused:
            try:
                self.build.cancel()
            except EventError:
                return
            raise AssertionError("a finished or canceled build was canceled")
        self.build.cancel()
        for chroot, state, confirmed in zip(self.build, before, at_once, strict=True):
            assert chroot.state is state or (confirmed and chroot.state in (State.CANCELED, State.FAILED))

    @precondition(lambda self: any(chroot.life for chroot in self.build))
    @rule(name=st.sampled_from(NAMES), state=st.sampled_from(State))
    def hold_and_release(self, name: str, state: State) -> None:
        try:
            self.fake.hold(1, name, state)
        except EventError:
            return
        if self.build[name].state is state:
            self.fake.clock.tick(5000)
            self.poll_list()
            assert self.build[name].state is state
        self.fake.release(1, name)

    @rule(target=snapshots)
    def snapshot(self) -> Snapshot:
        return self.fake.snapshot()

    @rule(taken=consumes(snapshots))
    def restore(self, taken: Snapshot) -> None:
        self.fake.restore(taken)
        again = {item["name"]: item for item in self.listed()}
        self.fake.restore(taken)
        assert {item["name"]: item for item in self.listed()} == again
        self.seen = {str(name): item for name, item in again.items()}
        self.now = self.fake.clock.now()

    @invariant()
    def time_never_runs_backwards(self) -> None:
        if hasattr(self, "fake"):
            assert self.fake.clock.now() >= self.now
            self.now = self.fake.clock.now()

    @rule(name=st.sampled_from(NAMES))
    def list_and_get_agree_on_what_stays(self, name: str) -> None:
        chroot = self.build[name]
        if chroot.life is None or chroot.life.progress.how != "poll":
            got = json.loads(asking(self.fake)("GET", f"/api_3/build-chroot/1/{name}").body)
            assert got in self.listed()

    @invariant()
    def packages_come_with_success_only(self) -> None:
        if hasattr(self, "fake"):
            for chroot in self.build:
                assert bool(chroot.packages) == (chroot.state is State.SUCCEEDED)


TestBuildMachine = BuildMachine.TestCase
TestBuildMachine.settings = settings(
    max_examples=int(os.environ.get("COPR_FAKE_EXAMPLES", "60")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

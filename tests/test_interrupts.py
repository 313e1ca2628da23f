"""An exception raised from outside within a call, such as KeyboardInterrupt, leaves a consistent fake."""

from __future__ import annotations

import json
import linecache
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import FrameType
from typing import TypeVar

import pytest

import copr_chroot_fake
from copr_chroot_fake import BuildChroot, FakeCopr, Message, Project, Snapshot, SystemClock
from copr_chroot_fake.engine.build_index import BuildIndex
from copr_chroot_fake.engine.message_log import Entry

from .events import advance_all, finish_all
from .examples import examples

PACKAGE = Path(copr_chroot_fake.__file__).parent
CHANGING = {
    str(PACKAGE / path)
    for path in (
        *(f"engine/{name}.py" for name in ("store", "interrupts", "build_index", "message_log")),
        "engine/snapshot.py",
        "engine/project.py",
        "engine/source.py",
        "engine/create.py",
        "engine/submission.py",
        "engine/submission_rules.py",
        "engine/build.py",
        "engine/chroot.py",
        "engine/faults.py",
        "fake.py",
        "engine/clock.py",
        "engine/lifecycle_run.py",
        "api/dispatch.py",
        "api/builds.py",
    )
}
"""The modules that change state; an interrupt elsewhere comes before or after a change."""
F40, F41, F42 = "fedora-40-x86_64", "fedora-41-x86_64", "fedora-42-x86_64"
LISTS = ("/api_3/build/list?ownername=jdoe&projectname=", "/api_3/monitor?ownername=jdoe&projectname=")

T = TypeVar("T")
Act = Callable[[FakeCopr], object]


class Interrupts:
    """Raises KeyboardInterrupt at the ``at``-th point within the package at which Python can raise it."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: FrameType, event: str, _: object) -> Interrupts | None:
        code = frame.f_code
        # Python ignores exceptions when it closes an unfinished generator.
        if code.co_filename not in CHANGING or code.co_name == "<genexpr>":
            return None
        line = linecache.getline(code.co_filename, frame.f_lineno).lstrip()
        # Python does not raise between a with statement and its block.
        if event in ("call", "line") and not line.startswith("with "):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


def interrupt(act: Callable[[T], object], subject: T, at: int) -> bool:
    """Do something, with an interrupt at a point of it; returns whether it came to an end before."""
    before = sys.gettrace()
    sys.settrace(Interrupts(at))
    try:
        act(subject)
    except KeyboardInterrupt:
        return False
    finally:
        sys.settrace(before)
    return True


def points_of(act: Callable[[T], object], subject: T) -> int:
    """Count the points of a call at which an interrupt is possible."""
    before, interrupts = sys.gettrace(), Interrupts(0)
    sys.settrace(interrupts)
    try:
        act(subject)
    finally:
        sys.settrace(before)
    return -interrupts.left


def contents(messages: Iterable[Message]) -> list[str]:
    """Return messages without their numbers, which a restore does not reset."""
    return [f"{message} {message.body}" for message in messages]


def seen_of(fake: FakeCopr) -> str:
    """All that can be seen of a fake now and later; afterwards it is another."""
    seen: list[object] = [
        fake.seed,
        [*map(str, fake.accounts)],
        fake.to_scenario(),
        fake.changes,
        contents(fake.messages),
    ]
    for seconds in (0, 1000):
        fake.clock.tick(seconds)
        for project in ("playground", "other"):
            seen += [fake.answer("GET", target + project).body.decode() for target in LISTS]
        for number in (1, 2, 3):
            for target in (f"/api_3/build/{number}", f"/api_3/build-chroot/list?build_id={number}"):
                seen.append(fake.answer("GET", target).body.decode())
        seen.append([[build.id, build.state, *map(str, build)] for build in fake.builds.values()])
        seen.append(contents(fake.messages))
    return json.dumps(seen, default=str)


def make() -> FakeCopr:
    """Return a fake with two builds whose responses are cached."""
    fake = FakeCopr(progress="clock", serve_results=True)
    fake.add_build({F40: {}, F41: {"lifecycle": "canceled-while-running"}}, id=1)
    fake.add_build({F40: {"progress": "poll"}, F41: {"state": "pending"}}, id=2)
    fake.builds[2].cancel()
    fake.builds[2][F40].hold("importing")
    fake.on_submit(chroot=F40, lifecycle="fails")
    fake.on_submit(nth=2, lifecycle="skipped")
    fake.faults.add({"endpoint": "home", "status": 503, "every": 2})
    fake.faults.add({"endpoint": "home", "status": 500, "after": 1000})
    for target in LISTS:
        fake.answer("GET", f"{target}playground")
    fake.clock.tick(31)
    fake.answer("GET", "/api_3/build-chroot/list?build_id=1")
    return fake


SCENARIO = {
    "now": 1_800_000_000,
    "chroots": ["epel-9-x86_64"],
    "projects": [{"ownername": "jdoe", "projectname": "other", "chroots": {F42: {}}}],
    "builds": [{"id": 3, "projectname": "other", "chroots": [{"name": F42, "lifecycle": "deleted"}]}],
    "submissions": [{"package": "nano", "lifecycle": "fails"}],
    "faults": [{"endpoint": "monitor", "status": 500, "after": 5}],
}
HEADERS = {"Authorization": "Basic YTpi", "Content-Type": "application/json"}
SUBMITTED = json.dumps({"ownername": "jdoe", "projectname": "playground", "pkgs": ["https://x.org/a.spec"]}).encode()

ACTS: dict[str, Act] = {
    "add_build": lambda fake: fake.add_build({F42: {"lifecycle": "canceled-while-running"}}, id=3, package="other"),
    "add_build to a new project": lambda fake: fake.add_build([F42], id=3, project="jdoe/other"),
    "add_chroot": lambda fake: fake.builds[2].add_chroot(F42, lifecycle="deleted"),
    "add_scenario": lambda fake: fake.add_scenario(SCENARIO),
    "add_account": lambda fake: fake.add_account("jdoe", "login", "token"),
    "add a fault": lambda fake: fake.faults.add("outage"),
    "remove a fault": lambda fake: fake.faults.remove(1),
    "remove": lambda fake: fake.builds[1].delete(),
    "cancel": lambda fake: fake.builds[1].cancel(),
    "clear": lambda fake: fake.clear(),
    "reseed": lambda fake: fake.reseed(9),
    "set_base_url": lambda fake: fake._set_base_url("http://elsewhere.example"),  # noqa: SLF001  # called by servers
    "force_state": lambda fake: fake.builds[1][F40].set_state("waiting", started_on=None, ended_on=7),
    "event": lambda fake: fake.builds[1][F40].report("starting"),
    "report": lambda fake: fake.builds[1][F40].report("starting", result_dir="elsewhere"),
    "on_submit": lambda fake: fake.on_submit(package="nano", lifecycle="fails"),
    "remove a rule": lambda fake: fake.submission_rules.remove(1),
    "next_build_id": lambda fake: setattr(fake, "next_build_id", 9),
    "add_group": lambda fake: fake.add_group("@copr"),
    "report_source": lambda fake: fake.builds[1].report_source("succeeded", package="nano", version="2-1", skip=[F41]),
    "a failed source": lambda fake: fake.builds[1].report_source("failed"),
    "enable a chroot": lambda fake: fake.projects["jdoe/playground"].enable(F42),
    "disable a chroot": lambda fake: fake.projects["jdoe/playground"].disable(F41),
    "hold": lambda fake: fake.builds[1][F40].hold("running"),
    "release": lambda fake: fake.builds[2][F40].release(),
    "add a result": lambda fake: fake.builds[1][F40].add_result("review.json", "{}"),
    "add a result of the source": lambda fake: fake.builds[1].source.add_result("hello.spec", b"Name: hello"),
    "run_to": lambda fake: fake.builds[1][F40].advance(to="succeeded"),
    "advance a chroot": lambda fake: fake.builds[1][F40].advance(),
    "tick": lambda fake: fake.clock.tick(7),
    "a poll": lambda fake: fake.answer("GET", f"/api_3/build-chroot/2/{F40}"),
    "canceling over HTTP": lambda fake: fake.answer("PUT", "/api_3/build/cancel/1", [("Authorization", "Basic YTpi")]),
    "messages": lambda fake: fake.messages,
    "a fault that hits": lambda fake: fake.answer("GET", "/api_3/"),
}


def submit_a_build(fake: FakeCopr) -> object:
    return fake.answer("POST", "/api_3/build/create/url", HEADERS, SUBMITTED)


TRIED = examples(60)
"""Maximum number of points of a call to interrupt, evenly spread; more take longer."""


def interrupted(make: Callable[[], FakeCopr], act: Act) -> Iterator[FakeCopr]:
    """Yield fakes whose call was interrupted, at one point after another."""
    points = points_of(act, make())
    assert points > 0
    for at in range(1, points + 1, math.ceil(points / TRIED)):
        fake = make()
        assert not interrupt(act, fake, at)
        yield fake


def in_another_thread(act: Act, fake: FakeCopr) -> object:
    """Return the result of a function in another thread, where a lock that is still held would block it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act, fake).result(10)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_interrupted_call_has_happened_or_not(act: Act) -> None:
    """The observable state is that before or after the call."""
    done = make()
    act(done)
    possible = {seen_of(make()), seen_of(done)}
    for fake in interrupted(make, act):
        assert in_another_thread(seen_of, fake) in possible


def test_interrupted_import_has_happened_or_not() -> None:
    def succeeded() -> FakeCopr:
        fake = make()
        fake.builds[1].report_source("succeeded")
        return fake

    def report(fake: FakeCopr) -> bool:
        return fake.builds[1].report_import(["fedora-41"])

    done = succeeded()
    assert report(done)
    possible = {seen_of(succeeded()), seen_of(done)}
    for fake in interrupted(succeeded, report):
        assert in_another_thread(seen_of, fake) in possible


def test_interrupted_restore_is_completed() -> None:
    snapshots: dict[FakeCopr, Snapshot] = {}

    def changed() -> FakeCopr:
        fake = make()
        snapshots[fake] = fake.snapshot()
        fake.builds[2].delete()
        fake.add_scenario({**SCENARIO, "now": fake.clock.now() + 5})
        fake.add_account("jdoe", "login", "token")
        fake.reseed(8)
        return fake

    possible = {seen_of(changed()), seen_of(make())}
    for fake in interrupted(changed, lambda fake: fake.restore(snapshots[fake])):
        assert in_another_thread(seen_of, fake) in possible


def due() -> FakeCopr:
    fake = make()
    fake.clock.tick(400)
    return fake


def test_interrupted_transitions_are_completed_later() -> None:
    """The result is the same after any number of interrupts."""
    expected = seen_of(due())
    for fake in interrupted(due, lambda fake: fake.changes):
        assert in_another_thread(seen_of, fake) == expected


def states(fake: FakeCopr) -> list[str]:
    return [
        f"{chroot!r} {chroot.started_on} {chroot.ended_on}"
        for build in fake.builds.values()
        for chroot in build.values()
    ]


def test_modules_that_change_state_exist() -> None:
    """A renamed module would not be interrupted."""
    assert [path for path in CHANGING if not Path(path).is_file()] == []


@pytest.mark.parametrize("act", [advance_all, lambda fake: finish_all(fake.builds[1])], ids=["advance", "finish"])
def test_interrupted_advance_has_moved_some_chroots(act: Act) -> None:
    """Each chroot is in a possible state, cached responses are up to date, and the fake continues to work."""
    for fake in interrupted(make, act):
        dumped = fake.to_scenario()
        loaded = FakeCopr.from_scenario(dumped, progress="clock", serve_results=True)
        assert states(loaded) == states(fake)
        for target in ("/api_3/build/1", "/api_3/build/2", "/api_3/build-chroot/list?build_id=1"):
            assert loaded.answer("GET", target) == fake.answer("GET", target)
        in_another_thread(lambda fake: [advance_all(fake) for _ in range(10)], fake)
        assert fake.builds[1].is_finished


def test_interrupted_pause_is_complete_or_undone() -> None:
    for act in (SystemClock.pause, SystemClock.resume):
        for at in count(1):
            clock = SystemClock(speed=1000)
            if act is SystemClock.resume:
                clock.pause()
            if interrupt(act, clock, at):
                break
            assert clock.is_paused == (clock.now() == clock.now() == clock.now())
            assert clock.speed == 1000


@pytest.mark.parametrize(
    ("owner", "method", "act"),
    [
        (BuildIndex, "remove", ACTS["remove"]),
        (BuildIndex, "forget", ACTS["clear"]),
        (Project, "enable", ACTS["add_chroot"]),
        (BuildIndex, "add", ACTS["add_build"]),
        (BuildChroot, "forget_rendered", lambda fake: fake.builds[1][F40].advance()),
        (BuildIndex, "add", submit_a_build),
        (BuildIndex, "add", ACTS["add_scenario"]),
    ],
)
def test_failing_step_leaves_call_undone_or_done(
    owner: type, method: str, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with the interrupt in a step of the call, and without a trace function."""
    done = make()
    act(done)
    possible = {seen_of(make()), seen_of(done)}
    fake = make()
    original, interrupts = getattr(owner, method), [KeyboardInterrupt()]

    def step(*arguments: object) -> object:
        if interrupts:
            raise interrupts.pop()
        return original(*arguments)

    monkeypatch.setattr(owner, method, step)
    with pytest.raises(KeyboardInterrupt):
        act(fake)
    assert seen_of(fake) in possible


@pytest.mark.parametrize("nth", [1, 2])
def test_interrupted_submission_is_counted_or_not(nth: int) -> None:
    """A rule counts only builds that exist."""

    def with_rules() -> FakeCopr:
        fake = FakeCopr(progress="manual")
        fake.add_project("jdoe/playground", chroots=[F40, F41])
        fake.on_submit(chroot=F40, lifecycle="fails")
        fake.on_submit(nth=nth, lifecycle="skipped")
        return fake

    done = with_rules()
    submit_a_build(done)
    assert [rule.seen for rule in done.submission_rules] == [1, 1]
    for fake in interrupted(with_rules, submit_a_build):
        assert {rule.seen for rule in fake.submission_rules} == {len(fake.builds)}


class Breaking(list[Entry]):
    """Is interrupted after it has got its first items."""

    is_broken = False

    def extend(self, items: Iterable[Entry]) -> None:
        super().extend(items)
        if not self.is_broken:
            self.is_broken = True
            raise KeyboardInterrupt


def test_interrupted_message_is_kept_once() -> None:
    fake = due()
    log = fake._store.messages  # noqa: SLF001  # what a signal interrupts
    log.entries = Breaking()
    log.deliver(False)
    with pytest.raises(KeyboardInterrupt):
        fake.messages  # noqa: B018  # it is the read that matters
    assert contents(fake.messages) == contents(due().messages) != []

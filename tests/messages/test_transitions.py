"""Which changes of a build publish which messages, whatever makes it advance."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from copr_chroot_fake import BuildChroot, FakeCopr, Lifecycle, LifecycleName, Message, Stage, State
from copr_chroot_fake.model.progress import ProgressMode
from copr_chroot_fake.model.states import StateName

from ..chroots import F41, F42
from .helpers import HEADERS, S390, SOURCE, ends, short, submit


def test_submitted_build_publishes_starts_and_ends() -> None:
    """Each task starts and ends once, the source build included; a start is announced under two topics."""
    fake = FakeCopr(progress="clock")
    submit(fake, F41)
    fake.clock.tick(1000)
    assert [(message.topic, message.body["chroot"], message.body["status"]) for message in fake.messages] == [
        ("copr.build.start", SOURCE, 3),
        ("copr.chroot.start", SOURCE, 3),
        ("copr.build.end", SOURCE, 1),
        ("copr.build.start", F41, 3),
        ("copr.chroot.start", F41, 3),
        ("copr.build.end", F41, 1),
    ]


def test_messages_have_the_times_of_the_transitions() -> None:
    fake = FakeCopr(progress="clock")
    build_id = submit(fake, F41, F42)
    fake.clock.tick(10_000)
    build = fake.builds[build_id]
    times = {message.body["chroot"]: message.time for message in fake.messages if message.topic == "copr.build.end"}
    assert times == {SOURCE: build.source.ended_on, F41: build[F41].ended_on, F42: build[F42].ended_on}
    assert [message.time for message in fake.messages] == sorted(message.time for message in fake.messages)


def test_messages_of_several_builds_come_in_the_order_of_time() -> None:
    """It does not matter in which order the builds are read."""
    fake = FakeCopr(progress="clock")
    durations = {1: 300, 2: 100, 3: 200}
    for number, seconds in durations.items():
        lifecycle = Lifecycle(Stage("starting", seconds / 2), Stage("running", seconds / 2), Stage("succeeded"))
        fake.add_build([F41], id=number, lifecycle=lifecycle)
    fake.clock.tick(1000)
    assert fake.builds[1][F41].state == "succeeded"
    assert ends(fake.messages) == [(2, F41, 1), (3, F41, 1), (1, F41, 1)]
    assert [message.number for message in fake.messages] == [*range(1, 10)]


def test_read_messages_keep_their_places() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build([F41, F42], lifecycle="realistic")
    messages: list[Message] = []
    for _ in range(400):
        fake.clock.tick(10)
        assert fake.messages[: len(messages)] == messages
        messages = fake.messages
    assert len(messages) == 6


def polled(fake: FakeCopr, number: int) -> None:
    for _ in range(10):
        fake.answer("GET", f"/api_3/build/{number}")


def reported(fake: FakeCopr, number: int) -> None:
    build = fake.builds[number]
    for state in ("starting", "running", "succeeded"):
        build.report_source(state)
    build.report_import()
    for state in (State.STARTING, State.RUNNING, State.SUCCEEDED):
        build[F41].report(state)


@pytest.mark.parametrize(
    ("progress", "act"),
    [
        ("poll", polled),
        ("clock", lambda fake, number: fake.clock.tick(1000)),
        ("manual", reported),
        ("immediate", lambda fake, number: None),
    ],
    ids=["poll", "clock", "manual", "immediate"],
)
def test_each_kind_of_progress_publishes_the_same(
    progress: ProgressMode, act: Callable[[FakeCopr, int], object]
) -> None:
    fake = FakeCopr(progress=progress)
    act(fake, submit(fake, F41))
    assert [(topic, chroot) for topic, chroot, _ in short(fake.messages)] == [
        ("start", SOURCE),
        ("end", SOURCE),
        ("start", F41),
        ("end", F41),
    ]


def test_message_arises_with_the_poll_that_advances_a_build() -> None:
    fake = FakeCopr()
    fake.add_build([F41], id=1)
    seen = []
    for _ in range(5):
        fake.answer("GET", f"/api_3/build-chroot/1/{F41}")
        seen.append(len(fake.messages))
    assert seen == [0, 0, 0, 2, 3]


def test_poll_ahead_of_the_clock_keeps_the_order_of_polls() -> None:
    """A poll can lead to a later time than the clock's; the next message may have an earlier one."""
    fake = FakeCopr()
    for number in (1, 2):
        fake.add_build([F41], id=number)
    for number in (2, 1):
        polled(fake, number)
    assert ends(fake.messages) == [(2, F41, 1), (1, F41, 1)]
    polled(fake, 1)
    assert len(fake.messages) == 6


def test_body_has_the_fields_of_its_build() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_project("@copr/tools", chroots=[F41, S390])
    fake.add_build(
        {S390: {"lifecycle": "succeeds"}},
        id=7,
        project="@copr/tools",
        package="nano",
        version="1:2.0-3",
        submitter="bob",
    )
    fake.clock.tick(1000)
    started, _, ended = [message.body for message in fake.messages]
    same = {"build": 7, "chroot": S390, "owner": "@copr", "copr": "tools", "pkg": "nano", "version": "1:2.0-3"}
    same |= {"user": "bob", "ip": started["ip"], "who": started["who"], "pid": started["pid"]}
    begin = f"build start: user:bob copr:tools pkg:nano build:7 ip:{started['ip']} pid:{started['pid']}"
    assert started == {**same, "status": 3, "what": begin}
    end = f"build end: user:bob copr:tools build:7 pkg:nano version:1:2.0-3 ip:{started['ip']}"
    assert ended == {**same, "status": 1, "what": f"{end} pid:{started['pid']} status:1"}


def test_chroot_start_differs_only_in_its_text() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1)
    fake.clock.tick(1000)
    first, second = fake.messages[:2]
    assert {**first.body, "what": ""} == {**second.body, "what": ""}
    assert second.body["what"].startswith(f"chroot start: chroot:{F41} user:")


def test_source_has_no_package_and_a_webhook_no_user() -> None:
    fake = FakeCopr(progress="clock")
    submit(fake, F41, package="nano")
    fake.clock.tick(1000)
    fake.add_build([F41], submitter=None)
    fake.clock.tick(1000)
    source, *_, built = [message.body for message in fake.messages]
    assert (source["chroot"], source["pkg"], source["version"]) == (SOURCE, None, None)
    assert built["user"] is None


@pytest.mark.parametrize(
    ("lifecycle", "expected"),
    [
        ("source-fails", [(1, SOURCE, 0)]),
        ("import-fails", [(1, SOURCE, 1)]),
        ("skipped", [(1, SOURCE, 1)]),
        ("fails", [(1, SOURCE, 1), (1, F41, 0)]),
        ("succeeds", [(1, SOURCE, 1), (1, F41, 1)]),
    ],
)
def test_ends_of_submitted_builds(lifecycle: LifecycleName, expected: object) -> None:
    """A chroot that is skipped, or whose import fails, was no task."""
    fake = FakeCopr(progress="clock")
    fake.on_submit(lifecycle=lifecycle)
    submit(fake, F41)
    fake.clock.tick(1000)
    assert ends(fake.messages) == expected


@pytest.mark.parametrize(
    ("lifecycle", "expected"),
    [
        ("import-fails", []),
        ("source-fails", [(1, SOURCE, 0)]),
        ("skipped", []),
        ("canceled-while-pending", []),
        ("canceled-while-running", [(1, F41, 0)]),
        ("fails", [(1, F41, 0)]),
        ("deleted", []),
    ],
)
def test_ends_of_added_builds(lifecycle: LifecycleName, expected: object) -> None:
    """Their source build has ended before they are added, unless a chroot still waits for it."""
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1, lifecycle=lifecycle)
    fake.clock.tick(10_000)
    assert ends(fake.messages) == expected


def test_source_of_waiting_chroots_ends_when_they_are_pending() -> None:
    """The source build of an added build follows its chroots; it has started before."""
    fake = FakeCopr(progress="clock")
    lifecycle = Lifecycle(Stage("waiting", 10), Stage("importing", 10), Stage("pending"))
    fake.add_build([F41, F42], lifecycle=lifecycle)
    fake.clock.tick(100)
    assert short(fake.messages) == [("end", SOURCE, 10)]


def test_rescheduled_task_starts_once() -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], lifecycle="retried")
    fake.clock.tick(10_000)
    assert [topic for topic, _, _ in short(fake.messages)] == ["start", "end"]


def test_rescheduled_source_starts_once() -> None:
    fake = FakeCopr(progress="manual")
    build = fake.builds[submit(fake, F41)]
    for state in ("starting", "running", "pending", "starting", "running", "failed"):
        build.report_source(state)
    assert [topic for topic, _, _ in short(fake.messages)] == ["start", "end"]


def rescheduled(chroot: BuildChroot) -> None:
    for state in ("starting", "running", "pending"):
        chroot.report(state)


@pytest.mark.parametrize("lifecycle", [None, "retried"])
def test_rescheduled_task_starts_once_after_a_reload(lifecycle: LifecycleName | None) -> None:
    """A chroot that is pending again has started before, as its stored start tells, or its lifecycle."""
    fake = FakeCopr(progress="manual")
    fake.add_build({F41: {"state": "pending", "lifecycle": lifecycle}}, id=1)
    rescheduled(fake.builds[1][F41])
    loaded = FakeCopr.from_scenario(fake.to_scenario(), progress="manual")
    chroot = loaded.builds[1][F41]
    chroot.report("starting")
    chroot.report("running")
    chroot.report("succeeded")
    assert [topic for topic, _, _ in short(loaded.messages)] == ["end"]


def test_running_source_of_a_scenario_has_started_before() -> None:
    fake = FakeCopr(progress="manual")
    build = fake.builds[submit(fake, F41)]
    build.report_source("starting")
    build.report_source("running")
    loaded = FakeCopr.from_scenario(fake.to_scenario(), progress="manual")
    loaded.builds[build.id].report_source("running")
    loaded.builds[build.id].report_source("succeeded")
    assert short(loaded.messages) == [("end", SOURCE, 0)]


@pytest.mark.parametrize("state", ["running", "succeeded", "failed", "forked", "skipped", "importing"])
def test_states_that_a_build_is_added_with_are_no_news(state: StateName) -> None:
    fake = FakeCopr(progress="clock")
    fake.add_build([F41], id=1, state=state)
    fake.builds[1].add_chroot(F42, state=state)
    fake.builds[1].add_chroot(S390, lifecycle=Lifecycle(Stage("running", 10_000), Stage("succeeded")))
    fake.clock.tick(100)
    assert fake.messages == []


def test_chroot_that_appears_running_has_started() -> None:
    fake = FakeCopr(progress="clock")
    lifecycle = Lifecycle(Stage("absent", 10), Stage("running", 10), Stage("succeeded"))
    fake.add_build([F41], lifecycle=lifecycle)
    fake.clock.tick(100)
    assert short(fake.messages) == [("end", SOURCE, 10), ("start", F41, 10), ("end", F41, 20)]


def test_report_of_an_end_without_a_start_is_announced() -> None:
    fake = FakeCopr()
    fake.add_build({F41: "pending", F42: "running"}, id=1)
    for name in (F41, F42, F42):
        fake.builds[1][name].report("succeeded")
    assert short(fake.messages) == [("end", F41, 0), ("end", F42, 0)]


def test_report_with_a_time_gives_the_message_that_time() -> None:
    fake = FakeCopr()
    build = fake.add_build({F41: "starting"})
    at = int(fake.clock.now()) + 5
    build[F41].report("running", at=at)
    assert {message.time for message in fake.messages} == {at}


def test_set_state_publishes_the_implied_messages() -> None:
    fake = FakeCopr()
    build = fake.add_build([F41, F42], id=1)
    build[F41].set_state("running")
    build[F41].set_state("failed")
    build[F42].set_state("skipped")
    build[F42].set_state("succeeded")
    assert short(fake.messages) == [("start", F41, 0), ("end", F41, 0)]


def test_cancel_ends_started_tasks() -> None:
    """The status is that of a failure; a pending task never was one."""
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: {"state": "running", "lifecycle": "succeeds"}, F42: "pending", S390: "starting"}, id=1)
    fake.builds[1].cancel()
    assert fake.messages == []
    for name in (F42, S390):
        fake.builds[1][name].report("canceled")
    fake.clock.tick(10)
    assert sorted(ends(fake.messages)) == [(1, S390, 0), (1, F41, 0)]


@pytest.mark.parametrize(("seconds", "expected"), [(5, []), (15, [(1, SOURCE, 0)]), (25, [(1, SOURCE, 0)])])
def test_cancel_ends_a_source_that_has_started(seconds: float, expected: object) -> None:
    fake = FakeCopr(progress="clock")
    build_id = submit(fake, F41)
    fake.clock.tick(seconds)
    assert fake.answer("PUT", f"/api_3/build/cancel/{build_id}", HEADERS).status == 200
    fake.clock.tick(100)
    assert ends(fake.messages) == expected


def test_forked_builds_publish_nothing() -> None:
    fake = FakeCopr()
    fake.add_build([F41], project="jdoe/tools", state="succeeded")
    body = json.dumps({"name": "mine", "ownername": "bob"}).encode()
    answer = fake.answer("POST", "/api_3/project/fork/jdoe/tools", HEADERS, body)
    assert (answer.status, len(fake.builds), fake.messages) == (200, 2, [])


def test_source_without_chroots_has_succeeded() -> None:
    """Its state is a failure as there is nothing to build, but its task was none."""
    fake = FakeCopr(progress="clock")
    build = fake.builds[submit(fake)]
    for name in (F41, F42, S390):
        build.project.disable(name)
    fake.clock.tick(1000)
    assert (build.source.state, ends(fake.messages)) == ("failed", [(build.id, SOURCE, 1)])


def test_builds_of_a_batch_publish_when_they_are_unblocked() -> None:
    """Nobody has to read them for that."""
    fake = FakeCopr(progress="clock")
    first = submit(fake, F41)
    second = submit(fake, F41, after_build_id=first)
    assert fake.messages == []
    fake.clock.tick(10_000)
    expected = [(build, chroot, 1) for build in (first, second) for chroot in (SOURCE, F41)]
    assert ends(fake.messages) == expected
    assert [change.state for change in fake.changes] == 2 * ["pending", "starting", "running", "succeeded"]


def test_poll_comes_after_what_is_due_to_other_chroots() -> None:
    """The chroot that was due first has ended the source build, before the poll."""
    fake = FakeCopr(progress="clock")
    fake.add_build({F41: {"lifecycle": "as-deployed", "progress": {"poll": 1}}, F42: {"lifecycle": "skipped"}}, id=1)
    fake.answer("GET", f"/api_3/build-chroot/1/{F41}")
    fake.clock.tick(25)
    fake.answer("GET", f"/api_3/build-chroot/1/{F41}")
    assert str(fake.messages[0]).startswith("copr.build.end at 1700000010")

"""Subscribers are called back with each message, once, in order, before the call that has caused it returns."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest

from copr_chroot_fake import FakeCopr, InputError, Lifecycle, Message, Stage
from copr_chroot_fake.engine import message_log
from copr_chroot_fake.engine.clock import FIRST_NOW
from copr_chroot_fake.model.progress import ProgressMode

from ..chroots import F41, F42
from .helpers import HEADERS, S390, ends, short, submit


def running_for(seconds: float) -> Lifecycle:
    """Return a lifecycle in which a chroot runs for so long, after it has been starting for 10 seconds."""
    return Lifecycle(Stage("starting", 10), Stage("running", seconds), Stage("succeeded"))


def build_by_clock(*seconds: float) -> FakeCopr:
    """Return a fake with a build for each duration, in seconds, which starts to run after 10 seconds."""
    fake = FakeCopr(progress="clock")
    for lasts in seconds:
        fake.add_build([F41], lifecycle=running_for(lasts))
    return fake


@pytest.mark.parametrize(
    ("progress", "act"),
    [
        ("poll", lambda fake: fake.answer("GET", "/api_3/build/1")),
        ("clock", lambda fake: fake.clock.tick(10)),
        ("clock", lambda fake: fake.clock.move_to(FIRST_NOW + 10)),
        ("clock", lambda fake: fake.clock.restore(FIRST_NOW + 10)),
        ("manual", lambda fake: fake.builds[1][F41].report("running")),
        ("manual", lambda fake: fake.builds[1][F41].advance()),
        ("manual", lambda fake: fake.builds[1][F41].set_state("running")),
    ],
)
def test_callback_is_called_before_the_call_returns(progress: ProgressMode, act: Callable[[FakeCopr], object]) -> None:
    fake = FakeCopr(progress=progress)
    fake.add_build([F41], lifecycle=running_for(1000))
    fake.answer("GET", "/api_3/build/1")
    got: list[Message] = []
    fake.subscribe(got.append)
    act(fake)
    assert [message.topic for message in got] == ["copr.build.start", "copr.chroot.start"]


def test_immediate_build_is_announced_when_it_is_submitted() -> None:
    fake = FakeCopr(progress="immediate")
    got: list[Message] = []
    fake.subscribe(got.append)
    submit(fake, F41)
    assert len(got) == 6


def test_messages_arrive_in_the_order_of_time() -> None:
    """Also if the clock moves over many transitions at once, or over one after another."""

    def delivered(step: float) -> list[Message]:
        fake, got = FakeCopr(progress="clock", seed=4), list[Message]()
        for _ in range(20):
            fake.add_build([F41, F42], lifecycle="realistic")
            fake.clock.tick(30)
        fake.subscribe(got.append)
        for _ in range(int(100_000 / step)):
            fake.clock.tick(step)
        assert got == fake.messages[-len(got) :]
        return got

    at_once = delivered(100_000)
    assert [message.time for message in at_once] == sorted(message.time for message in at_once)
    assert len({message.time for message in at_once}) > 20
    assert sorted(map(str, at_once)) == sorted(map(str, delivered(100)))


def test_only_messages_that_arise_later_arrive() -> None:
    fake = build_by_clock(100, 200)
    first: list[Message] = []
    second: list[Message] = []
    fake.clock.tick(50)
    fake.subscribe(first.append)
    fake.clock.tick(100)
    fake.subscribe(second.append)
    fake.clock.tick(100)
    assert ends(first) == [(1, F41, 1), (2, F41, 1)] == [(1, F41, 1), *ends(second)]
    assert len(fake.messages) == 6


def test_canceled_subscription_gets_nothing_more() -> None:
    fake = build_by_clock(100)
    got: list[Message] = []
    with fake.subscribe(got.append) as subscription:
        fake.clock.tick(10)
        assert "append" in repr(subscription)
    fake.clock.tick(1000)
    subscription.cancel()
    assert [topic for topic, _, _ in short(got)] == ["start"]
    assert len(fake.messages) == 3


def test_callback_can_be_subscribed_twice() -> None:
    fake = build_by_clock(100)
    got: list[Message] = []
    first, _ = fake.subscribe(got.append), fake.subscribe(got.append)
    fake.clock.tick(10)
    first.cancel()
    fake.clock.tick(100)
    assert [message.number for message in got] == [1, 1, 2, 2, 3]


def test_callback_can_cancel_its_subscription() -> None:
    fake = build_by_clock(100)
    got: list[Message] = []

    def once(message: Message) -> None:
        got.append(message)
        subscription.cancel()

    subscription = fake.subscribe(once)
    fake.clock.tick(1000)
    assert len(got) == 1


def test_exception_of_a_callback_is_raised_by_the_cause() -> None:
    """The other subscribers get all messages, the change stays, and so does the subscription."""
    fake = build_by_clock(100)
    got: list[Message] = []

    def fail(message: Message) -> None:
        raise ValueError(message.number)

    fake.subscribe(fail)
    fake.subscribe(got.append)
    with pytest.raises(ValueError, match=r"^1$"):
        fake.clock.tick(50)
    assert (len(got), fake.builds[1][F41].state) == (2, "running")
    with pytest.raises(ValueError, match=r"^3$"):
        fake.builds[1][F41].report("failed")
    assert ends(got) == [(1, F41, 0)]


def test_interrupted_callback_loses_only_its_message() -> None:
    fake = build_by_clock(100)
    got: list[Message] = []
    fake.subscribe(got.append)

    def interrupt(message: Message) -> None:
        if message.number == 1:
            raise KeyboardInterrupt

    fake.subscribe(interrupt)
    with pytest.raises(KeyboardInterrupt):
        fake.clock.tick(50)
    fake.clock.tick(1)
    assert [message.number for message in got] == [1, 2]


def test_callback_may_use_the_fake() -> None:
    """The messages that it causes come after the current one, for every subscriber."""
    fake = FakeCopr(progress="manual")
    fake.add_build([F41, F42])
    seen: list[tuple[str, int]] = []

    def follow(message: Message) -> None:
        seen.append(("first", message.number))
        if message.number == 1:
            fake.answer("GET", "/api_3/build/1")
            fake.builds[1][F42].set_state("running")

    fake.subscribe(follow)
    fake.subscribe(lambda message: seen.append(("second", message.number)))
    fake.builds[1][F41].set_state("running")
    assert seen == [(name, number) for number in (1, 2, 3, 4) for name in ("first", "second")]


def test_other_threads_may_use_the_fake_meanwhile() -> None:
    fake = FakeCopr(progress="manual")
    fake.add_build([F41])
    states: list[object] = []

    def read(message: Message) -> None:
        with ThreadPoolExecutor(1) as pool:
            states.append(pool.submit(lambda: fake.builds[1][F41].state).result(10))

    fake.subscribe(read)
    fake.builds[1][F41].set_state("running")
    assert states == ["running", "running"]


def test_messages_of_several_threads_arrive_once_and_in_order() -> None:
    fake = FakeCopr(progress="manual")
    for _ in range(200):
        fake.add_build([F41])
    got: list[int] = []
    fake.subscribe(lambda message: got.append(message.number))

    def run(first: int) -> None:
        for number in range(first, 201, 4):
            fake.builds[number][F41].set_state("running")

    threads = [Thread(target=run, args=(first,)) for first in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [*range(1, 401)]


def test_subscribers_get_more_messages_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_log, "MESSAGES_KEPT", 10)
    fake = FakeCopr(progress="clock")
    chroots = [f"fedora-{number}-x86_64" for number in range(20)]
    fake.add_build(chroots, lifecycle=running_for(100))
    got: list[Message] = []
    with fake.subscribe(got.append):
        fake.clock.tick(1000)
    assert len(got) == 3 * len(chroots)
    assert fake.messages == got[-10:]


def test_latest_messages_are_kept_without_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_log, "MESSAGES_KEPT", 10)
    fake = FakeCopr(progress="clock")
    chroots = [f"fedora-{number}-x86_64" for number in range(20)]
    fake.add_build(chroots, lifecycle=running_for(100))
    fake.clock.tick(1000)
    kept = fake.messages
    assert len(kept) == 10
    assert (kept[-1].topic, kept[-1].body["chroot"]) == ("copr.build.end", chroots[-1])


def test_restored_messages_are_not_delivered_again() -> None:
    """What happens again afterwards arrives again, with new numbers."""
    fake = build_by_clock(100)
    got: list[Message] = []
    fake.subscribe(got.append)
    fake.clock.tick(10)
    with fake.snapshot():
        fake.clock.tick(1000)
        assert [message.number for message in fake.messages] == [1, 2, 3]
    assert [message.number for message in fake.messages] == [1, 2]
    fake.clock.tick(1000)
    assert [message.number for message in got] == [1, 2, 3, 4]
    assert [message.number for message in fake.messages] == [1, 2, 4]


def test_reset_deletes_messages_and_keeps_subscribers() -> None:
    """Loading a scenario sends no messages."""
    chroots = [{"name": F41, "state": "running", "lifecycle": "succeeds"}, {"name": F42, "state": "failed"}]
    fake = FakeCopr.from_scenario({"builds": [{"id": 1, "chroots": chroots}]}, progress="clock")
    got: list[Message] = []
    fake.subscribe(got.append)
    fake.clock.tick(1000)
    fake.reset()
    assert (ends(got), fake.messages) == ([(1, F41, 1)], [])
    fake.clock.tick(1000)
    assert ends(got) == [(1, F41, 1)] * 2
    fake.clear()
    assert fake.messages == []


def test_state_file_has_no_messages() -> None:
    fake = build_by_clock(100)
    fake.clock.tick(10)
    loaded = FakeCopr.from_scenario(fake.to_scenario(), progress="clock")
    assert loaded.messages == []
    loaded.clock.tick(1000)
    assert ends(loaded.messages) == [(1, F41, 1)]


def test_moving_the_clock_by_a_scenario_delivers() -> None:
    fake = build_by_clock(100)
    got: list[Message] = []
    fake.subscribe(got.append)
    fake.add_scenario({"now": fake.clock.now() + 50})
    assert len(got) == 2


class OwnClock:
    time = 1000.0

    def now(self) -> float:
        return self.time

    def reach(self, due: float) -> float:
        return max(due, self.time)


def test_clock_of_a_test_delivers_with_the_next_access() -> None:
    """The fake does not know when it moves."""
    clock = OwnClock()
    fake = FakeCopr(clock=clock, progress="clock")
    fake.add_build([F41], lifecycle=running_for(100))
    got: list[Message] = []
    with fake.subscribe(got.append):
        clock.time += 50
        assert got == []
        fake.answer("GET", "/api_3/")
        assert len(got) == 2


def test_batch_is_announced_when_it_is_unblocked() -> None:
    fake = FakeCopr(progress="clock")
    got: list[Message] = []
    fake.subscribe(got.append)
    second = submit(fake, F41, after_build_id=submit(fake, F41))
    for _ in range(100):
        fake.clock.tick(10)
    assert len(got) == 12
    assert got[-1].body["build"] == second
    assert got == fake.messages


def test_cancellation_is_announced_when_it_is_confirmed() -> None:
    fake = build_by_clock(1000)
    got: list[Message] = []
    fake.clock.tick(50)
    fake.subscribe(got.append)
    assert fake.answer("PUT", "/api_3/build/cancel/1", HEADERS).status == 200
    assert got == []
    fake.clock.tick(10)
    assert short(got) == [("end", F41, 60)]


def test_callback_must_be_callable() -> None:
    with pytest.raises(InputError, match="callback: expected a function that gets a message, got 'print'"):
        FakeCopr().subscribe("print")  # type: ignore[arg-type]  # that is the error


def test_subscribing_within_a_callback_works() -> None:
    fake = build_by_clock(100)
    got: list[Message] = []
    done = Event()

    def begin(message: Message) -> None:
        if not done.is_set():
            done.set()
            fake.subscribe(got.append)

    fake.subscribe(begin)
    fake.clock.tick(10)
    fake.clock.tick(100)
    assert got[-1].topic == "copr.build.end"
    assert S390 not in {message.body["chroot"] for message in got}

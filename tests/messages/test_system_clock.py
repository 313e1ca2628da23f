"""On the system's clock, subscribers get the message of a transition without polling."""

from __future__ import annotations

import gc
import threading
import time
from queue import Queue

import pytest

from copr_chroot_fake import FakeCopr, Lifecycle, Message, Stage, SystemClock

from ..chroots import F41, F42

LIFECYCLE = Lifecycle(Stage("running", 1000), Stage("succeeded"))
PATIENCE = 20
"""Seconds to wait for a message."""


def subscribed(speed: float) -> tuple[FakeCopr, Queue[Message]]:
    """Return a fake with a build that ends after 1,000 seconds, and the messages of its subscriber."""
    fake, got = FakeCopr(clock=SystemClock(speed), progress="clock"), Queue[Message]()
    fake.subscribe(got.put)
    fake.add_build([F41], lifecycle=LIFECYCLE)
    return fake, got


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "copr-fake-messages"]


def test_message_arrives_when_its_time_has_come() -> None:
    fake, got = subscribed(speed=20_000)
    message = got.get(timeout=PATIENCE)
    assert message.body["status"] == 1
    assert message.time == fake.builds[1][F41].ended_on


@pytest.mark.parametrize("act", ["speed", "tick", "move_to"])
def test_changed_clock_is_noticed(act: str) -> None:
    fake, got = subscribed(speed=1)
    clock = fake.clock
    assert isinstance(clock, SystemClock)
    if act == "speed":
        clock.speed = 100_000
    elif act == "tick":
        clock.tick(1000)
    else:
        clock.move_to(clock.now() + 1000)
    assert got.get(timeout=PATIENCE).topic == "copr.build.end"


def test_paused_clock_delivers_after_it_is_resumed() -> None:
    fake, got = subscribed(speed=1)
    clock = fake.clock
    assert isinstance(clock, SystemClock)
    clock.pause()
    clock.speed = 20_000
    assert got.empty()
    clock.resume()
    got.get(timeout=PATIENCE)


def test_build_that_is_added_later_is_noticed() -> None:
    fake, got = subscribed(speed=20_000)
    got.get(timeout=PATIENCE)
    fake.add_build([F42], lifecycle=LIFECYCLE)
    assert got.get(timeout=PATIENCE).body["chroot"] == F42


def test_exception_in_the_thread_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later messages are delivered all the same."""
    reported: Queue[BaseException | None] = Queue()
    delivered: Queue[object] = Queue()
    monkeypatch.setattr(threading, "excepthook", lambda arguments: reported.put(arguments.exc_value))
    clock = SystemClock()
    fake = FakeCopr(clock=clock, progress="clock")
    later = Lifecycle(Stage("running", 2000), Stage("failed"))

    def fail(message: Message) -> None:
        delivered.put(message.body["chroot"])
        if message.body["chroot"] == F41:
            raise ValueError("first")

    fake.subscribe(fail)
    fake.add_build({F41: {"lifecycle": LIFECYCLE}, F42: {"lifecycle": later}})
    # Not before, as the calls above would then be what finds the message.
    clock.speed = 2_000
    assert str(reported.get(timeout=PATIENCE)) == "first"
    assert [delivered.get(timeout=PATIENCE) for _ in range(2)] == [F41, F42]


def test_thread_ends_with_the_last_subscription() -> None:
    before = set(threads())
    fake, _ = subscribed(speed=1)
    with fake.subscribe(print):
        (thread,) = set(threads()) - before
    assert thread.is_alive()
    fake.service.subscribers._subscriptions[0].cancel()  # noqa: SLF001  # subscribed() keeps no subscription
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.slow
def test_thread_ends_with_a_fake_that_nobody_uses() -> None:
    before = set(threads())
    fake, _ = subscribed(speed=1)
    (thread,) = set(threads()) - before
    del fake
    end = time.monotonic() + PATIENCE
    # The thread may just look for messages.
    while thread.is_alive() and time.monotonic() < end:
        gc.collect()
        thread.join(0.01)
    assert not thread.is_alive()


def test_fake_without_subscribers_has_no_thread() -> None:
    before = set(threads())
    fake = FakeCopr(clock=SystemClock(), progress="clock")
    fake.add_build([F41])
    assert fake.messages == []
    assert not set(threads()) - before

"""The clock of a fake runs forwards: the virtual one when it is moved, the system's by itself, at some speed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from copr_chroot_fake import CoprFakeError, FakeCopr, InputError, SystemClock, VirtualClock

F41 = "fedora-41-x86_64"
BEGAN = 1_700_000_000


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """The system's time, which goes on only when told to."""
    shown = 100.0

    def go_on(seconds: float) -> None:
        nonlocal shown
        shown += seconds

    monkeypatch.setattr(time, "monotonic", lambda: shown)
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    return go_on


def test_a_virtual_clock_does_not_run_backwards() -> None:
    """Ticks are forwards, and so are moves; nonsense is refused by name."""
    clock = VirtualClock(1000)
    assert clock.tick(5) == 1005
    for wrong in (lambda: clock.tick(-1), lambda: clock.move_to(1004), lambda: clock.tick(float("nan"))):
        with pytest.raises(InputError):
            wrong()
    assert clock.now() == 1005


def test_a_clock_of_the_system_can_be_moved_on(monotonic: Callable[[float], None]) -> None:
    """By seconds or to a time, from which it goes on at its speed."""
    clock = SystemClock(speed=10)
    monotonic(1)
    assert clock.tick(5) == BEGAN + 15
    clock.move_to(BEGAN + 100)
    monotonic(2)
    assert clock.now() == BEGAN + 120


def test_a_paused_clock_stands_still_and_can_be_moved(monotonic: Callable[[float], None]) -> None:
    """Resumed, it goes on from where it stands, at the speed that was set last."""
    clock = SystemClock()
    clock.pause()
    clock.pause()
    monotonic(50)
    assert (clock.now(), clock.is_paused, clock.speed) == (BEGAN, True, 1)
    clock.tick(7)
    clock.speed = 60
    monotonic(50)
    assert clock.now() == BEGAN + 7
    clock.resume()
    clock.resume()
    monotonic(1)
    assert (clock.now(), clock.is_paused, clock.speed) == (BEGAN + 67, False, 60)


def test_another_speed_counts_from_now_on(monotonic: Callable[[float], None]) -> None:
    """What has passed has passed at the old one."""
    clock = SystemClock()
    monotonic(10)
    clock.speed = 2
    monotonic(10)
    assert clock.now() == BEGAN + 30


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda clock: clock.tick(-1), "seconds: expected a number from 0"),
        (lambda clock: clock.move_to(BEGAN - 1), f"now: {BEGAN - 1} is before the clock's"),
        (lambda clock: setattr(clock, "speed", 0), "speed: time would stand still at 0"),
        (lambda clock: setattr(clock, "speed", "fast"), "speed: expected a number from 0"),
    ],
)
def test_a_clock_of_the_system_refuses_what_no_time_does(
    monotonic: Callable[[float], None], wrong: Callable[[SystemClock], object], message: str
) -> None:
    """The error names the value, and the clock is as it was."""
    clock = SystemClock()
    with pytest.raises(InputError, match=message):
        wrong(clock)
    assert (clock.now(), clock.speed, clock.is_paused) == (BEGAN, 1, False)


def test_a_clock_goes_no_further_than_copr_can_keep(monotonic: Callable[[float], None]) -> None:
    """By itself it stays at the end, and nobody moves it beyond."""
    clock = SystemClock(speed=1_000_000)
    monotonic(1_000_000)
    assert clock.now() == 2**31 - 1
    for late in (clock, VirtualClock(2**31 - 1)):
        with pytest.raises(InputError, match=r"now: expected a number from 0 to 2147483647, got 2147483648"):
            late.tick(1)


@pytest.mark.parametrize("speed", [0, -1, float("inf"), "fast"])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    """Time runs forwards, at some speed."""
    with pytest.raises(InputError, match="speed: "):
        SystemClock(speed=speed)


def test_the_systems_time_can_run_faster() -> None:
    """With a speed, a life of minutes is over in no time; its times are those of the fake's clock."""
    clock = SystemClock(speed=1e9)
    fake = FakeCopr(progress="clock", clock=clock)
    began = clock.now()
    chroot = fake.add_build(1, [F41])[F41]
    while chroot.state != "succeeded":
        pass
    assert chroot.started_on is not None
    assert chroot.ended_on is not None
    assert chroot.started_on >= began
    assert chroot.ended_on - chroot.started_on == 260


def test_a_clock_of_ones_own_is_not_the_kits_to_move() -> None:
    """Who brings a clock moves it; asking the fake for it says so."""

    class Stopped:
        def now(self) -> float:
            return 5

        def reach(self, due: float) -> float:
            return due

    with pytest.raises(CoprFakeError, match="neither a VirtualClock nor a SystemClock"):
        _ = FakeCopr(clock=Stopped()).clock


def test_time_passes_only_on_a_clock_that_stands_still() -> None:
    """For whoever waits in the same process; the system's time passes by itself."""
    still = FakeCopr()
    still.pass_time(5)
    assert still.clock.now() == BEGAN + 5
    clock = SystemClock()
    clock.pause()
    before = clock.now()
    FakeCopr(clock=clock).pass_time(5)
    assert clock.now() == before

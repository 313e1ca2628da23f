"""The clock of a fake runs forwards: the virtual one when it is moved, the system's by itself, at some speed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest

from copr_chroot_fake import CoprFakeError, FakeCopr, InputError, SystemClock, VirtualClock

from .events import finish_all

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


@pytest.fixture(params=["virtual", "system"])
def stopped(request: pytest.FixtureRequest) -> VirtualClock | SystemClock:
    """A clock of each kind that stands still at 1000."""
    if request.param == "virtual":
        return VirtualClock(1000.0)
    clock = SystemClock()
    clock.pause()
    clock.restore(1000)
    return clock


def test_a_clock_moves_on_by_any_step(stopped: VirtualClock | SystemClock) -> None:
    """By none or a part of a second, too."""
    stopped.move_to(1000)
    stopped.move_to(1000.5)
    assert stopped.tick(0) == 1000.5
    assert stopped.tick(5) == 1005.5
    assert stopped.now() == 1005.5


AMOUNT = "expected a number from 0 to 2147483647, got"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda clock: clock.tick(-1), f"seconds: {AMOUNT} -1"),
        (lambda clock: clock.tick(float("nan")), f"seconds: {AMOUNT} nan"),
        (lambda clock: clock.move_to("noon"), f"now: {AMOUNT} 'noon'"),
        (lambda clock: clock.restore("noon"), f"now: {AMOUNT} 'noon'"),
        (lambda clock: clock.move_to(999), "now: 999 is before the clock's 1000.0; time does not run backwards"),
    ],
)
def test_a_clock_refuses_what_no_time_does(
    stopped: VirtualClock | SystemClock, wrong: Callable[[VirtualClock | SystemClock], object], message: str
) -> None:
    """The error names the value, and the clock is as it was."""
    with pytest.raises(InputError) as refused:
        wrong(stopped)
    assert str(refused.value) == message
    assert stopped.now() == 1000


@pytest.mark.parametrize(
    ("speed", "message"),
    [
        (0, "speed: time would stand still at 0; expected a number above 0"),
        (-1, f"speed: {AMOUNT} -1"),
        (float("inf"), f"speed: {AMOUNT} inf"),
        ("fast", f"speed: {AMOUNT} 'fast'"),
    ],
)
def test_a_speed_that_is_none_is_refused(speed: float, message: str) -> None:
    """From the first as later on; the clock goes on at the speed that it had."""
    clock = SystemClock()
    for say in (lambda: SystemClock(speed), lambda: setattr(clock, "speed", speed)):
        with pytest.raises(InputError) as refused:
            say()
        assert str(refused.value) == message
    assert clock.speed == 1


class OnlyNow:
    def now(self) -> float:
        return 5


class OnlyReach:
    def reach(self, due: float) -> float:
        return due


@pytest.mark.parametrize("clock", [5, OnlyNow(), OnlyReach()])
def test_what_is_no_clock_is_refused(clock: object) -> None:
    """A clock tells the time, and when something happens that was due."""
    with pytest.raises(InputError, match="clock: expected a VirtualClock or a SystemClock, got "):
        FakeCopr(clock=clock)  # type: ignore[arg-type]  # wrong on purpose


def test_a_virtual_clock_cannot_begin_at_what_is_no_time() -> None:
    """The error names the value."""
    with pytest.raises(InputError, match=f"^now: {AMOUNT} -1$"):
        VirtualClock(-1)


def test_a_clock_goes_no_further_than_copr_can_keep(monotonic: Callable[[float], None]) -> None:
    """By itself it stays at the end, and nobody moves it beyond."""
    clock = SystemClock(speed=1_000_000)
    monotonic(1_000_000)
    assert clock.now() == 2**31 - 1
    for late in (clock, VirtualClock(2**31 - 1)):
        with pytest.raises(InputError, match="seconds: the clock shows 2147483647, and goes to 2147483647 only"):
            late.tick(1)


def test_the_systems_time_can_run_faster() -> None:
    """With a speed, a life of minutes is over in no time; its times are those of the fake's clock."""
    clock = SystemClock(speed=1e9)
    fake = FakeCopr(progress="clock", clock=clock)
    began = clock.now()
    chroot = fake.add_build([F41], id=1)[F41]
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
    still._api.pass_time(5)  # noqa: SLF001  # what adapters call
    assert still.clock.now() == BEGAN + 5
    clock = SystemClock()
    clock.pause()
    before = clock.now()
    FakeCopr(clock=clock)._api.pass_time(5)  # noqa: SLF001  # what adapters call
    assert clock.now() == before


@pytest.mark.parametrize("clock", [VirtualClock(), SystemClock()], ids=["virtual", "system"])
def test_clock_does_not_move_where_no_time_is(clock: VirtualClock | SystemClock) -> None:
    """A refused step leaves it as it is, and steps that are fine one by one can be too much together."""
    for wrong in (1e308, math.inf, math.nan, 10**5000, -1):
        with pytest.raises(InputError, match=r"^seconds: "):
            clock.tick(wrong)
        with pytest.raises(InputError, match=r"^now: "):
            clock.move_to(wrong)
        with pytest.raises(InputError, match=r"^now: "):
            clock.restore(wrong)
    clock.tick(2**31 - 1 - clock.now() - 5)
    with pytest.raises(InputError, match=r"^seconds: the clock shows"):
        clock.tick(10)


def test_no_life_goes_beyond_the_last_time() -> None:
    """What would end after the last time that Copr can keep ends then, so that the fake can be loaded again."""
    fake = FakeCopr(clock=VirtualClock(2**31 - 20))
    build = fake.add_build(
        [F41], id=1, lifecycle={"stages": [{"state": "running", "lasts": 2**31 - 1, "ends": "failed"}]}
    )
    fake.add_build({F41: {"state": "succeeded", "started_on": 2**31 - 1}}, id=2)
    fake.add_build([F41], id=3).cancel()
    finish_all(build)
    assert build[F41].ended_on == 2**31 - 1
    fake.clock.tick(15)
    fake.add_build([F41], id=4).cancel()
    written = fake.to_scenario()
    assert FakeCopr.from_scenario(written).to_scenario() == written

"""The clocks of a fake: the virtual clock moves by calls, the system clock by itself, at some speed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest

from copr_chroot_fake import CoprFakeError, FakeCopr, InputError, SystemClock, VirtualClock

from .chroots import F41
from .events import finish_all

START = 1_700_000_000


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Replace the system's time; return the function that advances it."""
    seconds_passed = 100.0

    def advance(seconds: float) -> None:
        nonlocal seconds_passed
        seconds_passed += seconds

    monkeypatch.setattr(time, "monotonic", lambda: seconds_passed)
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    return advance


def test_system_clock_can_be_moved_forward(monotonic: Callable[[float], None]) -> None:
    """It continues from there at its speed."""
    clock = SystemClock(speed=10)
    monotonic(1)
    assert clock.tick(5) == START + 15
    clock.move_to(START + 100)
    monotonic(2)
    assert clock.now() == START + 120


def test_paused_clock_moves_only_by_calls(monotonic: Callable[[float], None]) -> None:
    """When resumed, it continues from its time at the last speed that was set."""
    clock = SystemClock()
    clock.pause()
    clock.pause()
    monotonic(50)
    assert (clock.now(), clock.is_paused, clock.speed) == (START, True, 1)
    clock.tick(7)
    clock.speed = 60
    monotonic(50)
    assert clock.now() == START + 7
    clock.resume()
    clock.resume()
    monotonic(1)
    assert (clock.now(), clock.is_paused, clock.speed) == (START + 67, False, 60)


def test_new_speed_applies_from_now_on(monotonic: Callable[[float], None]) -> None:
    clock = SystemClock()
    monotonic(10)
    clock.speed = 2
    monotonic(10)
    assert clock.now() == START + 30


@pytest.fixture(params=["virtual", "system"])
def stopped(request: pytest.FixtureRequest) -> VirtualClock | SystemClock:
    """A clock of each kind that does not move by itself, at 1000."""
    if request.param == "virtual":
        return VirtualClock(1000.0)
    clock = SystemClock()
    clock.pause()
    clock.restore(1000)
    return clock


def test_clock_moves_by_zero_and_fractional_steps(stopped: VirtualClock | SystemClock) -> None:
    stopped.move_to(1000)
    stopped.move_to(1000.5)
    assert stopped.tick(0) == 1000.5
    assert stopped.tick(5) == 1005.5
    assert stopped.now() == 1005.5


AMOUNT = "expected a number from 0 to 2147483647, got"


@pytest.mark.parametrize(
    ("move", "message"),
    [
        (lambda clock: clock.tick(-1), f"seconds: {AMOUNT} -1"),
        (lambda clock: clock.tick(float("nan")), f"seconds: {AMOUNT} nan"),
        (lambda clock: clock.move_to("noon"), f"now: {AMOUNT} 'noon'"),
        (lambda clock: clock.restore("noon"), f"now: {AMOUNT} 'noon'"),
        (lambda clock: clock.move_to(999), "now: 999 is before the clock's 1000.0; time does not run backwards"),
    ],
)
def test_invalid_move_of_a_clock_is_rejected(
    stopped: VirtualClock | SystemClock, move: Callable[[VirtualClock | SystemClock], object], message: str
) -> None:
    """The error names the value, and the clock is unchanged."""
    with pytest.raises(InputError) as raised:
        move(stopped)
    assert str(raised.value) == message
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
def test_invalid_speed_is_rejected(speed: float, message: str) -> None:
    """It is checked in the constructor and when it is set."""
    clock = SystemClock()
    for set_speed in (lambda: SystemClock(speed), lambda: setattr(clock, "speed", speed)):
        with pytest.raises(InputError) as raised:
            set_speed()
        assert str(raised.value) == message
    assert clock.speed == 1


class OnlyNow:
    def now(self) -> float:
        return 5


class OnlyReach:
    def reach(self, due: float) -> float:
        return due


@pytest.mark.parametrize("clock", [5, OnlyNow(), OnlyReach()])
def test_object_without_clock_methods_is_rejected(clock: object) -> None:
    """A clock needs ``now`` and ``reach``."""
    with pytest.raises(InputError, match="clock: expected a VirtualClock or a SystemClock, got "):
        FakeCopr(clock=clock)  # type: ignore[arg-type]  # wrong on purpose


def test_invalid_start_of_a_virtual_clock_is_rejected() -> None:
    with pytest.raises(InputError, match=f"^now: {AMOUNT} -1$"):
        VirtualClock(-1)


def test_clock_stops_at_the_latest_time_copr_can_store(monotonic: Callable[[float], None]) -> None:
    """A running clock stays there, and calls that exceed it are errors."""
    clock = SystemClock(speed=1_000_000)
    monotonic(1_000_000)
    assert clock.now() == 2**31 - 1
    for late in (clock, VirtualClock(2**31 - 1)):
        with pytest.raises(InputError, match="seconds: the clock is at 2147483647, and cannot go beyond 2147483647"):
            late.tick(1)


def test_system_clock_can_run_faster() -> None:
    """The times of chroots are those of the fake's clock."""
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


def test_custom_clock_is_not_available_as_fake_clock() -> None:
    """The test that provides the clock moves it."""

    class Stopped:
        def now(self) -> float:
            return 5

        def reach(self, due: float) -> float:
            return due

    with pytest.raises(CoprFakeError, match="neither a VirtualClock nor a SystemClock"):
        _ = FakeCopr(clock=Stopped()).clock


def test_pass_time_only_moves_a_virtual_clock() -> None:
    """The system's time passes by itself."""
    still = FakeCopr()
    still.service.api.pass_time(5)
    assert still.clock.now() == START + 5
    clock = SystemClock()
    clock.pause()
    before = clock.now()
    FakeCopr(clock=clock).service.api.pass_time(5)
    assert clock.now() == before


@pytest.mark.parametrize("clock", [VirtualClock(), SystemClock()], ids=["virtual", "system"])
def test_rejected_step_does_not_move_the_clock(clock: VirtualClock | SystemClock) -> None:
    """Steps that are valid one by one can exceed the latest time together."""
    for wrong in (1e308, math.inf, math.nan, 10**5000, -1):
        with pytest.raises(InputError, match=r"^seconds: "):
            clock.tick(wrong)
        with pytest.raises(InputError, match=r"^now: "):
            clock.move_to(wrong)
        with pytest.raises(InputError, match=r"^now: "):
            clock.restore(wrong)
    clock.tick(2**31 - 1 - clock.now() - 5)
    with pytest.raises(InputError, match=r"^seconds: the clock is at"):
        clock.tick(10)


def test_lifecycle_ends_at_the_latest_time() -> None:
    """The fake can then be dumped and loaded."""
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
    dumped = fake.to_scenario()
    assert FakeCopr.from_scenario(dumped).to_scenario() == dumped

"""Random durations: bounds, distributions, and errors for invalid ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest

from copr_chroot_fake import FakeCopr, InputError, Lifecycle, LogNormal, Stage, Uniform
from copr_chroot_fake.model.durations import draw_whole

from .chroots import F41


def durations_of_builds(duration: Uniform | LogNormal, builds: int = 200) -> list[int]:
    """Return the durations in seconds of builds that differ only in their id."""
    fake = FakeCopr(progress="immediate")
    lifecycle = Lifecycle(Stage("pending", 1), Stage("starting", duration), Stage("failed"))
    chroots = [fake.add_build([F41], id=number, lifecycle=lifecycle)[F41] for number in range(1, builds + 1)]
    return [(chroot.ended_on or 0) - (chroot.started_on or 0) for chroot in chroots]


@pytest.mark.parametrize("duration", [Uniform(60, 120), LogNormal(300, 0.5, 200, 1000)])
def test_build_durations_stay_within_bounds_and_differ(duration: Uniform | LogNormal) -> None:
    seconds = durations_of_builds(duration)
    assert duration.minimum <= min(seconds) < max(seconds) <= duration.maximum
    assert len(set(seconds)) > 40


@pytest.mark.parametrize(("duration", "middle"), [(Uniform(1000, 2000), 1500), (LogNormal(300, 0.5, 0, 10_000), 300)])
def test_half_of_the_build_durations_are_below_the_median(duration: Uniform | LogNormal, middle: int) -> None:
    """The median of a uniform distribution is the middle of its bounds."""
    assert 430 < sum(seconds < middle for seconds in durations_of_builds(duration, builds=1000)) < 570


@pytest.mark.parametrize("draw", [draw_whole, lambda duration, random: duration.draw(random)])
@pytest.mark.parametrize("duration", [Uniform(0.2, 0.4), Uniform(10.6, 10.9), LogNormal(10, 1000, 1.5, 100.5)])
def test_fractional_durations_stay_within_their_bounds(
    duration: Uniform | LogNormal, draw: Callable[[Uniform | LogNormal, Random], float]
) -> None:
    """Also if they are rounded, and with an extreme sigma."""
    random = Random(0)
    drawn = [draw(duration, random) for _ in range(200)]
    assert all(duration.minimum <= seconds <= duration.maximum for seconds in drawn)


@pytest.mark.parametrize(
    ("make", "seconds"),
    [
        (lambda: Uniform(5, 5), 5),
        (lambda: LogNormal(5, 1, 5, 5), 5),
        (lambda: LogNormal(0.5, 0, 0.5, 9), 0.5),
        (lambda: LogNormal(9, 0, 1, 9), 9),
    ],
)
def test_durations_may_equal_their_bounds(make: Callable[[], Uniform | LogNormal], seconds: float) -> None:
    assert make().draw(Random(0)) == seconds


MAXIMUM = 2**31 - 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(5, 4), "minimum: 5 is above the maximum; expected at most 4"),
        (lambda: Uniform(-1, 4), f"minimum: expected a number from 0 to {MAXIMUM}, got -1"),
        (lambda: Uniform(0, math.inf), f"maximum: expected a number from 0 to {MAXIMUM}, got inf"),
        (lambda: LogNormal(5, -1, 1, 9), f"sigma: expected a number from 0 to {MAXIMUM}, got -1"),
        (lambda: LogNormal(5, 1, 6, 9), "median: expected seconds from minimum to maximum, above 0, got 5"),
        (lambda: LogNormal(5, 1, 1, 4), "median: expected seconds from minimum to maximum, above 0, got 5"),
        (lambda: LogNormal(0, 1, 0, 9), "median: expected seconds from minimum to maximum, above 0, got 0"),
    ],
)
def test_invalid_duration_in_python_is_rejected(make: Callable[[], object], message: str) -> None:
    """The error names the argument and valid values."""
    with pytest.raises(InputError) as raised:
        make()
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("lasts", "message"),
    [
        (-5, ": expected seconds, not negative, or an object with uniform or lognormal, got -5"),
        ({"normal": 5}, ": expected seconds, not negative, or an object with uniform or lognormal, got {'normal': 5}"),
        ({"uniform": 5}, ".uniform: expected a list, got 5"),
        ({"uniform": [5]}, ".uniform: expected two numbers, [minimum, maximum], got [5]"),
        ({"uniform": ["a", 5]}, f".uniform[0]: expected a number from 0 to {MAXIMUM}, got 'a'"),
        ({"uniform": [5, 4]}, ".uniform: 5 is above the maximum; expected at most 4"),
        ({"lognormal": 5}, ".lognormal: expected an object, got 5"),
        ({"lognormal": {"median": 5, "minimum": 1, "maximum": 9}}, ".lognormal.sigma: missing, and required; add it"),
        (
            {"lognormal": {"median": 5, "sigma": 1, "minimum": 6, "maximum": 9}},
            ".lognormal.median: expected seconds from minimum to maximum, above 0, got 5",
        ),
        (
            {"lognormal": {"median": 5, "sigma": "x", "minimum": 1, "maximum": 9}},
            f".lognormal.sigma: expected a number from 0 to {MAXIMUM}, got 'x'",
        ),
    ],
)
def test_invalid_duration_in_a_scenario_is_located(lasts: float | dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as raised:
        FakeCopr().add_build([F41], id=1, lifecycle={"stages": [{"state": "running", "lasts": lasts}]})
    assert str(raised.value) == f"lifecycle.stages[0].lasts{message}"

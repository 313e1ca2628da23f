"""How long a stage of a life lasts, or an answer takes, in seconds: fixed, or drawn within bounds.

Draws use only ``random()``, the one method whose results Python promises to
keep, so that a seed gives the same run on every Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ..errors import InputError
from ..validation import checks
from ..validation.errors import tried
from ..validation.fields import Fields, Form


@dataclass(frozen=True)
class Uniform:
    """Any duration from ``least`` to ``most`` seconds, all alike."""

    least: float
    most: float

    def __post_init__(self) -> None:
        _have_bounds(self)

    def draw(self, random: Random) -> float:
        return self.least + (self.most - self.least) * _drawn(random)


@dataclass(frozen=True)
class LogNormal:
    """Mostly near ``median`` seconds, now and then far longer, as builds are; within bounds.

    ``sigma`` is the standard deviation of the logarithm: with 0.5, two out of
    three durations are between 0.6 and 1.6 times the median.
    """

    median: float
    sigma: float
    least: float
    most: float

    def __post_init__(self) -> None:
        _have_bounds(self)
        for name in ("median", "sigma"):
            object.__setattr__(self, name, checks.amount(name, getattr(self, name)))
        if not (self.least <= self.median <= self.most and self.median > 0):
            raise InputError("median", f"expected seconds from least to most, above 0, got {self.median}")

    def draw(self, random: Random) -> float:
        # Box and Muller; what is drawn is never 1.
        normal = math.sqrt(-2 * math.log(1 - _drawn(random))) * math.cos(2 * math.pi * _drawn(random))
        # Far beyond any bound before it is more than a float can be.
        return min(max(self.median * math.exp(min(self.sigma * normal, 100)), self.least), self.most)


Duration = float | Uniform | LogNormal


def draw(duration: Duration, random: Random) -> float:
    return duration if isinstance(duration, (int, float)) else duration.draw(random)


def draw_whole(duration: Duration, random: Random) -> float:
    """A drawn duration as whole seconds where the bounds have any, as Copr's times are; a fixed one as it is."""
    if isinstance(duration, (int, float)):
        return duration
    return min(max(round(duration.draw(random)), duration.least), duration.most)


def read_duration(place: str, value: object) -> Duration:
    """Seconds, ``{"uniform": [least, most]}`` or ``{"lognormal": {…}}``."""
    if checks.is_kind(value, Uniform) or checks.is_kind(value, LogNormal):
        return value
    seconds = checks.plain_number(value)
    if seconds is not None and 0 <= seconds <= checks.LARGEST_INTEGER:
        return seconds
    said = checks.mapping(place, value) if checks.is_mapping(value) else {}
    name, parameters = next(((checks.key(kind), inner) for kind, inner in said.items()), ("", None))
    if name not in _READERS or len(said) > 1:
        raise InputError(
            place,
            f"expected seconds, not negative, or an object with {' or '.join(_READERS)}, got {checks.shown(value)}",
        )
    inner = f"{place}.{name}"
    try:
        return _READERS[name](inner, parameters)
    except InputError as error:
        field = error.location if error.location.startswith(place) else f"{inner}.{error.location}"
        raise InputError(field, error.problem) from None


_PARAMETERS = ("median", "sigma", "least", "most")
_LOG_NORMAL = Form(_PARAMETERS)


def _read_uniform(place: str, parameters: object) -> Uniform:
    bounds = list(checks.items(place, parameters))
    if len(bounds) != 2:
        raise InputError(place, f"expected two numbers of seconds, [least, most], got {checks.shown(parameters)}")
    least, most = (tried(checks.amount, f"{place}[{at}]", bound, 0) for at, bound in enumerate(bounds))
    return Uniform(least, most)


def _read_log_normal(place: str, parameters: object) -> LogNormal:
    fields = Fields(place, parameters, _LOG_NORMAL)
    return LogNormal(**{name: fields.require(name, checks.amount, 1.0) for name in _PARAMETERS})


_READERS: dict[str, Callable[[str, object], Duration]] = {"uniform": _read_uniform, "lognormal": _read_log_normal}


def write_duration(duration: Duration) -> object:
    """What reads back to the same duration."""
    if isinstance(duration, Uniform):
        return {"uniform": [duration.least, duration.most]}
    if isinstance(duration, LogNormal):
        return {"lognormal": {name: getattr(duration, name) for name in _PARAMETERS}}
    return duration


def _have_bounds(duration: Uniform | LogNormal) -> None:
    for name in ("least", "most"):
        object.__setattr__(duration, name, checks.amount(name, getattr(duration, name)))
    if duration.least > duration.most:
        raise InputError("least", f"expected no more than most, {duration.most}, got {duration.least}")


def _drawn(random: Random) -> float:
    """A number from 0 up to, and without, 1."""
    try:
        drawn = checks.plain_number(random.random())
    except Exception:
        drawn = None
    if drawn is None or not 0 <= drawn < 1:
        raise InputError("random", f"expected a random.Random, got {checks.shown(random)}")
    return drawn

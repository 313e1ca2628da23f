"""How long a stage of a lifecycle lasts, or a response takes, in seconds: fixed, or random within bounds.

Random durations use only ``random()``, the one method whose results Python promises to keep, so that a seed gives the
same run on every Python.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from random import Random
from typing import Annotated, ClassVar

from ..errors import InputError
from ..validation import checks
from ..validation.checks import Amount
from ..validation.rule import Keywords, Relation, Rule, Written, frozen
from ..validation.spec import dump, parse, validate


def _check_bounds(spec: Uniform | LogNormal) -> Iterable[tuple[str, str]]:
    if spec.minimum > spec.maximum:
        yield "minimum", f"{spec.minimum!r} is above the maximum; expected at most {spec.maximum!r}"


def _check_median(spec: LogNormal) -> Iterable[tuple[str, str]]:
    if not spec.minimum <= spec.median <= spec.maximum or not spec.median:
        yield "median", f"expected seconds from minimum to maximum, above 0, got {spec.median!r}"


_BOUNDS = Relation(("minimum", "maximum"), _check_bounds)


@frozen()
class Uniform:
    """Any duration from ``minimum`` to ``maximum`` seconds, all equally likely.

    :raises InputErrors: for an invalid bound, or a minimum above the maximum.
    """

    minimum: Amount
    maximum: Amount
    _RELATIONS: ClassVar[tuple[object, ...]] = (_BOUNDS,)

    def __post_init__(self) -> None:
        validate(self)

    def draw(self, random: Random) -> float:
        """Return a random duration in seconds."""
        return self.minimum + (self.maximum - self.minimum) * _next(random)


_Median = Annotated[Amount, Keywords(exclusiveMinimum=0)]


@frozen()
class LogNormal:
    """Mostly near ``median`` seconds and occasionally far longer, as builds are; within bounds.

    ``sigma`` is the standard deviation of the logarithm: with 0.5, two out of three durations are between 0.6 and 1.6
    times the median.

    :raises InputErrors: for an invalid value, or a median out of bounds.
    """

    median: _Median
    sigma: Amount
    minimum: Amount
    maximum: Amount
    _RELATIONS: ClassVar[tuple[object, ...]] = (_BOUNDS, Relation(("median", "minimum", "maximum"), _check_median))

    def __post_init__(self) -> None:
        validate(self)

    def draw(self, random: Random) -> float:
        """Return a random duration in seconds."""
        # Box and Muller; the logarithm is never of 0.
        normal = math.sqrt(-2 * math.log(1 - _next(random))) * math.cos(2 * math.pi * _next(random))
        # exp(100) is far beyond every bound, and still a float.
        return min(max(self.median * math.exp(min(self.sigma * normal, 100)), self.minimum), self.maximum)


Duration = float | Uniform | LogNormal


def draw(duration: Duration, random: Random) -> float:
    """Return a duration in seconds: a fixed one unchanged, a random one drawn."""
    return duration if isinstance(duration, (int, float)) else duration.draw(random)


def draw_whole(duration: Duration, random: Random) -> float:
    """Return a random duration in whole seconds, as Copr's times are, if its bounds allow; a fixed one unchanged."""
    if isinstance(duration, (int, float)):
        return duration
    return min(max(round(duration.draw(random)), duration.minimum), duration.maximum)


@frozen(kw_only=True)
class _UniformObject:
    """Any duration from the first to the second number of seconds, all equally likely."""

    uniform: Annotated[tuple[Amount, ...], Keywords(minItems=2, maxItems=2)]


@frozen(kw_only=True)
class _LogNormalObject:
    """Mostly near ``median`` seconds, and occasionally far longer."""

    lognormal: LogNormal


def parse_duration(location: str, value: object) -> Duration:
    """Return seconds, or the random duration that ``{"uniform": […]}`` or ``{"lognormal": {…}}`` describes.

    :raises InputError: for any other value.
    """
    if checks.is_kind(value, Uniform) or checks.is_kind(value, LogNormal):
        return value
    seconds = checks.plain_number(value)
    if seconds is not None and 0 <= seconds <= checks.LARGEST_INTEGER:
        return seconds
    entry = checks.mapping(location, value) if checks.is_mapping(value) else {}
    kinds = [*map(checks.key, entry)]
    if kinds == ["lognormal"]:
        return parse(_LogNormalObject, location, entry).lognormal
    if kinds == ["uniform"]:
        return _uniform(f"{location}.uniform", parse(_UniformObject, location, entry).uniform)
    expected = "expected seconds, not negative, or an object with uniform or lognormal"
    raise InputError(location, f"{expected}, got {checks.excerpt(value)}")


def _uniform(location: str, bounds: tuple[float, ...]) -> Uniform:
    if len(bounds) != 2:
        raise InputError(location, f"expected two numbers, [minimum, maximum], got {checks.excerpt(list(bounds))}")
    try:
        return Uniform(*bounds)
    except InputError as error:
        raise InputError(location, error.problem) from None


def dump_duration(duration: Duration) -> object:
    """Return what parses back to the same duration."""
    if isinstance(duration, Uniform):
        return {"uniform": [duration.minimum, duration.maximum]}
    return {"lognormal": dump(duration)} if isinstance(duration, LogNormal) else duration


DurationValue = Annotated[
    Duration, Rule(parse_duration, dump_duration), Written(Amount | _UniformObject | _LogNormalObject)
]


def _next(random: Random) -> float:
    """Return a random number from 0 to below 1.

    :raises InputError: if it is no generator of random numbers.
    """
    try:
        number = checks.plain_number(random.random())
    except Exception:
        number = None
    if number is None or not 0 <= number < 1:
        raise InputError("random", f"expected a random.Random, got {checks.excerpt(random)}")
    return number

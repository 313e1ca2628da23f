"""The options of a fake, declared once for the constructor, the pytest plugin, ``serve`` and the control API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import update_wrapper
from inspect import signature
from typing import Annotated, Concatenate, ParamSpec, TypeVar

from .engine.clock import Clock, check_clock
from .errors import ArgumentError, InputError
from .model.progress import ProgressLike, ProgressValue, parse_progress
from .scenario.files import ScenarioSource
from .validation import checks
from .validation.checks import Amount, Positive, WholeNumber
from .validation.rule import Rule, Written, frozen
from .validation.spec import validate

P = ParamSpec("P")
S = TypeVar("S")
R = TypeVar("R")
_Init = Callable[Concatenate[S, P], None]


def _check_limit(location: str, value: object) -> int:
    if checks.whole_number(location, value) == 0:
        raise InputError(location, "0 would be an empty page; expected at least 1, or no limit")
    return checks.positive(location, value)


def _check_progress(location: str, value: object) -> object:
    parse_progress(location, value)
    return value


DefaultLimit = Annotated[int, Rule(_check_limit), Written(Positive)]
Address = Annotated[str, Rule(checks.address)]
CheckedClock = Annotated[Clock, Rule(check_clock)]
ProgressOption = Annotated[ProgressLike, Rule(_check_progress), Written(ProgressValue)]


@frozen(kw_only=True)
class SharedOptions:
    """The options of a fake that its users can set in Python and over HTTP; see :class:`FakeOptions`."""

    default_limit: DefaultLimit | None = 100
    progress: ProgressOption = "poll"
    seed: WholeNumber = 0
    requests_kept: WholeNumber = 10_000
    max_polls: Positive | None = 1_000
    next_build_id: Positive = 1


@frozen(kw_only=True)
class FakeOptions(SharedOptions):
    """How a fake behaves.

    :param default_limit: the default ``limit`` of list requests: 100 as in Copr's API reference, or ``None`` for
        no limit, as Fedora's Copr is deployed.
    :param progress: what advances chroots that have no progress of their own:
        ``poll``, ``clock``, ``manual`` or ``immediate``, or a :class:`Progress`.
    :param seed: the random seed; the same seed gives the same run.
    :param requests_kept: the number of latest requests that are kept.
    :param max_polls: the maximum number of polls of one resource of an unfinished build at the same time and without a
        change. The next one fails, because the code polls without waiting; ``None`` for no limit.
    :param max_repeats: the maximum number of equal responses about finished or missing resources to equal requests,
        without a write or a request for another endpoint in between. The next one fails, because the code waits for
        something that never happens; ``None`` for no limit. Only for a :class:`VirtualClock`.
    :param max_wait: the same in seconds: how far such code may move a :class:`VirtualClock`, also if a build is
        unfinished; a day by default, and ``None`` for no limit.
    :param next_build_id: the id of the first build, unless one with a higher id exists.
    :param results_url: the URL below which ``result_url`` is; Copr's own by default.
    :param results_delay: seconds from the end of a build until its results appear.
    :param clock: the source of time; by default a new :class:`VirtualClock`, which only moves when a test moves it.
    :raises InputErrors: for each invalid value.
    """

    max_repeats: Positive | None = 10_000
    max_wait: Amount | None = 86_400
    results_url: Address | None = None
    results_delay: Amount = 0
    clock: CheckedClock | None = None

    def __post_init__(self) -> None:
        validate(self)


SHARED_NAMES = tuple(field.name for field in fields(SharedOptions))
NAMES = tuple(field.name for field in fields(FakeOptions))


def options_as_keywords(make: Callable[P, FakeOptions]) -> Callable[[Callable[[S, FakeOptions], None]], _Init[S, P]]:
    """Make an ``__init__`` with one parameter, the options, accept them as keyword arguments."""

    def decorate(method: Callable[[S, FakeOptions], None]) -> _Init[S, P]:
        def wrapper(self: S, /, *args: P.args, **options: P.kwargs) -> None:
            _check_names(args, options)
            method(self, make(*args, **options))

        _show_options(wrapper, method)
        return wrapper

    return decorate


def options_after_source(
    make: Callable[P, FakeOptions],
) -> Callable[[Callable[[S, ScenarioSource, FakeOptions], R]], Callable[Concatenate[S, ScenarioSource, P], R]]:
    """Make a method with a scenario and the options accept the options as keyword arguments."""

    def decorate(
        method: Callable[[S, ScenarioSource, FakeOptions], R],
    ) -> Callable[Concatenate[S, ScenarioSource, P], R]:
        def wrapper(self: S, source: ScenarioSource, /, *args: P.args, **options: P.kwargs) -> R:
            _check_names(args, options)
            return method(self, source, make(*args, **options))

        _show_options(wrapper, method)
        return wrapper

    return decorate


def _check_names(args: tuple[object, ...], options: Mapping[str, object]) -> None:
    if args:
        raise ArgumentError(f"FakeCopr takes its options as keyword arguments, got {checks.excerpt(args[0])}")
    for name in options:
        if name not in NAMES:
            raise ArgumentError(f"FakeCopr has no option {name!r}; {checks.choices(name, NAMES)}")


def _show_options(wrapper: Callable[..., object], method: Callable[..., object]) -> None:
    """Give a wrapper the signature of its method with the options as keyword arguments, for ``help()`` and the docs."""
    update_wrapper(wrapper, method)
    options = signature(FakeOptions).parameters.values()
    given = [parameter for parameter in signature(method).parameters.values() if parameter.name != "options"]
    vars(wrapper)["__signature__"] = signature(method).replace(parameters=[*given, *options])

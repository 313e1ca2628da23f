"""The options of a fake, declared once for the constructor, the pytest plugin, ``serve`` and the control API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import update_wrapper
from inspect import signature
from typing import Concatenate, ParamSpec, TypeVar

from .engine.clock import Clock, check_clock
from .errors import InputError
from .model.progress import ProgressLike, parse_progress
from .scenario.load import ScenarioSource
from .validation import checks

P = ParamSpec("P")
S = TypeVar("S")
R = TypeVar("R")
_Init = Callable[Concatenate[S, P], None]


@dataclass(frozen=True, kw_only=True)
class FakeOptions:
    """How a fake behaves.

    :param default_limit: the ``limit`` of list requests that have none: 100 as in Copr's API reference, or ``None`` for
        no limit, as Fedora's Copr is deployed.
    :param results_url: the URL below which ``result_url`` is; Copr's own by default.
    :param serve_results: whether the fake serves results below ``/results``: logs, packages and directory indexes.
    :param results_delay: seconds from the end of a build until its results appear.
    :param progress: what advances chroots that have no progress of their own:
        ``poll``, ``clock``, ``manual`` or ``immediate``, or a :class:`Progress`.
    :param clock: the source of time; by default a new :class:`VirtualClock`, which stands still until it is moved.
    :param seed: the random seed; the same seed gives the same run.
    :param requests_kept: the number of latest requests that are kept; fewer if they take more than about 64 MB.
    :raises InputError: for an invalid value.
    """

    default_limit: int | None = 100
    results_url: str | None = None
    serve_results: bool = False
    results_delay: float = 0
    progress: ProgressLike = "poll"
    clock: Clock | None = None
    seed: int = 0
    requests_kept: int = 10_000

    def __post_init__(self) -> None:
        _check_limit(self.default_limit)
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        parse_progress("progress", self.progress)
        if self.clock is not None:
            check_clock(self.clock)


def _check_limit(limit: int | None) -> None:
    if limit is not None and checks.whole_number("default_limit", limit) == 0:
        raise InputError("default_limit", "0 would be an empty page; expected at least 1, or None for no limit")


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "results_url": checks.optional(checks.address),
    "serve_results": checks.flag,
    "results_delay": checks.amount,
    "seed": checks.whole_number,
    "requests_kept": checks.whole_number,
}

NAMES = tuple(field.name for field in fields(FakeOptions))


def options_as_keywords(make: Callable[P, FakeOptions]) -> Callable[[Callable[[S, FakeOptions], None]], _Init[S, P]]:
    """Let an ``__init__`` with one parameter, the options, take them as keyword arguments."""

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
    """Let a method take a scenario and the options, these as keyword arguments."""

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
        raise TypeError(f"FakeCopr takes its options as keyword arguments, got {checks.shown(args[0])}")
    for name in options:
        if name not in NAMES:
            raise TypeError(f"FakeCopr has no option {name!r}; {checks.choices(name, NAMES)}")


def _show_options(wrapper: Callable[..., object], method: Callable[..., object]) -> None:
    """Let a wrapper look like its method with the options as keyword arguments, for ``help()`` and the docs."""
    update_wrapper(wrapper, method)
    options = signature(FakeOptions).parameters.values()
    given = [taken for taken in signature(method).parameters.values() if taken.name != "options"]
    wrapper.__signature__ = signature(method).replace(parameters=[*given, *options])  # type: ignore[attr-defined]

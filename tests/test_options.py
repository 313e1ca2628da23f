"""The options of a fake are the same wherever they are given."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace

import pytest

from copr_chroot_fake import FakeCopr, FakeOptions, InputError, VirtualClock

MAKERS = {"FakeCopr": FakeCopr, "from_scenario": lambda **options: FakeCopr.from_scenario({}, **options)}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=[*MAKERS])


@makers
def test_unknown_option_names_the_closest_match(make: Callable[..., FakeCopr]) -> None:
    with pytest.raises(
        TypeError, match=r"^FakeCopr has no option 'default_limt'; did you mean 'default_limit'\? valid: "
    ):
        make(default_limt=5)


@makers
def test_options_are_keyword_arguments(make: Callable[..., FakeCopr]) -> None:
    fake = make(default_limit=None, seed=3, clock=VirtualClock(7))
    assert (fake.default_limit, fake.seed, fake.clock.now()) == (None, 3, 7)


def test_positional_option_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"^FakeCopr takes its options as keyword arguments, got 100$"):
        FakeCopr(100)  # type: ignore[call-arg]  # the error is the point


def test_signature_shows_the_options() -> None:
    assert [*inspect.signature(FakeCopr).parameters] == [*inspect.signature(FakeOptions).parameters]


def test_invalid_option_is_named() -> None:
    with pytest.raises(InputError, match=r"^requests_kept: "):
        replace(FakeOptions(), requests_kept=-1)


def test_all_invalid_options_are_reported() -> None:
    """None is invalid unless an option says what it means."""
    with pytest.raises(InputError) as raised:
        FakeCopr(progress="pol", seed=None, results_delay=-1, clock=7, default_limit=None)  # type: ignore[arg-type]  # the errors are the point
    locations = [error.location for error in raised.value.errors]
    assert locations == ["progress", "seed", "results_delay", "clock"]

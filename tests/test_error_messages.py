"""Error messages for mistakes that new users make name the remedy."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from copr_chroot_fake import (
    ArgumentError,
    ControlError,
    CoprClient,
    CoprFakeControl,
    FakeCopr,
    InputError,
    MissingExtraError,
    PollLoopError,
)

from .chroots import F41


def call_with(function: Callable[..., object], **arguments: Any) -> object:
    """Call a function with arguments that its types reject."""
    return function(**arguments)


def test_fault_fields_as_arguments_are_explained() -> None:
    expected = "add takes a Fault or a mapping: Fault(status=500, first=1), or {'status': 500, 'first': 1}"
    with pytest.raises(ArgumentError, match=re.escape(expected)):
        call_with(FakeCopr().faults.add, status=500, first=1)


def test_empty_fault_is_named_as_such_by_the_control_api() -> None:
    """The location "body" would look like the effect of that name."""
    empty = "the request's body: has no effect; expected at least one of status, error, body"
    with (
        FakeCopr().serving() as url,
        CoprFakeControl(url) as control,
        pytest.raises(ControlError, match=empty),
    ):
        control.add_fault({})


def test_missing_faker_is_reported_for_populate(monkeypatch: pytest.MonkeyPatch) -> None:
    """In at most ten lines, with the remedy in the last one."""
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(MissingExtraError) as raised:
        FakeCopr().populate()
    lines = "".join(traceback.format_exception(raised.value)).splitlines()
    assert lines[-1].endswith(
        "FakeCopr.populate needs Faker, which is not installed: pip install 'copr-chroot-fake[faker]'"
    )
    assert len(lines) <= 10


@pytest.mark.parametrize("path", ["/_fake", "/_fake/"])
def test_control_url_must_omit_the_control_path(path: str) -> None:
    with pytest.raises(InputError, match=r"^url: .*/_fake.* has the path /_fake; leave it out: http://copr.test:5000$"):
        CoprFakeControl(f"http://copr.test:5000{path}")


@pytest.mark.parametrize("path", ["/api_3", "/api_3/"])
def test_client_url_must_omit_the_api_path(path: str) -> None:
    with pytest.raises(InputError, match=r"^url: .*/api_3.* has the path /api_3; leave it out: http://copr.test$"):
        CoprClient(f"http://copr.test{path}")


def test_request_without_api_path_has_that_path_as_near_miss() -> None:
    fake = FakeCopr()
    for target in ("/build/1", "/build-chroot/list?build_id=1"):
        fake.answer("GET", target)
    assert [unmatched.near_miss for unmatched in fake.unmatched] == [
        "the path is /api_3/build/1, not /build/1",
        "the path is /api_3/build-chroot/list, not /build-chroot/list",
    ]


def test_poll_loop_names_the_clock() -> None:
    fake = FakeCopr(max_polls=5)
    fake.add_build([F41], lifecycle="stuck-running", progress="clock")
    for _ in range(5):
        fake.answer("GET", "/api_3/build/1")
    with pytest.raises(PollLoopError, match="was requested 5 times while the clock stood still, and the response"):
        fake.answer("GET", "/api_3/build/1")


def test_state_of_another_word_form_has_a_suggestion() -> None:
    with pytest.raises(InputError, match=r"'success' is not a state; did you mean 'succeeded'\?"):
        call_with(FakeCopr().add_build, chroots=[F41], state="success")


def test_build_without_chroots_says_so() -> None:
    assert repr(FakeCopr().add_build([])) == "<Build 1 hello in jdoe/playground, waiting, no chroots>"

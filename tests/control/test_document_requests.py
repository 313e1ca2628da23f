"""The control API answers generated requests as its OpenAPI document says.

These take longer than all other tests of the control API, so `make test` leaves them to CI.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import positive_data_acceptance

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.http_server.app import ServedApp
from copr_chroot_fake.http_server.control_adapter import ControlAdapter
from copr_chroot_fake.http_server.guard import Guard
from copr_chroot_fake.worlds.initial import InitialConfig
from copr_chroot_fake.worlds.world import Worlds

from ..examples import examples
from ..scenarios.examples import UNSAYABLE
from .doors import F41, F42, validator

BUILD = 77


@pytest.mark.parametrize("status", [401, 403, 413])
def test_what_the_door_refuses_is_said_as_all_else(status: int) -> None:
    """Without the token, from elsewhere, and with too large a body."""
    worlds = Worlds(InitialConfig(FakeCopr))
    guard = Guard("127.0.0.1", "secret" if status == 401 else None, ["testserver"])
    door = ControlAdapter(worlds, InitialConfig(FakeCopr), guard, max_body=10)
    schema = loaded(ServedApp(worlds, door))
    headers = {"Host": "example.org"} if status == 403 else {}
    case = schema["/seed"]["POST"].Case(body={"seed": 1_000_000}, media_type="application/json", headers=headers)
    answer = case.call()
    assert answer.status_code == status
    validator("ErrorView").validate(answer.json())


def loaded(app: ServedApp, maximum: int = examples(10), **named: object) -> schemathesis.BaseSchema:
    """The document that an application has, read by schemathesis; what paths name can be said."""
    config = {
        "generation": {"deterministic": True, "max-examples": maximum, "no-shrink": True},
        "parameters": {f"path.{name}": value for name, value in named.items()},
    }
    return schemathesis.openapi.from_asgi("/_fake/openapi.json", app, config=schemathesis.Config.from_dict(config))


WORLDS = Worlds(InitialConfig(FakeCopr))


async def save(worlds: Worlds) -> str:
    """Save nothing."""
    return "state.json"


# schemathesis addresses an application in process as testserver.
CONTROL = ControlAdapter(WORLDS, InitialConfig(FakeCopr), Guard("127.0.0.1", None, ["testserver"]), save)
APP = ServedApp(WORLDS, CONTROL)

OF_WHAT_IS_THERE = loaded(APP, build_id=BUILD, chrootname=F41, fault_id=1, snapshot_id=1, world="there")
OF_ANYTHING = loaded(APP, examples(5))

UNSAYABLE_HERE = (
    *UNSAYABLE,
    # What has been.
    "time does not run backwards",
    "when .* last changed",
    "the last time that Copr can keep",
    # What is there.
    r"there is no build \d+",
    # What goes with what.
    "goes with (start|succeed), not with",
)
"""Why a call is refused that the document allows."""


SETTINGS = settings(deadline=None, suppress_health_check=[*HealthCheck])


def start_anew() -> None:
    for world in WORLDS:
        WORLDS.delete(world.name)
    WORLDS.main.reset()


def fill() -> None:
    """Let there be the same before each request."""
    start_anew()
    WORLDS.replace("there", InitialConfig(FakeCopr))
    fake = WORLDS.main.fake
    fake.add_build(BUILD, {F41: {"lifecycle": "realistic"}, F42: "running"})
    fake.faults.add({"delay": 0})
    fake.answer("GET", f"/api_3/build-chroot/list/{BUILD}")
    WORLDS.main.take_snapshot()


def check(case: Any, answer: Any) -> None:
    """A request is answered as the document says, and what that allows is taken unless it cannot say why not."""
    is_unsayable = answer.status_code == 422 and any(re.search(why, answer.json()["error"]) for why in UNSAYABLE_HERE)
    case.validate_response(answer, excluded_checks=[positive_data_acceptance] if is_unsayable else [])


@OF_WHAT_IS_THERE.parametrize()
@SETTINGS
def test_the_code_does_what_the_document_says(case: Any) -> None:
    """Whatever is asked of what is there."""
    fill()
    check(case, case.call())


@OF_ANYTHING.include(path_regex="{").parametrize()
@SETTINGS
def test_the_code_does_what_the_document_says_of_names(case: Any) -> None:
    """Whatever a path names."""
    fill()
    check(case, case.call())


def test_what_one_call_has_made_others_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until another one has deleted it: calls one after the other, with what the answers before have shown."""
    machine = OF_ANYTHING.as_state_machine()
    monkeypatch.setattr(machine, "setup", lambda self: start_anew())
    monkeypatch.setattr(machine, "validate_response", lambda self, answer, case, **kwargs: check(case, answer))
    machine.run(settings=settings(SETTINGS, max_examples=examples(20), stateful_step_count=10, derandomize=True))

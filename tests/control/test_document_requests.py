"""The control API answers generated requests as its OpenAPI document says.

These take longer than all other tests of the control API, so `make test` leaves them to CI.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import positive_data_acceptance

from copr_chroot_fake.adapters.asgi import Receive, Send, respond
from copr_chroot_fake.control.events import EVENT_STREAM
from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.server.app import ControlAdapter, ServedApp
from copr_chroot_fake.server.guard import Guard
from copr_chroot_fake.server.request import BodyWanted, Request, Response
from copr_chroot_fake.wire.answer import Answer

from ..chroots import F41, F42
from ..examples import examples
from ..scenarios.examples import BEYOND_THE_SCHEMA
from ..worlds import fake_of
from .clients import validator

BUILD = 77


@pytest.mark.parametrize("status", [401, 403])
def test_rejected_requests_conform_to_the_document(status: int) -> None:
    """Without a token, or from another site."""
    worlds = Worlds(InitialConfig())
    guard = Guard("127.0.0.1", "secret" if status == 401 else None, ["testserver"])
    control = ControlAdapter(worlds, InitialConfig(), guard)
    schema = loaded(ServedApp(worlds, control))
    headers = {"Host": "example.org"} if status == 403 else {}
    case = schema["/seed"]["POST"].Case(body={"seed": 1_000_000}, media_type="application/json", headers=headers)
    answer = case.call()
    assert answer.status_code == status
    validator("ErrorView").validate(answer.json())


class AsgiApp:
    """An ASGI application for schemathesis."""

    def __init__(self, app: ServedApp) -> None:
        self._app = app

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode()
        target = scope["raw_path"].decode() + (f"?{query}" if query else "")
        answer = self._app(Request(scope["method"], target, [*scope["headers"]]))
        if isinstance(answer, BodyWanted):
            body = b""
            while (message := await receive()).get("more_body", False):
                body += message["body"]  # type: ignore[operator]  # bytes
            given = answer.respond(body + message.get("body", b""))  # type: ignore[operator]  # bytes
            answer = await completed(given)
        is_head = scope["method"] == "HEAD"
        await respond(answer._replace(body=b"") if is_head else answer, send)


async def completed(given: Response) -> Answer:
    """Return a response; a stream of events ends after the first one."""
    if isinstance(given, Answer):
        return given
    async with aclosing(given.pieces()) as pieces:
        body = await anext(pieces)
    return Answer(200, (("Content-Type", EVENT_STREAM),), body)


def loaded(app: ServedApp, maximum: int = examples(10), **named: object) -> schemathesis.BaseSchema:
    """Load the document of an application, with fixed path parameters."""
    config = {
        "generation": {"deterministic": True, "max-examples": maximum, "no-shrink": True},
        "parameters": {f"path.{name}": value for name, value in named.items()},
        # schemathesis cannot negate a scenario that may also be a name or null.
        "operations": [{"include-path": "/worlds/{world}", "generation": {"mode": "positive"}}],
    }
    return schemathesis.openapi.from_asgi(
        "/_fake/openapi.json", AsgiApp(app), config=schemathesis.Config.from_dict(config)
    )


WORLDS = Worlds(InitialConfig())


def save(worlds: Worlds) -> str:
    """Save nothing."""
    return "state.json"


# schemathesis addresses an application in process as testserver.
CONTROL = ControlAdapter(WORLDS, InitialConfig(), Guard("127.0.0.1", None, ["testserver"]), save)
APP = ServedApp(WORLDS, CONTROL)

EXISTING_OBJECTS = loaded(APP, build_id=BUILD, chrootname=F41, fault_id=1, rule_id=1, snapshot_id=1, world="there")
ANY_OBJECTS = loaded(APP, examples(5))

BEYOND_THE_DOCUMENT = (
    *BEYOND_THE_SCHEMA,
    # The past.
    "time does not run backwards",
    "when .* last changed",
    "the last time of Copr",
    # Existing objects.
    r"there is no build \d+",
    "is not a distribution",
)
"""Why a call is rejected although the document allows it."""


SETTINGS = settings(deadline=None, suppress_health_check=[*HealthCheck])


def start_anew() -> None:
    for world in WORLDS:
        WORLDS.delete(world.name)
    WORLDS.main.reset()


def fill() -> None:
    """Restore the same content before each request."""
    start_anew()
    WORLDS.replace("there", InitialConfig())
    fake = fake_of(WORLDS.main)
    fake.add_build({F41: {"lifecycle": "realistic"}, F42: "running"}, id=BUILD)
    fake.add_group("@copr")
    fake.faults.add({"delay": 0})
    fake.on_submit(lifecycle="fails")
    fake.answer("GET", f"/api_3/build-chroot/list/{BUILD}")
    WORLDS.main.take_snapshot()


def check(case: Any, answer: Any) -> None:
    """Check a response against the document; a valid request may only be rejected with 409."""
    is_beyond_document = answer.status_code == 422 and any(
        re.search(why, answer.json()["error"]) for why in BEYOND_THE_DOCUMENT
    )
    case.validate_response(answer, excluded_checks=[positive_data_acceptance] if is_beyond_document else [])


@EXISTING_OBJECTS.parametrize()
@SETTINGS
def test_responses_conform_to_the_document(case: Any) -> None:
    """For existing objects."""
    fill()
    check(case, case.call())


@ANY_OBJECTS.include(path_regex="{").parametrize()
@SETTINGS
def test_responses_for_any_path_conform_to_the_document(case: Any) -> None:
    """For any path parameters."""
    fill()
    check(case, case.call())


@pytest.mark.sampled
def test_created_objects_are_found_until_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls in sequence use ids from earlier responses."""
    machine = ANY_OBJECTS.as_state_machine()
    monkeypatch.setattr(machine, "setup", lambda self: start_anew())
    monkeypatch.setattr(machine, "validate_response", lambda self, answer, case, **kwargs: check(case, answer))
    machine.run(settings=settings(SETTINGS, max_examples=examples(20), stateful_step_count=10, derandomize=True))

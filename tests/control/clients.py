"""A client of the control API, in process or over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from jsonschema import Draft202012Validator

from copr_chroot_fake import Answer, FakeCopr, SystemClock
from copr_chroot_fake.control.api import DOCUMENT as DOCUMENT_FILE
from copr_chroot_fake.control.api import ControlApi
from copr_chroot_fake.control.call import Setting
from copr_chroot_fake.control.events import EVENT_STREAM, WorldEvents
from copr_chroot_fake.control.operations import TABLE, find
from copr_chroot_fake.control.worlds import InitialConfig, InitialSnapshot, World, Worlds

from ..chroots import F41, F42
from ..served import Reply, Server
from ..worlds import fake_of

S390X = "epel-9-s390x"

CHROOT = f"/builds/1/chroots/{F41}"
"""Path of a chroot in the control API."""

DOCUMENT: dict[str, Any] = json.loads(DOCUMENT_FILE.read_text())

Send = Callable[[str, str, bytes], Reply]
"""Sends method, target and body, and returns the response."""


READS = [path for path, operations in TABLE.items() if "GET" in operations and path != "/events"]
"""The paths of calls that read; a stream of events has no end."""


class Control:
    """Client of the control API of a world; every response is checked against the OpenAPI document."""

    def __init__(self, send: Send, worlds: Worlds, world: World) -> None:
        self._send = send
        self._prefix = f"/worlds/{world.name}" if world.name else ""
        self.worlds = worlds
        self.world = world

    def of_world(self, name: str) -> Control:
        """Return a client of another world."""
        return Control(self._send, self.worlds, self.worlds.get_or_create(name))

    def send(self, method: str, target: str, raw: bytes = b"") -> Reply:
        """Send a raw body."""
        reply = self._send(method, f"{self._prefix}/_fake{target}", raw)
        if method != "HEAD":
            check_conformance(method, target.partition("?")[0], reply)
        return reply

    def request(self, method: str, target: str, body: object = None) -> Reply:
        return self.send(method, target, b"" if body is None else json.dumps(body).encode())

    def do(self, method: str, target: str, body: object = None) -> Any:
        """Send a call that must succeed, and return the response document."""
        reply = self.request(method, target, body)
        assert reply.status in (200, 201, 204), reply
        return reply.document if reply.body else None

    def get(self, target: str) -> Any:
        return self.do("GET", target)

    def post(self, target: str, body: object = None) -> Any:
        return self.do("POST", target, body)

    def copr(self, target: str) -> Reply:
        """Send a request to Copr."""
        return self._send("GET", f"{self._prefix}/api_3/build-chroot{target}", b"")

    def copr_chroot(self, build_id: int = 1, name: str = F41) -> Any:
        """Return a chroot as Copr returns it."""
        return self.copr(f"/{build_id}/{name}").document

    def states(self, build_id: int = 1) -> dict[str, str]:
        items = self.copr(f"/list/{build_id}").document["items"]
        return {item["name"]: item["state"] for item in items}

    def all_responses(self) -> dict[str, Any]:
        """Return the responses of all GET calls without path parameters."""
        return {path: self.get(path) for path in READS if "{" not in path}


def check_conformance(method: str, path: str, reply: Reply) -> None:
    """Check a response against the document."""
    assert reply.headers.get("content-type") == ("application/json" if reply.body else None), reply
    found = find(path)
    if found is None or method not in found.operations:
        assert path == "/openapi.json" or reply.status in (404, 405), reply
        if reply.status >= 400:
            validator("ErrorView").validate(reply.document)
        return
    template = next(template for template, operations in TABLE.items() if operations is found.operations)
    responses = DOCUMENT["paths"][template][method.lower()]["responses"]
    assert str(reply.status) in responses, reply
    response = responses[str(reply.status)]
    response = DOCUMENT["components"]["responses"][response["$ref"].split("/")[-1]] if "$ref" in response else response
    if "content" not in response:
        assert reply.body == b""
    else:
        name = response["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        validator(name).validate(reply.document)


@cache
def validator(name: str) -> Draft202012Validator:
    """Return a validator for a schema of the document."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


def completed(answer: Answer | WorldEvents) -> Answer:
    """Return a response; a stream of events ends after the first one."""
    if isinstance(answer, WorldEvents):
        return Answer(200, (("Content-Type", EVENT_STREAM),), answer.read() or b"")
    return answer


def in_process(api: ControlApi, worlds: Worlds) -> Send:
    """Send without a server."""

    def send(method: str, target: str, body: bytes) -> Reply:
        world, rest = worlds.main, target
        if target.startswith("/worlds/"):
            _, _, name, rest = target.split("/", 3)
            world, rest = worlds.get_or_create(name), f"/{rest}"
        path, _, query = rest.partition("?")
        if path.startswith("/_fake"):
            answer = completed(api.answer(world, method, path.removeprefix("/_fake"), query, body))
        else:
            answer = fake_of(world).answer(method, rest)
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)

    return send


def over_http(server: Server) -> Send:
    """Send each request on a new connection."""
    return lambda method, target, body: server.call(method, target, body or None)


def fresh_control(name: str = "") -> Control:
    """Return a client of a new world."""
    return control_of(Worlds(InitialConfig()), name)


def control_of(worlds: Worlds, name: str = "") -> Control:
    """Return a client of a world."""
    api = ControlApi(Setting(worlds, cast(InitialConfig, worlds.initial_state), None))
    return Control(in_process(api, worlds), worlds, worlds.get_or_create(name) if name else worlds.main)


def control_of_held(fake: FakeCopr, name: str = "held") -> Control:
    """Return a client of a world with a given fake, as in a live server."""
    worlds = Worlds(InitialConfig())
    worlds.replace(name, InitialSnapshot(fake.service, fake.snapshot()), fake.service)
    return control_of(worlds, name)


def paused(control: Control) -> Control:
    """Pause the clock and return the client."""
    clock = fake_of(control.world).clock
    assert isinstance(clock, SystemClock)
    clock.pause()
    return control


def filled(control: Control) -> Control:
    """Add builds, a fault, a request and a snapshot, and return the client."""
    fake = fake_of(control.world)
    fake.add_build({F41: "running", F42: {"lifecycle": "realistic"}}, id=1)
    fake.faults.add({"delay": 0})
    fake.answer("GET", "/api_3/build-chroot/list/1")
    control.world.take_snapshot()
    return control

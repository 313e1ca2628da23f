"""Two ways to ask the control API, behind one class: in process, and over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from jsonschema import Draft202012Validator

from copr_chroot_fake import Answer, FakeCopr, SystemClock
from copr_chroot_fake.admin import openapi
from copr_chroot_fake.admin.call import Setting
from copr_chroot_fake.admin.control_api import ControlApi
from copr_chroot_fake.admin.operations import TABLE, find
from copr_chroot_fake.worlds.initial import InitialConfig, InitialSnapshot
from copr_chroot_fake.worlds.world import World, Worlds

from ..served import Reply, Server

F41, F42, S390X = "fedora-41-x86_64", "fedora-42-x86_64", "epel-9-s390x"

CHROOT = f"/builds/1/chroots/{F41}"
"""Where the control API has one of them."""

DOCUMENT: dict[str, Any] = json.loads(json.dumps(openapi.document()))

Send = Callable[[str, str, bytes], Reply]
"""Sends method, target and body, and returns the answer."""


class Control:
    """The control API of a world, each answer of which is checked against the document."""

    def __init__(self, send: Send, worlds: Worlds, world: World) -> None:
        self._send = send
        self._prefix = f"/worlds/{world.name}" if world.name else ""
        self.worlds = worlds
        self.world = world

    def of_world(self, name: str) -> Control:
        """The control of another world, through the same door."""
        return Control(self._send, self.worlds, self.worlds.get_or_create(name))

    def send(self, method: str, target: str, raw: bytes = b"") -> Reply:
        """The answer to a body as it is."""
        reply = self._send(method, f"{self._prefix}/_fake{target}", raw)
        if method != "HEAD":
            check_conformance(method, target.partition("?")[0], reply)
        return reply

    def ask(self, method: str, target: str, body: object = None) -> Reply:
        return self.send(method, target, b"" if body is None else json.dumps(body).encode())

    def do(self, method: str, target: str, body: object = None) -> Any:
        """What a call shows that is done."""
        reply = self.ask(method, target, body)
        assert reply.status in (200, 201, 204), reply
        return reply.document if reply.body else None

    def get(self, target: str) -> Any:
        return self.do("GET", target)

    def post(self, target: str, body: object = None) -> Any:
        return self.do("POST", target, body)

    def copr(self, target: str) -> Reply:
        """What the faithful side answers."""
        return self._send("GET", f"{self._prefix}/api_3/build-chroot{target}", b"")

    def shown(self, build_id: int = 1, name: str = F41) -> Any:
        """What the faithful side shows of a chroot."""
        return self.copr(f"/{build_id}/{name}").document

    def states(self, build_id: int = 1) -> dict[str, str]:
        items = self.copr(f"/list/{build_id}").document["items"]
        return {item["name"]: item["state"] for item in items}

    def all_there_is(self) -> dict[str, Any]:
        """Everything that can be learned of it."""
        paths = [path for path, operations in TABLE.items() if "GET" in operations and "{" not in path]
        return {path: self.get(path) for path in paths}


def check_conformance(method: str, path: str, reply: Reply) -> None:
    """An answer is one that the document says."""
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
    """Of one of the document's schemas."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


def in_process(api: ControlApi, worlds: Worlds) -> Send:
    """No server at all."""

    def send(method: str, target: str, body: bytes) -> Reply:
        world, rest = worlds.main, target
        if target.startswith("/worlds/"):
            _, _, name, rest = target.split("/", 3)
            world, rest = worlds.get_or_create(name), f"/{rest}"
        path, _, query = rest.partition("?")
        if path.startswith("/_fake"):
            answer = api.answer(world, method, path.removeprefix("/_fake"), query, body)
            if not isinstance(answer, Answer):
                answer = asyncio.run(answer)
        else:
            answer = world.fake.answer(method, rest)
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)

    return send


def over_http(server: Server) -> Send:
    """A connection for each request."""
    return lambda method, target, body: server.call(method, target, body or None)


def fresh_control(name: str = "") -> Control:
    """The control of a fresh world."""
    return control_of(Worlds(InitialConfig(FakeCopr)), name)


def control_of(worlds: Worlds, name: str = "") -> Control:
    """The control of one of some worlds."""
    api = ControlApi(Setting(worlds, cast(InitialConfig, worlds.initial_state), None))
    return Control(in_process(api, worlds), worlds, worlds.get_or_create(name) if name else worlds.main)


def control_of_held(fake: FakeCopr, name: str = "held") -> Control:
    """The control of a world of a fake that somebody holds, as a server in a test run has it."""
    worlds = Worlds(InitialConfig(FakeCopr))
    worlds.replace(name, InitialSnapshot(fake, fake.snapshot()), fake)
    return control_of(worlds, name)


def paused(control: Control) -> Control:
    """The same, when its time stands still."""
    clock = control.world.fake.clock
    assert isinstance(clock, SystemClock)
    clock.pause()
    return control


def filled(control: Control) -> Control:
    """The same, with something of everything to make mistakes with."""
    fake = control.world.fake
    fake.add_build(1, {F41: "running", F42: {"lifecycle": "realistic"}})
    fake.faults.add({"delay": 0})
    fake.answer("GET", "/api_3/build-chroot/list/1")
    control.world.take_snapshot()
    return control

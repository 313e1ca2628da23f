"""Recording in memory: a fake is read by a client, and what was recorded is served by another fake."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import httpx

from copr_chroot_fake import CoprClient, CoprFakeError, FakeCopr
from copr_chroot_fake.client.errors import ClientError
from copr_chroot_fake.recording.poll_loop import Looking
from copr_chroot_fake.recording.recorded import recorded
from copr_chroot_fake.recording.recorder import Recorder
from copr_chroot_fake.recording.reporter import Lines
from copr_chroot_fake.scenario.bundled import by_name

from .recordings import DIRECTORY

F42, F43, S390X = "fedora-42-x86_64", "fedora-43-x86_64", "epel-10-s390x"

SCENARIOS = {**by_name(), **{path.stem: path for path in sorted(DIRECTORY.glob("world-*.json"))}}
"""Those that ship, and the worlds of the recorded exchanges."""

LISTS = ("", "&limit=3&offset=1", "&order_type=DESC", *(f"&order={column}" for column in ("status", "started_on")))


class Recording(NamedTuple):
    """What came of it; the scenario is as a file would have it."""

    scenario: Any
    left_out: tuple[str, ...]
    missing: tuple[str, ...]
    said: str
    problem: CoprFakeError | None

    def serve(self, **options: Any) -> FakeCopr:
        return FakeCopr.from_scenario(self.scenario, **options)


def record(
    fake: FakeCopr,
    ids: Iterable[int] | None = None,
    *,
    interval: float | None = None,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], object] | None = None,
    anonymous: bool = False,
) -> Recording:
    """Record builds of a fake, whose clock is the only one that there is, and moves only while it is waited."""
    stream = io.StringIO()
    said = Lines(stream)
    numbers = [*fake.builds] if ids is None else [*ids]
    pause = fake.clock.tick if sleep is None else sleep
    with CoprClient(
        transport=fake.transport if transport is None else transport, sleep=pause, now=fake.clock.now
    ) as client:
        recorder = Recorder(client, fake.clock.now, said)
        looking = Looking(recorder, numbers, lambda: None, interval, said, fake.clock.now, pause)
        problem = None
        try:
            looking.run()
        except Stop:
            pass
        except ClientError as error:
            problem = error
        made = recorded(recorder.answers(), lives=interval is not None, anonymous=anonymous)
    return Recording(
        json.loads(json.dumps(made.scenario)), made.left_out, tuple(looking.missing()), stream.getvalue(), problem
    )


class Bare(httpx.BaseTransport):
    """A service that answers the four endpoints and no others."""

    def __init__(self, fake: FakeCopr) -> None:
        self._fake = fake

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/api_3/build-chroot"):
            return httpx.Response(404, text='{"error":"Such API endpoint doesn\'t exist"}\n')
        return self._fake.transport.handle_request(request)


class Stop(Exception):
    """Ends a recording that a test has seen enough of."""


def ask(fake: FakeCopr, target: str) -> tuple[int, bytes]:
    answer = fake.answer("GET", f"/api_3/build-chroot{target}")
    return answer.status, answer.body


def targets(build_id: int, names: Sequence[str]) -> Iterator[str]:
    """What can be asked about a build by the four endpoints."""
    for paging in LISTS:
        yield f"/list?build_id={build_id}{paging}"
    for name in names:
        for endpoint in ("", "/build-config", "/built-packages"):
            yield f"{endpoint}?build_id={build_id}&chrootname={name}"


def differences(one: FakeCopr, other: FakeCopr, ids: Iterable[int] | None = None) -> list[str]:
    """The targets to which two fakes answer differently, about the builds of the first one and their chroots."""
    return [
        target
        for number in ([*one.builds] if ids is None else ids)
        for target in targets(number, [chroot.name for chroot in one.builds[number].values()])
        if ask(one, target) != ask(other, target)
    ]


def told(fake: FakeCopr, ids: Iterable[int]) -> dict[str, Any]:
    """What the companion endpoints answer about builds, but for what the database numbers."""
    answers: dict[str, Any] = {}
    paths = ["mock-chroots/list"]
    for number in ids:
        project = fake.builds[number].project
        paths += [f"build/{number}", f"build/built-packages/{number}", f"build/source-chroot/{number}"]
        paths += [f"project?ownername={project.ownername}&projectname={project.projectname}"]
        paths += [f"build-chroot/list?build_id={number}&order={column}_chroot_id" for column in ("mock", "copr")]
    for path in paths:
        answer = fake.answer("GET", f"/api_3/{path}")
        document = json.loads(answer.body)
        if path.startswith("project"):
            del document["id"]
        answers[path] = answer.status, document
    return answers


def unsaid(scenario: Any) -> list[str]:
    """The chroots of which something is said as it was answered, and nothing derived."""
    return [
        f"{build['id']} {chroot['name']}"
        for build in scenario["builds"]
        for chroot in build["chroots"]
        if {"build_config", "result_url"} & chroot.keys()
    ]

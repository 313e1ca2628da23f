"""Record a fake with a client in memory, and serve the recording with another fake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import httpx

from copr_chroot_fake import CoprClient, CoprFakeError, FakeCopr
from copr_chroot_fake.client.errors import ClientError
from copr_chroot_fake.recording.recorder import Recorder
from copr_chroot_fake.recording.to_scenario import to_scenario
from copr_chroot_fake.scenario.files import by_name

from .recordings import DIRECTORY

S390X = "epel-10-s390x"

SCENARIOS = {**by_name(), **{path.stem: path for path in sorted(DIRECTORY.glob("world-*.json"))}}
"""The bundled scenarios, and those of the recorded exchanges."""

LISTS = ("", "&limit=3&offset=1", "&order_type=DESC", *(f"&order={column}" for column in ("status", "started_on")))


class Recording(NamedTuple):
    """The scenario as in a file, its omissions, the progress report and the error."""

    scenario: Any
    omissions: tuple[str, ...]
    missing: tuple[str, ...]
    report: str
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
    """Record builds of a fake, whose clock is the only one and moves only during pauses."""
    lines: list[str] = []
    build_ids = [*fake.builds] if ids is None else [*ids]
    pause = fake.clock.tick if sleep is None else sleep
    with CoprClient(
        transport=fake.transport if transport is None else transport, sleep=pause, now=fake.clock.now
    ) as client:
        recorder = Recorder(
            client,
            build_ids,
            interval,
            lines.append,
            now=fake.clock.now,
            sleep=pause,
        )
        problem = None
        try:
            recorder.run(lambda: None)
        except Stop:
            pass
        except ClientError as error:
            problem = error
    scenario, omissions = to_scenario(recorder.observations, lifecycles=interval is not None, anonymous=anonymous)
    missing = tuple(recorder.missing())
    return Recording(json.loads(json.dumps(scenario)), omissions, missing, "\n".join(lines), problem)


class Stop(Exception):
    """Ends a recording."""


def get(fake: FakeCopr, target: str) -> tuple[int, bytes]:
    answer = fake.answer("GET", f"/api_3/build-chroot{target}")
    return answer.status, answer.body


def targets(build_id: int, names: Sequence[str]) -> Iterator[str]:
    """Yield targets of the four endpoints about a build."""
    for paging in LISTS:
        yield f"/list?build_id={build_id}{paging}"
    for name in names:
        for endpoint in ("", "/build-config", "/built-packages"):
            yield f"{endpoint}?build_id={build_id}&chrootname={name}"


def differences(one: FakeCopr, other: FakeCopr, ids: Iterable[int] | None = None) -> list[str]:
    """Return the targets, about the builds of the first fake, to which two fakes respond differently."""
    return [
        target
        for build_id in ([*one.builds] if ids is None else ids)
        for target in targets(build_id, [chroot.name for chroot in one.builds[build_id].values()])
        if get(one, target) != get(other, target)
    ]


def get_other_endpoints(fake: FakeCopr, ids: Iterable[int]) -> dict[str, Any]:
    """Return what the other endpoints respond about builds, without the ids that the database generates."""
    responses: dict[str, Any] = {}
    paths = ["mock-chroots/list"]
    for build_id in ids:
        project = fake.builds[build_id].project
        paths += [f"build/{build_id}", f"build/built-packages/{build_id}", f"build/source-chroot/{build_id}"]
        paths += [f"project?ownername={project.ownername}&projectname={project.projectname}"]
        paths += [f"build-chroot/list?build_id={build_id}&order={column}_chroot_id" for column in ("mock", "copr")]
    for path in paths:
        answer = fake.answer("GET", f"/api_3/{path}")
        document = json.loads(answer.body)
        if path.startswith("project"):
            del document["id"]
        responses[path] = answer.status, document
    return responses

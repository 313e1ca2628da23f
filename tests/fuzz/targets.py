"""Fuzz targets: each takes a case as bytes and checks invariants."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request

from copr_chroot_fake import FakeCopr, ScenarioError
from copr_chroot_fake.admin import page
from copr_chroot_fake.admin.call import Setting
from copr_chroot_fake.admin.control_api import ControlApi
from copr_chroot_fake.errors import InputError
from copr_chroot_fake.scenario_cli.check import check
from copr_chroot_fake.wire.answer import Answer
from copr_chroot_fake.wire.target import split_target
from copr_chroot_fake.worlds.initial import InitialConfig
from copr_chroot_fake.worlds.world import Worlds

from .connections import connections

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


def requests(case: bytes) -> None:
    """Method and target on the first line, a header on each that follows."""
    first, *rest = case.split(b"\n")
    method, _, target = first.decode("utf-8", "surrogateescape").partition(" ")
    headers = [(name, value) for name, _, value in (line.partition(b":") for line in rest)]
    fake = FakeCopr(progress="manual")
    fake.add_build({F41: "succeeded", F42: "pending"}, id=1)
    fake.add_build([F41], id=2, state="running", project="@group/project")
    fake.add_account("packager", "login", "token")
    try:
        target.encode()
    except UnicodeEncodeError:
        with pytest.raises(InputError, match="target: "):
            fake.answer(method, target, headers)
        return
    answer = fake.answer(method, target, headers)
    _check_answer(method, answer)
    if method in ("GET", "HEAD", "OPTIONS"):
        assert fake.answer(method, target, headers) == answer, "to read changes nothing"
    if method == "GET":
        assert fake.answer("HEAD", target, headers) == answer._replace(body=b"")
    if target.isascii():
        _, _, query = target.partition("#")[0].partition("?")
        seen = Request({"QUERY_STRING": query}).args.to_dict()
        assert dict(split_target(target)[1]) == seen, "arguments are read as Werkzeug reads them"


def _check_answer(method: str, answer: Answer) -> None:
    assert answer.delivery is None
    assert answer.status in (200, 400, 401, 403, 404, 405, 409, 415, 500), answer
    headers = dict(answer.headers)
    if method == "HEAD":
        assert answer.body == b""
        return
    assert int(headers["Content-Length"]) == len(answer.body), answer
    if method == "OPTIONS" and answer.status == 200:
        assert answer.body == b""
        return
    assert headers["Content-Type"] == "application/json" or answer.status == 200, answer
    if headers["Content-Type"] == "application/json":
        document = json.loads(answer.body)
        if answer.status != 200:
            # Errors of masks have Flask-RESTX's format.
            assert isinstance(document.get("error", document.get("message")), str), answer
    else:
        answer.body.decode()


def scenarios(case: bytes) -> None:
    """Load a scenario: as JSON if it begins like an object or a list, else as YAML."""
    name = "scenario.json" if case.lstrip()[:1] in (b"{", b"[") else "scenario.yaml"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, name)
        path.write_bytes(case)
        (checked,) = check([path])
        is_right = not (checked.errors or checked.unreadable)
        fake = FakeCopr()
        refusal = _refusal(fake, path)
    if refusal is not None:
        assert not is_right, "what does not load has mistakes"
        assert refusal.source == str(path), refusal
        assert str(refusal).startswith(f"{path}: "), refusal
        assert "\n" not in str(refusal), refusal
        assert fake.to_scenario() == FakeCopr().to_scenario(), "an invalid scenario adds nothing"
        return
    assert is_right, checked
    dumped = json.loads(json.dumps(fake.to_scenario(), allow_nan=False))
    again = FakeCopr.from_scenario(dumped)
    assert json.loads(json.dumps(again.to_scenario())) == dumped, "what is written out loads back"
    for one, other in zip(_answers(fake), _answers(again), strict=True):
        assert one == other, "what loads back gives the same answers"


def _refusal(fake: FakeCopr, path: Path) -> ScenarioError | None:
    try:
        fake.add_scenario(path)
    except ScenarioError as refusal:
        return refusal
    return None


def _answers(fake: FakeCopr) -> Iterator[Answer]:
    """Return the responses to repeated requests for everything."""
    for _ in range(3):
        for build in list(fake.builds.values())[:5]:
            yield fake.answer("GET", f"/api_3/build/{build.id}")
            yield fake.answer("GET", f"/api_3/build-chroot/list/{build.id}")
            for chroot in build.chroots[:3]:
                where = f"?build_id={build.id}&chrootname={chroot.name}"
                yield fake.answer("GET", f"/api_3/build-chroot/build-config{where}")
                yield fake.answer("GET", f"/api_3/build-chroot/built-packages{where}")
        fake.clock.tick(40)


def control(case: bytes) -> None:
    """Method and target, from below ``/_fake``, on the first line, and the body on those that follow."""
    first, _, body = case.partition(b"\n")
    method, _, target = first.decode("latin-1").partition(" ")
    path, _, query = target.partition("?")
    worlds = Worlds(InitialConfig(FakeCopr))
    api = ControlApi(Setting(worlds, InitialConfig(FakeCopr), None))
    _fill(worlds)
    before = _all_targets(worlds)
    answer = api.answer(worlds.main, method, path, query, body)
    if not isinstance(answer, Answer):
        answer = asyncio.run(answer)
    if page.is_part(path) and answer.status in (200, 308):
        return
    assert answer.status in (200, 201, 204, 404, 405, 409, 422), answer
    if answer.status >= 400:
        document = json.loads(answer.body)
        assert isinstance(document["error"], str), answer
        assert _all_targets(worlds) == before, "a rejected call changes nothing"
    json.dumps(_all_targets(worlds), allow_nan=False)


def _fill(worlds: Worlds) -> None:
    fake = worlds.main.fake
    fake.clock.pause()  # type: ignore[union-attr]  # a served fake has a system clock
    fake.clock.move_to(1_800_000_000)
    fake.add_build({F41: "running", F42: {"lifecycle": "succeeds", "progress": "manual"}}, id=1)
    fake.faults.add({"delay": 0})
    fake.answer("GET", "/api_3/build-chroot/list/1")
    worlds.main.take_snapshot()
    worlds.replace("some", InitialConfig(FakeCopr)).fake.clock.pause()  # type: ignore[union-attr]  # a world has a system clock


def _all_targets(worlds: Worlds) -> Mapping[str, Sequence[Any]]:
    return {
        world.name: (
            world.fake.to_scenario(),
            list(map(repr, world.fake.accounts)),
            world.fake.seed,
            world.fake.clock.speed,
            [request.number for request in world.fake.requests],
            list(world.snapshots),
        )
        for world in (worlds.main, *worlds)
    }


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "requests": requests,
    "scenarios": scenarios,
    "control": control,
    "connections": connections,
}

"""Fuzz targets: each takes a case as bytes and checks invariants."""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest
from werkzeug.wrappers import Request

from copr_chroot_fake import FakeCopr, ScenarioError
from copr_chroot_fake.api.bodies import MAX_PARTS, RequestBody
from copr_chroot_fake.cli.check import check
from copr_chroot_fake.control import page
from copr_chroot_fake.control.api import ControlApi
from copr_chroot_fake.control.call import Setting
from copr_chroot_fake.control.worlds import InitialConfig, Worlds
from copr_chroot_fake.errors import InputError
from copr_chroot_fake.wire.answer import Answer, ApiError
from copr_chroot_fake.wire.target import parse_urlencoded, split_target

from ..chroots import F41, F42
from ..control.clients import completed
from ..worlds import fake_of
from .connections import connections
from .framing import framing


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
        assert parse_urlencoded(split_target(target)[1]) == seen, "arguments are read as Werkzeug reads them"


def _check_answer(method: str, answer: Answer) -> None:
    assert answer.delivery is None
    assert answer.status in (200, 302, 308, 400, 401, 403, 404, 405, 409, 415, 500), answer
    headers = dict(answer.headers)
    if method == "HEAD":
        assert answer.body == b""
        return
    assert int(headers["Content-Length"]) == len(answer.body), answer
    if method == "OPTIONS" and answer.status == 200:
        assert answer.body == b""
        return
    # Those of the website are pages.
    assert headers["Content-Type"] == "application/json" or answer.status in (200, 302, 308, 404), answer
    if headers["Content-Type"] == "application/json":
        document = json.loads(answer.body)
        if answer.status != 200:
            # Errors of masks have Flask-RESTX's format.
            assert isinstance(document.get("error", document.get("message")), str), answer
    else:
        answer.body.decode()


def bodies(case: bytes) -> None:
    """The content type on the first line, and the body on those that follow."""
    content_type, _, content = case.partition(b"\n")
    _compare_with_werkzeug(content_type, content)
    fake = FakeCopr(progress="manual")
    fake.add_build({F41: "succeeded"}, id=1)
    before = fake.to_scenario()
    headers = [(b"Content-Type", content_type), (b"Authorization", b"Basic amRvZTp4")]
    for target in ("build/create/upload", "build/create/scm", "project/add/jdoe", "package/build", "build/delete/list"):
        answer = fake.answer("POST", f"/api_3/{target}", headers, content)
        assert answer.status in (200, 400, 403, 404, 409, 413, 415, 500), answer
        assert isinstance(json.loads(answer.body), dict)
        if answer.status != 200:
            assert fake.to_scenario() == before, "a rejected scenario changed something"
        before = fake.to_scenario()
        json.dumps(before, allow_nan=False)


_CONTINUED = re.compile(rb"\*[0-9]")
"""Parameters of headers that only Werkzeug supports."""


class _RequestInMemory(Request):
    """A request that keeps uploads in memory, where nothing has to be closed."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return io.BytesIO()


def _compare_with_werkzeug(content_type: bytes, content: bytes) -> None:
    """Check that forms are read as Werkzeug reads them."""
    environ = {
        "CONTENT_TYPE": content_type.strip(b" \t").decode("latin-1"),
        "CONTENT_LENGTH": str(len(content)),
        "REQUEST_METHOD": "POST",
        "wsgi.input": io.BytesIO(content),
    }
    request, body = _RequestInMemory(environ), RequestBody([(b"Content-Type", content_type)], content)
    request.max_form_memory_size = None
    assert (body.kind == "json") == request.is_json
    if _CONTINUED.search(case := content_type + b"\n" + content):
        return
    if case.count(b"--") > MAX_PARTS:
        with suppress(ApiError):
            _ = body.form
        return
    form, files = body.form, body.files
    expected = request.form.to_dict()
    expected.pop(None, None)  # type: ignore[call-overload]  # of a part without a name
    assert dict(form) == expected
    uploads = {name: (file.filename, file.read()) for name, file in request.files.items() if name is not None}
    assert {name: tuple(upload) for name, upload in files.items()} == uploads


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
    assert json.loads(json.dumps(again.to_scenario())) == dumped, "the exported scenario loads differently"
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
    worlds = Worlds(InitialConfig())
    api = ControlApi(Setting(worlds, InitialConfig(), None))
    _fill(worlds)
    before = _all_targets(worlds)
    answer = completed(api.answer(worlds.main, method, path, query, body))
    if page.is_part(path) and answer.status in (200, 308):
        return
    assert answer.status in (200, 201, 204, 404, 405, 409, 422), answer
    if answer.status >= 400:
        document = json.loads(answer.body)
        assert isinstance(document["error"], str), answer
        assert _all_targets(worlds) == before, "a rejected call changes nothing"
    json.dumps(_all_targets(worlds), allow_nan=False)


def _fill(worlds: Worlds) -> None:
    fake = fake_of(worlds.main)
    fake.clock.pause()  # type: ignore[union-attr]  # a served fake has a system clock
    fake.clock.tick(86_400)
    fake.add_build({F41: "running", F42: {"lifecycle": "succeeds", "progress": "manual"}}, id=1)
    fake.faults.add({"delay": 0})
    fake.answer("GET", "/api_3/build-chroot/list/1")
    worlds.main.take_snapshot()
    worlds.replace("some", InitialConfig()).service.clock.pause()  # type: ignore[union-attr]  # a world has a system clock


def _all_targets(worlds: Worlds) -> Mapping[str, Sequence[Any]]:
    return {
        world.name: (
            fake_of(world).to_scenario(),
            list(map(repr, fake_of(world).accounts)),
            fake_of(world).seed,
            world.service.clock.speed,
            [request.number for request in fake_of(world).requests],
            list(world.snapshots),
        )
        for world in (worlds.main, *worlds)
    }


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "requests": requests,
    "bodies": bodies,
    "scenarios": scenarios,
    "control": control,
    "connections": connections,
    "framing": framing,
}

"""Recording garbage results in an error of the kit or in a valid scenario."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import hypothesis.strategies as st
import pytest
from click.testing import CliRunner
from hypothesis import given, settings

from copr_chroot_fake import FakeCopr, InputError
from copr_chroot_fake.cli import main
from copr_chroot_fake.client.errors import PagingError

from .chroots import F42, F43
from .client.garbage import serving
from .client.test_garbage import ANSWERS, DELETED, JUNK, locations, replaced
from .examples import examples
from .recording_loop import Stop, record

ENDPOINTS = [
    *("build-chroot", "build-chroot/list", "build-chroot/build-config", "build-chroot/built-packages"),
    *("build/7", "build/source-chroot/7", "project", "mock-chroots/list"),
]

TEXTS = [
    *(
        "a/b",
        "/",
        "a/b/c",
        "copr://",
        "copr://a",
        "copr://a/b?priority=x",
        "http://[",
        "https://u:p@h/$chroot/",
        "..",
        "a-",
    ),
    *(
        "-0-0-0.src.rpm",
        "x-1-1.src",
        "@",
        "@g",
        "copr_base",
        "succeeded",
        "running",
        "default",
        "custom_image",
        "\u2028",
    ),
]


def service() -> FakeCopr:
    fake = FakeCopr()
    base = {"ownername": "jdoe", "projectname": "base", "module_hotfixes": True}
    project = {
        "ownername": "@copr",
        "projectname": "tools",
        "additional_repos": ["copr://jdoe/base", "https://example.org/$chroot/?priority=5"],
        "bootstrap": "on",
        "chroots": {F43: {"with_opts": ["x"], "additional_packages": ["gcc"]}, F42: {}},
    }
    done = {"name": F43, "state": "succeeded", "started_on": 5, "ended_on": 9, "packages": ["hello-1-1.src"]}
    build = {
        "id": 7,
        "ownername": "@copr",
        "projectname": "tools",
        "package": "hello",
        "submitter": "jdoe",
        "chroots": [done, {"name": F42, "state": "pending"}],
    }
    fake.add_scenario({"projects": [base, project], "builds": [build]})
    return fake


class Corrupting(httpx.BaseTransport):
    """A Copr that changes the responses of one endpoint."""

    def __init__(self, fake: FakeCopr, endpoint: str, change: Callable[[Any], Any]) -> None:
        self._fake = fake
        self._endpoint = f"/api_3/{endpoint}"
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._fake.transport.handle_request(request)
        if request.url.path != self._endpoint or answer.status_code != 200:
            return answer
        answer.read()
        return httpx.Response(200, text=json.dumps(self._change(answer.json())))


@st.composite
def changes(draw: st.DrawFn, document: Any) -> Any:
    """Return a document in which some values are replaced or missing."""
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(locations(document))))
        document = replaced(document, path, draw(st.sampled_from([*JUNK, *TEXTS, *([DELETED] if path else [])])))
    return document


class LimitedSleep:
    """Stops a recording after some pauses, because the builds may never end."""

    def __init__(self, fake: FakeCopr) -> None:
        self._fake = fake
        self._pauses = 0

    def __call__(self, seconds: float) -> None:
        self._pauses += 1
        if self._pauses == 20:
            raise Stop
        self._fake.clock.tick(seconds)


@pytest.mark.sampled
@settings(max_examples=examples(60), deadline=None)
@given(data=st.data(), endpoint=st.sampled_from(ENDPOINTS), anonymous=st.booleans(), is_watched=st.booleans())
def test_recording_of_garbage_is_a_valid_scenario_or_an_error(
    data: st.DataObject, endpoint: str, anonymous: bool, is_watched: bool
) -> None:
    """The values in an endpoint's responses do not matter."""
    fake = service()
    transport = Corrupting(fake, endpoint, lambda document: data.draw(changes(document)))
    interval = 10 if is_watched else None
    with suppress(InputError):
        record(fake, [7], transport=transport, anonymous=anonymous, interval=interval, sleep=LimitedSleep(fake)).serve()


def test_recording_stops_at_a_page_not_requested() -> None:
    """A Copr that always returns the first page is not polled forever."""
    fake = service()

    def first(page: Any) -> Any:
        return {"items": page["items"], "meta": {**page["meta"], "limit": 1, "offset": 0}}

    recording = record(fake, [7], transport=Corrupting(fake, "build-chroot/list", first))
    assert isinstance(recording.problem, PagingError)
    fake.assert_requested("build-chroot/list", times=2)


@pytest.mark.parametrize("arguments", [[], ["--watch", "--anonymize"]])
@pytest.mark.parametrize("name", [*ANSWERS][::6])
def test_garbage_is_reported_in_one_line(
    name: str, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is neither a traceback nor a file."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with serving(lambda: [ANSWERS[name]]) as url:
        path = tmp_path / "recorded.json"
        done = CliRunner().invoke(main, ["record", "1", *arguments, "--url", url, "-o", str(path)])
    assert (type(done.exception), done.exit_code) == (SystemExit, 2)
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert not path.exists()

"""Recording a service that answers nonsense: an error of the kit, or a scenario that can be loaded."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
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
from copr_chroot_fake.recording.anonymize import anonymize
from copr_chroot_fake.scenario.bundled import by_name

from .client.garbage import serving
from .client.test_garbage import ANSWERS, DELETED, JUNK, places, replaced
from .recording_loop import F42, F43, Bare, Stop, record

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


class Spoiling(httpx.BaseTransport):
    """A service of which the answers of one endpoint are changed."""

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
    """A document in which some places have other values, or are missing."""
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(document))))
        document = replaced(document, path, draw(st.sampled_from([*JUNK, *TEXTS, *([DELETED] if path else [])])))
    return document


class Enough:
    """Pauses until a test has seen enough of a service that never gets done."""

    def __init__(self, fake: FakeCopr) -> None:
        self._fake = fake
        self._pauses = 0

    def __call__(self, seconds: float) -> None:
        self._pauses += 1
        if self._pauses == 20:
            raise Stop
        self._fake.clock.tick(seconds)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), endpoint=st.sampled_from(ENDPOINTS), anonymous=st.booleans(), is_watched=st.booleans())
def test_recording_of_garbage_can_be_loaded(
    data: st.DataObject, endpoint: str, anonymous: bool, is_watched: bool
) -> None:
    """Whatever is in whatever place of an endpoint's answers: what is recorded of them is a scenario."""
    fake = service()
    transport = Spoiling(fake, endpoint, lambda document: data.draw(changes(document)))
    interval = 10 if is_watched else None
    record(fake, [7], transport=transport, anonymous=anonymous, interval=interval, sleep=Enough(fake)).serve()


def test_recording_stops_at_a_page_not_requested() -> None:
    """A service that always answers the first page is not asked for ever."""
    fake = service()

    def first(page: Any) -> Any:
        return {"items": page["items"], "meta": {**page["meta"], "limit": 1, "offset": 0}}

    recording = record(fake, [7], transport=Spoiling(fake, "build-chroot/list", first))
    assert isinstance(recording.problem, PagingError)
    fake.assert_requested("build-chroot/list", times=2)


@pytest.mark.parametrize("arguments", [[], ["--watch", "--anonymize"]])
@pytest.mark.parametrize("what", [*ANSWERS][::6])
def test_record_of_garbage_says_what_is_wrong(
    what: str, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a line, without a traceback, and without a file."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with serving(lambda: [ANSWERS[what]]) as url:
        path = tmp_path / "recorded.json"
        done = CliRunner().invoke(main, ["record", "1", *arguments, "--url", url, "-o", str(path)])
    assert (type(done.exception), done.exit_code) == (SystemExit, 2)
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert not path.exists()


@cache
def documents() -> list[Any]:
    """The scenarios that ship, but for large ones."""
    read = [json.loads(path.read_text()) for path in by_name().values()]
    return [document for document in read if len(json.dumps(document)) < 5000]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_anonymizing_what_is_no_scenario_is_an_error(data: st.DataObject) -> None:
    """Of the kit, which names the place; what is a scenario stays one."""
    document = data.draw(changes(data.draw(st.sampled_from(documents()))))
    try:
        anonymous = anonymize(document)
    except InputError:
        return
    FakeCopr.from_scenario(json.loads(json.dumps(anonymous)))


def with_config(config: object) -> Any:
    chroot = {"name": F43, "state": "pending", "build_config": config}
    return {"builds": [{"id": 7, "chroots": [chroot]}]}


@pytest.mark.parametrize(
    ("config", "anonymous"),
    [
        ({"repos": "jdoe"}, {}),
        ({"repos": True, "additional_repos": True}, {}),
        ({"repos": ["jdoe", 5, None, ["jdoe"]]}, {"repos": []}),
        ({"repos": [{"id": {"jdoe": 1}, "name": ["jdoe"], "baseurl": 5, "priority": "jdoe"}]}, {"repos": [{}]}),
        ({"repos": [{"id": None, "module_hotfixes": None}]}, {"repos": [{"id": None, "module_hotfixes": None}]}),
        ({"additional_repos": [["jdoe"], 5, "copr://jdoe/x"]}, {"additional_repos": ["copr://owner1/project1"]}),
        ({"additional_packages": {"jdoe": 1}, "with_opts": [{"jdoe": 1}]}, {"with_opts": []}),
        ({"timeout": "jdoe", "bootstrap": ["jdoe"], "enable_net": "jdoe", "memory_limit": 5}, {"memory_limit": 5}),
        ({"jdoe": "jdoe"}, {}),
    ],
)
def test_anonymizing_drops_what_copr_does_not_answer(config: object, anonymous: object) -> None:
    """What has another type than Copr gives it may have names in it."""
    made: Any = anonymize(with_config(config))
    assert made["builds"][0]["chroots"][0]["build_config"] == anonymous
    assert "jdoe" not in json.dumps(made)


@pytest.mark.parametrize(
    "document", [None, [], "x", {"builds": 5}, {"builds": [None]}, {"builds": [{"id": 1, "chroots": 5}]}]
)
def test_anonymizing_what_has_another_form_names_the_place(document: Any) -> None:
    """And raises nothing else."""
    with pytest.raises(InputError, match="expected"):
        anonymize(document)


@pytest.mark.parametrize(("count", "is_taken_apart"), [(1000, True), (1001, False)])
def test_configuration_of_very_many_repositories_is_kept(count: int, is_taken_apart: bool) -> None:
    """As it was answered: which of them are the chroot's would take too long to find out."""
    fake = FakeCopr()
    fake.add_project("jdoe", "tools", additional_repos=["https://a.example/"] * count)
    fake.add_build(7, [F43], project="jdoe/tools")
    (build,) = record(fake, transport=Bare(fake)).scenario["builds"]
    assert ("build_config" not in build["chroots"][0]) == is_taken_apart

"""A second actor changes the fake between two requests, and assertions about edits, cancellations and waits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr, InputError

from .chroots import F41

LOGIN = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "application/json"}


@pytest.fixture
def fake() -> FakeCopr:
    fake = FakeCopr()
    fake.add_build({F41: "running"}, id=1, project="jdoe/tools")
    return fake


def state(fake: FakeCopr) -> object:
    return fake.answer("GET", "/api_3/build/1").json().get("state")


def test_function_runs_before_or_after_a_request(fake: FakeCopr) -> None:
    """It may make requests itself, for which it is not called."""
    fake.on_request(lambda: fake.builds[1][F41].set_state("failed"), endpoint="build", build_id=1, nth=2)

    def delete() -> None:
        assert fake.answer("GET", "/api_3/build/1").status == 200
        fake.builds[1].delete()

    fake.on_request(delete, when="after", nth=3)
    assert [state(fake) for _ in range(4)] == ["running", "failed", "failed", None]


def test_matching_requests_call_the_function(fake: FakeCopr) -> None:
    calls: list[int] = []
    with fake.on_request(lambda: calls.append(1), chrootname=F41) as actor:
        state(fake)
        for _ in range(2):
            fake.answer("GET", f"/api_3/build-chroot/1/{F41}")
    actor.cancel()
    fake.answer("GET", f"/api_3/build-chroot/1/{F41}")
    assert (len(calls), actor.seen) == (2, 2)


@pytest.mark.parametrize(
    ("field", "value"), [("callback", 5), ("when", "later"), ("endpoint", "builds"), ("build_id", 0), ("nth", "1")]
)
def test_invalid_value_is_rejected(fake: FakeCopr, field: str, value: object) -> None:
    arguments: dict[str, Any] = {"callback": lambda: None, field: value}
    with pytest.raises(InputError, match=f"^{field}: "):
        fake.on_request(**arguments)


def test_edited_project(fake: FakeCopr) -> None:
    with pytest.raises(AssertionError, match=r"1 edit with these fields, got none\. No request edited a project"):
        fake.assert_project_edited(project="jdoe/tools")
    assert fake.answer("PUT", "/api_3/project/edit/jdoe/none", LOGIN, b"{}").status == 404
    with pytest.raises(AssertionError, match="changed nothing, by jdoe"):
        fake.assert_project_edited(project="jdoe/tools")
    body = json.dumps({"chroots": [F41], "description": "Tools"}).encode()
    assert fake.answer("PUT", "/api_3/project/edit/jdoe/tools", LOGIN, body).status == 200
    fake.assert_project_edited(project="jdoe/tools", chroots=[F41], description="Tools", user="jdoe")
    with pytest.raises(AssertionError, match=r"(?s)edited project jdoe/tools by jdoe.*'description': 'Tool'"):
        fake.assert_project_edited(description="Tool")


def test_canceled_build(fake: FakeCopr) -> None:
    with pytest.raises(AssertionError, match=r"no request has canceled build 1\. Nothing was requested"):
        fake.assert_canceled(1)
    assert fake.answer("PUT", "/api_3/build/cancel/1", LOGIN).status == 200
    fake.assert_canceled(1)
    fake.assert_canceled(fake.builds[1])


@pytest.mark.parametrize("target", ["build/1", "build/list?ownername=jdoe&projectname=tools", f"build-chroot/1/{F41}"])
def test_awaited_build(fake: FakeCopr, target: str) -> None:
    """The code saw the end of the build, or of all its chroots."""
    with pytest.raises(AssertionError, match="no response has shown the end of build 1; it was never requested"):
        fake.assert_waited_for(1)
    fake.answer("GET", f"/api_3/{target}")
    with pytest.raises(AssertionError, match=r"the end of build 1; last seen: .*running\. Requests:\n  GET"):
        fake.assert_waited_for(fake.builds[1])
    fake.builds[1][F41].set_state("failed")
    with pytest.raises(AssertionError, match="running"):
        fake.assert_waited_for(1)
    fake.answer("GET", f"/api_3/{target}")
    fake.assert_waited_for(1)

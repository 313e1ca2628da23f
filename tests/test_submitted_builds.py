"""Submitted builds advance from their source build to their end, and fit what was submitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.model.progress import ProgressMode

from .chroots import F42, F43

URL = "https://example.org/hello-2.0-1.fc40.src.rpm"
HEADERS = {"Authorization": "Basic amRvZTp0b2tlbg==", "Content-Type": "application/json"}


def submit(fake: FakeCopr, kind: str = "url", **fields: object) -> Any:
    """Submit a build as jdoe; return the response document."""
    body = {"ownername": "jdoe", "projectname": "tools", **(fields or {"pkgs": [URL]})}
    answer = fake.answer("POST", f"/api_3/build/create/{kind}", HEADERS, json.dumps(body).encode())
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def get(fake: FakeCopr, build_id: int = 1) -> Any:
    return json.loads(fake.answer("GET", f"/api_3/build/{build_id}").body)


def fake_with_project(progress: ProgressMode = "poll") -> FakeCopr:
    fake = FakeCopr(progress=progress)
    fake.add_project("jdoe/tools", chroots=[F43, F42])
    return fake


def test_package_is_known_once_its_source_is_built() -> None:
    """Also if nothing has read the build since."""
    fake = fake_with_project("clock")
    submit(fake)
    fake.clock.tick(60)
    assert [*fake.projects["jdoe/tools"].packages] == ["hello"]
    for target in ("package?packagename=hello&", "package/list?"):
        fake = fake_with_project("clock")
        submit(fake)
        fake.clock.tick(60)
        answer = fake.answer("GET", f"/api_3/{target}ownername=jdoe&projectname=tools")
        assert b'"name": "hello"' in answer.body


@pytest.mark.parametrize("step", [1, 30, 1000])
def test_submitted_build_advances_with_the_clock(step: int) -> None:
    """Its times do not depend on how often it is polled."""
    fake = fake_with_project("clock")
    submit(fake)
    begun = int(fake.clock.now())
    for _ in range(1000 // step):
        fake.clock.tick(step)
        assert get(fake)["id"] == 1
    build = get(fake)
    assert (build["state"], build["started_on"] - begun, build["ended_on"] - begun) == ("succeeded", 90, 350)


@pytest.mark.parametrize(
    ("kind", "fields", "name", "version", "release"),
    [
        ("url", {"pkgs": [URL]}, "hello", "2.0-1.fc40", "1.fc42"),
        ("url", {"pkgs": ["https://example.org/hello.spec"]}, "hello", "1.0-1", "1.fc42"),
        ("pypi", {"pypi_package_name": "a", "pypi_package_version": "3.1"}, "python-a", "3.1-1", "1.fc42"),
        ("pypi", {"pypi_package_name": "a", "pypi_package_version": "la/test"}, "python-a", "1.0-1", "1.fc42"),
        ("rubygems", {"gem_name": "a"}, "rubygem-a", "1.0-1", "1.fc42"),
    ],
)
def test_packages_have_the_version_of_the_source(
    kind: str, fields: Mapping[str, object], name: str, version: str, release: str
) -> None:
    """With the dist tag of their chroot."""
    fake = fake_with_project("immediate")
    submit(fake, kind, **fields)
    assert get(fake)["source_package"]["version"] == version
    package, _ = fake.builds[1][F42].packages
    assert (package.name, package.version, package.release) == (name, version.partition("-")[0], release)


def test_reported_version_is_that_of_the_packages() -> None:
    """With its epoch; a version in no known form has no effect on them."""
    for version, built in (("1:2.0-3", "hello-1:2.0-3.fc42.src"), ("two", "hello-1.0-1.fc42.src")):
        fake = fake_with_project("manual")
        submit(fake)
        build = fake.builds[1]
        assert build.report_source("succeeded", version=version)
        assert build.report_import()
        assert build[F42].report("succeeded")
        assert str(build[F42].packages[0]) == built


@pytest.mark.parametrize("target", ["build-chroot/1/{}", "build-chroot/list/1", "build-chroot/build-config/1/{}"])
def test_first_request_finds_the_chroots_that_are_due(target: str) -> None:
    """The source build has added them by then, whatever is read first."""
    fake = fake_with_project("clock")
    submit(fake)
    fake.clock.tick(100)
    answer = fake.answer("GET", f"/api_3/{target.format(F43)}")
    assert answer.status == 200
    assert F43.encode() in answer.body

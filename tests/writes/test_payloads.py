"""The example payloads of webhooks trigger the builds that Copr would start."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from copr_chroot_fake import Answer, FakeCopr

PAYLOADS = files("copr_chroot_fake") / "payloads"
EVENTS = {"push": "push", "push-tag": "push", "create-tag": "create", "pull-request": "pull_request", "ping": "ping"}
"""The value of ``X-GitHub-Event`` by the name of a payload, without its forge."""

SHA = "4f1c2d9e7b3a8650d1e2f3a4b5c6d7e8f9012345"
TAG = "hello-1.0-1"

REPOSITORIES = {
    "github": "https://github.com/jdoe/hello.git",
    "gitlab": "https://gitlab.com/jdoe/hello.git",
    "bitbucket": "https://bitbucket.org/jdoe/hello",
}


def make(forge: str, *, source_type: str = "scm", webhook_rebuild: bool = True, **source: str) -> FakeCopr:
    """Return a fake in which a package is built from the repository of the payloads."""
    config = {"clone_url": REPOSITORIES.get(forge, ""), **source}
    package = {"name": "hello", "source_type": source_type, "source_dict": config, "webhook_rebuild": webhook_rebuild}
    project = {"ownername": "jdoe", "projectname": "tools", "id": 1, "chroots": ["fedora-43-x86_64"]}
    return FakeCopr.from_scenario({"projects": [{**project, "webhook_secret": "secret", "packages": [package]}]})


def deliver(fake: FakeCopr, name: str, package: str = "") -> Answer:
    """Send a payload as its forge does."""
    forge, _, event = name.partition("-")
    headers = {"Content-Type": "application/json"}
    if forge == "github":
        headers["X-GitHub-Event"] = EVENTS[event]
    body = (PAYLOADS / f"{name}.json").read_bytes()
    return fake.answer("POST", f"/webhooks/{forge}/1/secret/{package and f'{package}/'}", headers, body)


BUILDS: dict[str, str | None] = {
    "github-push": SHA,
    "github-create-tag": TAG,
    # Copr reads tags from the event that creates them.
    "github-push-tag": None,
    "github-pull-request": None,
    "github-ping": None,
    "gitlab-push": SHA,
    "gitlab-tag-push": TAG,
    "gitlab-merge-request": None,
    # Bitbucket sends no list of the changed files, without which Copr builds nothing.
    "bitbucket-push": None,
    "bitbucket-push-tag": TAG,
}
"""By the name of a payload, the committish of the build that it triggers."""


def test_every_payload_is_tested() -> None:
    """Each is a JSON document of a known event."""
    names = {path.name.removesuffix(".json") for path in PAYLOADS.iterdir()}
    assert names == {*BUILDS, "custom"}


@pytest.mark.parametrize(("name", "committish"), BUILDS.items())
def test_payload_triggers_a_build_or_none(name: str, committish: str | None) -> None:
    """The answer does not tell which."""
    fake = make(name.partition("-")[0])
    answer = deliver(fake, name)
    assert (answer.status, answer.body) == (200, b"OK")
    built = [(build.package, build.submitter, build.source.config["committish"]) for build in fake.builds.values()]
    assert built == ([] if committish is None else [("hello", None, committish)])


@pytest.mark.parametrize("name", [name for name, committish in BUILDS.items() if committish])
@pytest.mark.parametrize(
    "settings",
    [
        {"webhook_rebuild": False},
        {"source_type": "custom"},
        {"clone_url": "https://git.example.org/other.git"},
    ],
    ids=["no webhook_rebuild", "no scm source", "another repository"],
)
def test_settings_of_the_package_decide(name: str, settings: Any) -> None:
    """Only packages from this repository are built, if they have enabled it."""
    fake = make(name.partition("-")[0], **settings)
    assert deliver(fake, name).status == 200
    assert not fake.builds


@pytest.mark.parametrize("name", ["github-push", "gitlab-push"])
@pytest.mark.parametrize(
    ("source", "is_built"),
    [
        ({"committish": "main"}, True),
        ({"committish": "develop"}, False),
        ({"subdirectory": "src"}, True),
        ({"subdirectory": "docs"}, False),
    ],
)
def test_branch_and_directory_of_a_push_are_compared(name: str, source: Any, is_built: bool) -> None:
    """With those of the package's source, if it has any."""
    fake = make(name.partition("-")[0], **source)
    deliver(fake, name)
    assert bool(fake.builds) == is_built


@pytest.mark.parametrize("name", ["github-create-tag", "gitlab-tag-push", "bitbucket-push-tag"])
@pytest.mark.parametrize(("tag", "package", "is_built"), [("v1", "", False), ("v1", "hello", True)])
def test_tag_without_the_name_needs_it_in_the_address(name: str, tag: str, package: str, is_built: bool) -> None:
    """A tag such as ``hello-1.0-1`` names the package itself."""
    forge = name.partition("-")[0]
    fake = make(forge)
    headers = {"Content-Type": "application/json", "X-GitHub-Event": "create"}
    body = (PAYLOADS / f"{name}.json").read_text().replace(TAG, tag).encode()
    fake.answer("POST", f"/webhooks/{forge}/1/secret/{package and f'{package}/'}", headers, body)
    assert bool(fake.builds) == is_built


def test_custom_webhook_builds_any_package() -> None:
    """Whatever it is built from; the answer is the id of the build."""
    fake = make("custom", source_type="custom", webhook_rebuild=False)
    fake.projects["jdoe/tools"].update_package("hello", config={"script": "#!/bin/sh", "chroot": "fedora-43-x86_64"})
    answer = deliver(fake, "custom", "hello")
    assert (answer.status, answer.body) == (200, b"1\n")
    assert fake.builds[1].source.config["hook_data"] is True
    assert json.loads((PAYLOADS / "custom.json").read_text())["ref"] == "main"

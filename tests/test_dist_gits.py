"""The dist-gits that a fake knows."""

from __future__ import annotations

import json

import pytest

from copr_chroot_fake import FakeCopr

from .served import Start, failed
from .writes.sending import send

CENTOS = {"name": "centos", "clone_url": "https://git.centos.org"}
SCENARIO = {
    "dist_gits": [CENTOS],
    "projects": [{"ownername": "jdoe", "projectname": "p", "chroots": ["epel-9-x86_64"]}],
}
PACKAGE = {"ownername": "jdoe", "projectname": "p", "package_name": "bash"}


@pytest.mark.parametrize(
    ("sent", "clone_url"),
    [({}, "https://src.fedoraproject.org/rpms/bash"), ({"distgit": "centos"}, "https://git.centos.org/rpms/bash")],
)
def test_known_dist_git_has_the_source(sent: dict[str, str], clone_url: str) -> None:
    """Also in a copy of the fake; the first is the default."""
    fake = FakeCopr.from_scenario(FakeCopr.from_scenario(SCENARIO).to_scenario())
    assert send(fake, "POST", "build/create/distgit", {**PACKAGE, **sent}).status == 200
    assert fake.builds[1].source.config["clone_url"] == clone_url


def test_unknown_dist_git_is_rejected_with_the_known_ones() -> None:
    fake = FakeCopr.from_scenario(SCENARIO)
    assert (
        b"DistGit ID must be one of: fedora, centos"
        in send(fake, "POST", "build/create/distgit", {**PACKAGE, "distgit": "x"}).body
    )
    fake.reset()
    assert fake.to_scenario()["dist_gits"] == [CENTOS]
    assert "dist_gits" not in FakeCopr().to_scenario()


def test_server_has_the_dist_gits_of_its_options(start: Start) -> None:
    served = start("--dist-git", "centos=https://git.centos.org", "--dist-git", "fedora=https://fedora.test")
    assert json.loads(json.dumps(served.control("GET", "/scenario")))["dist_gits"] == [
        {"name": "fedora", "clone_url": "https://fedora.test"},
        CENTOS,
    ]
    assert "clone_url: expected a text that is not empty" in " ".join(failed("serve", "--dist-git", "centos").split())

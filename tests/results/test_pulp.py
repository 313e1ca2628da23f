"""Projects whose packages Copr stores in Pulp."""

from __future__ import annotations

import pytest

from copr_chroot_fake import FakeCopr

from ..chroots import F43
from .fetching import get, links, names_in
from .test_repodata import REPO, data_of, hrefs

DIRECTORY = "00000001-Hello/"
SOURCE, BINARY = "Hello-1.0-1.fc43.src.rpm", "Hello-1.0-1.fc43.x86_64.rpm"
PACKAGES = [f"Packages/h/{name}" for name in (SOURCE, BINARY)]


def make(*, devel_mode: bool = False) -> FakeCopr:
    fake = FakeCopr()
    fake.add_project("jdoe/playground", chroots=[F43], storage="pulp", devel_mode=devel_mode)
    fake.add_build({F43: "succeeded"}, id=1, package="Hello")
    return fake


def test_packages_are_in_directories_by_their_first_letter() -> None:
    fake = make()
    assert names_in(fake, REPO) == {"Packages/", "repodata/", DIRECTORY}
    assert names_in(fake, f"{REPO}Packages/") == {"h/"}
    assert names_in(fake, f"{REPO}Packages/h/") == {SOURCE, BINARY}
    assert hrefs(fake) == [f'href="{path}"' for path in PACKAGES]


@pytest.mark.parametrize("devel_mode", [False, True])
def test_result_directory_redirects_to_its_packages(devel_mode: bool) -> None:
    """It lists the logs only; with devel_mode, ``-devel`` has all packages."""
    fake = make(devel_mode=devel_mode)
    repo = f"{REPO[:-1]}-devel/" if devel_mode else REPO
    assert {"success", "build.log.gz"} <= names_in(fake, REPO + DIRECTORY)
    assert not {SOURCE, BINARY} & names_in(fake, REPO + DIRECTORY)
    answer = fake.answer("GET", f"{repo}{DIRECTORY}{BINARY}")
    assert (answer.status, dict(answer.headers)["Location"]) == (302, f"../Packages/h/{BINARY}")
    assert get(fake, f"{repo}Packages/h/{BINARY}")[1].startswith(b"\xed\xab\xee\xdb")
    assert get(fake, f"{repo}{DIRECTORY}other.rpm")[0] == 404


def test_devel_mode_adds_packages_on_request() -> None:
    fake = make(devel_mode=True)
    assert links(get(fake, REPO)[1]) == {"repodata/", DIRECTORY}
    assert hrefs(fake, f"{REPO[:-1]}-devel/") == [f'href="{path}"' for path in PACKAGES]
    assert hrefs(fake) == []
    headers = {"Authorization": "Basic amRvZTp4"}
    assert fake.answer("PUT", "/api_3/project/regenerate-repos/jdoe/playground", headers).status == 200
    assert hrefs(fake) == [f'href="{path}"' for path in PACKAGES]


def test_later_build_replaces_packages_of_the_same_version() -> None:
    fake = make()
    fake.add_build({F43: "succeeded"}, id=2, package="Hello")
    assert hrefs(fake) == [f'href="{path}"' for path in PACKAGES]
    assert 'packages="2"' in data_of(fake)["primary"]

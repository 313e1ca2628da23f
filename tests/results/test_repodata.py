"""The metadata of package repositories, compared with those that createrepo_c makes of the same packages."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from copr_chroot_fake import FakeCopr, StateName
from copr_chroot_fake.scenario.spec import ChrootFields

from ..chroots import F43
from .fetching import get, names_in
from .oracles import needs_tools, run

REPO = f"/results/jdoe/playground/{F43}/"
PACKAGES = [
    *("hello-2:2.12~rc1-3.fc43.src", "hello-2:2.12~rc1-3.fc43.x86_64", "hello-doc-2:2.12~rc1-3.fc43.noarch"),
    *("libx++-1^git1-0.fc43.i686", "libx++-1^git1-0.fc43.src"),
]


def make(packages: list[str] = PACKAGES, **options: Any) -> FakeCopr:
    fake = FakeCopr(**options)
    chroot: ChrootFields = {
        "state": "succeeded",
        "packages": packages,
        "started_on": 1_700_000_000,
        "ended_on": 1_700_000_300,
    }
    fake.add_build({F43: chroot}, id=1)
    return fake


def data_of(fake: FakeCopr, repo: str = REPO) -> dict[str, str]:
    """Return the metadata by type, after checking that ``repomd.xml`` describes them."""
    status, repomd = get(fake, f"{repo}repodata/repomd.xml")
    assert status == 200
    found = {}
    for data in ElementTree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", repomd)).iter("data"):
        text = {element.tag: element.text for element in data}
        content = get(fake, repo + data.find("location").attrib["href"])[1]  # type: ignore[union-attr]  # it has one
        opened = gzip.decompress(content)
        assert (text["size"], text["open-size"]) == (str(len(content)), str(len(opened)))
        assert text["checksum"] == hashlib.sha256(content).hexdigest()
        assert text["open-checksum"] == hashlib.sha256(opened).hexdigest()
        found[data.attrib["type"]] = opened.decode()
    assert names_in(fake, f"{repo}repodata/") == {
        "repomd.xml",
        *re.findall(r'href="repodata/([^"]+)"', repomd.decode()),
    }
    return found


def canonical(document: str) -> list[str]:
    """Return the packages of a document, without the differences between writers of the same content."""
    packages = []
    for package in ElementTree.fromstring(document):
        # createrepo_c notes when a file was downloaded.
        for time in package.iter("{http://linux.duke.edu/metadata/common}time"):
            del time.attrib["file"]
        packages.append(ElementTree.canonicalize(ElementTree.tostring(package), strip_text=True))
    return sorted(packages)


@needs_tools
def test_metadata_are_those_that_createrepo_makes(tmp_path: Path) -> None:
    """With epochs, special characters in versions and names, and several builds."""
    fake = make()
    fake.add_build({F43: {"state": "succeeded", "packages": ["world-1-1.fc43.x86_64"]}}, id=2, package="world")
    for directory in ("00000001-hello", "00000002-world"):
        (tmp_path / directory).mkdir()
        for name in names_in(fake, f"{REPO}{directory}/"):
            if name.endswith(".rpm"):
                file = tmp_path / directory / name.replace("%2B", "+").replace("%5E", "^").replace("%7E", "~")
                file.write_bytes(get(fake, f"{REPO}{directory}/{name}")[1])
    run("createrepo_c", "--quiet", "--general-compress-type=gz", tmp_path)
    for kind, document in data_of(fake).items():
        (expected,) = (tmp_path / "repodata").glob(f"*-{kind}.xml.gz")
        assert canonical(document) == canonical(gzip.decompress(expected.read_bytes()).decode()), kind


@pytest.mark.parametrize("state", ["running", "failed", "canceled", "skipped"])
def test_only_successful_builds_are_in_the_repository(state: StateName) -> None:
    fake = FakeCopr()
    fake.add_build({F43: {"state": state}}, id=1)
    assert all('packages="0"' in document for document in data_of(fake).values())


def test_repository_follows_the_builds() -> None:
    """As soon as a build succeeds or is deleted, also with delayed results."""
    fake = FakeCopr(progress="manual", results_delay=10)
    build = fake.add_build([F43], id=1)
    build[F43].advance(to="succeeded")
    assert 'packages="0"' in data_of(fake)["primary"]
    fake.clock.tick(1000)
    assert 'packages="2"' in data_of(fake)["primary"]
    build.delete()
    assert 'packages="0"' in data_of(fake)["primary"]


def test_every_chroot_has_a_repository() -> None:
    """Also one of a project directory, and one without builds; source builds have none."""
    fake = FakeCopr()
    fake.add_project("@copr/tools", chroots=[F43])
    fake.add_build({F43: "succeeded"}, id=1, project="@copr/tools:pr:1")
    assert 'packages="0"' in data_of(fake, f"/results/@copr/tools/{F43}/")["primary"]
    assert 'packages="2"' in data_of(fake, f"/results/@copr/tools:pr:1/{F43}/")["primary"]
    for path in ("@copr/tools/epel-9-x86_64", "@copr/tools:pr:1/srpm-builds", "@copr/other/epel-9-x86_64"):
        assert get(fake, f"/results/{path}/repodata/repomd.xml")[0] == 404
    for path in ("repodata/missing.xml", "repodata/repomd.xml/deeper", "repodata/repomd.xml/"):
        assert get(fake, f"/results/@copr/tools/{F43}/{path}")[0] == 404
    assert get(fake, f"/results/@copr/tools/{F43}/repodata")[0] == 301


def test_metadata_do_not_change_without_a_build() -> None:
    """So clients can cache them."""
    fake = make(progress="clock")
    before = data_of(fake)
    fake.clock.tick(1000)
    assert data_of(fake) == before


REPLACED = "hello-1.0-1.fc43.x86_64.rpm"


def test_repository_has_packages_that_a_test_replaced() -> None:
    """With the size and checksum of their content."""
    fake = make(["hello-1.0-1.fc43.x86_64"])
    content = get(fake, f"{REPO}00000001-hello/{REPLACED}")[1] + b"more"
    fake.builds[1][F43].add_result(REPLACED, content)
    primary = data_of(fake)["primary"]
    assert f'<size package="{len(content)}"' in primary
    assert hashlib.sha256(content).hexdigest() in primary


@pytest.mark.parametrize("size", [0, 4, 96, 100, 120, 400, -60])
def test_repository_omits_files_that_are_no_packages(size: int) -> None:
    """A package that is cut before the end of its header is none."""
    fake = make(["hello-1.0-1.fc43.x86_64"])
    fake.builds[1][F43].add_result(REPLACED, get(fake, f"{REPO}00000001-hello/{REPLACED}")[1][:size])
    assert 'packages="0"' in data_of(fake)["primary"]


def test_names_that_xml_cannot_contain_are_replaced() -> None:
    """The document stays valid."""
    fake = FakeCopr()
    nevra = {"name": "<&'\"\x01é", "version": "1", "release": "1", "arch": "x86_64"}
    fake.add_build({F43: {"state": "succeeded", "packages": [nevra]}}, id=1)
    (package,) = ElementTree.fromstring(data_of(fake)["other"])
    assert package.attrib["name"] == "<&'\"?é"


def test_repository_of_a_fork_has_its_packages() -> None:
    """The API lists no packages of a forked build."""
    fake = make()
    body = '{"name": "copy", "ownername": "jdoe"}'
    headers = {"Authorization": "Basic amRvZTp4", "Content-Type": "application/json"}
    assert fake.answer("POST", "/api_3/project/fork/jdoe/playground", headers, body.encode()).status == 200
    primary = data_of(fake, f"/results/jdoe/copy/{F43}/")["primary"]
    assert 'href="00000002-hello/hello-2.12~rc1-3.fc43.x86_64.rpm"' in primary
    assert fake.builds[2][F43].packages == ()


def hrefs(fake: FakeCopr, repo: str = REPO) -> list[str]:
    return re.findall(r"<location (.*)/>", data_of(fake, repo)["primary"])


def devel_of(fake: FakeCopr) -> list[str]:
    return hrefs(fake, f"{REPO}devel/")


def test_devel_mode_adds_packages_on_request() -> None:
    """Until then they are in the repository ``devel``, which refers to the directory of the chroot."""
    fake = FakeCopr()
    fake.add_project("jdoe/playground", chroots=[F43], devel_mode=True)
    packages = ["hello-1-1.fc43.x86_64"]
    fake.add_build({F43: {"state": "succeeded", "packages": packages}}, id=1)
    base = f"https://download.copr.fedorainfracloud.org{REPO}"
    href = 'href="00000001-hello/hello-1-1.fc43.x86_64.rpm"'
    assert (hrefs(fake), devel_of(fake)) == ([], [f'xml:base="{base}" {href}'])

    fake.add_build({F43: "running"}, id=2)
    headers = {"Authorization": "Basic amRvZTp4"}
    assert fake.answer("PUT", "/api_3/project/regenerate-repos/jdoe/playground", headers).status == 200
    fake.builds[2][F43].report("succeeded", packages=["new-1-1.fc43.x86_64"])
    assert hrefs(fake) == [href]
    assert len(devel_of(fake)) == 2
    assert names_in(fake, REPO) >= {"devel/", "repodata/"}


def test_metadata_follow_files_of_the_test() -> None:
    """They are cached until a package changes."""
    fake = make(["hello-1-1.fc43.x86_64"])
    before = data_of(fake)
    assert data_of(fake) == before
    other = make(["other-1-1.fc43.x86_64"])
    content = get(other, f"{REPO}00000001-hello/other-1-1.fc43.x86_64.rpm")[1]
    fake.builds[1][F43].add_result("hello-1-1.fc43.x86_64.rpm", content)
    assert hashlib.sha256(content).hexdigest() in data_of(fake)["primary"]
    fake.reset()
    fake.add_build({F43: {"state": "succeeded", "packages": ["new-1-1.fc43.x86_64"]}}, id=1)
    assert "new-1-1.fc43.x86_64.rpm" in data_of(fake)["primary"]

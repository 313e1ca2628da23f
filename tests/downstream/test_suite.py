"""A suite in the manner of Copr's own: copr-cli and dnf as processes, a server, and sources that rpmbuild makes."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..chroots import F42, F43
from ..served import starting
from ..uploads import make_source_package, needs_rpmbuild
from .processes import Forker
from .service import Copr
from .system import Dnf, installed, needs_dnf

pytestmark = [pytest.mark.slow, *needs_dnf, needs_rpmbuild]

AARCH64, S390X = "fedora-43-aarch64", "fedora-43-s390x"

USERS = ("jdoe", "bob", "eve")
SCENARIO = {
    "chroots": [F43, F42, AARCH64, S390X],
    "accounts": [{"name": name, "login": f"{name}-login", "token": f"{name}-token"} for name in USERS],
}

SPEC = """\
%global upstream {name}
Name:           %{{upstream}}
Version:        {version}
Release:        1%{{?dist}}
Summary:        A package
License:        MIT
{tags}

%description
A package.

%package devel
Summary:        Headers

%description devel
Headers.

%files

%files devel

%changelog
* Wed Dec 02 2026 Jane Doe <jane@example.org> - {version}-1
- Build {name}
"""


def spec(name: str, version: str = "1.0", tags: str = "BuildArch: noarch") -> str:
    return SPEC.format(name=name, version=version, tags=tags)


@pytest.fixture
def copr(forker: Forker, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copr]:
    """A server of its own, as dnf finds no worlds, with a project."""
    scenario = tmp_path_factory.mktemp("suite") / "scenario.json"
    scenario.write_text(json.dumps(SCENARIO))
    with starting() as start:
        server = start(str(scenario), "--progress", "poll")
        copr = Copr(server, forker, tmp_path, tmp_path_factory.mktemp("homes"))
        copr.output("create", "tools", "--chroot", F43)
        yield copr


def build(copr: Copr, source: Path, *options: str, project: str = "tools", user: str = "jdoe") -> int:
    """Build a source; return the id of the build."""
    output = copr.output("build", project, str(source), *options, user=user)
    return int(output.partition("Created builds: ")[2].split()[0])


def write_spec(directory: Path, *arguments: str) -> Path:
    """Write a spec, whose file is not named after the package."""
    path = directory / "package.spec"
    path.write_text(spec(*arguments))
    return path


def test_packages_of_each_source_are_installed(copr: Copr, dnf: Dnf, root: Path, tmp_path: Path) -> None:
    """From a source package, a spec, and a repository, also after a fork; with their changelog, and upgraded."""
    build(copr, make_source_package(tmp_path, spec("tree")))
    build(copr, write_spec(tmp_path, "bush", "2.0"))
    copr.output("buildscm", "tools", "--clone-url", "https://example.org/moss.git")
    hub = f"--hub={copr.server.url}"
    dnf("copr", "enable", "jdoe/tools", hub)
    dnf("install", "tree-devel", "bush")
    assert installed(root) == {"tree-devel-1.0-1.fc43.noarch", "bush-2.0-1.fc43.noarch"}
    changelog = dnf("repoquery", "--changelogs", "tree")
    assert "Jane Doe <jane@example.org> - 1.0-1" in changelog
    assert "- Build tree" in changelog

    dnf("copr", "disable", "jdoe/tools", hub)
    build(copr, make_source_package(tmp_path, spec("tree", "1.1")))
    copr.output("fork", "jdoe/tools", "bob/copy", user="bob")
    dnf("copr", "enable", "bob/copy", hub)
    dnf("upgrade")
    dnf("install", "moss", "tree")
    assert installed(root) == {
        "tree-1.1-1.fc43.noarch",
        "tree-devel-1.1-1.fc43.noarch",
        "bush-2.0-1.fc43.noarch",
        "moss-1.0-1.fc43.x86_64",
    }


def test_project_is_created_changed_and_deleted(copr: Copr, tmp_path: Path) -> None:
    """Its builds go with it."""
    copr.output("create", "garden", "--chroot", F43, "--chroot", AARCH64, "--description", "Plants")
    copr.output("modify", "garden", "--chroot", F42, "--instructions", "Water them.")
    assert "Name: garden\n  Description: Plants\n" in copr.output("list")
    number = build(copr, write_spec(tmp_path, "tree"), project="garden")
    assert copr.states(number) == {F42: "succeeded"}
    rows = json.loads(copr.output("list-builds", "garden", "--output-format", "json"))
    assert [(row["name"], row["state"]) for row in rows] == [("tree", "succeeded")]
    copr.output("delete", "garden")
    assert copr.error("list-builds", "garden")[1] == "Project jdoe/garden does not exist."


@pytest.mark.parametrize("is_source_package", [False, True])
def test_excluded_chroots_are_skipped(copr: Copr, tmp_path: Path, is_source_package: bool) -> None:
    """As the tags of a spec or of the header of a source package say."""
    copr.output("modify", "tools", *(word for name in (F43, AARCH64, S390X) for word in ("--chroot", name)))
    for tags, skipped in (("ExclusiveArch: x86_64 s390x", {AARCH64}), ("ExcludeArch: s390x aarch64", {AARCH64, S390X})):
        text = spec("tree", "1.0", tags)
        (tmp_path / "tree.spec").write_text(text)
        number = build(copr, make_source_package(tmp_path, text) if is_source_package else tmp_path / "tree.spec")
        expected = {name: "skipped" if name in skipped else "succeeded" for name in (F43, AARCH64, S390X)}
        assert copr.states(number) == expected


def test_batches_are_built_in_order(copr: Copr, tmp_path: Path) -> None:
    """Builds of a batch start together, after the batch before it."""
    source = make_source_package(tmp_path, spec("tree"))
    first = build(copr, source, "--nowait")
    second = build(copr, source, "--nowait", "--with-build-id", str(first))
    last = build(copr, source, "--nowait", "--after-build-id", str(first))
    watched = copr.output("watch-build", *map(str, (first, second, last)))
    assert [re.findall(rf"Build {number}: (\w+)", watched)[-1] for number in (first, second, last)] == ["succeeded"] * 3
    chroots = [copr.builds[number]["chroots"][0] for number in (first, second, last)]
    ended = max(chroot["ended_on"] for chroot in chroots[:2])
    assert copr.client().build_proxy.get(last).started_on >= ended


def test_three_users_have_their_own_permissions(copr: Copr, tmp_path: Path) -> None:
    """A builder builds, an administrator edits, and the owner grants and takes both."""
    source = write_spec(tmp_path, "tree")
    rejected = "User 'bob' is not allowed to build in 'jdoe/tools'"
    assert copr.error("build", "jdoe/tools", str(source), user="bob")[1].startswith(rejected)
    copr.output("request-permissions", "jdoe/tools", "--builder", user="bob")
    copr.output("request-permissions", "jdoe/tools", "--admin", user="eve")
    copr.output("edit-permissions", "tools", "--builder", "bob", "--admin", "eve")

    number = build(copr, source, project="jdoe/tools", user="bob")
    assert copr.builds[number]["submitter"] == "bob"
    assert copr.error("modify", "jdoe/tools", "--description", "Bob's", user="bob")[0] == 7
    copr.output("modify", "jdoe/tools", "--description", "Eve's", user="eve")
    assert copr.projects["jdoe/tools"]["description"] == "Eve's"
    copr.output("delete-build", str(number), user="eve")

    copr.output("edit-permissions", "tools", "--builder", "bob=nothing", "--admin", "eve=nothing")
    assert copr.error("build", "jdoe/tools", str(source), user="bob")[1].startswith(rejected)
    assert copr.error("modify", "jdoe/tools", "--description", "Eve's", user="eve")[0] == 7


def test_hostile_spec_fails_with_its_reason_in_the_log(copr: Copr, tmp_path: Path) -> None:
    path = tmp_path / "loop.spec"
    path.write_text("%global a %b\n%global b %a\nName: %a\nVersion: 1\nRelease: 1\n")
    status = copr.run("build", "tools", str(path)).returncode
    assert (status, copr.builds[1]["source_state"]) == (4, "failed")
    reply = copr.server.call("GET", "/results/jdoe/tools/srpm-builds/00000001/builder-live.log.gz")
    assert b"too many levels of recursion in macro expansion" in gzip.decompress(reply.body)

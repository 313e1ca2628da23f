"""dnf with its copr plugin enables projects, and installs their packages."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.pytest_plugin.commands import CoprCli
from copr_chroot_fake.pytest_plugin.support import CoprServer
from copr_chroot_fake.scenario.spec import ChrootFields

from ..chroots import F43
from ..served import Served
from .system import Dnf, installed, needs_dnf

EPEL = "epel-9-x86_64"

pytestmark = needs_dnf


@pytest.fixture
def hub(copr_server: CoprServer) -> str:
    return f"--hub={copr_server.url}"


@pytest.mark.parametrize("storage", ["backend", "pulp"])
def test_package_is_installed_from_an_enabled_project(
    copr_fake: FakeCopr, dnf: Dnf, hub: str, root: Path, storage: str
) -> None:
    """And upgraded after the next build."""
    copr_fake.add_project("jdoe/playground", chroots=[F43], storage=storage)
    copr_fake.add_build({F43: {"state": "succeeded", "packages": ["hello-2.12-3.fc43.x86_64"]}}, id=1)
    dnf("copr", "enable", "jdoe/playground", hub)
    assert "Metadata cache created." in dnf("makecache")
    assert dnf("repoquery") == "hello-0:2.12-3.fc43.x86_64\n"
    dnf("install", "hello")
    assert installed(root) == {"hello-2.12-3.fc43.x86_64"}
    copr_fake.add_build({F43: {"state": "succeeded", "packages": ["hello-2:1.0~rc1-1.fc43.x86_64"]}}, id=2)
    dnf("--refresh", "upgrade")
    assert installed(root) == {"hello-2:1.0~rc1-1.fc43.x86_64"}


def test_group_and_other_chroot_can_be_enabled(copr_fake: FakeCopr, dnf: Dnf, hub: str, root: Path) -> None:
    """The plugin fetches the repository of the system's distribution, or of another chroot."""
    copr_fake.add_build({F43: "succeeded", EPEL: "succeeded"}, id=1, project="@copr/tools")
    dnf("copr", "enable", "@copr/tools", hub)
    (file,) = (root.parent / "repos").iterdir()
    assert file.name == "_copr:127.0.0.1:group_copr:tools.repo"
    assert "/fedora-$releasever-$basearch/" in file.read_text()
    assert dnf("repoquery", "--latest-limit=1", "hello.x86_64") == "hello-0:1.0-1.fc43.x86_64\n"
    dnf("copr", "enable", "@copr/tools", EPEL, hub)
    assert "/epel-9-$basearch/" in file.read_text()
    assert dnf("--refresh", "repoquery", "hello.x86_64") == "hello-0:1.0-1.el9.x86_64\n"


def test_packages_have_their_description(copr_fake: FakeCopr, dnf: Dnf, hub: str, tmp_path: Path) -> None:
    """Packages and sources can be downloaded, and are those that the metadata describe."""
    packages = ["hello-2:2.12-3.fc43.src", "hello-2:2.12-3.fc43.x86_64", "hello-doc-2:2.12-3.fc43.noarch"]
    copr_fake.add_build({F43: {"state": "succeeded", "packages": packages}}, id=1)
    dnf("copr", "enable", "jdoe/playground", hub)
    query = "%{name} %{evr} %{arch} %{sourcerpm} %{reponame}"
    repo = "copr:127.0.0.1:jdoe:playground"
    assert dnf("repoquery", "--queryformat", query).splitlines() == [
        f"hello 2:2.12-3.fc43 src (none) {repo}",
        f"hello 2:2.12-3.fc43 x86_64 hello-2.12-3.fc43.src.rpm {repo}",
        f"hello-doc 2:2.12-3.fc43 noarch hello-2.12-3.fc43.src.rpm {repo}",
    ]
    dnf("download", "--destdir", str(tmp_path / "files"), "--source", "hello")
    dnf("download", "--destdir", str(tmp_path / "files"), "hello-doc")
    names = {path.name for path in (tmp_path / "files").iterdir()}
    assert names == {"hello-2.12-3.fc43.src.rpm", "hello-doc-2.12-3.fc43.noarch.rpm"}


def test_runtime_dependencies_are_enabled(copr_fake: FakeCopr, dnf: Dnf, hub: str, root: Path) -> None:
    copr_fake.add_project("jdoe/playground", chroots=[F43], runtime_dependencies=["copr://jdoe/libs"])
    copr_fake.add_build({F43: {"state": "succeeded", "packages": ["libx++-1-1.fc43.x86_64"]}}, project="jdoe/libs")
    dnf("copr", "enable", "jdoe/playground", hub)
    dnf("install", "libx++")
    assert installed(root) == {"libx++-1-1.fc43.x86_64"}


def test_project_is_listed_disabled_and_removed(copr_fake: FakeCopr, dnf: Dnf, hub: str) -> None:
    copr_fake.add_project("jdoe/playground", chroots=[F43], description="A playground.")
    dnf("copr", "enable", "jdoe/playground", hub)
    assert dnf("copr", "list") == "127.0.0.1/jdoe/playground\n"
    dnf("copr", "disable", "jdoe/playground", hub)
    assert dnf("copr", "list") == "127.0.0.1/jdoe/playground (disabled)\n"
    dnf("copr", "remove", "jdoe/playground", hub)
    assert dnf("copr", "list") == ""
    assert "Matched: play" in dnf("copr", "search", "play", hub)
    by_user = dnf("copr", "list", "--available-by-user", "jdoe", hub)
    assert "jdoe/playground : A playground." in by_user


def test_missing_project_or_chroot_is_an_error(
    copr_fake: FakeCopr, failing_dnf: Callable[..., subprocess.CompletedProcess[str]], hub: str
) -> None:
    """For a chroot, the plugin lists the others."""
    copr_fake.add_project("jdoe/playground", chroots=[EPEL])
    done = failing_dnf("copr", "enable", "jdoe/playground", hub)
    assert done.returncode == 1
    assert f"Repository '{F43}' does not exist in project 'jdoe/playground'." in done.stderr
    assert f"Available repositories: '{EPEL}'" in done.stderr
    done = failing_dnf("copr", "enable", "jdoe/other", hub)
    assert "Project jdoe/other does not exist." in done.stderr


def test_hub_can_be_configured(copr_process: Served, dnf: Dnf, root: Path) -> None:
    """By a name in the configuration of the plugin."""
    host, port = copr_process.address
    lines = ["[fake]", f"hostname = {host}", "protocol = http", f"port = {port}", ""]
    (root.parent / "plugins" / "copr.d" / "fake.conf").write_text("\n".join(lines))
    dnf("copr", "enable", "fake/jdoe/tools")
    assert "Metadata cache created." in dnf("makecache")


def test_package_is_installed_from_the_devel_repository(
    copr_fake: FakeCopr, copr_server: CoprServer, dnf: Dnf, root: Path
) -> None:
    """Its metadata refer to packages beside its directory."""
    copr_fake.add_project("jdoe/playground", chroots=[F43], devel_mode=True)
    copr_fake.add_build({F43: {"state": "succeeded", "packages": ["hello-2.12-3.fc43.x86_64"]}}, id=1)
    url = f"{copr_server.url}/results/jdoe/playground/{F43}/devel/"
    dnf(f"--repofrompath=devel,{url}", "--repo=devel", "--nogpgcheck", "install", "hello")
    assert installed(root) == {"hello-2.12-3.fc43.x86_64"}


@pytest.mark.slow
def test_new_packages_wait_for_regenerated_repositories(
    copr_fake: FakeCopr, copr_cli: CoprCli, dnf: Dnf, hub: str
) -> None:
    """With ``--disable_createrepo``, until copr-cli regenerates them."""
    copr_fake.add_project("jdoe/playground", chroots=[F43])
    copr_cli("create", "tools", "--chroot", F43, "--disable_createrepo", "true")
    built: ChrootFields = {"state": "succeeded", "packages": ["hello-1-1.fc43.x86_64"]}
    copr_fake.add_build({F43: built}, id=1, project="jdoe/tools")
    dnf("copr", "enable", "jdoe/tools", hub)
    assert dnf("repoquery") == ""
    copr_cli("regenerate-repos", "tools")
    assert dnf("--refresh", "repoquery") == "hello-0:1-1.fc43.x86_64\n"

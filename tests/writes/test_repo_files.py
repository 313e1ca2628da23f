"""Repository files, which dnf's copr plugin fetches."""

from __future__ import annotations

import json
from base64 import b64decode
from configparser import RawConfigParser
from typing import Any

import pytest

from copr_chroot_fake import FakeCopr

from ..chroots import F43

F43_I386, EPEL = "fedora-43-i386", "epel-9-x86_64"
RESULTS = "https://download.copr.fedorainfracloud.org/results"


def make(**settings: Any) -> FakeCopr:
    fake = FakeCopr()
    fake.add_project("@copr/tools", chroots=[F43, F43_I386, EPEL], **settings)
    return fake


def read(fake: FakeCopr, target: str, **headers: str) -> RawConfigParser:
    """Return the repositories of a file."""
    answer = fake.answer("GET", target, headers)
    assert answer.status == 200
    assert dict(answer.headers)["Content-Type"] == "text/plain; charset=utf-8"
    parser = RawConfigParser()
    parser.read_string(answer.body.decode())
    return parser


def test_repository_file_is_that_of_copr() -> None:
    """Except that the packages of the fake are not signed."""
    answer = make().answer("GET", "/coprs/g/copr/tools/repo/fedora-43/dnf.repo?arch=x86_64")
    assert dict(answer.headers)["Content-Disposition"] == "filename=@copr-tools.repo"
    assert answer.body.decode() == (
        "[copr:copr.fedorainfracloud.org:group_copr:tools]\n"
        "name=Copr repo for tools owned by @copr\n"
        f"baseurl={RESULTS}/@copr/tools/fedora-$releasever-$basearch/\n"
        "type=rpm-md\n"
        "skip_if_unavailable=True\n"
        "gpgcheck=0\n"
        f"gpgkey={RESULTS}/@copr/tools/pubkey.gpg\n"
        "repo_gpgcheck=0\n"
        "enabled=1\n"
        "enabled_metadata=1\n"
    )


@pytest.mark.parametrize(
    "target",
    [
        "/coprs/g/copr/tools/repo/fedora-43/",
        "/coprs/g/copr/tools/repo/fedora-43",
        "/coprs/@copr/tools/repo/fedora-43/any-name.repo",
        "/coprs/@copr/tools/repo/fedora-43-x86_64/",
        "/coprs/%40copr/tools/repo/fedora-43/dnf.repo?arch=i386",
    ],
)
def test_repository_has_several_addresses(target: str) -> None:
    """Of a group by its name or with its prefix; of a release or a chroot; with any file name."""
    fake = make()
    assert read(fake, target).sections() == ["copr:copr.fedorainfracloud.org:group_copr:tools"]
    assert fake.requests[0].endpoint == "coprs/repo"
    assert not fake.unmatched


@pytest.mark.parametrize(
    ("chroot", "directory"),
    [
        ("fedora-rawhide-x86_64", "fedora-$releasever-$basearch"),
        ("centos-stream-10-x86_64", "centos-stream-$releasever-$basearch"),
        ("opensuse-leap-15.6-x86_64", "opensuse-leap-$releasever-$basearch"),
        ("mageia-9-x86_64", "mageia-$releasever-$basearch"),
        ("mageia-cauldron-x86_64", "mageia-cauldron-$basearch"),
        ("epel-9-x86_64", "epel-9-$basearch"),
        ("opensuse-tumbleweed-x86_64", "opensuse-tumbleweed-$basearch"),
    ],
)
def test_version_is_filled_in_by_dnf(chroot: str, directory: str) -> None:
    """For some distributions, so that the file is valid after an upgrade."""
    fake = FakeCopr(results_url="http://copr.test/results")
    fake.add_project("jdoe/tools", chroots=[chroot])
    repo = read(fake, f"/coprs/jdoe/tools/repo/{chroot}/")["copr:copr.fedorainfracloud.org:jdoe:tools"]
    assert repo["baseurl"] == f"http://copr.test/results/jdoe/tools/{directory}/"


def test_settings_of_the_project_are_in_the_file() -> None:
    fake = make(module_hotfixes=True, repo_priority=7)
    repo = read(fake, "/coprs/@copr/tools/repo/epel-9/")["copr:copr.fedorainfracloud.org:group_copr:tools"]
    assert (repo["module_hotfixes"], repo["priority"]) == ("1", "7")


@pytest.mark.parametrize(
    ("multilib", "target", "expected"),
    [
        (True, "fedora-43/dnf.repo?arch=x86_64", ["", ":ml"]),
        (True, "fedora-43/dnf.repo", [""]),
        (True, "epel-9/dnf.repo?arch=x86_64", [""]),
        (True, "fedora-43/dnf.repo?arch=i386", [""]),
        (False, "fedora-43/dnf.repo?arch=x86_64", [""]),
    ],
)
def test_multilib_repository_is_added(multilib: bool, target: str, expected: list[str]) -> None:
    """If the project has it for the architecture that is requested."""
    repos = read(make(multilib=multilib), f"/coprs/@copr/tools/repo/{target}")
    name = "copr:copr.fedorainfracloud.org:group_copr:tools"
    assert repos.sections() == [name + suffix for suffix in expected]
    if len(expected) > 1:
        added = repos[f"{name}:ml"]
        assert added["name"] == "Copr repo for tools owned by @copr (i386)"
        assert added["baseurl"] == f"{RESULTS}/@copr/tools/fedora-$releasever-i386/"
        assert added["cost"] == "1100"


def test_runtime_dependencies_are_in_the_file() -> None:
    """Those of other projects, other repositories, and projects that do not exist; each once."""
    fake = make(
        runtime_dependencies=["copr://jdoe/a", "https://x.org/$chroot/$distname/?priority=3&b=1", "copr://no/no"]
    )
    fake.add_project("jdoe/a", runtime_dependencies=["copr://jdoe/b", "copr://@copr/tools", "copr://no/no"])
    fake.add_project("jdoe/b", runtime_dependencies=["copr://jdoe/a"], repo_priority=5)
    target = "/coprs/@copr/tools/repo/fedora-43/dnf.repo?arch=x86_64"
    repos = read(fake, target)
    host = "copr.fedorainfracloud.org"
    external = "https_x_org_chroot_distname_priority_3_b_1"
    assert repos.sections() == [
        *(f"copr:{host}:group_copr:tools", f"coprdep:{host}:jdoe:a", f"coprdep:{host}:jdoe:b", f"coprdep:{external}")
    ]
    described = [(repos[name]["name"], repos[name]["baseurl"]) for name in repos.sections()[1:]]
    assert described == [
        (f"Copr {host}/@copr/tools runtime dependency #1 - jdoe/a", f"{RESULTS}/jdoe/a/fedora-$releasever-$basearch/"),
        (f"Copr {host}/@copr/tools runtime dependency #2 - jdoe/b", f"{RESULTS}/jdoe/b/fedora-$releasever-$basearch/"),
        (
            f"Copr {host}/@copr/tools external runtime dependency #1 - {external}",
            "https://x.org/fedora-43-x86_64/fedora/?b=1",
        ),
    ]
    assert repos[f"coprdep:{host}:jdoe:b"]["priority"] == "5"
    text = fake.answer("GET", target).body.decode()
    assert text.count("runtime dependency on a Copr project no/no but that doesn't exist.\n") == 1


def test_invalid_dependency_is_an_error_of_the_service() -> None:
    """Also in the API that newer versions of dnf read."""
    fake = make(runtime_dependencies=["https://[x/"])
    assert fake.answer("GET", "/coprs/@copr/tools/repo/fedora-43/").status == 500
    assert fake.answer("GET", "/api_3/rpmrepo/@copr/tools/fedora-43/").status == 500


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("copr.test:5000", "copr.test"),
        ("copr.test", "copr.test"),
        ("[::1]:5000", "[::1]"),
        ("a b", "copr.fedorainfracloud.org"),
        ("", "copr.fedorainfracloud.org"),
    ],
)
def test_id_has_the_host_that_the_client_knows(host: str, expected: str) -> None:
    """The plugin looks for it."""
    assert read(make(), "/coprs/@copr/tools/repo/epel-9/", Host=host).sections() == [
        f"copr:{expected}:group_copr:tools"
    ]


def test_directory_of_a_project_has_a_file() -> None:
    fake = make()
    fake.add_build([F43], id=1, project="@copr/tools:pr:1")
    repos = read(fake, "/coprs/g/copr/tools:pr:1/repo/fedora-43/")
    assert repos.sections() == ["copr:copr.fedorainfracloud.org:group_copr:tools:pr:1"]


@pytest.mark.parametrize("target", ["@copr/tools/repo/fedora-42/", "g/copr/tools/repo/fedora-43/x.repo?arch=s390x"])
def test_missing_chroot_has_a_list_of_the_others(target: str) -> None:
    """In a header, which the plugin reads."""
    answer = make().answer("GET", f"/coprs/{target}")
    assert answer.status == 404
    data = json.loads(b64decode(dict(answer.headers)["Copr-Error-Data"]))
    assert data == {"available chroots": [F43, F43_I386, EPEL]}


@pytest.mark.parametrize("path", ["@copr/other", "g/copr/other", "copr/tools", "@copr/tools:pr:2", "a\0/b"])
def test_missing_project_is_not_found(path: str) -> None:
    answer = make().answer("GET", f"/coprs/{path}/repo/fedora-43/")
    assert answer.status == 404
    assert "Copr-Error-Data" not in dict(answer.headers)


def test_names_beyond_ascii_are_valid_in_headers() -> None:
    fake = FakeCopr()
    fake.add_project("jdöe/tools", chroots=[F43])
    answer = fake.answer("GET", "/coprs/jdöe/tools/repo/fedora-43/")
    assert dict(answer.headers)["Content-Disposition"] == "filename=jd_e-tools.repo"


def test_repository_file_cannot_be_posted() -> None:
    assert make().answer("POST", "/coprs/@copr/tools/repo/fedora-43/").status == 405

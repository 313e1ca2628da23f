"""Every method of every proxy of the official client works on a served Copr."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from copr.v3 import Client, CoprAuthException, CoprNoResultException, CoprRequestException, CoprValidationException
from copr.v3.helpers import succeeded, wait
from copr.v3.proxies import BaseProxy

from ..chroots import F42, F43
from ..served import Served
from .processes import Forker
from .service import EPEL, RAWHIDE, Copr, new_world

# The client does not close the files that it uploads.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

URL = "https://example.org/hello-2.0-1.src.rpm"
TOOLS = ("jdoe", "tools")

METHODS: dict[str, Callable[[Client], object]] = {
    "base_proxy.home": lambda client: client.base_proxy.home().version == 3,
    "base_proxy.auth_check": lambda client: client.base_proxy.auth_check().name == "jdoe",
    "base_proxy.auth_username": lambda client: client.base_proxy.auth_username() == "jdoe",
    "base_proxy.new_api_token": lambda client: client.base_proxy.new_api_token().api_login != "jdoe-login",
    "build_proxy.get": lambda client: client.build_proxy.get(1).state == "succeeded",
    "build_proxy.get_source_chroot": lambda client: client.build_proxy.get_source_chroot(1).state == "succeeded",
    "build_proxy.get_source_build_config": lambda client: (
        client.build_proxy.get_source_build_config(1).source_dict == {"gem_name": "rails"}
    ),
    "build_proxy.get_built_packages": lambda client: client.build_proxy.get_built_packages(1)[F43]["packages"],
    "build_proxy.get_list": lambda client: (
        [build.id for build in client.build_proxy.get_list(*TOOLS, status="succeeded")] == [1]
    ),
    "build_proxy.cancel": lambda client: client.build_proxy.cancel(2).state == "canceled",
    "build_proxy.create_from_urls": lambda client: (
        [build.id for build in client.build_proxy.create_from_urls(*TOOLS, [URL, URL])] == [3, 4]
    ),
    "build_proxy.create_from_url": lambda client: client.build_proxy.create_from_url(*TOOLS, URL).id == 3,
    "build_proxy.create_from_file": lambda client: client.build_proxy.create_from_file(*TOOLS, "hello.spec").id == 3,
    "build_proxy.check_before_build": lambda client: (
        client.build_proxy.check_before_build(*TOOLS, buildopts={"chroots": [F43], "progress_callback": None}).message
        == "It should be safe to submit a build like this"
    ),
    "build_proxy.create_from_scm": lambda client: (
        client.build_proxy.create_from_scm(*TOOLS, "https://example.org/hello.git", spec="a.spec").id == 3
    ),
    "build_proxy.create_from_distgit": lambda client: (
        client.build_proxy.create_from_distgit(*TOOLS, "bash", committish="f43").id == 3
    ),
    "build_proxy.create_from_pypi": lambda client: client.build_proxy.create_from_pypi(*TOOLS, "requests").id == 3,
    "build_proxy.create_from_rubygems": lambda client: client.build_proxy.create_from_rubygems(*TOOLS, "rack").id == 3,
    "build_proxy.create_from_custom": lambda client: (
        client.build_proxy.create_from_custom(
            *TOOLS, "#!/bin/sh", script_chroot=F43, script_repos="copr://jdoe/tools"
        ).id
        == 3
    ),
    "build_proxy.delete": lambda client: client.build_proxy.delete(1).id == 1,
    "build_proxy.delete_list": lambda client: client.build_proxy.delete_list([1]).builds == [1],
    "build_chroot_proxy.get": lambda client: client.build_chroot_proxy.get(1, F43).state == "succeeded",
    "build_chroot_proxy.get_list": lambda client: (
        [chroot.name for chroot in client.build_chroot_proxy.get_list(1)] == [F43, F42]
    ),
    "build_chroot_proxy.get_build_config": lambda client: (
        client.build_chroot_proxy.get_build_config(1, F43).repos[0]["id"] == "copr_base"
    ),
    "build_chroot_proxy.get_built_packages": lambda client: (
        client.build_chroot_proxy.get_built_packages(1, F43).packages[0]["name"] == "rails"
    ),
    "mock_chroot_proxy.get_list": lambda client: (
        [*client.mock_chroot_proxy.get_list()][:4] == [RAWHIDE, F43, F42, EPEL]
    ),
    "monitor_proxy.monitor": lambda client: client.monitor_proxy.monitor(*TOOLS).packages[0]["name"] == "rails",
    "package_proxy.get": lambda client: (
        client.package_proxy.get(*TOOLS, "rails", with_latest_build=True).builds["latest"]["id"] == 2
    ),
    "package_proxy.get_list": lambda client: (
        [package.name for package in client.package_proxy.get_list(*TOOLS, pagination={"limit": 5})] == ["rails"]
    ),
    "package_proxy.add": lambda client: (
        client.package_proxy.add(*TOOLS, "rack", "rubygems", {"gem_name": "rack"}).source_dict == {"gem_name": "rack"}
    ),
    "package_proxy.edit": lambda client: (
        client.package_proxy.edit(*TOOLS, "rails", "rubygems", {"gem_name": "rack"}).source_dict == {"gem_name": "rack"}
    ),
    "package_proxy.reset": lambda client: client.package_proxy.reset(*TOOLS, "rails").source_type == "unset",
    "package_proxy.build": lambda client: (
        client.package_proxy.build(*TOOLS, "rails", buildopts={"chroots": [F42]}).chroots == [F42]
    ),
    "package_proxy.delete": lambda client: (
        client.build_proxy.cancel(2),
        client.package_proxy.delete(*TOOLS, "rails").name == "rails",
    )[1],
    "project_proxy.get": lambda client: client.project_proxy.get(*TOOLS).full_name == "jdoe/tools",
    "project_proxy.get_list": lambda client: (
        [project.name for project in client.project_proxy.get_list("jdoe", pagination={"limit": 5})] == ["tools"]
    ),
    "project_proxy.search": lambda client: (
        [project.full_name for project in client.project_proxy.search("jdoe/tools")] == ["jdoe/tools"]
    ),
    "project_proxy.add": lambda client: (
        client.project_proxy.add("@copr", "new", [F43], description="D", repo_priority=5).full_name == "@copr/new"
    ),
    "project_proxy.edit": lambda client: client.project_proxy.edit(*TOOLS, description="D").description == "D",
    "project_proxy.delete": lambda client: (
        client.build_proxy.cancel(2),
        client.project_proxy.delete(*TOOLS).name == "tools",
    )[1],
    "project_proxy.fork": lambda client: client.project_proxy.fork(*TOOLS, "jdoe", "fork").full_name == "jdoe/fork",
    "project_proxy.can_build_in": lambda client: client.project_proxy.can_build_in("jdoe", *TOOLS) is True,
    "project_proxy.get_permissions": lambda client: (
        client.project_proxy.get_permissions(*TOOLS).permissions == {"bob": {"admin": "nothing", "builder": "request"}}
    ),
    "project_proxy.set_permissions": lambda client: (
        client.project_proxy.set_permissions(*TOOLS, {"bob": {"builder": "approved"}}),
        client.project_proxy.can_build_in("bob", *TOOLS),
    )[1],
    "project_proxy.request_permissions": lambda client: (
        client.project_proxy.request_permissions("bob", "own", {"admin": True}) is None
    ),
    "project_proxy.regenerate_repos": lambda client: client.project_proxy.regenerate_repos(*TOOLS).name == "tools",
    "project_chroot_proxy.get": lambda client: client.project_chroot_proxy.get(*TOOLS, F43).mock_chroot == F43,
    "project_chroot_proxy.get_build_config": lambda client: (
        client.project_chroot_proxy.get_build_config(*TOOLS, F43).repos[0]["id"] == "copr_base"
    ),
    "project_chroot_proxy.edit": lambda client: (
        client.project_chroot_proxy.edit(
            *TOOLS, F43, additional_packages=["gcc", "make"], comps="hello.spec", bootstrap_image="fedora:43"
        ).comps_name
        == "hello.spec"
    ),
    "webhook_proxy.generate": lambda client: client.webhook_proxy.generate(*TOOLS).webhook_secret,
}
"""A call of each method, which returns whether its result is as expected."""

OTHER_TESTS = {"base_proxy.create_from_config_file", "build_proxy.create_from_rpm_upload"}
"""Methods that tests of their own call."""


def test_every_method_is_tested() -> None:
    """A new version of the client may have more methods."""
    methods = {
        f"{name}.{method}"
        for name, proxy in vars(Client({"copr_url": "http://localhost"})).items()
        if isinstance(proxy, BaseProxy)
        for method, _ in inspect.getmembers(type(proxy), inspect.isfunction)
        if not method.startswith("_") and (name == "base_proxy" or method not in vars(BaseProxy))
    }
    assert methods == METHODS.keys() | OTHER_TESTS


class Prepared(NamedTuple):
    """A Copr where build 1 of the package rails has succeeded, build 2 is pending, and bob has a project."""

    copr: Copr
    snapshot: int


@pytest.fixture(scope="module")
def prepared(copr_process: Served, forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    directory = tmp_path_factory.mktemp("proxies")
    with new_world(copr_process, forker, directory, directory) as copr, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("HOME", str(directory))
        bob, jdoe = copr.client("bob"), copr.client()
        bob.project_proxy.add("bob", "own", [F43])
        bob.project_proxy.request_permissions(*TOOLS, {"builder": True})
        jdoe.package_proxy.add(*TOOLS, "rails", "rubygems", {"gem_name": "rails"})
        jdoe.package_proxy.build(*TOOLS, "rails")
        wait(jdoe.build_proxy.get(1), interval=0)
        jdoe.package_proxy.build(*TOOLS, "rails")
        yield Prepared(copr, copr.server.control("POST", "/snapshots")["id"])


@pytest.fixture
def copr(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copr:
    """The prepared Copr, unchanged, and a directory with a spec."""
    (tmp_path / "hello.spec").write_text("Name: hello\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    prepared.copr.server.control("POST", f"/snapshots/{prepared.snapshot}/restore")
    return prepared.copr


@pytest.fixture
def client(copr: Copr) -> Client:
    """The client of jdoe, who owns the project tools."""
    return copr.client()


@pytest.mark.parametrize("method", METHODS)
def test_method_returns_what_the_client_expects(client: Client, method: str) -> None:
    assert METHODS[method](client)


def test_proxy_reads_a_configuration_file(copr: Copr) -> None:
    proxy = BaseProxy.create_from_config_file(str(copr.config("jdoe")))
    assert proxy.auth_check().name == "jdoe"


def test_rpm_upload_is_not_in_copr(client: Client) -> None:
    with pytest.raises(CoprNoResultException, match="Such API endpoint doesn't exist"):
        client.build_proxy.create_from_rpm_upload(*TOOLS, "hello.spec")


def test_wait_ends_with_a_submitted_build(client: Client) -> None:
    """The states of all builds of a request, by poll."""
    builds = wait(client.build_proxy.create_from_urls(*TOOLS, [URL, URL]), interval=0)
    assert succeeded(builds)
    packages = client.build_proxy.get_built_packages(builds[0].id)[F43]["packages"]
    assert {(package["name"], package["version"], package["release"]) for package in packages} == {
        ("hello", "2.0", "1.fc43")
    }


def test_errors_are_the_exceptions_of_the_client(copr: Copr, client: Client) -> None:
    with pytest.raises(CoprNoResultException, match="Project jdoe/nope does not exist"):
        client.build_proxy.create_from_url("jdoe", "nope", URL)
    with pytest.raises(CoprRequestException, match="is not a valid choice for this field"):
        client.build_proxy.create_from_url(*TOOLS, URL, buildopts={"chroots": ["nope"]})
    with pytest.raises(CoprValidationException, match="multiple URLs at once"):
        client.build_proxy.create_from_url(*TOOLS, f"{URL} {URL}")
    with pytest.raises(CoprAuthException, match="Only owners and admins may update their projects"):
        copr.client("bob").project_proxy.edit(*TOOLS, description="Mine")
    with pytest.raises(CoprRequestException, match="Login invalid/expired"):
        Client({**client.config, "token": "wrong"}).project_proxy.delete(*TOOLS)
    with pytest.raises(CoprRequestException, match="Unsupported package source type None"):
        client.package_proxy.edit(*TOOLS, "rails")

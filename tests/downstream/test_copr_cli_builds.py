"""copr-cli submits, watches, cancels and deletes builds on a served Copr."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from ..chroots import F42, F43
from .processes import needs_wget
from .service import EPEL, Copr

URL = "https://example.org/hello-2.0-1.src.rpm"
STATES = ["pending", "starting", "running", "importing", "pending", "starting", "running", "succeeded"]

SUBMISSIONS: dict[str, tuple[list[str], str, str, dict[str, Any]]] = {
    "build a URL": (["build", "tools", URL], "hello", "link", {"url": URL}),
    "build a package": (["build", "tools", "hello-2.0-1.src.rpm"], "hello", "upload", {"pkg": "hello-2.0-1.src.rpm"}),
    "build a spec": (["build", "tools", "hello.spec"], "hello", "upload", {"pkg": "hello.spec"}),
    "buildpypi": (
        ["buildpypi", "tools", "--packagename", "requests", "--packageversion", "2.0", "--pythonversions", "3"],
        "python-requests",
        "pypi",
        {"pypi_package_name": "requests", "pypi_package_version": "2.0", "python_versions": ["3"]},
    ),
    "buildgem": (["buildgem", "tools", "--gem", "rails"], "rubygem-rails", "rubygems", {"gem_name": "rails"}),
    "buildscm": (
        ["buildscm", "tools", "--clone-url", "https://example.org/hello.git", "--commit", "v2", "--method", "tito"],
        "hello",
        "scm",
        {"clone_url": "https://example.org/hello.git", "committish": "v2", "srpm_build_method": "tito"},
    ),
    "build-distgit": (
        ["build-distgit", "tools", "--name", "bash", "--commit", "f43"],
        "bash",
        "distgit",
        {"clone_url": "https://src.fedoraproject.org/rpms/bash", "committish": "f43"},
    ),
    "buildcustom": (
        ["buildcustom", "tools", "--script", "script.sh", "--script-builddeps", "git make", "--script-chroot", F43],
        "hello",
        "custom",
        {"script": "#!/bin/sh\ntrue\n", "builddeps": "git make", "chroot": F43},
    ),
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    """Write files that commands upload."""
    (tmp_path / "hello-2.0-1.src.rpm").write_bytes(b"source package")
    (tmp_path / "hello.spec").write_text("Name: hello\n")
    (tmp_path / "script.sh").write_text("#!/bin/sh\ntrue\n")
    (tmp_path / "hello-2.0-1.noarch.rpm").write_bytes(b"package")


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_submitted_build_is_watched_to_its_end(copr: Copr, submission: str) -> None:
    command, package, source_type, config = SUBMISSIONS[submission]
    output = copr.output(*command)
    assert "Created builds: 1\n" in output
    assert re.findall(r"Build 1: (\w+)", output) == STATES
    build = copr.builds[1]
    assert (build["package"], build["submitter"]) == (package, "jdoe")
    assert build["source"]["type"] == source_type
    assert config.items() <= build["source"]["config"].items()
    assert copr.states(1) == {F43: "succeeded", F42: "succeeded"}


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_nowait_leaves_a_build_pending(copr: Copr, submission: str) -> None:
    output = copr.output(*SUBMISSIONS[submission][0], "--nowait")
    assert output.endswith("Created builds: 1\n")
    assert (copr.builds[1]["source_state"], copr.builds[1]["chroots"]) == ("pending", [])


def test_build_takes_several_urls_and_files(copr: Copr) -> None:
    output = copr.output("build", "tools", URL, "hello.spec", "https://example.org/tree.spec", "--nowait")
    assert output.endswith("Created builds: 1 2 3\n")
    assert [build["source"]["type"] for build in copr.builds.values()] == ["link", "upload", "link"]


def test_build_takes_every_option(copr: Copr) -> None:
    options = ("-r", F42, "--timeout", "600", "--background", "--enable-net", "off", "--bootstrap", "image")
    copr.output("build", "tools", URL, *options, "--isolation", "nspawn", "--nowait")
    build = copr.builds[1]
    names = ("timeout", "is_background", "enable_net", "bootstrap", "isolation")
    assert [build[name] for name in names] == [600, True, False, "image", "nspawn"]
    assert copr.states(1) == {F42: "waiting"}
    copr.output("build", "tools", URL, "--exclude-chroot", "*-42-*", "--nowait")
    assert copr.states(2) == {F43: "waiting"}


def test_build_in_a_directory_of_a_project(copr: Copr) -> None:
    copr.output("build", "tools:custom:side", URL)
    assert copr.builds[1]["project_dirname"] == "tools:custom:side"
    assert copr.projects["jdoe/tools"]["directories"] == ["tools:custom:side"]
    rows = json.loads(copr.output("monitor", "tools", "--dirname", "tools:custom:side"))
    assert [row["build_id"] for row in rows] == [1, 1]


def test_uploaded_file_can_be_downloaded(copr: Copr) -> None:
    copr.output("build", "tools", "hello-2.0-1.src.rpm", "--nowait")
    url = copr.client().build_proxy.get_source_build_config(1).source_dict["url"]
    with urlopen(url) as reply:
        assert reply.read() == b"source package"


def test_batch_waits_for_another(copr: Copr) -> None:
    copr.output("build", "tools", URL, "--nowait")
    copr.output("build", "tools", URL, "--nowait", "--with-build-id", "1")
    copr.output("build", "tools", URL, "--nowait", "--after-build-id", "2")
    first, second, third = (build["batch"] for build in copr.builds.values())
    assert first == second != third
    for _ in range(2):
        assert copr.output("status", "3") == "pending\n"
    watched = copr.output("watch-build", "1", "2", "3")
    assert [re.findall(rf"Build {number}: (\w+)", watched)[-1] for number in (1, 2, 3)] == ["succeeded"] * 3


@pytest.mark.parametrize(
    ("arguments", "user", "status", "error"),
    [
        (["tools", "nope.src.rpm"], "jdoe", 3, "File nope.src.rpm not found"),
        (["tools", "https://example.org/hello.zip"], "jdoe", 1, "Bad request parameters: {'pkgs': [\"URLs must end"),
        (["tools", URL, "-r", EPEL], "jdoe", 1, "Bad request parameters: {'chroots': [\"'epel-9-x86_64' is not a va"),
        (["tools", URL, "--timeout", "x"], "jdoe", 1, "Bad request parameters: {'timeout': ['Not a valid integer va"),
        (["tools:side", URL], "jdoe", 1, "Please use directory format tools:custom:<SUFFIX_OF_CHOICE> or tools:pr:<"),
        (["nope", URL], "jdoe", 1, "Project jdoe/nope does not exist."),
        (["jdoe/tools", URL], "bob", 7, "User 'bob' is not allowed to build in 'jdoe/tools'"),
    ],
)
def test_build_reports_why_it_is_rejected(copr: Copr, arguments: list[str], user: str, status: int, error: str) -> None:
    found, message = copr.error("build", *arguments, user=user)
    assert (found, message[: len(error)]) == (status, error)
    assert copr.builds == {}


def test_uploadrpm_ends_as_with_copr(copr: Copr) -> None:
    """The service does not have the endpoint either."""
    error = copr.error("uploadrpm", "tools", "hello-2.0-1.noarch.rpm")
    assert error == (1, "Such API endpoint doesn't exist")
    assert copr.builds == {}


def test_cancel_ends_a_watched_build(copr: Copr) -> None:
    copr.output("build", "tools", URL, "--nowait")
    assert copr.error("cancel", "1", user="bob") == (7, "You are not allowed to cancel this build.")
    assert copr.output("cancel", "1") == "canceled\n"
    assert copr.output("status", "1") == "canceled\n"
    done = copr.run("watch-build", "1")
    assert (done.returncode, done.stderr) == (4, "\nBuild error: Build(s) 1 canceled.\n")
    assert copr.error("cancel", "1") == (1, "Cannot cancel build 1")


def test_delete_build_deletes_all_or_none(copr: Copr) -> None:
    for _ in range(3):
        copr.output("build", "tools", URL, "--nowait")
    assert copr.error("delete-build", "1", "2", "9") == (
        1,
        "- Build(s) 1, 2 are still running.\n- Build(s) 9 don't exist.\n-",
    )
    copr.output("watch-build", "1", "2")
    error = copr.error("delete-build", "1", user="bob")
    assert error == (1, "- You don't have permissions to delete build(s) 1.\n-")
    assert copr.output("delete-build", "1", "2") == "Build(s) 1, 2 were deleted.\n"
    assert list(copr.builds) == [3]
    assert copr.error("status", "1") == (1, "Build 1 does not exist.")


def test_list_builds_and_monitor_show_submitted_builds(copr: Copr) -> None:
    copr.output("build", "tools", URL)
    copr.output("buildgem", "tools", "--gem", "rails", "--nowait")
    rows = copr.output("list-builds", "tools", "--output-format", "text-row")
    assert rows == "2\tNone\tpending\n1\thello\tsucceeded\n"
    monitored = json.loads(copr.output("monitor", "tools"))
    assert {row["chroot"]: row["pkg_version"] for row in monitored} == {F43: "2.0-1", F42: "2.0-1"}


@needs_wget
def test_download_build_fetches_packages_of_a_submitted_build(copr: Copr, tmp_path: Path) -> None:
    copr.output("build", "tools", URL, "-r", F43)
    assert copr.run("download-build", "1", "--rpms").returncode == 0
    names = {path.name for path in (tmp_path / F43).iterdir()}
    assert names >= {"hello-2.0-1.fc43.src.rpm", "hello-2.0-1.fc43.x86_64.rpm"}


def test_waiting_for_an_immediate_build_takes_no_time(copr: Copr) -> None:
    """copr-cli does not sleep: its first poll returns the end of the build."""
    copr.server.control("POST", "/submission-rules", {"progress": "immediate"})
    before = copr.server.control("GET", "/clock")["now"]
    output = copr.output("build", "tools", URL)
    assert re.findall(r"Build 1: (\w+)", output) == ["succeeded"]
    assert copr.server.control("GET", "/clock")["now"] - before < 30


def test_rule_lets_a_build_fail(copr: Copr) -> None:
    copr.server.control("POST", "/submission-rules", {"package": "hello", "chroot": F42, "lifecycle": "fails"})
    done = copr.run("build", "tools", URL)
    assert (done.returncode, done.stderr.strip()) == (4, "Build error: Build(s) 1 failed.")
    assert copr.states(1) == {F43: "succeeded", F42: "failed"}

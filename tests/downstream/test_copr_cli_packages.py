"""copr-cli adds, changes, builds and deletes packages on a served Copr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..chroots import F42, F43
from .service import Copr

DONE = "Create or edit operation was successful.\n"
GEM = ("add-package-rubygems", "tools", "--name", "rails", "--gem", "rails")

PACKAGES: dict[str, tuple[list[str], dict[str, Any], list[str], dict[str, Any]]] = {
    "scm": (
        ["--clone-url", "https://example.org/a.git", "--commit", "main", "--subdir", "rpm", "--spec", "a.spec"],
        {
            "type": "git",
            "clone_url": "https://example.org/a.git",
            "committish": "main",
            "subdirectory": "rpm",
            "spec": "a.spec",
            "srpm_build_method": "rpkg",
        },
        ["--clone-url", "https://example.org/b.git", "--method", "make_srpm"],
        {"clone_url": "https://example.org/b.git", "srpm_build_method": "make_srpm"},
    ),
    "pypi": (
        ["--packagename", "requests", "--pythonversions", "3"],
        {"pypi_package_name": "requests", "python_versions": ["3"], "spec_generator": "pyp2spec"},
        ["--packageversion", "2.0"],
        {"pypi_package_name": "requests", "pypi_package_version": "2.0"},
    ),
    "distgit": (
        ["--distgit", "fedora", "--namespace", "@copr/copr"],
        {"clone_url": "https://src.fedoraproject.org/@copr/copr/rpms/new", "namespace": "@copr/copr"},
        ["--commit", "f43"],
        {"distgit": "fedora", "committish": "f43"},
    ),
    "rubygems": (["--gem", "rails"], {"gem_name": "rails"}, ["--gem", "rack"], {"gem_name": "rack"}),
    "custom": (
        ["--script", "script.sh", "--script-chroot", F43, "--script-builddeps", "git make"],
        {"script": "#!/bin/sh\ntrue\n", "chroot": F43, "builddeps": "git make"},
        ["--script", "script.sh", "--script-resultdir", "out"],
        {"resultdir": "out"},
    ),
}


@pytest.fixture(autouse=True)
def script(tmp_path: Path) -> None:
    """Write the script of custom packages."""
    (tmp_path / "script.sh").write_text("#!/bin/sh\ntrue\n")


@pytest.mark.parametrize("source_type", PACKAGES)
def test_package_is_added_and_edited(copr: Copr, source_type: str) -> None:
    added, config, edited, changed = PACKAGES[source_type]
    assert copr.output(f"add-package-{source_type}", "tools", "--name", "new", *added) == DONE
    package = copr.packages()["new"]
    assert package["source_type"] == source_type
    assert config.items() <= package["source_dict"].items()
    again = copr.error(f"add-package-{source_type}", "tools", "--name", "new", *added)
    assert again == (1, "Package new already exists in copr jdoe/tools.")
    assert copr.output(f"edit-package-{source_type}", "tools", "--name", "new", *edited) == DONE
    assert changed.items() <= copr.packages()["new"]["source_dict"].items()
    output = copr.output("build-package", "tools", "--name", "new", "--nowait")
    assert output.endswith("Created builds: 1\n")
    assert copr.builds[1]["source"]["type"] == source_type


def test_package_options_apply_to_its_builds(copr: Copr) -> None:
    options = ("--webhook-rebuild", "on", "--max-builds", "3", "--chroot-denylist", "fedora-42-*,epel-*")
    assert copr.output(*GEM, *options) == DONE
    package = copr.packages()["rails"]
    names = ("webhook_rebuild", "max_builds", "chroot_denylist")
    assert [package[name] for name in names] == [True, 3, ["fedora-42-*", "epel-*"]]
    copr.output("build-package", "tools", "--name", "rails", "--nowait")
    assert copr.states(1) == {F43: "waiting"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--gem", "rails", "--max-builds", "101"], "max_builds: Number must be between 0 and 100."),
        (["--gem", "rails", "--chroot-denylist", "$$"], 'chroot_denylist: Pattern "$$" does not match'),
        ([], "gem_name: This field is required."),
    ],
)
def test_invalid_package_is_rejected(copr: Copr, arguments: list[str], error: str) -> None:
    status, message = copr.error("add-package-rubygems", "tools", "--name", "rails", *arguments)
    assert (status, message[: len(error)]) == (1, error)
    assert copr.packages() == {}


def test_packages_of_others_are_rejected(copr: Copr) -> None:
    copr.output(*GEM)
    added = copr.error("add-package-rubygems", "jdoe/tools", "--name", "rack", "--gem", "rack", user="bob")
    assert added == (7, "You are not allowed to add or edit packages in this copr.")
    for command, error in (
        ("reset-package", "You are not allowed to reset package `1`."),
        ("delete-package", "You are not allowed to delete package `1`."),
        ("build-package", "You don't have permissions to build in this copr."),
    ):
        assert copr.error(command, "jdoe/tools", "--name", "rails", user="bob") == (7, error)
    assert copr.packages()["rails"]["source_type"] == "rubygems"
    assert copr.builds == {}


def test_build_package_is_watched_to_its_end(copr: Copr) -> None:
    copr.output(*GEM)
    output = copr.output("build-package", "tools", "--name", "rails", "-r", F42)
    assert output.endswith("Build 1: succeeded\n")
    assert (copr.builds[1]["package"], copr.states(1)) == ("rails", {F42: "succeeded"})
    assert copr.error("build-package", "tools", "--name", "nope") == (1, "No package with name nope in copr tools")


def test_packages_are_listed_with_their_builds(copr: Copr) -> None:
    copr.output(*GEM)
    copr.output("build-package", "tools", "--name", "rails")
    copr.output("build-package", "tools", "--name", "rails", "--nowait")
    copr.output("add-package-distgit", "tools", "--name", "bash")
    assert copr.output("list-package-names", "tools") == "rails\nbash\n"
    wanted = ("--with-latest-build", "--with-latest-succeeded-build", "--with-all-builds")
    rails, bash = json.loads(copr.output("list-packages", "tools", *wanted))
    assert rails["name"] == "rails"
    assert (rails["latest_build"]["id"], rails["latest_succeeded_build"]["id"]) == (2, 1)
    assert [build["id"] for build in rails["builds"]] == [2, 1]
    assert (bash["name"], bash["latest_build"], bash["builds"]) == ("bash", None, [])
    same = json.loads(copr.output("get-package", "tools", "--name", "rails", *wanted))
    assert (same["latest_build"]["id"], same["latest_succeeded_build"]["id"], len(same["builds"])) == (2, 1, 2)
    # The client sends with_latest_build=False, which Copr takes for true.
    assert json.loads(copr.output("get-package", "tools", "--name", "rails"))["latest_build"]["id"] == 2
    text = copr.output("get-package", "tools", "--name", "bash", "--output-format", "text")
    assert text.endswith("source_type: distgit\n")
    assert copr.error("get-package", "tools", "--name", "nope") == (1, "No package with name nope in copr tools")


def test_reset_package_has_no_source(copr: Copr) -> None:
    copr.output(*GEM)
    output = copr.output("reset-package", "tools", "--name", "rails")
    assert output == "Package's default source was successfully reseted.\n"
    assert copr.packages()["rails"].get("source_type", "unset") == "unset"
    status, error = copr.error("build-package", "tools", "--name", "rails")
    assert (status, "doesn't have the default source method set" in error) == (1, True)


def test_delete_package_deletes_its_builds(copr: Copr) -> None:
    copr.output(*GEM)
    copr.output("build-package", "tools", "--name", "rails", "--nowait")
    running = copr.error("delete-package", "tools", "--name", "rails")
    assert running == (1, "- Build(s) 1 are still running.\n-")
    copr.output("watch-build", "1")
    assert copr.output("delete-package", "tools", "--name", "rails") == "Package rails was successfully deleted.\n"
    assert (copr.packages(), copr.builds) == ({}, {})
    assert copr.error("delete-package", "tools", "--name", "rails")[0] == 1

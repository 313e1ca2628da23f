"""copr-cli adds, changes and deletes projects, their chroots and permissions on a served Copr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..chroots import F42, F43
from .service import EPEL, Copr

NO_RIGHTS = "User 'bob' can not see permissions for project 'jdoe/tools' (missing admin rights)"


def test_create_adds_a_project_with_every_option(copr: Copr) -> None:
    options = {
        "--chroot": F43,
        "--description": "Tools",
        "--instructions": "Enable it.",
        "--repo": "https://repo.example/",
        "--runtime-repo-dependency": "https://runtime.example/",
        "--packit-forge-project-allowed": "https://github.com/jdoe/tools",
        "--disable_createrepo": "true",
        "--enable-net": "on",
        "--unlisted-on-hp": "on",
        "--bootstrap": "on",
        "--isolation": "nspawn",
        "--delete-after-days": "30",
        "--module-hotfixes": "on",
        "--multilib": "on",
        "--appstream": "on",
        "--follow-fedora-branching": "off",
        "--repo-priority": "5",
    }
    output = copr.output("create", "new", "--fedora-review", *(word for option in options.items() for word in option))
    assert output == f"New project was successfully created: {copr.server.url}/coprs/jdoe/new/\n"
    project = copr.client().project_proxy.get("jdoe", "new")
    assert list(project.chroot_repos) == [F43]
    assert (project.description, project.instructions) == ("Tools", "Enable it.")
    assert project.additional_repos == ["https://repo.example/"]
    assert project.packit_forge_projects_allowed == ["github.com/jdoe/tools"]
    flags = ("devel_mode", "enable_net", "unlisted_on_hp", "module_hotfixes", "appstream", "follow_fedora_branching")
    assert [project[flag] for flag in flags] == [True, True, True, True, True, False]
    assert (project.bootstrap, project.isolation, project.repo_priority) == ("on", "nspawn", 5)
    hidden = ("multilib", "fedora_review", "delete_after_days", "runtime_dependencies")
    assert [copr.projects["jdoe/new"][name] for name in hidden] == [True, True, 30, ["https://runtime.example/"]]


def test_create_adds_a_project_of_a_group(copr: Copr) -> None:
    output = copr.output("create", "@copr/new", "--chroot", F43, "--chroot", EPEL)
    assert output.endswith("/coprs/g/copr/new/\n")
    assert list(copr.projects["@copr/new"]["chroots"]) == [F43, EPEL]


def test_create_by_an_administrator_sets_protected_options(copr: Copr) -> None:
    options = ("--persistent", "--auto-prune", "off", "--storage", "pulp")
    copr.output("create", "new", "--chroot", F43, *options, user="admin")
    project = copr.client().project_proxy.get("admin", "new")
    assert (project.persistent, project.auto_prune, project.storage) == (True, False, "pulp")


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["tools", "--chroot", F43], 1, "name: You already have a project named 'tools'."),
        (["new"], 1, "chroots: '[]' is not a valid choice for this field."),
        (["new", "--chroot", F43, "--persistent"], 7, "Non-admin cannot create persistent project."),
        (
            ["bob/new", "--chroot", F43],
            7,
            "You were authorized as 'jdoe' user without permissions to access projects of user 'bob'",
        ),
    ],
)
def test_create_reports_why_it_is_rejected(copr: Copr, arguments: list[str], status: int, error: str) -> None:
    assert copr.error("create", *arguments) == (status, error)
    assert list(copr.projects) == ["jdoe/tools"]


def test_list_prints_the_projects_of_an_owner(copr: Copr) -> None:
    copr.output("create", "@copr/new", "--chroot", EPEL)
    assert f"Name: tools\n  Description: None\n  Repo(s):\n    {F43}: " in copr.output("list")
    assert copr.output("list", "@copr").startswith("Name: new\n")
    assert copr.run("list", "nobody").stderr == "No copr retrieved for user: 'nobody'\n"


def test_modify_changes_only_given_fields(copr: Copr) -> None:
    copr.output("create", "new", "--chroot", F43, "--description", "Old", "--instructions", "Kept")
    chroots = ("--chroot", F43, "--chroot", EPEL)
    options = ("--description", "New", "--enable-net", "on", "--delete-after-days", "9", "--repo", "https://a.example/")
    assert copr.output("modify", "new", *chroots, *options) == ""
    project = copr.client().project_proxy.get("jdoe", "new")
    assert (project.description, project.instructions, project.enable_net) == ("New", "Kept", True)
    assert (list(project.chroot_repos), project.additional_repos) == ([F43, EPEL], ["https://a.example/"])
    assert copr.projects["jdoe/new"]["delete_after_days"] == 9


def test_modify_needs_permission(copr: Copr) -> None:
    error = copr.error("modify", "jdoe/tools", "--description", "Mine", user="bob")
    assert error == (7, "Only owners and admins may update their projects.")
    assert "description" not in copr.projects["jdoe/tools"]


def test_delete_removes_a_project_with_its_builds(copr: Copr) -> None:
    copr.output("buildgem", "tools", "--gem", "rails", "--nowait")
    assert copr.error("delete", "tools") == (1, "- Build(s) 1 are still running.\n-")
    assert copr.error("delete", "jdoe/tools", user="bob")[1] == "- You don't have permissions to delete build(s) 1.\n-"
    copr.output("cancel", "1")
    assert copr.output("delete", "tools") == "Project tools has been deleted.\n"
    assert (copr.projects, copr.builds) == ({}, {})
    assert copr.error("delete", "tools") == (1, "Project jdoe/tools does not exist.")


def test_fork_copies_the_last_builds(copr: Copr) -> None:
    copr.output("buildgem", "tools", "--gem", "rails")
    forked = copr.output("fork", "jdoe/tools", "bob/tools", user="bob")
    assert forked.startswith("Forking project jdoe/tools for you into bob/tools.\n")
    assert copr.states(2) == {F43: "forked", F42: "forked"}
    status, error = copr.error("fork", "jdoe/tools", "bob/tools", user="bob")
    assert (status, "Please use --confirm if you really want to do this" in error) == (1, True)
    again = copr.output("fork", "jdoe/tools", "bob/tools", "--confirm", user="bob")
    assert again.startswith("Updating packages in bob/tools from jdoe/tools.\n")
    assert copr.error("fork", "bob/tools", "jdoe/tools", user="bob") == (1, "owner: Not a valid choice.")


def test_regenerate_repos_needs_permission(copr: Copr) -> None:
    output = copr.output("regenerate-repos", "tools")
    assert output == "Submitted action to regenerate repository metadata for the 'jdoe/tools' project.\n"
    assert copr.error("regenerate-repos", "jdoe/tools", user="bob") == (7, NO_RIGHTS)


def test_permissions_are_requested_and_granted(copr: Copr) -> None:
    assert copr.error("list-permissions", "tools") == (1, "No permissions set on jdoe/tools project")
    assert copr.output("request-permissions", "jdoe/tools", "--builder", "--admin", user="bob") == "success\n"
    assert copr.output("list-permissions", "tools") == "bob:\n  admin: request\n  builder: request\n"
    assert copr.output("edit-permissions", "tools", "--builder", "bob", "--admin", "bob=nothing") == "success\n"
    assert copr.projects["jdoe/tools"]["permissions"] == {"bob": {"admin": "nothing", "builder": "approved"}}
    copr.output("buildgem", "jdoe/tools", "--gem", "rails", "--nowait", user="bob")
    assert copr.builds[1]["submitter"] == "bob"
    assert copr.output("request-permissions", "jdoe/tools", "--builder", "nothing", user="bob") == "success\n"
    assert copr.error("buildgem", "jdoe/tools", "--gem", "rails", user="bob")[0] == 7


def test_permissions_of_unknown_users_and_by_others_are_rejected(copr: Copr) -> None:
    assert copr.error("edit-permissions", "tools", "--admin", "nobody") == (
        1,
        "user 'nobody' doesn't exist in database",
    )
    assert copr.error("edit-permissions", "jdoe/tools", "--admin", "bob", user="bob") == (7, NO_RIGHTS)
    assert "permissions" not in copr.projects["jdoe/tools"]


def test_new_webhook_secret_replaces_the_old_one(copr: Copr) -> None:
    copr.output("new-webhook-secret", "tools", stdin="n\n")
    before = copr.projects["jdoe/tools"].get("webhook_secret")
    output = copr.output("new-webhook-secret", "tools", stdin="y\n")
    secret = copr.projects["jdoe/tools"]["webhook_secret"]
    assert secret != before
    assert output.endswith(f"Generated new token: {secret}\n")


def test_new_api_token_is_written_to_the_configuration(copr: Copr) -> None:
    """The old token is no longer valid; bob's is."""
    config = copr.config("jdoe")
    before = config.read_text()
    assert copr.output("new-api-token") == f"New API token was updated in {config}.\n"
    assert config.read_text() != before
    assert copr.output("regenerate-repos", "tools")
    config.write_text(before)
    status, error = copr.error("regenerate-repos", "tools")
    assert (status, error.startswith("Login invalid/expired.")) == (1, True)
    assert copr.error("regenerate-repos", "jdoe/tools", user="bob") == (7, NO_RIGHTS)


def test_edit_chroot_changes_and_resets_settings(copr: Copr, tmp_path: Path) -> None:
    (tmp_path / "comps.xml").write_text("<comps/>\n")
    options = ("--packages", "gcc make", "--repos", "https://a.example/ https://b.example/", "--modules", "a:1,b:2")
    more = ("--rpmbuild-with", "x", "--rpmbuild-without", "y", "--isolation", "simple", "--upload-comps", "comps.xml")
    output = copr.output("edit-chroot", f"tools/{F43}", *options, *more, "--bootstrap-image", "fedora:43")
    assert output == "Edit chroot operation was successful.\n"
    assert copr.projects["jdoe/tools"]["chroots"] == {
        F43: {
            "additional_packages": ["gcc", "make"],
            "additional_repos": ["https://a.example/", "https://b.example/"],
            "additional_modules": ["a:1", "b:2"],
            "with_opts": ["x"],
            "without_opts": ["y"],
            "bootstrap": "custom_image",
            "bootstrap_image": "fedora:43",
            "isolation": "simple",
            "comps_name": "comps.xml",
        },
        F42: {},
    }
    copr.output("edit-chroot", f"tools/{F43}", "--delete-comps", "--reset", "additional_packages", "--packages", "gcc")
    resets = ("additional_repos", "additional_modules", "with_opts", "without_opts", "bootstrap", "bootstrap_image")
    copr.output("edit-chroot", f"jdoe/tools/{F43}", *(word for name in resets for word in ("--reset", name)))
    assert copr.projects["jdoe/tools"]["chroots"][F43] == {"additional_packages": ["gcc"], "isolation": "simple"}


def test_edit_chroot_reports_why_it_is_rejected(copr: Copr) -> None:
    status, error = copr.error("edit-chroot", f"tools/{F43}", "--reset", "nope")
    assert (status, "Trying to reset an invalid attribute: nope" in error) == (1, True)
    assert copr.error("edit-chroot", f"tools/{EPEL}", "--packages", "gcc") == (
        1,
        f"Chroot name {EPEL} does not exist in Copr jdoe/tools.",
    )
    error_of_bob = copr.error("edit-chroot", f"jdoe/tools/{F43}", "--packages", "gcc", user="bob")
    assert error_of_bob == (7, "Only owners and admins may update their projects.")
    assert copr.projects["jdoe/tools"]["chroots"] == {F43: {}, F42: {}}


@pytest.mark.parametrize("form", ["json", "text", "text-row"])
def test_get_chroot_prints_the_settings(copr: Copr, form: str) -> None:
    copr.output("edit-chroot", f"tools/{F43}", "--packages", "gcc make", "--isolation", "nspawn")
    output = copr.output("get-chroot", f"tools/{F43}", "--output-format", form)
    if form == "json":
        chroot = json.loads(output)
        assert (chroot["additional_packages"], chroot["isolation"]) == (["gcc", "make"], "nspawn")
    else:
        assert "['gcc', 'make']" in output
    assert copr.error("get-chroot", "tools/nope") == (1, "Chroot identification is not valid")


def test_mock_config_prints_the_build_configuration(copr: Copr) -> None:
    copr.output("modify", "tools", "--repo", "https://a.example/", "--repo-priority", "7")
    copr.output("edit-chroot", f"tools/{F43}", "--packages", "gcc make", "--isolation", "nspawn")
    profile = copr.output("mock-config", "tools", F43)
    assert f"include('/etc/mock/{F43}.cfg')\n" in profile
    assert f"config_opts['root'] = 'jdoe-tools_{F43}'\n" in profile
    assert "config_opts['isolation'] = 'nspawn'\n" in profile
    assert "config_opts['chroot_additional_packages'] = 'gcc make'\n" in profile
    assert f"baseurl={copr.server.url}/results/jdoe/tools/{F43}/\npriority=7\n" in profile
    assert "baseurl=https://a.example/\n" in profile
    assert copr.error("mock-config", "tools", EPEL)[0] == 1

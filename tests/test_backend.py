"""The tasks of builds, as Copr's backend and builders read them."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from copr_chroot_fake import FakeCopr

from .chroots import F42, F43
from .test_submitted_builds import fake_with_project, submit


def read(fake: FakeCopr, path: str, status: int = 200) -> Any:
    """Return a document below ``/backend/``."""
    answer = fake.answer("GET", f"/backend/{path}")
    assert answer.status == status
    return json.loads(answer.body)


def test_task_of_a_chroot_has_what_a_builder_needs() -> None:
    """A task has the fields of Copr's frontend, from the build, its project and its chroot."""
    fake = fake_with_project("immediate")
    submit(fake)
    assert fake.builds[1].state == "succeeded"
    task = read(fake, f"get-build-task/1-{F43}")
    assert re.fullmatch("[0-9a-f]{40}", task.pop("git_hash"))
    assert [repo["id"] for repo in task.pop("repos")] == ["copr_base"]
    assert task == {
        "task_id": f"1-{F43}",
        "build_id": 1,
        "project_owner": "jdoe",
        "project_name": "tools",
        "project_dirname": "tools",
        "sandbox": "jdoe/tools--jdoe",
        "submitter": "jdoe",
        "background": False,
        "chroot": F43,
        "tags": [],
        "memory_reqs": 2048,
        "timeout": 18000,
        "enable_net": True,
        "git_repo": "https://copr-dist-git.fedorainfracloud.org/git/jdoe/tools/hello",
        "package_name": "hello",
        "package_version": "2.0-1.fc40",
        "uses_devel_repo": False,
        "isolation": "default",
        "bootstrap": "default",
        "fedora_review": False,
        "appstream": True,
        "repo_priority": None,
        "buildroot_pkgs": [],
        "with_opts": [],
        "without_opts": [],
    }


def test_task_follows_the_settings_of_the_chroot() -> None:
    """The settings of a project's chroot are in the task."""
    settings = {
        "additional_packages": ["gcc"],
        "additional_modules": ["a:1", "!b:2"],
        "isolation": "nspawn",
        "bootstrap": "custom_image",
        "bootstrap_image": "fedora:43",
    }
    fake = FakeCopr.from_scenario(
        {
            "projects": [{"ownername": "jdoe", "projectname": "tools", "chroots": {F43: settings}}],
            "builds": [{"id": 1, "project": "jdoe/tools", "chroots": [{"name": F43, "state": "running"}]}],
        }
    )
    task = read(fake, f"get-build-task/1-{F43}/")
    assert task["buildroot_pkgs"] == ["gcc"]
    assert task["modules"] == {"toggle": [{"enable": "a:1"}, {"disable": "b:2"}]}
    assert task["isolation"] == "nspawn"
    assert (task["bootstrap"], task["bootstrap_image"]) == ("custom_image", "fedora:43")


def test_task_of_a_source_build_has_the_source() -> None:
    """A source build's task has the number of its type and its source as JSON text."""
    fake = fake_with_project()
    submit(fake, "scm", clone_url="https://example.org/nano.git", committish="v1")
    task = read(fake, "get-srpm-build-task/1")
    assert (task["task_id"], task["source_type"], task["chroot"], task["package_name"]) == ("1", 8, None, None)
    assert json.loads(task["source_json"])["committish"] == "v1"


@pytest.mark.parametrize(
    ("path", "status", "document"),
    [
        ("get-build-task/7", 400, {"msg": "Invalid task_id 7"}),
        (f"get-build-task/7-{F43}", 200, None),
        ("get-build-task/1-epel-9-x86_64", 200, None),
        ("get-build-task/x-y", 200, None),
        ("get-srpm-build-task/7", 404, {"msg": "Specified task ID not found"}),
    ],
)
def test_missing_task_is_answered_like_copr(path: str, status: int, document: object) -> None:
    """A missing build chroot is null, as Copr finds no row; a missing source build is a 404."""
    fake = fake_with_project("immediate")
    submit(fake)
    assert fake.builds[1].state == "succeeded"
    assert read(fake, path, status) == document


def test_log_names_the_task_at_the_server() -> None:
    """The URL of a task in a log answers, also that of the source build."""
    fake = FakeCopr(progress="immediate")
    fake.add_project("jdoe/tools", chroots=[F43])
    with fake.serving() as url, httpx.Client() as client:
        submit(fake)
        for result in (fake.builds[1].source_results_url, fake.builds[1][F43].result_url):
            log = client.get(f"{result}/builder-live.log.gz").text
            (task,) = re.findall(r"--task-url (\S+)", log)
            assert task.startswith(f"{url}/backend/")
            assert client.get(task).json()["build_id"] == 1


def test_pending_jobs_are_listed_until_they_start() -> None:
    """Source builds come first, then chroots; a canceled build and a blocked batch have no jobs."""
    fake = fake_with_project("manual")
    submit(fake)
    submit(fake, pkgs=["https://example.org/nano-8-1.src.rpm"], after_build_id=1)
    assert [job["task_id"] for job in read(fake, "pending-jobs/")] == ["1"]
    fake.builds[1].report_source("succeeded")
    fake.builds[1].report_import()
    jobs = read(fake, "pending-jobs/")
    assert {job["task_id"] for job in jobs} == {f"1-{F43}", f"1-{F42}"}
    assert set(jobs[0]) == {"task_id", "build_id", "project_owner", "sandbox", "background", "chroot", "tags"}
    fake.builds[1].cancel()
    assert [job["build_id"] for job in read(fake, "pending-jobs/")] == [2]

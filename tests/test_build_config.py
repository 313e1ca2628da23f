"""Build configurations in cases that few recordings have."""

from __future__ import annotations

import json
from typing import cast

import pytest

from copr_chroot_fake import FakeCopr

from .adapters import direct_client
from .chroots import F41


def config(fake: FakeCopr) -> tuple[int, dict[str, object]]:
    response = direct_client(fake)("GET", f"/api_3/build-chroot/build-config/1/{F41}")
    return response.status, json.loads(response.body)


def repo(url: str) -> tuple[int, dict[str, object]]:
    """Return the status and the entry of the build configuration for an additional repository."""
    fake = FakeCopr()
    fake.add_project("jdoe/other", module_hotfixes=True)
    fake.add_project("jdoe/tools", additional_repos=[url])
    fake.add_build([F41], id=1, project="jdoe/tools")
    status, document = config(fake)
    repos = cast(list[dict[str, object]], document.get("repos", []))
    return status, repos[-1] if repos else {}


@pytest.mark.parametrize(
    ("url", "baseurl", "priority"),
    [
        ("https://a.example/$chroot/?priority=5&x=1", f"https://a.example/{F41}/?x=1", 5),
        ("https://a.example/?priority=", "https://a.example/?priority=", None),
        ("https://a.example/?priority=-5", "https://a.example/", -5),
        ("https://a.example/?priority=3&priority=high", "https://a.example/", 3),
        ("https://a.example/$distname/$releasever", "https://a.example/fedora/$releasever", None),
        ("https://a.example/?x=$basearch&priority=1", "https://a.example/?x=%24basearch", 1),
        ("copr://a/b/devel", f"https://download.copr.fedorainfracloud.org/results/a/b/{F41}/", None),
        ("copr://a/b?priority=7", f"https://download.copr.fedorainfracloud.org/results/a/b/{F41}/", 7),
    ],
)
def test_url_and_priority_of_additional_repos(url: str, baseurl: str, priority: int | None) -> None:
    """The priority is removed from the URL, variables are replaced, and copr:// becomes the URL of the results."""
    status, entry = repo(url)
    assert (status, entry["baseurl"], entry["priority"]) == (200, baseurl, priority)


def test_distname_is_the_name_without_version_and_arch() -> None:
    """The name of a distribution may contain dashes."""
    fake = FakeCopr()
    fake.add_project("jdoe/tools", additional_repos=["https://a.example/$distname/"])
    fake.add_build(["centos-stream-9-x86_64"], id=1, project="jdoe/tools")
    answer = fake.answer("GET", "/api_3/build-chroot/build-config/1/centos-stream-9-x86_64")
    assert json.loads(answer.body)["repos"][-1]["baseurl"] == "https://a.example/centos-stream/"


@pytest.mark.parametrize(
    ("url", "id"),
    [
        ("https://Repo.Example/A_b/", "https_Repo_Example_A_b"),
        ("https://x.example/?X", "https_x_example_X"),
        ("copr://@Copr/a-b", "copr_Copr_a_b"),
    ],
)
def test_repo_id_replaces_punctuation_with_underscores(url: str, id: str) -> None:
    """Upper case is kept, and there are no underscores at the ends."""
    entry = repo(url)[1]
    assert (entry["id"], entry["name"]) == (id, f"Additional repo {id}")


def test_known_projects_set_gpgcheck_and_hotfixes() -> None:
    _, entry = repo("copr://jdoe/other")
    assert (entry["repo_gpgcheck"], entry["module_hotfixes"]) == (False, True)
    _, entry = repo("copr://jdoe/unknown")
    assert (entry["repo_gpgcheck"], entry["module_hotfixes"]) == (None, None)


@pytest.mark.parametrize("url", ["http://[a/", "copr://jdoe", "copr:jdoe"])
def test_invalid_repo_url_is_an_internal_error(url: str) -> None:
    """Copr does not expect these URLs."""
    fake = FakeCopr()
    fake.add_project("jdoe/tools", additional_repos=[url])
    fake.add_build([F41], id=1, project="jdoe/tools")
    status, document = config(fake)
    assert (status, "there is probably a bug in the Copr code" in str(document["error"])) == (500, True)


@pytest.mark.parametrize(
    ("mask", "status"),
    [
        (None, 500),
        ("repos", 500),
        ("repos{}", 500),
        ("repos{priority}", 500),
        ("repos{*}", 500),
        ("*", 500),
        ("*,repos{id}", 200),
        ("repos{id}", 200),
        ("repos{name}", 200),
        ("timeout", 200),
        ("repos{priority{x}}", 400),
        ("repos{", 400),
    ],
)
def test_priority_that_is_no_number_counts_only_if_selected(mask: str | None, status: int) -> None:
    """Flask-RESTX converts selected fields only; errors of the mask come first."""
    fake = FakeCopr()
    fake.add_project("jdoe/tools", additional_repos=["https://a.example/?priority=high"])
    fake.add_build([F41], id=1, project="jdoe/tools")
    headers = () if mask is None else (("X-Fields", mask),)
    answer = fake.answer("GET", f"/api_3/build-chroot/build-config/1/{F41}", headers)
    assert answer.status == status
    if status == 200:
        assert b'"priority"' not in answer.body


@pytest.mark.parametrize(
    ("build", "chroot", "project", "expected"),
    [
        (None, None, "on", "on"),
        (None, "off", "on", "off"),
        ("image", "off", "on", "image"),
        ("unchanged", "unchanged", "on", "on"),
        ("default", "off", "on", None),
        (None, "default", "on", None),
        (None, None, "default", None),
        (None, None, "unchanged", None),
        (None, None, None, None),
    ],
)
def test_most_specific_bootstrap_setting_wins(
    build: str | None, chroot: str | None, project: str | None, expected: str | None
) -> None:
    """The build's comes first, then the chroot's, then the project's; the default is omitted."""
    fake = FakeCopr()
    fake.add_project("jdoe/tools", chroots={F41: {"bootstrap": chroot}}, bootstrap=project)
    fake.add_build([F41], id=1, project="jdoe/tools", bootstrap=build)
    assert config(fake)[1].get("bootstrap") == expected


@pytest.mark.parametrize(
    ("build", "image"), [(None, "quay.io/a"), ("custom_image", "quay.io/a"), ("on", None), ("default", None)]
)
def test_bootstrap_image_requires_custom_image(build: str | None, image: str | None) -> None:
    fake = FakeCopr()
    settings = {F41: {"bootstrap": "custom_image", "bootstrap_image": "quay.io/a"}}
    fake.add_project("jdoe/tools", chroots=settings)
    fake.add_build([F41], id=1, project="jdoe/tools", bootstrap=build)
    assert config(fake)[1].get("bootstrap_image") == image


def test_repos_of_a_devel_project_in_another_dir() -> None:
    """Base, devel and directory have the project's priority; those of the project and of the chroot follow."""
    fake = FakeCopr()
    fake.add_project(
        "jdoe/tools",
        devel_mode=True,
        module_hotfixes=True,
        repo_priority=42,
        additional_repos=["https://p.example/"],
        chroots={F41: {"additional_repos": ["https://c.example/"]}},
    )
    fake.add_build([F41], id=1, project="jdoe/tools:pr:7")
    document = config(fake)[1]
    repos = cast(list[dict[str, object]], document["repos"])
    assert [(repo["id"], repo["priority"], repo["module_hotfixes"]) for repo in repos] == [
        ("copr_base", 42, True),
        ("copr_base_devel", 42, None),
        ("copr_coprdir", 42, None),
        ("https_p_example", None, None),
        ("https_c_example", None, None),
    ]
    assert document["additional_repos"] == [
        "copr://jdoe/tools",
        "https://c.example/",
        "https://p.example/",
        "copr://jdoe/tools/devel",
    ]

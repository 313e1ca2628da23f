"""Build configurations are derived as Copr derives them, where recordings show little."""

from __future__ import annotations

import json
from typing import cast

import pytest

from copr_chroot_fake import FakeCopr

from .adapters import asking

F41 = "fedora-41-x86_64"


def config(fake: FakeCopr) -> tuple[int, dict[str, object]]:
    response = asking(fake)("GET", f"/api_3/build-chroot/build-config/1/{F41}")
    return response.status, json.loads(response.body)


def repo(address: str) -> tuple[int, dict[str, object]]:
    """What an additional repository of the project becomes."""
    fake = FakeCopr()
    fake.add_project("jdoe", "other", module_hotfixes=True)
    fake.add_project("jdoe", "tools", additional_repos=[address])
    fake.add_build(1, [F41], project="jdoe/tools")
    status, document = config(fake)
    repos = cast(list[dict[str, object]], document.get("repos", []))
    return status, repos[-1] if repos else {}


@pytest.mark.parametrize(
    ("address", "baseurl", "priority"),
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
def test_the_address_and_priority_of_an_additional_repo(address: str, baseurl: str, priority: int | None) -> None:
    """A priority is taken out, chroot and distribution are filled in, and a Copr project becomes its results."""
    status, shown = repo(address)
    assert (status, shown["baseurl"], shown["priority"]) == (200, baseurl, priority)


def test_distribution_is_the_name_without_version_and_arch() -> None:
    """Its name may have dashes itself."""
    fake = FakeCopr()
    fake.add_project("jdoe", "tools", additional_repos=["https://a.example/$distname/"])
    fake.add_build(1, ["centos-stream-9-x86_64"], project="jdoe/tools")
    answer = fake.answer("GET", "/api_3/build-chroot/build-config/1/centos-stream-9-x86_64")
    assert json.loads(answer.body)["repos"][-1]["baseurl"] == "https://a.example/centos-stream/"


@pytest.mark.parametrize(
    ("address", "id"),
    [
        ("https://Repo.Example/A_b/", "https_Repo_Example_A_b"),
        ("https://x.example/?X", "https_x_example_X"),
        ("copr://@Copr/a-b", "copr_Copr_a_b"),
    ],
)
def test_repo_id_has_letters_and_digits_of_its_address(address: str, id: str) -> None:
    """Capital letters are kept; all else between them is one underscore, and nothing at the ends."""
    shown = repo(address)[1]
    assert (shown["id"], shown["name"]) == (id, f"Additional repo {id}")


def test_a_known_project_is_trusted_and_has_its_hotfixes() -> None:
    """What the service knows of another project shows in the repository."""
    _, shown = repo("copr://jdoe/other")
    assert (shown["repo_gpgcheck"], shown["module_hotfixes"]) == (False, True)
    _, shown = repo("copr://jdoe/unknown")
    assert (shown["repo_gpgcheck"], shown["module_hotfixes"]) == (None, None)


@pytest.mark.parametrize("address", ["https://a.example/?priority=high", "http://[a/", "copr://jdoe", "copr:jdoe"])
def test_an_address_that_cannot_be_taken_apart_is_a_500(address: str) -> None:
    """The service does not expect it either."""
    fake = FakeCopr()
    fake.add_project("jdoe", "tools", additional_repos=[address])
    fake.add_build(1, [F41], project="jdoe/tools")
    status, document = config(fake)
    assert (status, "there is probably a bug in the Copr code" in str(document["error"])) == (500, True)


@pytest.mark.parametrize(
    ("build", "chroot", "project", "shown"),
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
def test_bootstrap_is_the_closest_one_said(
    build: str | None, chroot: str | None, project: str | None, shown: str | None
) -> None:
    """The build's, else the chroot's, else the project's; the default is left out."""
    fake = FakeCopr()
    fake.add_project("jdoe", "tools", chroots={F41: {"bootstrap": chroot}}, bootstrap=project)
    fake.add_build(1, [F41], project="jdoe/tools", bootstrap=build)
    assert config(fake)[1].get("bootstrap") == shown


@pytest.mark.parametrize(
    ("build", "image"), [(None, "quay.io/a"), ("custom_image", "quay.io/a"), ("on", None), ("default", None)]
)
def test_an_image_is_shown_only_beside_custom_image(build: str | None, image: str | None) -> None:
    """The chroot's image goes with the chroot's choice of one."""
    fake = FakeCopr()
    settings = {F41: {"bootstrap": "custom_image", "bootstrap_image": "quay.io/a"}}
    fake.add_project("jdoe", "tools", chroots=settings)
    fake.add_build(1, [F41], project="jdoe/tools", bootstrap=build)
    assert config(fake)[1].get("bootstrap_image") == image


def test_repositories_of_a_devel_project_in_another_dir() -> None:
    """Base, devel and directory, all with the project's priority, then those of the project and of the chroot."""
    fake = FakeCopr()
    fake.add_project(
        "jdoe",
        "tools",
        devel_mode=True,
        module_hotfixes=True,
        repo_priority=42,
        additional_repos=["https://p.example/"],
        chroots={F41: {"additional_repos": ["https://c.example/"]}},
    )
    fake.add_build(1, [F41], project="jdoe/tools:pr:7")
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

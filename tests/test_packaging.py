"""What the package says of itself, and what it brings."""

from __future__ import annotations

import re
from importlib.metadata import metadata, requires, version
from importlib.resources import files
from pathlib import Path

import copr_chroot_fake

ROOT = Path(__file__).parent.parent


def test_the_version_is_that_of_the_package() -> None:
    """Whether asked for in the code or of the installed package."""
    assert version("copr-chroot-fake") == copr_chroot_fake.__version__


def test_type_checkers_may_look() -> None:
    """The package says that it is typed."""
    assert files(copr_chroot_fake).joinpath("py.typed").is_file()


def test_each_oldest_version_is_documented() -> None:
    """The page on stability and the package say the same of Python and of each dependency."""
    page = (ROOT / "docs" / "stability.md").read_text()
    said = re.findall(r"^\| (\w+) \| ([0-9.]+)", page.partition("## What it runs on")[2], flags=re.MULTILINE)
    bounds = [re.match(r"([\w-]+)>=([0-9.]+)", requirement) for requirement in requires("copr-chroot-fake") or []]
    oldest = {bound[1]: bound[2] for bound in bounds if bound is not None}
    python = metadata("copr-chroot-fake")["Requires-Python"].removeprefix(">=")
    assert {name.lower(): number for name, number in said} == {"python": python, **oldest}


def test_each_python_is_classified() -> None:
    """From the oldest to the newest that the page on stability says."""
    first, last = re.findall(
        r"^\| Python \| 3\.(\d+), to 3\.(\d+)", (ROOT / "docs" / "stability.md").read_text(), re.MULTILINE
    )[0]
    said = [
        classifier.rpartition(" ")[2]
        for classifier in metadata("copr-chroot-fake").get_all("Classifier") or []
        if re.search(r":: 3\.\d+$", classifier)
    ]
    assert said == [f"3.{minor}" for minor in range(int(first), int(last) + 1)]


def test_tests_that_need_the_dev_group_are_listed() -> None:
    """By nox with the oldest versions, and by the command for distributors on the page on stability."""
    _, _, group = (ROOT / "pyproject.toml").read_text().partition("\ndev = [")
    modules = {name.replace("-", "_") for name in re.findall(r'^  "([\w-]+)', group.partition("\n]")[0], re.MULTILINE)}
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if modules & {*re.findall(r"^(?:import|from) (\w+)", path.read_text(), re.MULTILINE)}
    }
    _, _, listed = (ROOT / "noxfile.py").read_text().partition("NEWEST_ONLY = (")
    by_nox = re.findall(r'"(.+?)"', listed.partition("\n)")[0])
    by_distributors = re.findall(r"--ignore=(\S+)", (ROOT / "docs" / "stability.md").read_text())
    assert sorted(by_nox) == sorted(by_distributors)
    assert importing < {*by_nox}

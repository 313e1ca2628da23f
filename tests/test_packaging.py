"""The metadata of the package, and the files in it."""

from __future__ import annotations

import re
import sys
from importlib.metadata import metadata, requires, version
from importlib.resources import files
from pathlib import Path

import pytest

import copr_chroot_fake
from copr_chroot_fake.__main__ import PACKAGES
from copr_chroot_fake.__main__ import main as command

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent


def test_version_in_code_matches_metadata() -> None:
    assert version("copr-chroot-fake") == copr_chroot_fake.__version__


def test_description_has_no_relative_links() -> None:
    """They would lead nowhere on PyPI."""
    description = str(metadata("copr-chroot-fake").json["description"])
    assert re.findall(r"\]\(([^)]*)\)", description)
    assert re.findall(r"\]\((?!https://)[^)]*\)", description) == []


def test_package_is_marked_as_typed() -> None:
    assert files(copr_chroot_fake).joinpath("py.typed").is_file()


def test_command_without_its_extra_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One missing package is enough."""
    monkeypatch.setitem(sys.modules, "httptools", None)
    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 2
    expected = "needs httptools, which the server extra installs: pip install 'copr-chroot-fake[server]'"
    assert capsys.readouterr().err == f"Error: copr-chroot-fake {expected}\n"


def test_version_is_printed_without_extras(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "click", None)
    monkeypatch.setattr(sys, "argv", ["copr-chroot-fake", "--version"])
    command()
    assert capsys.readouterr().out == f"copr-chroot-fake, version {copr_chroot_fake.__version__}\n"


@pytest.mark.parametrize("typed", ["serve", "run", "scenario show", "scenario check"])
def test_shell_completes_bundled_scenarios(
    typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And files, which the shell lists."""
    monkeypatch.setattr(sys, "argv", ["copr-chroot-fake"])
    monkeypatch.setenv("_COPR_CHROOT_FAKE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"copr-chroot-fake {typed} mass")
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) + 1))
    with pytest.raises(SystemExit):
        command()
    assert capsys.readouterr().out == "plain,mass-rebuild\nfile,mass\n"


def test_shell_completes_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["copr-chroot-fake"])
    words = {"_COPR_CHROOT_FAKE_COMPLETE": "bash_complete", "COMP_WORDS": "copr-chroot-fake ser", "COMP_CWORD": "1"}
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        command()
    assert (ended.value.code, capsys.readouterr().out) == (0, "plain,serve\n")


def test_command_checks_all_packages_of_its_extra() -> None:
    """The check and the package metadata list the same packages."""
    needed = [each for each in requires("copr-chroot-fake") or [] if re.search(r"extra == .server.$", each)]
    assert {each.partition(">=")[0] for each in needed} == {*PACKAGES}


def test_each_oldest_version_is_documented() -> None:
    """The stability page and the metadata agree on Python and on each dependency."""
    page = (ROOT / "docs" / "stability.md").read_text()
    documented = re.findall(
        r"^\| ([\w-]+) \| ([0-9.]+)", page.partition("## Supported versions")[2], flags=re.MULTILINE
    )
    bounds = [
        re.match(r"([\w-]+)(?:<\d+,)?>=([0-9.]+)", requirement) for requirement in requires("copr-chroot-fake") or []
    ]
    oldest = {bound[1]: bound[2] for bound in bounds if bound is not None}
    python = metadata("copr-chroot-fake")["Requires-Python"].removeprefix(">=")
    assert {name.lower(): number for name, number in documented} == {"python": python, **oldest}


def test_each_python_is_classified() -> None:
    """The classifiers are those from the oldest to the newest version on the stability page."""
    first, last = re.findall(
        r"^\| Python \| 3\.(\d+), to 3\.(\d+)", (ROOT / "docs" / "stability.md").read_text(), re.MULTILINE
    )[0]
    classified = [
        classifier.rpartition(" ")[2]
        for classifier in metadata("copr-chroot-fake").get_all("Classifier") or []
        if re.search(r":: 3\.\d+$", classifier)
    ]
    assert classified == [f"3.{minor}" for minor in range(int(first), int(last) + 1)]


def test_tests_that_need_the_dev_group_are_listed() -> None:
    """The list in noxfile.py and the command on the stability page leave out the same files."""
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


def test_everything_in_pyproject_is_locked_with_hashes() -> None:
    """The locked versions name no registry, and the setup is repeated when they change."""
    locked = (ROOT / "constraints" / "locked.txt").read_text()
    pins = re.split(r"\n(?=\w)", locked)
    assert [pin.partition(" ")[0] for pin in pins if not re.match(r"\S+==.*\\\n    --hash=sha256:", pin)] == []
    assert "://" not in locked
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [metadata["project"]["dependencies"], *metadata["project"]["optional-dependencies"].values()]
    groups += [metadata["build-system"]["requires"], *metadata["dependency-groups"].values()]
    texts = [text for group in groups for text in group if isinstance(text, str)]
    required = {re.split(r"[^\w-]", text)[0] for text in texts}
    assert required - {pin.partition("==")[0] for pin in pins} == {"copr-chroot-fake"}
    stamps = re.findall(r"^\.venv/(?:serve|develop)\.stamp:(.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert ["$(LOCK)" in stamp for stamp in stamps] == [True, True]

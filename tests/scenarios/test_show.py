"""``scenario show`` prints tables of a scenario's contents, and the stages of lifecycles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from copr_chroot_fake import LIFECYCLES, FakeCopr, State
from copr_chroot_fake.cli import main

from ..chroots import F43
from .command import run
from .examples import S390X, builds, write


def show(*arguments: str | Path) -> str:
    """Return the output of the command."""
    result = run("show", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_scenario_is_shown_as_tables() -> None:
    text = show("all-states")
    lines = text.splitlines()
    assert lines[0] == "all-states: 3 builds, 17 chroots, 2 projects, 0 faults"
    for row in (
        r"@copr/copr-dev +11 +additional_repos copr://jdoe/playground",
        r"Build 2  python-requests  jdoe/playground:pr:12",
        r"fedora-43-x86_64 +succeeded +2026-01-01 10:01:00 +0:04:12 +4",
        r"fedora-42-s390x +pending",
        r"Build 3  ripgrep  jdoe/playground  realistic",
    ):
        assert re.search(f"^{row}", text, flags=re.MULTILINE), row
    assert {str(state) for state in State} <= set(re.findall(r"\w+", text))


def test_faults_are_shown_with_their_requests_and_effects() -> None:
    text = show("outages")
    for row in (
        r"1 +build_id 601, first 1, status 504",
        r"3 +endpoint build-chroot/list, .*delay lognormal",
        r"10 +build_id 610, dribble bytes 32 every 0.2",
        r"16 +build_id 616, delay uniform 0.5 3",
    ):
        assert re.search(f"^{row}", text, flags=re.MULTILINE), row


def test_submission_rules_are_shown(tmp_path: Path) -> None:
    rule = {"package": "hello", "chroot": "epel-*", "lifecycle": "fails"}
    text = show(str(write(tmp_path, {"submissions": [rule]})))
    assert re.search("^1 +package 'hello', chroot 'epel-[*]', lifecycle 'fails'", text, flags=re.MULTILINE)


def stages(text: str, chroot: str = F43) -> str:
    """Return the stages of a chroot, with the text after them."""
    (line,) = re.findall(rf"^{chroot} +(.*)$", text, flags=re.MULTILINE)
    return str(line)


@pytest.mark.parametrize("name", LIFECYCLES)
def test_lifecycle_is_shown_with_the_duration_of_each_stage(name: str) -> None:
    """The last stage has none: it is final, or lasts forever."""
    text = show(name)
    assert f"  {name}\n" in text
    (build,) = FakeCopr.from_scenario(name, progress="clock").builds.values()
    for chroot in build.values():
        assert chroot.run is not None
        shown, plan = stages(text, chroot.name), chroot.run.plan
        assert [stage.split(" ")[0] for stage in shown.split(", ")] == [str(stage.state) for stage in plan]
        assert re.findall(r"([0-9]+) s\b", shown) == [f"{stage.lasts:g}" for stage in plan if stage.lasts is not None]
        assert ("forever" in shown) == name.startswith("stuck")


def test_total_duration_of_a_lifecycle_is_shown() -> None:
    expected = "importing 10 s, pending 30 s, starting 20 s, running 240 s, failed after 0:05:00"
    assert stages(show("fails")) == expected


def test_markup_and_control_characters_are_escaped(tmp_path: Path) -> None:
    document = builds({"package": "[red]\x1b[31mx:smile:", "projectname": "a\u202eb"})
    for text in (show(write(tmp_path, document)), run("check", write(tmp_path, {"\x1b[31m": 1})).stdout):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert r"[red]\x1b[31mx:smile:" in show(write(tmp_path, document))


@pytest.mark.parametrize("command", ["scenario show", "serve"])
def test_scenario_errors_are_escaped_for_the_terminal(tmp_path: Path, command: str) -> None:
    path = write(tmp_path, {"\x1b[31mred\u202e": 1})
    result = CliRunner().invoke(main, [*command.split(), str(path)], color=True)
    assert result.exit_code == 2
    assert result.stderr.startswith(rf"Error: {path}: \x1b[31mred\u202e: unknown key")


def test_limit_and_build_restrict_the_shown_builds() -> None:
    """The last line has the number of builds that are not shown."""
    text = show("mass-rebuild", "--limit", "58")
    assert text.splitlines()[-1] == "… and 2 builds more; use --limit to show more, or --build to show one build"
    assert len(re.findall("^Build ", text, flags=re.MULTILINE)) == 58
    text = show("mass-rebuild", "--build", "1007", "--build", "1009")
    assert re.findall(r"^Build (\d+)", text, flags=re.MULTILINE) == ["1007", "1009"]
    assert "more;" not in text


def test_showing_an_unknown_build_fails() -> None:
    result = run("show", "pages", "--build", "100", "--build", "7")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: pages has no build 7; omit --build to see all builds\n"


def test_holds_progress_and_cancellation_are_shown(tmp_path: Path) -> None:
    """The first stage is the current one."""
    document = builds(
        {"lifecycle": "succeeds", "progress": {"poll": 2}, "chroots": [{"name": F43, "hold": "running"}]},
        {
            "progress": "manual",
            "canceled": True,
            "chroots": [{"name": S390X, "lifecycle": "fails", "state": "running"}],
        },
    )
    text = show(write(tmp_path, document))
    assert stages(text).endswith("succeeded after 0:05:00 (held in running) (poll)")
    assert stages(text, S390X) == "running 240 s, failed after 0:04:00 (manual)"
    assert "  fails  canceled\n" in text


def test_invalid_scenario_is_rejected(tmp_path: Path) -> None:
    """The first error is reported, and the exit status is 2."""
    path = write(tmp_path, {"x": 1})
    for name, problem in ((str(path), f"{path}: x: unknown key"), ("page", "did you mean 'pages'?")):
        result = run("show", name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert problem in result.stderr

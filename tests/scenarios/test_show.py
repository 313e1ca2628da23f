"""``scenario show`` prints tables of a scenario's contents, and lifecycles as bars."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from click.testing import CliRunner

from copr_chroot_fake import LIFECYCLES, FakeCopr, State
from copr_chroot_fake.cli import main
from copr_chroot_fake.cli.show import LETTERS, drawn_stages, is_endless, name_of

from ..served import COMMAND
from .command import run
from .examples import F43, S390X, builds, write


def show(*arguments: str | Path, **env: str) -> str:
    """Return the output of the command, by default for 100 columns."""
    result = run("show", *arguments, **{"COLUMNS": "100", **env})
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_scenario_is_shown_as_tables() -> None:
    """The output to a pipe has no colors."""
    text = show("all-states")
    lines = text.splitlines()
    assert lines[0] == "all-states: 3 builds, 17 chroots, 2 projects, 0 faults"
    for row in (
        r"@copr/copr-dev +11 +additional_repos copr://jdoe/playground",
        r"2 +python-requests +jdoe/playground:pr:12 +3 +3 succeeded +6",
        r"fedora-43-x86_64 +succeeded +2026-01-01 10:01:00 +0:04:12 +4",
        r"fedora-42-s390x +pending",
        r"Build 3  ripgrep  jdoe/playground  realistic",
    ):
        assert re.search(f"^{row}", text, flags=re.MULTILINE), row
    assert {str(state) for state in State} <= set(re.findall(r"\w+", text))
    assert "\x1b" not in text


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


def bar(text: str, chroot: str = F43) -> str:
    """Return the bar of a chroot, with the text after it."""
    (line,) = re.findall(rf"^{chroot} +([A-Z].*?) *$", text, flags=re.MULTILINE)
    return str(line)


@pytest.mark.parametrize("name", LIFECYCLES)
@pytest.mark.parametrize("columns", [60, 100, 200])
def test_lifecycle_is_a_bar_with_a_letter_for_each_stage(name: str, columns: int) -> None:
    """The final state follows, the legend explains the letters, and the width is that of the terminal."""
    text = show(name, COLUMNS=str(columns))
    assert max(map(len, text.splitlines())) <= columns
    assert f"  {name}\n" in text
    fake = FakeCopr.from_scenario(name, progress="clock")
    (build,) = fake.builds.values()
    for chroot in build.values():
        assert chroot.lifecycle_run is not None
        stages = drawn_stages(chroot.lifecycle_run.plan)
        line = bar(text, chroot.name)
        assert re.findall("[A-Z]", line.split(" ")[0]) == [LETTERS[name_of(stage)] for stage in stages]
        last = chroot.lifecycle_run.plan[-1].state
        assert ("build deleted" if last == "deleted" else str(last)) in line
        assert ("forever" in line) == is_endless(chroot.lifecycle_run.plan)
        for stage in stages:
            meaning = name_of(stage)
            assert re.search(rf"\b{LETTERS[meaning]}={meaning}\b", text)


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_own_letter_in_the_legend(tmp_path: Path, state: State) -> None:
    """If the build is deleted later, even a final state is drawn as a stage."""
    lifecycle = {"stages": [{"state": state.value, "lasts": 60}, {"state": "deleted"}]}
    text = show(write(tmp_path, builds({"lifecycle": lifecycle, "chroots": [{"name": F43}]})))
    assert bar(text).endswith("━ build deleted after 0:01:00")
    assert f"{bar(text)[0]}={state}" in text
    assert len({*LETTERS.values()}) == len(LETTERS)


def in_terminal(*arguments: str, columns: int = 100, **env: str) -> str:
    """Return the command's output to a terminal."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "FORCE_COLOR")}
    environment = {**plain, "TERM": "xterm-256color", **env}
    process = subprocess.Popen([*COMMAND, "scenario", *arguments], stdout=terminal, env=environment)
    os.close(terminal)
    dumped = b""
    with os.fdopen(controller, "rb", closefd=True, buffering=0) as screen:
        try:
            while chunk := screen.read(65536):
                dumped += chunk
        except OSError:
            # Linux reports a closed terminal as an error.
            pass
    assert process.wait(10) == 0
    return dumped.decode().replace("\r\n", "\n")


def test_terminal_output_is_colored_unless_no_color_is_set() -> None:
    """The text is the same, and as wide as the terminal."""
    colored, plain = in_terminal("show", "retried"), in_terminal("show", "retried", NO_COLOR="1")
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain == show("retried")
    assert len(bar(in_terminal("show", "retried", NO_COLOR="1", columns=180))) > 150


def test_ascii_terminal_gets_bars_of_dashes() -> None:
    command = [*COMMAND, "scenario", "show", "all-states"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    text = subprocess.run(command, capture_output=True, env=environment, check=True).stdout
    assert b"I-" in text
    assert text.isascii()


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
    assert len(re.findall("^Build ", text, flags=re.MULTILINE)) == 59
    text = show("mass-rebuild", "--build", "1007", "--build", "1009")
    assert re.findall(r"^Build (\d+)", text, flags=re.MULTILINE) == ["1007", "1009"]
    assert "more;" not in text


def test_showing_an_unknown_build_fails() -> None:
    result = run("show", "pages", "--build", "100", "--build", "7")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: pages has no build 7; omit --build to see all builds\n"


def test_bars_show_holds_progress_and_cancellation(tmp_path: Path) -> None:
    """A bar begins with the current stage."""
    document = builds(
        {"lifecycle": "succeeds", "progress": {"poll": 2}, "chroots": [{"name": F43, "hold": "running"}]},
        {
            "progress": "manual",
            "canceled": True,
            "chroots": [{"name": S390X, "lifecycle": "fails", "state": "running"}],
        },
    )
    text = show(write(tmp_path, document))
    assert bar(text).endswith("succeeded after 0:05:00, held in running, by poll")
    assert re.match(r"R━+ failed after 0:04:00, manual$", bar(text, S390X))
    assert "  fails  canceled\n" in text


def test_invalid_scenario_is_rejected(tmp_path: Path) -> None:
    """The first error is reported, and the exit status is 2."""
    path = write(tmp_path, {"x": 1})
    for name, problem in ((str(path), f"{path}: x: unknown key"), ("page", "did you mean 'pages'?")):
        result = run("show", name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert problem in result.stderr

"""A scenario is shown in the terminal: what is in it, and how its chroots will live."""

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

from copr_chroot_fake import LIVES, FakeCopr, State
from copr_chroot_fake.cli import main
from copr_chroot_fake.scenario_cli import timeline

from ..served import COMMAND
from .command import run
from .examples import F43, S390X, builds, write


def shown(*arguments: str | Path, **env: str) -> str:
    result = run("show", *arguments, **{"COLUMNS": "100", **env})
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_a_scenario_is_shown_with_builds_chroots_and_times() -> None:
    """There are tables of builds, and of chroots that do not change; in a pipe nothing is coloured."""
    text = shown("all-states")
    lines = text.splitlines()
    assert lines[0] == "all-states: 3 builds, 17 chroots, 2 projects, 0 faults"
    for row in (
        r"@copr/copr-dev +11 +copr://jdoe/playground,",
        r"2 +python-requests +jdoe/playground:pr:12 +3 +3 succeeded +6",
        r"fedora-43-x86_64 +succeeded +2026-01-01 10:01:00 +4m 12s +4",
        r"fedora-42-s390x +pending",
        r"Build 3  ripgrep  jdoe/playground  realistic",
    ):
        assert re.search(f"^{row}", text, flags=re.MULTILINE), row
    assert {str(state) for state in State} <= set(re.findall(r"\w+", text))
    assert "\x1b" not in text


def test_faults_are_shown_with_what_they_hit_and_what_goes_wrong() -> None:
    """A row each."""
    text = shown("outages")
    for row in (
        r"1 +build_id 601, first 1 +status 504",
        r"3 +endpoint build-chroot/list, .*delay lognormal",
        r"10 +build_id 610 +dribble bytes 32 every 0.2",
        r"16 +build_id 616 +delay uniform 0.5 to 3",
    ):
        assert re.search(f"^{row}", text, flags=re.MULTILINE), row


def bar(text: str, chroot: str = F43) -> str:
    """The bar of a chroot, and how it ends."""
    (line,) = re.findall(rf"^{chroot} +([A-Z].*?) *$", text, flags=re.MULTILINE)
    return str(line)


@pytest.mark.parametrize("name", LIVES)
@pytest.mark.parametrize("columns", [60, 100, 200])
def test_each_life_is_a_bar_that_reads_without_colour(name: str, columns: int) -> None:
    """It has a letter for each stage in order, and says how it ends; it fits the width of the terminal."""
    text = shown(name, COLUMNS=str(columns))
    assert max(map(len, text.splitlines())) <= columns
    assert f"  {name}\n" in text
    fake = FakeCopr.from_scenario(name, progress="clock")
    (build,) = fake.builds.values()
    for chroot in build:
        assert chroot.life is not None
        lasting = timeline.lasting(chroot.life.plan)
        line = bar(text, chroot.name)
        assert re.findall("[A-Z]", line.split(" ")[0]) == [timeline.letter_of(stage) for stage in lasting]
        last = chroot.life.plan[-1].state
        assert ("build deleted" if last == "deleted" else str(last)) in line
        assert ("for ever" in line) == timeline.is_open(chroot.life.plan)
        for stage in lasting:
            word = "canceling" if stage.canceled else stage.state
            assert re.search(rf"\b{timeline.letter_of(stage)} {word}\b", text)


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_own_letter_in_the_legend(tmp_path: Path, state: State) -> None:
    """A chroot that has ended stays for a while if its build is deleted later."""
    life = {"stages": [{"state": state.value, "lasts": 60}, {"state": "deleted"}]}
    text = shown(write(tmp_path, builds({"lifecycle": life, "chroots": [{"name": F43}]})))
    assert bar(text).endswith("━ build deleted after 1m")
    assert text.splitlines()[-1] == f"{bar(text)[0]} {state}"
    assert len({*timeline.LETTERS.values(), timeline.CANCELED}) == len(timeline.LETTERS) + 1


def in_terminal(*arguments: str, columns: int = 100, **env: str) -> str:
    """What the command writes to a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "FORCE_COLOR")}
    environment = {**plain, "TERM": "xterm-256color", **env}
    process = subprocess.Popen([*COMMAND, "scenario", *arguments], stdout=theirs, env=environment)
    os.close(theirs)
    written = b""
    with os.fdopen(ours, "rb", closefd=True, buffering=0) as screen:
        try:
            while chunk := screen.read(65536):
                written += chunk
        except OSError:
            # That is the end of a terminal.
            pass
    assert process.wait(10) == 0
    return written.decode().replace("\r\n", "\n")


def test_a_terminal_has_colours_unless_told_otherwise() -> None:
    """The text is the same either way, and as wide as the terminal."""
    coloured, plain = in_terminal("show", "retried"), in_terminal("show", "retried", NO_COLOR="1")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain == shown("retried")
    assert len(bar(in_terminal("show", "retried", NO_COLOR="1", columns=180))) > 150


def test_a_terminal_without_unicode_gets_ascii() -> None:
    """Lines are drawn with dashes."""
    command = [*COMMAND, "scenario", "show", "all-states"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    text = subprocess.run(command, capture_output=True, env=environment, check=True).stdout
    assert b"I-" in text
    assert text.isascii()


def test_names_do_nothing_to_the_terminal(tmp_path: Path) -> None:
    """They are neither markup nor control characters."""
    document = builds({"package": "[red]\x1b[31mx:smile:", "projectname": "a\u202eb"})
    for text in (shown(write(tmp_path, document)), run("check", write(tmp_path, {"\x1b[31m": 1})).stdout):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert r"[red]\x1b[31mx:smile:" in shown(write(tmp_path, document))


@pytest.mark.parametrize("command", ["scenario show", "serve"])
def test_scenario_errors_are_escaped_for_the_terminal(tmp_path: Path, command: str) -> None:
    """It is escaped, and on one line."""
    path = write(tmp_path, {"\x1b[31mred\u202e": 1})
    result = CliRunner().invoke(main, [*command.split(), str(path)], color=True)
    assert result.exit_code == 2
    assert result.stderr.startswith(rf"Error: {path}: \x1b[31mred\u202e: no such key here")


def test_shown_chroots_are_limited_and_the_rest_counted(tmp_path: Path) -> None:
    """Only some of the builds can be asked for, too."""
    text = shown("pages", "--limit", "120")
    assert len(re.findall(r"^\S+ +(?:succeeded|failed) +\d", text, flags=re.MULTILINE)) == 120
    assert text.splitlines()[-1] == "… and 130 chroots more; --limit shows more of them, --build those of a build"
    text = shown("mass-rebuild", "--limit", "237")
    assert text.splitlines()[-1].startswith("… and 3 chroots more; ")
    text = shown("mass-rebuild", "--limit", "235")
    assert text.splitlines()[-1].startswith("… and 1 build, 5 chroots more; ")
    text = shown(write(tmp_path, builds({}, {}, {})), "--limit", "1")
    assert text.splitlines()[-1].startswith("… and 2 builds more; ")
    text = shown("mass-rebuild", "--build", "1007", "--build", "1009")
    assert re.findall(r"^Build (\d+)", text, flags=re.MULTILINE) == ["1007", "1009"]
    assert "more;" not in text


def test_a_build_that_is_not_there_cannot_be_shown() -> None:
    """The status is 2, and the message names the remedy."""
    result = run("show", "pages", "--build", "100", "--build", "7")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: pages has no build 7; leave --build out to see those that it has\n"


def test_lives_that_are_held_or_do_not_go_by_the_clock_say_so(tmp_path: Path) -> None:
    """So do canceled builds; and a bar begins where the life is."""
    document = builds(
        {"lifecycle": "succeeds", "progress": {"poll": 2}, "chroots": [{"name": F43, "hold": "running"}]},
        {
            "progress": "manual",
            "canceled": True,
            "chroots": [{"name": S390X, "lifecycle": "fails", "state": "running"}],
        },
    )
    text = shown(write(tmp_path, document))
    assert bar(text).endswith("succeeded after 5m, held in running, by poll")
    assert re.match(r"R━+ failed after 4m, by hand$", bar(text, S390X))
    assert "  fails  canceled\n" in text


def test_a_scenario_with_a_mistake_is_not_shown(tmp_path: Path) -> None:
    """The first mistake is reported, with status 2; so is a wrong name."""
    path = write(tmp_path, {"x": 1})
    for name, problem in ((str(path), f"{path}: x: no such key here"), ("page", "did you mean 'pages'?")):
        result = run("show", name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert problem in result.stderr

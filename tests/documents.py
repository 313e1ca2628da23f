"""The pages of the documentation, their blocks of code, and how to run or parse each kind of block.

The language of a block can be followed by a file name, as in ``python test_it.py``;
the block is then written to that file, for the blocks after it. ``bash`` is run as
a script. ``console`` is run command by command and its output compared, where ``…``
matches anything. ``shell`` has commands for the reader's machine, for example to
install packages or to start a server; each is parsed as its program would.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch
from urllib.parse import urlsplit

import click
import pytest
import yaml
from copr_cli.main import setup_parser
from markdown_it import MarkdownIt
from packaging.requirements import Requirement

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.cli import main

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "fixtures/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


class Block(NamedTuple):
    """A block of code; the language may be empty."""

    language: str
    file: str
    text: str
    line: int


def blocks_of(document: Path) -> Iterator[Block]:
    for token in MarkdownIt("commonmark").parse(document.read_text()):
        if token.type in ("fence", "code_block"):
            language, _, file = token.info.partition(" ")
            yield Block(language, file, token.content, token.map[0] + 1 if token.map else 0)


@dataclass
class Page:
    """A page whose blocks run in order, in one directory and one Python namespace."""

    directory: Path
    run_pytest: Callable[..., pytest.RunResult]
    names: dict[str, object] = field(default_factory=dict)

    def take(self, block: Block) -> None:
        """Run or parse a block, or write it to its file.

        :raises AssertionError: if it fails, or if its output differs from the page.
        """
        if block.file:
            (self.directory / block.file).write_text(block.text)
        else:
            RUN[block.language](self, block)


def run_python(page: Page, block: Block) -> None:
    exec(compile(block.text, f"line {block.line}", "exec"), page.names)


def run_bash(page: Page, block: Block) -> None:
    finished = run(page.directory, block.text)
    assert finished.returncode == 0, finished.stdout


def run_console(page: Page, block: Block) -> None:
    for session in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = session.partition("\n")
        status, output = run_command(page, command.rstrip())
        assert status == 0, f"{command}\n{output}"
        pattern = ".*".join(re.escape(part.strip("\n")) for part in expected.split("…"))
        actual = "\n".join(line.rstrip() for line in output.strip("\n").splitlines())
        assert re.fullmatch(rf"{pattern}", actual, flags=re.DOTALL), f"{command}\n{output}"


_PYTEST = re.compile(r"python -m pytest(?P<arguments>[^|&;]*)(?P<may_fail>\|\| true)?")


def run_command(page: Page, command: str) -> tuple[int, str]:
    """Return status and output of a command; pytest runs in this process, which has already imported most modules."""
    if (found := _PYTEST.fullmatch(command)) is None:
        finished = run(page.directory, command)
        return finished.returncode, finished.stdout
    with patch.dict(os.environ, environment(page.directory), clear=True):
        result = page.run_pytest(*shlex.split(found["arguments"]))
    return 0 if found["may_fail"] else int(result.ret), "\n".join([*result.outlines, *result.errlines])


_HIDDEN_PLUGINS = ("asyncio", "hypothesispytest", "schemathesis")
"""Plugins of pytest that only the kit's own tests need; some of them load slowly."""


def environment(directory: Path) -> dict[str, str]:
    """Return the environment of a terminal in which this Python's programs are on the path."""
    # Loading Faker's plugin would take a third of the time.
    has_faker = any("faker" in path.read_text() for path in directory.glob("*.py"))
    left_out = _HIDDEN_PLUGINS if has_faker else (*_HIDDEN_PLUGINS, "faker")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COPR_"))}
    return own | {
        "COLUMNS": "80",
        "HOME": str(directory),
        "NO_PROXY": "127.0.0.1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTEST_ADDOPTS": " ".join(f"-p no:{name}" for name in left_out),
    }


def run(directory: Path, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a script with bash; standard error is part of the output."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        env=environment(directory) | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )


def load_scenario(page: Page, block: Block) -> None:
    path = page.directory / f"{block.line}.{block.language}"
    path.write_text(block.text)
    FakeCopr.from_scenario(path)


def read_commands(page: Page, block: Block) -> None:
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        program = words[0].removeprefix(".venv/bin/")
        READ[program](words[1:])


def _read_pip(words: list[str]) -> None:
    assert words[0] == "install"
    if "--group" in words:
        assert f"\n{words.pop(words.index('--group') + 1)} = [" in (ROOT / "pyproject.toml").read_text()
        words.remove("--group")
    for word in words[1:]:
        requirement = Requirement(word.replace(".", "copr-chroot-fake", 1) if word.startswith(".") else word)
        if requirement.name == "copr-chroot-fake":
            assert requirement.extras <= _extras(), word


def _extras() -> set[str]:
    _, _, listed = (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]\n")
    return set(re.findall(r"^(\w+) = ", listed.partition("\n\n")[0], flags=re.MULTILINE))


def _read_make(words: list[str]) -> None:
    for word in words:
        assert re.search(rf"^{word}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE), word


def _read_own(words: list[str]) -> None:
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context("copr-chroot-fake", words)


def _read_pytest(words: list[str]) -> None:
    for word in words:
        assert (ROOT / word.removeprefix("--ignore=")).exists(), word


def _read_copr_cli(words: list[str]) -> None:
    setup_parser().parse_args(words)


def _read_wget(words: list[str]) -> None:
    assert urlsplit(words[-1]).scheme == "http"


def _read_python(words: list[str]) -> None:
    assert words == ["-m", "venv", ".venv"]


READ: Mapping[str, Callable[[list[str]], None]] = {
    "copr-chroot-fake": _read_own,
    "copr-cli": _read_copr_cli,
    "make": _read_make,
    "pip": _read_pip,
    "pytest": _read_pytest,
    "python3": _read_python,
    "wget": _read_wget,
}
"""Parsers for the commands in ``shell`` blocks, by program."""

RUN: Mapping[str, Callable[[Page, Block], None]] = {
    "bash": run_bash,
    "console": run_console,
    "json": load_scenario,
    "python": run_python,
    "shell": read_commands,
    "yaml": load_scenario,
}
"""How to run or parse a block without a file name, by language."""

CHECK: Mapping[str, Callable[[str], object]] = {
    "bash": lambda text: subprocess.run(["bash", "-n"], input=text, text=True, check=True),
    "json": lambda text: text,
    "python": lambda text: compile(text, "block", "exec"),
    "yaml": yaml.safe_load,
}
"""How to check a block with a file name, by language."""

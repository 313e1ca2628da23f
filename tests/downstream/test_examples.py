"""The tests of each project in ``examples`` pass, run as its README says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from ..documents import ROOT, blocks_of, read_commands, run
from ..programs import needs

EXAMPLES = ROOT / "examples"

PASSED = [
    pytest.param("httpx-poller", "3 passed"),
    pytest.param("asyncio-consumer", "2 passed"),
    pytest.param("bash-release", r"1\.\.2", marks=needs("bats", "curl")),
    pytest.param("node-integration", r"\bpass 2\b", marks=needs("node")),
    pytest.param("go-integration", r"ok\s+example\.com", marks=needs("go")),
]
"""The projects, and what the output says if all tests have run and passed."""


@pytest.mark.parametrize(("name", "passed"), PASSED)
def test_commands_of_the_readme_work(name: str, passed: str, tmp_path: Path) -> None:
    """The first installs the kit, and the second runs the tests."""
    project = tmp_path / name
    shutil.copytree(EXAMPLES / name, project)
    (block,) = blocks_of(project / "README.md")
    install, command = block.text.splitlines()
    read_commands(install)
    # Go compiles its library once, which takes half a minute.
    done = run(project, command, GOCACHE=str(ROOT / "build" / "go"), timeout=150)
    assert done.returncode == 0, done.stdout
    assert re.search(passed, done.stdout), done.stdout


def test_every_example_is_listed_and_tested() -> None:
    """Each README has at most ten lines."""
    names = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert {param.values[0] for param in PASSED} == names
    assert {*re.findall(r"\]\((.+)/README\.md\)", (EXAMPLES / "README.md").read_text())} == names
    lines = {name: len((EXAMPLES / name / "README.md").read_text().splitlines()) for name in names}
    assert {name: count for name, count in lines.items() if count > 10} == {}

"""fuzzytail, as it is installed from PyPI, at Copr's own address: it has no setting for another one."""

from __future__ import annotations

import re

import pytest
import respx
from fuzzytail.cli.main import app

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.faults.fault import FaultEntry, FaultName

F41, F42 = "fedora-41-x86_64", "fedora-42-x86_64"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def fuzzytail(*arguments: str) -> int:
    """Its exit status."""
    try:
        app(list(arguments), result_action="return_value")
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_builds(copr_fake: FakeCopr, copr_respx: respx.MockRouter, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists a project's builds with their states and chroots."""
    copr_fake.add_build(1, {F41: "succeeded", F42: "failed"}, package="hello")
    copr_fake.add_build(2, {F41: "forked"}, package="ripgrep")
    assert fuzzytail("builds", "jdoe/playground") == 0
    rows = [re.findall(r"[\w-]+", line) for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert rows == [["2", "ripgrep", "forked", F41], ["1", "hello", "failed", F41, F42]]


def test_builds_by_status(
    copr_fake: FakeCopr, copr_respx: respx.MockRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """So many of those in a state, or none."""
    for build_id in range(1, 9):
        copr_fake.add_build(build_id, {F41: "running" if build_id % 2 else "succeeded"})
    fuzzytail("builds", "jdoe/playground", "--status", "running", "--limit", "2")
    assert re.findall(r"^│ +(\d) ", capsys.readouterr().out, flags=re.MULTILINE) == ["7", "5"]
    fuzzytail("builds", "jdoe/playground", "--status", "failed")
    assert capsys.readouterr().out == "No builds found.\n"


@pytest.mark.parametrize("fault", ["outage", "gateway-timeout", {"breaks": "refused"}, {"breaks": "timeout"}])
def test_builds_while_copr_is_away(
    copr_fake: FakeCopr, copr_respx: respx.MockRouter, capsys: pytest.CaptureFixture[str], fault: FaultName | FaultEntry
) -> None:
    """It says so, and ends."""
    copr_fake.faults.add(fault)
    assert fuzzytail("builds", "jdoe/playground") == 1
    assert "COPR Error: " in capsys.readouterr().out

"""fuzzytail from PyPI, at Copr's own address, because it has no option for another."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
import respx
from fuzzytail.cli.main import app

from copr_chroot_fake import FakeCopr, LifecycleName
from copr_chroot_fake.model.fault import FaultLike

from ..chroots import F41, F42


class Ended(NamedTuple):
    status: int
    output: str


Run = Callable[..., Ended]


@pytest.fixture
def fuzzytail(
    copr_fake: FakeCopr,
    copr_httpx: respx.MockRouter,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run it in this process, and interrupt it after an hour of sleep on the fake's clock."""

    def sleep(seconds: float) -> None:
        copr_fake.clock.tick(seconds)
        if copr_fake.clock.now() > 1_700_003_600:
            raise KeyboardInterrupt

    def run(*arguments: str) -> Ended:
        status = 0
        try:
            app(list(arguments), result_action="return_value")
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Ended(status, capsys.readouterr().out)

    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("time.sleep", sleep)
    return run


def test_builds_prints_states_and_chroots(copr_fake: FakeCopr, fuzzytail: Run) -> None:
    copr_fake.add_build({F41: "succeeded", F42: "failed"}, id=1, package="hello")
    copr_fake.add_build({F41: "forked"}, id=2, package="ripgrep")
    status, output = fuzzytail("builds", "jdoe/playground")
    assert status == 0
    rows = [re.findall(r"[\w-]+", line) for line in output.splitlines() if line.startswith("│")]
    assert rows == [["2", "ripgrep", "forked", F41], ["1", "hello", "failed", F41, F42]]


def test_builds_filters_by_state_and_limit(copr_fake: FakeCopr, fuzzytail: Run) -> None:
    for build_id in range(1, 9):
        copr_fake.add_build({F41: "running" if build_id % 2 else "succeeded"}, id=build_id)
    running = fuzzytail("builds", "jdoe/playground", "--status", "running", "--limit", "2")
    assert re.findall(r"^│ +(\d) ", running.output, flags=re.MULTILINE) == ["7", "5"]
    assert fuzzytail("builds", "jdoe/playground", "--status", "failed").output == "No builds found.\n"


@pytest.mark.parametrize("fault", ["outage", "gateway-timeout", {"breaks": "refused"}, {"breaks": "timeout"}])
def test_builds_reports_an_outage(copr_fake: FakeCopr, fuzzytail: Run, fault: FaultLike) -> None:
    copr_fake.faults.add(fault)
    status, output = fuzzytail("builds", "jdoe/playground")
    assert status == 1
    assert "COPR Error: " in output


IMPORTED = ("--no-tui", "--skip-import")
"""No full-screen output, and no logs of imports, which are on a server that is not faked."""


def words(text: str) -> str:
    """Join the words of a text that the terminal may have wrapped."""
    return "".join(text.split())


def log_of(fake: FakeCopr, log: str) -> str:
    """A log of build 1 as it is in the end."""
    return gzip.decompress(fake.answer("GET", f"/results/jdoe/playground/{F41}/00000001-hello/{log}.gz").body).decode()


def test_logs_prints_all_logs_of_a_finished_build(copr_fake: FakeCopr, fuzzytail: Run) -> None:
    """Of the source build and of each chroot."""
    copr_fake.add_build({F41: "succeeded", F42: "failed"}, id=1)
    status, output = fuzzytail("logs", "jdoe/playground", "--build", "1", "--skip-import")
    assert status == 0
    for name in ("SRPM Build", F41, F42):
        for log in ("backend", "builder-live"):
            assert re.search(rf"{name} │ {log}", output), (name, log)
    for log in ("backend.log", "builder-live.log"):
        assert words(log_of(copr_fake, log)) in words(output)
    assert "No content" not in output


@pytest.mark.parametrize("lifecycle", ["succeeds", "fails", "appears-late", "canceled-while-running"])
@pytest.mark.copr_fake(progress="clock")
def test_growing_log_is_followed(copr_fake: FakeCopr, fuzzytail: Run, lifecycle: LifecycleName) -> None:
    """Each line is printed once, until the build ends."""
    copr_fake.add_build([F41], id=1, lifecycle=lifecycle)
    status, output = fuzzytail("jdoe/playground", "--build", "1", "--builder-live", "--rpm-only", *IMPORTED)
    assert status == 0
    assert words(output.rpartition("━")[2]) == words(log_of(copr_fake, "builder-live.log")) + "Alllogscomplete!"
    fetched = [each.status for each in copr_fake.requests if each.target.endswith("/builder-live.log")]
    assert fetched.count(200) > 100
    assert copr_fake.builds[1].is_finished


@pytest.mark.parametrize("lifecycle", ["forked", "source-fails", "import-fails", "skipped", "canceled-while-pending"])
@pytest.mark.copr_fake(progress="clock")
def test_unsuccessful_build_is_followed_to_its_end(
    copr_fake: FakeCopr, fuzzytail: Run, lifecycle: LifecycleName
) -> None:
    """It also recognizes a fork as an end."""
    copr_fake.add_build([F41], id=1, lifecycle=lifecycle)
    status, output = fuzzytail("jdoe/playground", "--build", "1", *IMPORTED)
    assert status == 0
    assert output.endswith("All logs complete!\n")
    assert copr_fake.builds[1].state.is_final


@pytest.mark.copr_fake(progress="clock")
def test_watch_follows_builds_until_interrupted(copr_fake: FakeCopr, fuzzytail: Run) -> None:
    """It finds pending and running builds, and looks for new ones."""
    copr_fake.add_build({F41: "succeeded"}, id=1)
    copr_fake.add_build([F41], id=2)
    status, output = fuzzytail("watch", "jdoe/playground", "--skip-backend", *IMPORTED)
    assert status == 0
    assert re.findall(r"New build detected: #(\d)", output) == ["2"]
    assert len(re.findall(r"^RPMResults finished$", output, flags=re.MULTILINE)) == 1
    assert "All logs complete!" in output
    assert output.endswith("Interrupted.\n")

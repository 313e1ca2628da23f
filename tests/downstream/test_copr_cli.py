"""copr-cli from PyPI, as a process, reads, watches and cancels builds that a test has added."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from copr_chroot_fake import CoprCli, FakeCopr, LifecycleName, StateName
from copr_chroot_fake.model.fault import FaultLike

from ..chroots import F41, F42
from ..served import starting
from .processes import needs_wget

BY_CLOCK = pytest.mark.copr_fake(progress="clock")


def watched(output: str) -> list[str]:
    """Return the states that watch-build has printed."""
    return re.findall(r"^  \d\d:\d\d:\d\d Build \d+: (\w+)$", output, flags=re.MULTILINE)


@pytest.mark.parametrize(
    "state", ["importing", "pending", "starting", "running", "succeeded", "failed", "skipped", "forked"]
)
def test_status_prints_the_state_of_a_build(copr_fake: FakeCopr, copr_cli: CoprCli, state: StateName) -> None:
    copr_fake.add_build({F41: state}, id=1)
    done = copr_cli("status", "1")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{state}\n", "")
    copr_fake.assert_requested("build", build_id=1, times=1)


@pytest.mark.parametrize(
    ("lifecycle", "states", "status", "error"),
    [
        ("succeeds", ["importing", "pending", "running", "succeeded"], 0, ""),
        ("as-deployed", ["running", "pending", "running", "succeeded"], 0, ""),
        ("appears-late", ["running", "pending", "running", "succeeded"], 0, ""),
        ("retried", ["importing", "pending", "running", "pending", "starting", "running", "succeeded"], 0, ""),
        ("fails", ["importing", "pending", "running", "failed"], 4, "Build error: Build(s) 1 failed."),
        ("source-fails", ["running", "failed"], 4, "Build error: Build(s) 1 failed."),
        ("import-fails", ["importing", "failed"], 4, "Build error: Build(s) 1 failed."),
        ("skipped", ["importing", "skipped"], 0, ""),
        ("canceled-while-pending", ["importing", "pending", "canceled"], 4, "Build error: Build(s) 1 canceled."),
        (
            "canceled-while-running",
            ["importing", "pending", "running", "canceled"],
            4,
            "Build error: Build(s) 1 canceled.",
        ),
        ("deleted", ["importing", "pending", "running"], 1, "Something went wrong:\nError: Build 1 does not exist."),
    ],
)
@BY_CLOCK
def test_watch_build_reports_each_new_state_and_the_end(
    copr_fake: FakeCopr, copr_cli: CoprCli, lifecycle: LifecycleName, states: list[str], status: int, error: str
) -> None:
    """It polls every 30 seconds."""
    copr_fake.add_build([F41, F42], id=1, lifecycle=lifecycle)
    done = copr_cli("watch-build", "1")
    assert watched(done.stdout) == states
    assert (done.returncode, done.stderr.strip()) == (status, error)
    polls = [request.at for request in copr_fake.requests]
    assert [after - before for before, after in pairwise(polls)] == [30] * (len(polls) - 1)


def test_watch_build_by_poll_sees_every_state(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """If each poll advances the build."""
    copr_fake.add_build([F41], id=1)
    assert watched(copr_cli("watch-build", "1").stdout) == ["importing", "pending", "starting", "running", "succeeded"]


@BY_CLOCK
def test_watch_build_ends_with_the_last_of_several(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """It stops polling builds that have ended, and reports the ones that failed."""
    copr_fake.add_build([F41], id=1)
    copr_fake.add_build([F41], id=2, lifecycle="import-fails")
    copr_fake.add_build([F41], id=3, lifecycle="canceled-while-pending")
    done = copr_cli("watch-build", "1", "2", "3")
    assert (done.returncode, done.stderr.strip()) == (4, "Build error: Build(s) 2 failed. Build(s) 3 canceled.")
    polls = {number: len([each for each in copr_fake.requests if each.build_id == number]) for number in (1, 2, 3)}
    assert polls == {1: 11, 2: 2, 3: 3}


@pytest.mark.parametrize(
    ("fault", "status", "error", "polls"),
    [
        ("outage", 1, "Response is not in JSON format", 1),
        ("gateway-timeout", 3, "Consider using pagination for large queries", 1),
        ("html-200", 1, "Response is not in JSON format", 1),
        ({"breaks": "reset", "first": 2}, 0, "", 13),
        ({"breaks": "reset"}, 1, "Unable to connect", 3),
    ],
)
@BY_CLOCK
def test_watch_build_gives_up_or_reconnects_during_an_outage(
    copr_fake: FakeCopr, copr_cli: CoprCli, fault: FaultLike, status: int, error: str, polls: int
) -> None:
    """It gives up at the first response that is not JSON, and reconnects three times after a failed connection."""
    copr_fake.add_build([F41], id=1)
    copr_fake.faults.add(fault)
    done = copr_cli("watch-build", "1")
    assert done.returncode == status
    assert error in done.stderr
    assert len(copr_fake.requests) == polls


@pytest.mark.parametrize(
    ("form", "row"),
    [("json", "id {} name {} state {}"), ("text", "id {} name {} state {}"), ("text-row", "{} {} {}")],
)
def test_list_builds_prints_newest_builds_first(copr_fake: FakeCopr, copr_cli: CoprCli, form: str, row: str) -> None:
    """In every output format."""
    copr_fake.add_build({F41: "succeeded"}, id=1, package="hello")
    copr_fake.add_build({F41: "running"}, id=2, package="ripgrep")
    copr_fake.add_build({F41: "running"}, id=3, project="@copr/other")
    done = copr_cli("list-builds", "jdoe/playground", "--output-format", form)
    assert done.returncode == 0
    rows = [row.format(2, "ripgrep", "running"), row.format(1, "hello", "succeeded")]
    assert " ".join(re.findall(r"\w+", done.stdout)) == " ".join(rows)


def test_list_builds_reads_every_page(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """A thousand builds at a time."""
    for build_id in range(1, 1204):
        copr_fake.add_build({F41: "succeeded"}, id=build_id)
    done = copr_cli("list-builds", "jdoe/playground", "--output-format", "json")
    assert [build["id"] for build in json.loads(done.stdout)] == list(range(1203, 0, -1))
    offsets = [request.arguments.get("offset") for request in copr_fake.requests]
    assert offsets == [None, "1000", "2000"]


@BY_CLOCK
def test_cancel_cancels_a_build_once(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """A missing build is an error."""
    copr_fake.add_build([F41], id=1)
    copr_fake.clock.tick(100)
    done = copr_cli("cancel", "1")
    assert (done.returncode, done.stdout) == (0, "canceled\n")
    assert copr_fake.builds[1][F41].state == "running"
    copr_fake.clock.tick(10)
    assert copr_fake.builds[1][F41].state == "failed"
    again = copr_cli("cancel", "1")
    assert (again.returncode, again.stderr) == (1, "\nSomething went wrong:\nError: Cannot cancel build 1\n")
    nothing = copr_cli("cancel", "2")
    assert (nothing.returncode, nothing.stderr) == (1, "\nSomething went wrong:\nError: Build 2 does not exist.\n")


@pytest.mark.parametrize(
    ("name", "token", "status", "error"),
    [
        ("frostyx", "token", 7, "Error: You are not allowed to cancel this build."),
        ("jdoe", "another", 1, "Error: Login invalid/expired. Please visit https://copr.fedorainfracloud.org/api to"),
    ],
)
def test_cancel_without_permission_is_rejected(
    copr_fake: FakeCopr, copr_cli: CoprCli, name: str, token: str, status: int, error: str
) -> None:
    """Another user's build, or an expired token; the message is Copr's."""
    copr_fake.add_account(name, "jdoe", token)
    copr_fake.add_build({F41: "running"}, id=1)
    done = copr_cli("cancel", "1")
    assert done.returncode == status
    assert error in done.stderr
    assert not copr_fake.builds[1].is_canceled


def test_whoami_prints_the_configured_user(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """Without a request."""
    assert copr_cli("whoami").stdout == "jdoe\n"
    assert copr_fake.requests == []


def test_whoami_without_a_login_fails(copr_cli: CoprCli, copr_config: Path) -> None:
    lines = copr_config.read_text().splitlines()
    copr_config.write_text("\n".join(line for line in lines if line.split()[0] not in ("username", "login", "token")))
    done = copr_cli("whoami")
    assert (done.returncode, done.stdout) == (7, "")
    assert "Error: Operation requires API authentication." in done.stderr


def test_list_chroots_prints_the_mock_chroots(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """In the service's order."""
    copr_fake.add_mock_chroots("fedora-rawhide-x86_64", "epel-9-s390x")
    copr_fake.add_build({F41: "succeeded"}, id=1)
    assert copr_cli("list-chroots").stdout.split() == ["fedora-rawhide-x86_64", "epel-9-s390x", F41]


def test_get_prints_a_project_with_its_repositories(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """A missing project is an error."""
    copr_fake.add_build({F41: "succeeded"}, id=1)
    done = copr_cli("get", "jdoe/playground")
    assert done.returncode == 0
    assert "Name: playground\n" in done.stdout
    assert re.search(rf"^ +{F41}: http.*/results/jdoe/playground/{F41}/$", done.stdout, flags=re.MULTILINE)
    nothing = copr_cli("get", "jdoe/tools")
    assert nothing.returncode == 1
    assert "Error: Project jdoe/tools does not exist." in nothing.stderr


def test_monitor_prints_the_latest_build_of_each_package(copr_fake: FakeCopr, copr_cli: CoprCli) -> None:
    """In each chroot, also for another project directory."""
    copr_fake.add_build({F41: "succeeded", F42: "failed"}, id=1, package="hello")
    copr_fake.add_build({F41: "running"}, id=2, package="hello")
    copr_fake.add_build({F41: "forked"}, id=3, package="hello", project="jdoe/playground:pr:7")

    def monitored(*arguments: str) -> list[tuple[int, str, str]]:
        rows = json.loads(copr_cli("monitor", "jdoe/playground", *arguments).stdout)
        return sorted((row["build_id"], row["chroot"], row["state"]) for row in rows)

    assert monitored() == [(1, F42, "failed"), (2, F41, "running")]
    assert monitored("--dirname", "playground:pr:7") == [(3, F41, "forked")]


RPMS = {"hello-1.0-1.fc41.src.rpm", "hello-1.0-1.fc41.x86_64.rpm"}
NAMES = ("backend", "builder-live", "build", "hw_info", "installed_pkgs", "root", "state")
LOGS = {f"{name}.log.gz" for name in NAMES}


def downloaded(directory: Path) -> set[str]:
    """Return the files in a directory, except for the index, which wget follows."""
    return {path.name for path in directory.iterdir()} - {"index.html"}


@needs_wget
def test_download_build_fetches_all_results(copr_fake: FakeCopr, copr_cli: CoprCli, tmp_path: Path) -> None:
    """It mentions chroots that have not started."""
    copr_fake.add_build({F41: "succeeded", F42: "failed", "epel-9-s390x": "pending"}, id=1)
    done = copr_cli("download-build", "1", "--dest", "results")
    assert done.returncode == 0
    assert "No data for build id: 1 and chroot: epel-9-s390x.\n" in done.stderr
    assert {path.name for path in (tmp_path / "results").iterdir()} == {F41, F42}
    common = LOGS | {"build.info", "configs.tar.gz", "hello.spec"}
    assert downloaded(tmp_path / "results" / F41) == common | RPMS | {"results.json", "success"}
    assert downloaded(tmp_path / "results" / F42) == common
    assert {request.status for request in copr_fake.requests} == {200}


@needs_wget
@pytest.mark.parametrize(("option", "files"), [("--rpms", RPMS), ("--logs", LOGS), ("--spec", {"hello.spec"})])
def test_download_build_fetches_one_kind_and_one_chroot(
    copr_fake: FakeCopr, copr_cli: CoprCli, tmp_path: Path, option: str, files: set[str]
) -> None:
    copr_fake.add_build({F41: "succeeded", F42: "succeeded"}, id=1)
    assert copr_cli("download-build", "1", "--chroot", F41, option).returncode == 0
    assert downloaded(tmp_path / F41) == files
    assert not (tmp_path / F42).exists()


@needs_wget
def test_download_build_fetches_packages_that_rpm_reads(copr_fake: FakeCopr, copr_cli: CoprCli, tmp_path: Path) -> None:
    copr_fake.add_build([F41], id=1)
    assert copr_cli("watch-build", "1").returncode == 0
    assert copr_cli("download-build", "1", "--rpms").returncode == 0
    assert {path.read_bytes()[:4] for path in tmp_path.rglob("*.rpm")} == {b"\xed\xab\xee\xdb"}


@needs_wget
@pytest.mark.parametrize("devel_mode", [False, True])
def test_download_build_fetches_packages_from_pulp(
    copr_fake: FakeCopr, copr_cli: CoprCli, tmp_path: Path, devel_mode: bool
) -> None:
    copr_fake.add_project("jdoe/tools", chroots=[F41], storage="pulp", devel_mode=devel_mode)
    copr_fake.add_build({F41: "succeeded"}, id=1, project="jdoe/tools")
    assert copr_cli("download-build", "1", "--rpms").returncode == 0
    assert downloaded(tmp_path / F41) == RPMS
    assert {path.read_bytes()[:4] for path in tmp_path.rglob("*.rpm")} == {b"\xed\xab\xee\xdb"}


@needs_wget
def test_download_build_without_worlds(copr_config: Path, copr_cli: CoprCli, tmp_path: Path) -> None:
    """The results are directly below the server's address, as in Copr."""
    scenario = {"builds": [{"id": 1, "chroots": [{"name": F41, "lifecycle": "succeeds", "progress": "immediate"}]}]}
    (tmp_path / "scenario.json").write_text(json.dumps(scenario))
    with starting() as start:
        served = start(str(tmp_path / "scenario.json"))
        copr_config.write_text(re.sub("copr_url = .*", f"copr_url = {served.url}", copr_config.read_text()))
        assert copr_cli("download-build", "1", "--rpms").returncode == 0
    assert downloaded(tmp_path / F41) == RPMS

"""copr-builder from PyPI finds existing builds, submits new versions and waits for running builds."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from copr_builder.copr_builder import CoprBuilder

from copr_chroot_fake import CoprCli, FakeCopr, LifecycleName

from ..chroots import F41
from ..programs import needs

pytestmark = needs("git")


@pytest.fixture
def commit(tmp_path: Path) -> str:
    """Create a git repository with a spec and a ``builder.conf``; return its commit."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "hello.spec").write_text(
        "Name: hello\nVersion: 1.0\nRelease: 1%{?dist}\nSummary: Hello\nLicense: MIT\nSource0: hello.tar.gz\n"
        "%description\nHello.\n%files\n"
    )
    (tmp_path / "builder.conf").write_text(
        f"[hello]\ncopr_user = jdoe\ncopr_repo = playground\npackage = hello\ngit_url = {source}\ngit_branch = main\n"
        "archive_cmd = git archive --output hello-1.0.tar.gz HEAD\n"
    )
    who = ["-c", "user.name=J. Doe", "-c", "user.email=jdoe@example.org"]
    for command in (["init", "--initial-branch", "main"], ["add", "."], [*who, "commit", "--message", "Say hello"]):
        subprocess.run(["git", *command], cwd=source, check=True, capture_output=True)
    log = subprocess.run(["git", "log", "--pretty=format:%h"], cwd=source, check=True, capture_output=True, text=True)
    return log.stdout


@pytest.fixture
def builder(copr_config: Path, commit: str, tmp_path: Path) -> CoprBuilder:
    """The program's main object, with the program's configuration."""
    return CoprBuilder(str(tmp_path / "builder.conf"), str(copr_config))


def add_build(fake: FakeCopr, build_id: int, commit: str, state: str, submitted_on: int = 1_700_000_000) -> None:
    fake.add_scenario(
        {
            "builds": [
                {
                    "id": build_id,
                    "submitted_on": submitted_on,
                    "canceled": state == "canceled",
                    "source_package": {"version": f"1.0-2.20231114git{commit}.fc41", "url": None},
                    "chroots": [{"name": F41, "state": state}],
                }
            ]
        }
    )


@pytest.mark.parametrize(
    ("state", "status", "output"),
    [
        ("succeeded", 0, "Newest version is already built"),
        ("running", 0, "Newest version is already built"),
        ("forked", 0, "Newest version is already built"),
        ("failed", 1, "was already submitted on 2023-11-1"),
    ],
)
def test_existing_build_is_found(
    copr_fake: FakeCopr, copr_cli: CoprCli, commit: str, state: str, status: int, output: str
) -> None:
    """The latest build of the package, with its version."""
    add_build(copr_fake, 1, "0ddba11", "succeeded", submitted_on=1_600_000_000)
    add_build(copr_fake, 2, commit, state)
    done = copr_cli("--config", "builder.conf", command="copr-builder")
    assert done.returncode == status
    assert output in done.stderr
    assert [request.endpoint for request in copr_fake.requests] == ["project", "build/list"]


def test_missing_project_is_an_error(copr_fake: FakeCopr, copr_cli: CoprCli, commit: str) -> None:
    done = copr_cli("--config", "builder.conf", command="copr-builder")
    assert done.returncode == 1
    assert "Copr project jdoe/playground not found" in done.stderr


@needs("rpmbuild")
@pytest.mark.parametrize("state", ["skipped", "canceled"])
def test_new_version_is_submitted(copr_fake: FakeCopr, copr_cli: CoprCli, commit: str, state: str) -> None:
    """It waits for the build, which the next run finds by its version."""
    add_build(copr_fake, 1, commit, state)
    done = copr_cli("--config", "builder.conf", "--verbose", command="copr-builder")
    assert done.returncode == 0
    assert "No previous builds found" in done.stderr
    assert re.search(rf"Build of hello-1\.0-2\.\d+git{commit} \(ID: 2\) finished: succeeded\n$", done.stderr)
    assert copr_fake.builds[2].package == "hello"
    again = copr_cli("--config", "builder.conf", command="copr-builder")
    assert "Newest version is already built" in again.stderr
    assert [*copr_fake.builds] == [1, 2]


@pytest.mark.parametrize(
    ("lifecycles", "is_successful", "output"),
    [
        (["succeeds"], True, ["Build of hello-1.0-1 (ID: 1) finished: succeeded"]),
        (["skipped"], True, ["Build of hello-1.0-1 (ID: 1) finished: skipped"]),
        (["canceled-while-running"], True, ["Build of hello-1.0-1 (ID: 1) finished: canceled"]),
        (
            ["fails"],
            False,
            ["Build of hello-1.0-1 (ID: 1) finished: failed", f"\tChroot {F41} finished: failed"],
        ),
        (
            ["source-fails", "succeeds"],
            False,
            [
                "Build of hello-None (ID: 1) finished: failed",
                f"\tChroot {F41} finished: failed",
                "Build of hello-1.0-1 (ID: 2) finished: succeeded",
            ],
        ),
    ],
)
def test_waiting_reports_the_end_of_each_build(
    copr_fake: FakeCopr,
    builder: CoprBuilder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    lifecycles: list[LifecycleName],
    is_successful: bool,
    output: list[str],
) -> None:
    """A canceled build is no failure."""
    monkeypatch.setattr("copr_builder.copr_builder.time", SimpleNamespace(sleep=copr_fake.clock.tick))
    caplog.set_level("INFO", "copr.builder")
    for build_id, lifecycle in enumerate(lifecycles, 1):
        copr_fake.add_build([F41], id=build_id, lifecycle=lifecycle)
    assert builder._watch_builds([*copr_fake.builds]) is is_successful  # noqa: SLF001  # no public method calls it alone
    assert caplog.messages == output


@pytest.mark.copr_fake(progress="clock")
def test_waiting_for_a_fork_never_ends(
    copr_fake: FakeCopr, builder: CoprBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It polls twice a second forever, though the build has ended."""

    def sleep(seconds: float) -> None:
        copr_fake.clock.tick(seconds)
        if copr_fake.clock.now() > 1_700_000_150:
            raise KeyboardInterrupt

    monkeypatch.setattr("copr_builder.copr_builder.time", SimpleNamespace(sleep=sleep))
    copr_fake.add_build([F41], id=1, lifecycle="forked")
    with pytest.raises(KeyboardInterrupt):
        builder._watch_builds([1])  # noqa: SLF001  # no public method calls it alone
    assert copr_fake.builds[1].is_finished
    assert len(copr_fake.requests) >= 300

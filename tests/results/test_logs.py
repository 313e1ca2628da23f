"""Logs grow during a build, and end with its result."""

from __future__ import annotations

import gzip
from itertools import pairwise

import pytest

from copr_chroot_fake import FakeCopr, LifecycleName, State
from copr_chroot_fake.model.lifecycle import LifecycleFields, StageFields
from copr_chroot_fake.model.progress import ProgressMode

from ..chroots import F43
from ..events import advance_all
from .fetching import compressed_log_of, get, log_of

LIFECYCLE: LifecycleFields = {
    "stages": [
        {"state": "pending", "lasts": 10},
        {"state": "starting", "lasts": 10},
        {"state": "running", "lasts": 100},
        {"state": "succeeded"},
    ]
}


def test_log_grows_in_proportion_to_the_time() -> None:
    """Each response begins with the previous one, and the end adds the rest."""
    fake = FakeCopr(progress="clock")
    chroot = fake.add_build([F43], id=1, lifecycle=LIFECYCLE)[F43]
    fake.clock.tick(20)
    logs = [log_of(fake, chroot)]
    while chroot.state is State.RUNNING:
        fake.clock.tick(10)
        logs.append(log_of(fake, chroot))
    assert all(later.startswith(earlier) and later != earlier for earlier, later in pairwise(logs))
    lengths = [len(log.splitlines()) for log in logs]
    assert lengths[0] == 1
    assert lengths[5] == pytest.approx(lengths[-2] * 5 / 9, abs=2)
    assert logs[-1].endswith("RPMResults finished\n")


def test_log_grows_with_the_polls() -> None:
    """Only polls of the chroot count, not requests for results."""
    fake = FakeCopr(progress={"poll": {"running": 4}})
    chroot = fake.add_build([F43], id=1)[F43]
    lengths = []
    while not chroot.state.is_final:
        get(fake, f"/api_3/build-chroot/1/{F43}")
        if chroot.state is State.RUNNING:
            lengths.append(len(log_of(fake, chroot).splitlines()))
            assert len(log_of(fake, chroot).splitlines()) == lengths[-1]
    total = len(log_of(fake, chroot).splitlines())
    assert lengths == pytest.approx([total * polls / 5 for polls in (1, 2, 3, 4)], rel=0.1)


@pytest.mark.parametrize(("progress", "lifecycle"), [("clock", "stuck-running"), ("manual", "succeeds")])
def test_log_without_a_known_end_grows_by_a_line_per_second(progress: ProgressMode, lifecycle: LifecycleName) -> None:
    """It stops growing after the last line before the result."""
    fake = FakeCopr(progress=progress)
    chroot = fake.add_build({F43: {"state": "running", "lifecycle": lifecycle}}, id=1)[F43]
    fake.clock.tick(3)
    before = log_of(fake, chroot)
    fake.clock.tick(5)
    later = log_of(fake, chroot)
    assert len(later.splitlines()) == len(before.splitlines()) + 5
    fake.clock.tick(100_000)
    last = log_of(fake, chroot)
    fake.clock.tick(100_000)
    assert last.startswith(later)
    assert log_of(fake, chroot) == last


def test_log_of_a_held_chroot_is_complete_after_its_time() -> None:
    """This also holds for a stage without duration."""
    fake = FakeCopr(progress="clock")
    stages: list[StageFields] = [{"state": "running", "lasts": 0}, {"state": "failed"}]
    build = fake.add_build({F43: {"lifecycle": {"stages": stages}, "hold": "running"}}, id=1)
    assert "[ 60/60] gcc" in log_of(fake, build[F43]).splitlines()[-1]


@pytest.mark.parametrize(
    ("end", "last", "backend"),
    [
        ("succeeded", "RPMResults finished", "Worker succeeded build"),
        ("failed", "Copr build error: Build failed", "Worker failed build"),
        ("cancel", "[ 60/60] gcc", "Worker failed build"),
    ],
)
def test_last_line_of_a_log_has_the_result(end: str, last: str, backend: str) -> None:
    """The lines before it do not change; the same holds for the backend's log."""
    fake = FakeCopr(progress="manual")
    build = fake.add_build([F43], id=1)
    chroot = build[F43]
    chroot.advance(to="running")
    before = [log_of(fake, chroot, name) for name in ("builder-live", "backend")]
    fake.clock.tick(10)
    if end == "cancel":
        build.cancel()
        advance_all(fake)
    else:
        chroot.report(State(end))
    after = [log_of(fake, chroot, name) for name in ("builder-live", "backend")]
    assert all(later.startswith(earlier) for earlier, later in zip(before, after, strict=True))
    assert after[0].splitlines()[-1].startswith(last)
    assert backend in after[1].splitlines()[-1]


def test_log_lists_the_packages_at_its_end() -> None:
    """Before the end it is not known which packages there are."""
    fake = FakeCopr(progress="manual")
    chroot = fake.add_build([F43], id=1)[F43]
    chroot.advance(to="running")
    fake.clock.tick(1000)
    assert "Wrote:" not in log_of(fake, chroot)
    chroot.report("succeeded", packages=["other-3-1.x86_64", "other-3-1.src"])
    assert "Wrote: /builddir/build/RPMS/other-3-1.x86_64.rpm\n" in log_of(fake, chroot)
    assert "Wrote: /builddir/build/SRPMS/other-3-1.src.rpm\n" in log_of(fake, chroot)


SOURCES = [
    ("link", {"url": "https://example.com/hello-2.12-1.src.rpm?a"}, "hello-2.12-1.src.rpm: not an rpm package"),
    ("link", {"url": "https://example.com/hello.spec"}, "Running: rpmbuild -bs hello.spec"),
    ("upload", {"url": "https://example.com/tmp/x/nano.src.rpm", "pkg": "nano.src.rpm"}, "error: nano.src.rpm: "),
    ("scm", {"type": "git", "clone_url": "https://example.com/nano.git"}, "git clone https://example.com/nano.git\n"),
    ("scm", {"type": "svn", "clone_url": "https://example.com/nano/"}, "svn checkout https://example.com/nano/\n"),
    ("scm", {"clone_url": "https://example.com/a.git", "spec": "b.spec"}, "Running: rpkg srpm --spec b.spec\n"),
    ("scm", {"clone_url": "https://example.com/a.git", "srpm_build_method": "tito"}, "Running: tito build --srpm\n"),
    ("distgit", {"clone_url": "https://src.fedoraproject.org/rpms/vim"}, "Running: copr-distgit-client srpm\n"),
    ("pypi", {"pypi_package_name": "six", "spec_generator": "pyp2rpm"}, "Running: pyp2rpm six\n"),
    ("rubygems", {"gem_name": "rake"}, "Running: gem2rpm rake --fetch --srpm\n"),
    ("custom", {"script": "true", "chroot": F43}, f"--mock-config {F43} --script"),
    ("custom", {}, "error: the script has ended with status 1\n"),
    ("unset", {}, "git clone https://example.org/hello.git\n"),
]


@pytest.mark.parametrize(("type", "config", "text"), SOURCES, ids=str)
def test_log_of_a_source_build_fits_its_source(type: str, config: dict[str, str], text: str) -> None:
    """Its lines stay the same when the name of the package becomes known, unless nothing is known of the source."""
    source = {"type": type, "config": config}
    scenario = {"builds": [{"id": 1, "package": None, "source": source, "source_state": "running"}]}
    fake = FakeCopr.from_scenario(scenario)
    (build,) = fake.builds.values()
    fake.clock.tick(1000)
    directory = f"/results/{build.project}/srpm-builds/00000001/builder-live.log"
    running = fake.answer("GET", directory).body.decode()
    snapshot = fake.snapshot()
    build.report_source("failed")
    failed = gzip.decompress(fake.answer("GET", f"{directory}.gz").body).decode()
    fake.restore(snapshot)
    build.report_source("succeeded", package="other")
    succeeded = gzip.decompress(fake.answer("GET", f"{directory}.gz").body).decode()
    assert text in failed
    assert "None" not in failed
    assert failed.startswith(running)
    assert type == "unset" or succeeded.startswith(running)


def test_mock_logs_are_parts_of_the_live_log() -> None:
    """This holds for ``root.log`` and ``build.log``."""
    fake = FakeCopr()
    for number, state in enumerate((State.SUCCEEDED, State.FAILED), 1):
        chroot = fake.add_build([F43], id=number, state=state)[F43]
        whole = log_of(fake, chroot)
        root, build, states = (compressed_log_of(fake, chroot, name) for name in ("root", "build", "state"))
        assert root + build in whole
        assert "Finish: run" in states

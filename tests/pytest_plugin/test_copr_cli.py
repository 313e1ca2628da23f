"""The fixture copr_cli: copr-cli and other commands as processes, whose sleep moves the fake's clock."""

from __future__ import annotations

import pytest

from .runs import Run

HEAD = """
import subprocess, sys
from copr_chroot_fake import CoprCli, InputError
"""


@pytest.mark.slow
def test_build_is_submitted_and_watched(run: Run) -> None:
    """To its end, without waiting."""
    run(
        HEAD
        + """
def test_three_lines(copr_fake, copr_cli):
    copr_fake.add_project("jdoe/hello", chroots=[F41])
    assert copr_cli("build", "hello", "https://example.org/hello.src.rpm").returncode == 0

@pytest.mark.copr_fake(progress="clock")
def test_by_clock(copr_fake, copr_cli, tmp_path):
    copr_fake.add_project("jdoe/hello", chroots=[F41])
    (tmp_path / "hello-1.0-1.src.rpm").write_bytes(b"source package")
    began = copr_fake.clock.now()
    done = copr_cli("build", "hello", "hello-1.0-1.src.rpm")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Build 1: succeeded\\n")
    assert copr_fake.clock.now() - began >= 90
    copr_fake.assert_polled_no_faster_than(30, build_id=1)

def test_failure(copr_fake, copr_cli, tmp_path):
    copr_fake.add_build([F41], id=1, lifecycle="fails")
    done = copr_cli("watch-build", "1")
    assert (done.returncode, done.stderr.strip()) == (4, "Build error: Build(s) 1 failed.")
    assert list(tmp_path.iterdir()) == []
"""
    ).assert_outcomes(passed=3)


@pytest.mark.slow
def test_other_commands_run_with_the_same_setup(run: Run) -> None:
    run(
        HEAD
        + """
SLEEP = "import time; print(input()); time.sleep(1e6); print('done')"

def test_sleep(copr_fake, copr_cli):
    began = copr_fake.clock.now()
    done = copr_cli("-c", SLEEP, command=sys.executable, stdin="Zoë\\n", interrupt_after=2e6)
    assert (done.returncode, done.stdout) == (0, "Zoë\\ndone\\n")
    assert copr_fake.clock.now() - began == 1e6

def test_sleep_of_a_script(copr_fake, copr_cli):
    began = copr_fake.clock.now()
    assert copr_cli("-c", "sleep 1h 2m .5 3s", command="sh").returncode == 0
    assert copr_fake.clock.now() - began == 3723.5

def test_directory_and_output(copr_cli, tmp_path):
    (tmp_path / "file").touch()
    assert copr_cli(command="ls").stdout == "file\\n"

def test_other_directory(copr_cli, tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").touch()
    for directory in ("below", tmp_path / "below"):
        assert copr_cli(command="ls", cwd=directory).stdout == "file\\n"

def test_module(copr_fake, copr_cli):
    copr_fake.add_build({F41: "running"}, id=1)
    assert copr_cli("-m", "copr_cli.main", "status", "1", command="python").stdout == "running\\n"

def test_missing(copr_cli):
    with pytest.raises(InputError, match="^command: 'copr-cly' is not installed"):
        copr_cli(command="copr-cly")
"""
    ).assert_outcomes(passed=6)


@pytest.mark.slow
def test_assertion_shows_output_of_failed_command(run: Run) -> None:
    failed = run(
        HEAD
        + """
def test_it(copr_fake, copr_cli):
    copr_cli("build", "jdoe/missing", "https://x.org/hello.src.rpm")
    copr_fake.assert_submitted(project="jdoe/missing")
"""
    )
    failed.stdout.fnmatch_lines(["*The command failed with status 1: *copr-cli build jdoe/missing *", "*jdoe/missing*"])


@pytest.mark.slow
def test_endless_command_is_interrupted_or_killed(run: Run) -> None:
    """After a time on the fake's clock, or in real time."""
    run(
        HEAD
        + """
@pytest.mark.copr_fake(progress="manual")
def test_interrupted(copr_fake, copr_cli):
    copr_fake.add_build([F41], id=1)
    began = copr_fake.clock.now()
    assert "Build 1: importing" in copr_cli("watch-build", "1", interrupt_after=300).stdout
    assert copr_fake.clock.now() - began == 300

def test_killed(copr_cli):
    with pytest.raises(subprocess.TimeoutExpired):
        copr_cli("-c", "input()", command="python", timeout=0, stdin="")
"""
    ).assert_outcomes(passed=2)


def test_python_path_is_kept(run: Run) -> None:
    run(
        HEAD
        + """
def test_it(copr_cli, monkeypatch, tmp_path):
    (tmp_path / "own.py").write_text("print('own')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir("/")
    assert copr_cli("-m", "own", command="python").stdout == "own\\n"
"""
    ).assert_outcomes(passed=1)


LOOP = '''
LOOP = """
import os, time, urllib.request
try:
    while True:
        urllib.request.urlopen(os.environ["COPR_FAKE_URL"] + "/api_3/build/1").close()
        time.sleep(600)
except OSError:
    pass
"""

def test_hidden(copr_fake, copr_cli):
    copr_fake.add_build({F41: "forked"}, id=1)
    assert copr_cli("-c", LOOP, command="python", interrupt_after=1e9).returncode == 0

def test_accepted(copr_fake, copr_cli):
    test_hidden(copr_fake, copr_cli)
    copr_fake.clear_requests()
'''


@pytest.mark.slow
def test_endless_loop_of_a_command_fails_the_test(run: Run) -> None:
    """Also if the command hides the error; clearing the requests accepts it."""
    result = run(HEAD + LOOP)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["GET /api_3/build/1 was requested 146 times in 87000 s of the fake's clock, *"])

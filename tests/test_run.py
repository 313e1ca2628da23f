"""The command ``copr-chroot-fake run``, which runs a program with a fake behind Copr's addresses."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from copr_chroot_fake.cli import main

from .examples import sample
from .served import COMMAND, PATIENCE, failed, open_command

GET_STATE = "import json,urllib.request as u; print(json.load(u.urlopen({url!r}))['state'])"
BUILD = "https://copr.fedorainfracloud.org/api_3/build/1"
NOTHING = "The program sent no request to the fake.\n"
STATE = [sys.executable, "-c", GET_STATE.format(url=BUILD)]

posix = pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")


def run(*arguments: str, directory: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, with a directory as the current one, and for temporary files."""
    options = {} if directory is None else {"cwd": directory, "env": {**os.environ, "TMPDIR": str(directory)}}
    with open_command("run", *arguments, **options) as process:
        output, errors = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.wait(), output, errors)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"builds": [{"id": 1, "chroots": ["fedora-43-x86_64"], "lifecycle": "succeeds"}]}))
    return path


def test_program_reaches_the_fake_at_the_address_of_copr() -> None:
    """By default, with the same scenario as serve."""
    done = run("--", *STATE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "running\n", "")


def test_scenario_and_progress_are_used(scenario: Path) -> None:
    done = run(str(scenario), "--progress", "immediate", "--", *STATE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "succeeded\n", "")


def test_speed_is_used(scenario: Path) -> None:
    code = f"while True:\n  {GET_STATE.format(url=BUILD)}; s == 'succeeded' and exit(7)".replace("print(", "s = (")
    assert run("--speed", "100000", str(scenario), "--", sys.executable, "-c", code).returncode == 7


@pytest.mark.parametrize("sleep", [["sleep", "9000"], [sys.executable, "-c", "import time; time.sleep(9000)"]])
def test_sleep_moves_the_clock(sleep: list[str], scenario: Path) -> None:
    """That of shells and of Python."""
    script = f"{shlex.join(sleep)} && {shlex.join(STATE)}"
    done = run("--progress", "clock", str(scenario), "--", "sh", "-c", script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "succeeded\n", "")


def test_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    """Only their user can read the configuration, which has a token."""
    code = "import os; path = os.environ['COPR_CONFIG']; print(open(path).read(), oct(os.stat(path).st_mode))"
    done = run("--", sys.executable, "-c", code, directory=tmp_path)
    assert "copr_url = http://127.0.0.1:" in done.stdout
    assert done.stdout.endswith(" 0o100600\n")
    assert list(tmp_path.iterdir()) == []


def test_arguments_of_the_program_are_passed_unchanged() -> None:
    code = "import sys; print(sys.argv[1:])"
    done = run("--", sys.executable, "-c", code, "--help", "--", "a b", "--progress=x")
    assert done.stdout == "['--help', '--', 'a b', '--progress=x']\n"


@posix
def test_copr_cli_gets_the_configuration(tmp_path: Path) -> None:
    """Only if it is the program itself, and has none."""
    program = tmp_path / "copr-cli"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$#" "$COPR_CONFIG" "$@"\n')
    program.chmod(0o755)
    count, config, *arguments = run("--", str(program), "list-builds", "a/b").stdout.splitlines()
    assert (count, arguments) == ("4", ["--config", config, "list-builds", "a/b"])
    for own in (["--config", "x"], ["--config=x"]):
        assert run("--", str(program), *own, "status", "1").stdout.splitlines()[2:] == [*own, "status", "1"]


@pytest.mark.slow
def test_standard_input_is_that_of_the_command() -> None:
    command = [*COMMAND, "run", "--", sys.executable, "-c", "print(input())"]
    done = subprocess.run(command, input="x\n", capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "x\n"


@pytest.mark.parametrize("status", [0, 3, 255])
def test_status_is_that_of_the_program(status: int) -> None:
    assert run("--", sys.executable, "-c", f"exit({status})").returncode == status


@posix
def test_status_of_a_killed_program_is_that_of_shells() -> None:
    done = run("--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert (done.returncode, done.stderr) == (137, NOTHING)


@posix
def test_command_that_cannot_run_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    (tmp_path / "binary").write_bytes(b"\x7fELFx")
    (tmp_path / "binary").chmod(0o755)
    done = run("--", "no-such-program-here", directory=tmp_path)
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr == "Error: no-such-program-here: command not found\n"
    done = run("--", "", directory=tmp_path)
    assert (done.returncode, done.stderr) == (127, "Error: '': command not found\n")
    for name, reason in (("plain", "Permission denied"), ("binary", "Exec format error")):
        done = run("--", f"./{name}", directory=tmp_path)
        assert (done.returncode, done.stderr) == (126, f"Error: ./{name}: cannot be executed: {reason}\n")
    assert {path.name for path in tmp_path.iterdir()} == {"plain", "binary"}


def test_unmatched_requests_are_printed_at_the_end() -> None:
    url = "https://copr.fedorainfracloud.org/api_3/build/99"
    code = f"import urllib.request as u\ntry: u.urlopen({url!r})\nexcept OSError as e: print(e)"
    done = run("--", sys.executable, "-c", code)
    assert (done.returncode, done.stdout) == (0, "HTTP Error 404: Not Found\n")
    assert done.stderr == (
        "Unmatched Copr requests:\n  GET /api_3/build/99 -> 404: builds 3, 2, 1 exist, 99 does not\n"
    )


def test_failed_requests_are_printed_at_the_end() -> None:
    """Once each, with the error, unless a fault has caused it."""
    code = (
        "import urllib.request as u\nfor name in ('auth-check', 'auth-check', 'build/list'):\n"
        "    try: u.urlopen(f'https://copr.fedorainfracloud.org/api_3/{name}')\n    except OSError: pass"
    )
    lines = run("--", sys.executable, "-c", code).stderr.splitlines()
    assert lines[0] == "Copr requests with errors:"
    assert lines[1].startswith("  GET /api_3/auth-check, 2 times -> 401 (")
    assert lines[2] == "  GET /api_3/build/list -> 400 (Missing argument ownername)"


@pytest.mark.slow
def test_number_of_printed_requests_is_limited() -> None:
    code = (
        "import urllib.request as u\nfor i in range(50, 75):\n"
        "    try: u.urlopen(f'https://copr.fedorainfracloud.org/api_3/build/{i}')\n    except OSError: pass"
    )
    lines = run("--", sys.executable, "-c", code).stderr.splitlines()
    assert (len(lines), lines[-1]) == (22, "  … and 5 more targets")


def test_rejected_hosts_are_printed() -> None:
    code = "import urllib.request as u\ntry: u.urlopen('https://other.example/')\nexcept OSError as e: print(e)"
    done = run("--", sys.executable, "-c", code)
    assert "403" in done.stdout
    assert done.stderr == (
        "the proxy has rejected a request: other.example is not one of Copr's hosts; to pass it through, "
        f"add --proxy-allow other.example\n{NOTHING}"
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "there is no command; expected one after --, such as: copr-chroot-fake run -- ./release.sh"),
        (["mass-rebuild", "--"], "there is no command; expected one after --"),
        (["no-such-scenario", "--", "true"], "no-such-scenario"),
        (["--proxy-allow", "http://x", "--", "true"], "is not a host name"),
    ],
)
def test_invalid_options_are_errors(arguments: list[str], problem: str) -> None:
    assert problem in failed("run", *arguments)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    for name in ("tls", "proxy"):
        monkeypatch.delitem(sys.modules, f"copr_chroot_fake.server.{name}", raising=False)
    assert "pip install 'copr-chroot-fake[tls]'" in failed("run", "--", "true")


@pytest.fixture
def heeded_signals() -> Iterator[None]:
    """Let no signal be ignored, as SIGHUP is by nohup, and SIGINT in the background of a shell."""
    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a session of its own, and kill it at the end.

    There, it is not reached by the keys of a terminal, which send SIGINT to the program, too.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


WAITING = """
import signal, sys, time
def end(signum, frame):
    print("got", signum, flush=True)
    sys.exit(5)
signal.signal(signal.{name}, end)
print("ready", flush=True)
# Python may begin a sleep without having seen a signal that arrived just before.
while True:
    time.sleep(0.01)
"""


@pytest.mark.sampled
@posix
@pytest.mark.usefixtures("heeded_signals")
@pytest.mark.parametrize("name", sample(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"]))
def test_signals_are_passed_on(name: str, tmp_path: Path) -> None:
    """The program decides how it ends, and when; its fake stays until then."""
    command = [*COMMAND, "run", "--", sys.executable, "-c", WAITING.format(name=name)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with started(command, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(getattr(signal, name))
        output, _ = process.communicate(timeout=PATIENCE)
    assert (output, process.returncode) == (f"got {int(getattr(signal, name))}\n", 5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@posix
@pytest.mark.usefixtures("heeded_signals")
def test_program_that_dies_of_a_signal_ends_the_command(tmp_path: Path) -> None:
    code = "print('ready', flush=True); import signal; signal.pause()"
    command = [*COMMAND, "run", "--", sys.executable, "-c", code]
    with started(command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM


@posix
@pytest.mark.usefixtures("heeded_signals")
def test_signal_before_the_program_starts_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    popen = subprocess.Popen

    def start_late(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        signal.raise_signal(signal.SIGTERM)
        return popen(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", start_late)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--", sys.executable, "-c", "import signal; signal.pause()"])
    assert ended.value.code == 128 + signal.SIGTERM


@pytest.mark.slow
@posix
def test_ignored_signal_stays_ignored() -> None:
    """As with nohup."""
    code = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    script = f"trap '' HUP; exec {shlex.join([*COMMAND, 'run', '--', sys.executable, '-c', code])}"
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == "True\n"


@pytest.mark.slow
@posix
@pytest.mark.usefixtures("heeded_signals")
def test_ctrl_c_reaches_the_program_once() -> None:
    """A terminal sends SIGINT to both processes, so the command does not pass it on."""
    code = (
        "import signal, threading\nwait = threading.Event().wait\n"
        "got = []\nsignal.signal(signal.SIGINT, lambda *_: got.append(1))\n"
        "print('ready', flush=True)\nwhile not got: wait(0.01)\nwait(0.3)\nprint('got', len(got), 'end')"
    )
    # The first process of a session that opens a terminal gets what is typed there.
    claim = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", claim, *COMMAND, "run", "--", sys.executable, "-c", code]
    terminal, end = os.openpty()
    with subprocess.Popen(command, stdin=end, stdout=end, stderr=end, start_new_session=True) as process:
        try:
            read_until(terminal, b"ready")
            os.write(terminal, b"\x03")
            assert b"got 1 end" in read_until(terminal, b"end")
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
    os.close(terminal)
    os.close(end)


def read_until(terminal: int, text: bytes) -> bytes:
    """Read from a terminal until a text has been printed."""
    output = b""
    while text not in output:
        assert select.select([terminal], [], [], PATIENCE)[0], output
        output += os.read(terminal, 1000)
    return output

"""Comparing requests that write, and deleting the project at the end."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from copr_chroot_fake import CoprFakeError, FakeCopr
from copr_chroot_fake.cli import main
from copr_chroot_fake.control.worlds import InitialConfig
from copr_chroot_fake.options import FakeOptions
from copr_chroot_fake.verify.comparison import Response
from copr_chroot_fake.verify.login import Login, read_login
from copr_chroot_fake.verify.report import Report, title
from copr_chroot_fake.verify.writing import verify_writing
from copr_chroot_fake.verify.written import WRITTEN, compare_written

from ..documents import ROOT
from ..served import serving
from .services import SCENARIO, Change, Changed, copr, service

LOGIN = Login(None, "jdoe-login", "jdoe-token")


def written(
    change: Change | None = None,
    fake: FakeCopr | None = None,
    owner: str = "jdoe",
    directory: Path | None = None,
) -> tuple[Report, list[str]]:
    """Compare a service; return the report and the reported lines."""
    lines: list[str] = []
    service = copr(Changed(fake or other_service(), change), may_write=True, secrets=LOGIN.secrets)
    login = Login(None, "jane-login", "jane-token") if owner == "@tools" else LOGIN
    return verify_writing(service, owner, login, lines.append, lambda questions: questions, directory), lines


def other_service() -> FakeCopr:
    """Return a fake with other ids than those of an empty one."""
    fake = service()
    fake.add_project("jdoe/older")
    fake.add_build(["fedora-43-x86_64"], project="jdoe/older", package="older")
    fake.add_account("jane", "jane-login", "jane-token", groups=["@tools"])
    return fake


@pytest.mark.parametrize("owner", ["jdoe", "@tools"])
def test_fake_equals_itself(owner: str) -> None:
    """Whatever ids, times and names the service has."""
    report, lines = written(owner=owner)
    assert not report.differences, report.text()
    assert report.asked.total() > 40
    assert not lines


@pytest.mark.parametrize(
    ("before", "after", "sign"),
    [
        ("already exists", "is there", "is there"),
        ("Cannot cancel", "Not canceling", "Not canceling"),
        ('"auto_rebuild"', '"rebuild"', "added rebuild, missing auto_rebuild"),
    ],
)
def test_change_is_found(before: str, after: str, sign: str) -> None:
    report, _ = written(lambda request, got: got._replace(body=got.body.replace(before.encode(), after.encode())))
    (found,) = report.classes
    assert sign in title(found)
    assert '--user "$COPR_LOGIN:$COPR_TOKEN"' in report.text()


def never(request: httpx.Request, response: Response) -> Response:
    """Change a word in errors."""
    return response._replace(body=response.body.replace(b"Cannot", b"Never"))


@pytest.mark.parametrize("owner", ["jdoe", "@tools"])
def test_saved_sequence_is_compared_again(owner: str, tmp_path: Path) -> None:
    """From the file alone, which has no secrets, with the steps of then."""
    report, _ = written(owner=owner, directory=tmp_path)
    file = tmp_path / WRITTEN
    again = compare_written(file)
    assert not again.differences, again.text()
    assert again.asked == report.asked
    assert not any(secret in file.read_text() for secret in LOGIN.secrets)


def test_change_is_found_in_saved_sequence(tmp_path: Path) -> None:
    report, _ = written(never, directory=tmp_path)
    again = compare_written(tmp_path / WRITTEN)
    assert again.differences
    assert [*map(title, again.classes)] == [*map(title, report.classes)]


@pytest.mark.slow
@pytest.mark.parametrize("is_changed", [False, True])
def test_saved_sequence_is_a_conformance_test(is_changed: bool, tmp_path: Path) -> None:
    written(never if is_changed else None, directory=tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/conformance/test_written.py"]
    environment = {**os.environ, "COPR_RECORDINGS": str(tmp_path)}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ("1 failed" if is_changed else "1 passed") in done.stdout, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("project-chroot/edit/", "does not exist.", "is unknown."),
        ("project-chroot/build-config", '["a:b,", "c:d"]', '["a:b", "c:d"]'),
        ("project-chroot/edit/", '"isolation": ""', '"isolation": null'),
        ("project-chroot/edit/", ", e.g. fedora:33 or registry.fedoraproject.org/fedora:rawhide", ""),
        ("project/edit/", "\\ndelete_after_days: Number must be between -1 and 720.", ""),
        ("build/create/scm", "{'clone_url': ['Invalid URL.']}", "{'clone_url': ['No URL.']}"),
        (
            "build/create/scm",
            "['Not a valid integer value.', 'Number must be between 0 and 108000.']",
            "['No number.']",
        ),
        ("build/create/scm", "Project [None]/", "Project None/"),
        ("build/delete/list", "Build(s) None don't exist", "Build(s) null don't exist"),
    ],
)
def test_earlier_faults_of_the_fake_are_found(path: str, before: str, after: str) -> None:
    """The service has them here, not the fake; the difference is the same."""

    def change(request: httpx.Request, got: Response) -> Response:
        if not request.url.path.startswith(f"/api_3/{path}"):
            return got
        return got._replace(body=got.body.replace(before.encode(), after.encode()))

    report, _ = written(change)
    assert len(report.classes) == 1, report.text()


@pytest.mark.parametrize(
    ("target", "body", "status"),
    [
        ("project-chroot/edit/", b'"reset_fields": ["id"]', 200),
        ("package/add/", b'"chroot_denylist": "*"', 400),
        ("build/create/scm", b"git://example.org", 200),
        ("project/delete/", b'"verify": {}', 200),
    ],
)
def test_earlier_statuses_of_the_fake_are_found(target: str, body: bytes, status: int) -> None:
    def change(request: httpx.Request, got: Response) -> Response:
        is_meant = target in request.url.path and body in request.read()
        return got._replace(status=status) if is_meant else got

    assert len(written(change)[0].classes) == 1


class Interruption:
    """Raises an error at a request of the sequence."""

    def __init__(self, number: int, error: BaseException) -> None:
        self.left, self.error = number, error

    def __call__(self, request: httpx.Request, response: Response) -> Response:
        self.left -= 1
        if self.left == 0:
            raise self.error
        return response


@pytest.mark.parametrize("number", [9, 20, 33, 41])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a bug"), CoprFakeError("an error")])
def test_projects_are_deleted_whatever_happens(number: int, error: BaseException) -> None:
    fake = other_service()
    with pytest.raises(type(error)):
        written(Interruption(number, error), fake)
    assert [*fake.projects] == ["jdoe/tools", "jdoe/older"]


def test_projects_are_deleted_after_a_signal() -> None:
    """SIGTERM ends the comparison as Ctrl-C does."""
    fake, left = other_service(), iter([os.getpid()])

    def end(request: httpx.Request, response: Response) -> Response:
        if request.url.path.endswith("/build/create/scm") and response.status == 200:
            for process in left:
                os.kill(process, signal.SIGTERM)
        return response

    with pytest.raises(KeyboardInterrupt):
        written(end, fake)
    assert [*fake.projects] == ["jdoe/tools", "jdoe/older"]


class Outage:
    """Loses the connection from a request of the sequence on, for some requests."""

    def __init__(self, first: int, last: float) -> None:
        self.number, self.first, self.last = 0, first, last

    def __call__(self, request: httpx.Request, response: Response) -> Response:
        self.number += 1
        if self.first <= self.number <= self.last:
            raise httpx.ConnectError("Network is unreachable")
        return response


def test_projects_are_deleted_after_a_lost_connection() -> None:
    fake = other_service()
    with pytest.raises(CoprFakeError, match="Network is unreachable; check the network"):
        written(Outage(20, 32), fake)
    assert [*fake.projects] == ["jdoe/tools", "jdoe/older"]


def test_project_is_named_if_the_connection_stays_lost() -> None:
    lines: list[str] = []
    service = copr(Changed(other_service(), Outage(20, math.inf)), may_write=True, secrets=LOGIN.secrets)
    with pytest.raises(CoprFakeError, match="Network is unreachable"):
        verify_writing(service, "jdoe", LOGIN, lines.append, lambda questions: questions)
    assert any(
        re.fullmatch(r"Error: jdoe/verify-\w{32} could not be deleted; delete it yourself", line) for line in lines
    )


def test_name_of_a_project_that_is_left_is_reported() -> None:
    def refuse(request: httpx.Request, response: Response) -> Response:
        is_deletion = request.method == "DELETE" and "/project/delete/" in request.url.path
        return response._replace(status=500) if is_deletion and not request.url.path.endswith("%20x") else response

    _, lines = written(refuse)
    assert len(lines) == 2 or len(lines) == 3
    assert all(
        re.fullmatch(r"Error: jdoe/verify-\w{32}\S*(?: x)? could not be deleted; delete it yourself", line)
        for line in lines
    )


def test_only_projects_of_the_comparison_are_changed() -> None:
    transport = Changed(other_service())
    verify_writing(copr(transport, may_write=True), "jdoe", LOGIN, print, lambda questions: questions)
    for request in transport.requests:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            text = f"{request.url.path} {request.read().decode()}"
            is_of_own_build = re.search(r"/build/(cancel|delete)/(?!1\b|7\b|8\b|9\b)\d+ $", text)
            names_nothing = text.endswith(
                ('{"builds": [0]}', '{"builds": [null]}', '{"chroots": ["fedora-43-x86_64"]}')
            )
            assert "verify-" in text or is_of_own_build or names_nothing, text


def test_secrets_are_hidden(tmp_path: Path) -> None:
    """Even if the service sends them back."""
    echo = b'{"error": "jdoe-login jdoe-token ' + LOGIN.header[1].encode() + b'"}'
    report, lines = written(lambda request, got: got if got.status == 200 else got._replace(body=echo, status=418))
    shown = report.text() + json.dumps(report.document()) + str(lines)
    assert "SECRET" in shown
    assert not any(secret in shown for secret in LOGIN.secrets)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "copr"
    path.write_text("[copr-cli]\nusername = jdoe\nlogin = jdoe-login\ntoken = jdoe-token\n")
    return path


@pytest.mark.slow
def test_command_compares_both_kinds_of_requests(config: Path) -> None:
    accounts = [{"name": "jdoe", "login": "jdoe-login", "token": "jdoe-token"}]
    options = FakeOptions(default_limit=None, progress="manual")
    initial = InitialConfig(scenarios=({**SCENARIO, "accounts": accounts},), options=options)
    with serving(initial) as server:
        arguments = ["verify", "7", "8", "--write", "jdoe", "--config", str(config), "--url", server.url]
        done = CliRunner().invoke(main, [*arguments, "--rate", "100000"])
    assert done.exit_code == 0, done.output
    assert "jdoe-token" not in done.output


def test_rejected_login_ends_the_command() -> None:
    with pytest.raises(CoprFakeError, match="Copr does not accept the login: status 401"):
        verify_writing(copr(Changed(other_service()), may_write=True), "jdoe", Login(None, "a", "b"), print, list)


def test_writing_requires_a_login(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["verify", "--write", "jdoe"])
    assert (done.exit_code, done.output) == (2, "Error: --write requires --config\n")
    path = tmp_path / "copr"
    path.write_text("[copr-cli]\nlogin = secret\n")
    with pytest.raises(CoprFakeError, match="no section copr-cli with login and token") as raised:
        read_login(path)
    assert "secret" not in str(raised.value)

"""The requests that ``verify`` sends: only reading ones, only to the given address, and what it saves of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from copr_chroot_fake import CoprFakeError, FakeCopr
from copr_chroot_fake.cli import main
from copr_chroot_fake.control.worlds import InitialConfig
from copr_chroot_fake.options import FakeOptions
from copr_chroot_fake.scenario.files import bundled_directory
from copr_chroot_fake.verify.comparison import Exchange, Response, differing_parts
from copr_chroot_fake.verify.sending import Question
from copr_chroot_fake.verify.verify import ask_fake, verify_reading
from copr_chroot_fake.version import COPR_VERSION

from ..served import Server, serving
from .services import SCENARIO, URL, Changed, copr, service, verified

BUNDLED = sorted(path.relative_to(bundled_directory()).as_posix() for path in bundled_directory().rglob("*.json"))


@pytest.mark.parametrize(
    "name",
    # The lifecycles only differ in what happens later.
    [pytest.param(name, marks=pytest.mark.slow) if "lifecycles/" in name else name for name in BUNDLED],
)
def test_fake_equals_itself(name: str) -> None:
    """No response about a bundled scenario differs, unless a fault of the scenario changes it."""
    document = json.loads((bundled_directory() / name).read_text())
    report = verified(fake=service({**document, "faults": []}))
    assert not report.differences, report.text()
    assert report.asked.total() > 900


def test_only_reading_requests_are_sent() -> None:
    """All requests have a method that changes nothing, and go to the given address."""
    transport = Changed(service())
    verify_reading(copr(transport), [7, 8], lambda line: None, lambda questions: questions, None)
    assert {request.method for request in transport.requests} == {"GET", "HEAD", "OPTIONS"}
    assert {f"{request.url.scheme}://{request.url.host}" for request in transport.requests} == {URL}
    assert all(request.headers["User-Agent"].startswith("copr-chroot-fake/") for request in transport.requests)
    assert not any("Authorization" in request.headers for request in transport.requests)


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE", "FOO"])
def test_writing_requests_are_not_sent(method: str) -> None:
    transport = Changed(service())
    with pytest.raises(CoprFakeError, match=f"{method} may change something; it requires --write"):
        copr(transport).send(Question(method, "/api_3/build/cancel/7"))
    assert not transport.requests


def test_redirect_is_not_followed() -> None:
    """A redirect to another address is a response like any other."""
    location = {"content-type": "text/html", "location": "https://elsewhere.example.org/"}
    transport = Changed(service(), lambda request, got: got._replace(status=302, headers=location))
    assert copr(transport).send(Question("GET", "/api_3/")).status == 302
    with pytest.raises(CoprFakeError, match=r"request to another address: https://elsewhere\.example\.org/"):
        copr(transport).client._http.get("https://elsewhere.example.org/")  # noqa: SLF001  # it sends for the client
    assert len(transport.requests) == 1


def test_requests_are_limited_in_rate() -> None:
    pauses: list[float] = []
    limited = copr(Changed(service()), rate=2, sleep=pauses.append)
    for _ in range(3):
        limited.send(Question("GET", "/api_3/"))
    assert pauses == pytest.approx([0.5, 1], abs=0.2)


def test_temporary_failures_are_retried() -> None:
    """Copr's web server fails twice, and asks to wait longer than usual."""
    failures = iter([{"retry-after": "7"}, {}])
    pauses: list[float] = []

    def fail(request: httpx.Request, response: Response) -> Response:
        headers = next(failures, None)
        return response if headers is None else response._replace(status=503, headers=headers)

    got = copr(Changed(service(), fail), sleep=pauses.append).send(Question("GET", "/api_3/"))
    assert got.status == 200
    assert [pause for pause in pauses if pause >= 1] == [7, 2]


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve the scenario as strictly as a real Copr."""
    accounts = [{"name": "jdoe", "login": "jdoe-login", "token": "jdoe-token"}]
    options = FakeOptions(default_limit=None, progress="manual")
    with serving(InitialConfig(scenarios=({**SCENARIO, "accounts": accounts},), options=options)) as server:
        yield server


def run(server: Server, *arguments: str, password: str = "") -> tuple[int, str]:
    url = server.url.replace("//", f"//user:{password}@") if password else server.url
    done = CliRunner().invoke(main, ["verify", "--url", url, "--rate", "100000", *arguments])
    return done.exit_code, done.output


@pytest.mark.slow
def test_equal_services_have_exit_status_0(server: Server) -> None:
    status, output = run(server, "--project", "jdoe/tools")
    assert status == 0, output
    assert f"{server.url} compared with the fake of Copr {COPR_VERSION}" in output
    assert "  different\n" in output


@pytest.mark.slow
def test_difference_has_exit_status_1_and_an_example(server: Server) -> None:
    """The report has the smallest request as a command, and both responses as a diff."""
    server.control("POST", "/faults", {"endpoint": "monitor", "status": 500, "body": "json"})
    status, output = run(server, "7", "8")
    assert status == 1
    assert f"curl --include --path-as-is {server.url}/api_3/monitor\n" in output
    assert "   -400\n   +500\n" in output


@pytest.mark.slow
def test_json_report(server: Server) -> None:
    server.control("POST", "/faults", {"endpoint": "monitor", "status": 500, "body": "json"})
    _, output = run(server, "--latest", "2", "--json")
    document = json.loads(output[output.index("{") :])
    assert document["copr_version"] == COPR_VERSION
    (found,) = document["differences"]
    assert found["endpoints"] == ["monitor"]
    assert found["smallest"]["copr"]["status"] == 500
    counts = {count["endpoint"]: count for count in document["endpoints"]}
    assert counts["monitor"]["different"] >= found["requests"] > 0
    assert counts["build"]["different"] == 0


def test_unreachable_service_has_exit_status_2(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    with serving() as server:
        url = server.url
    done = CliRunner().invoke(main, ["verify", "7", "--url", url], env={})
    assert done.exit_code == 2
    assert {1, 2, 4} <= {*waits}


@pytest.mark.parametrize("arguments", [[], ["7", "--latest", "1"], ["--latest", "1", "--project", "a/b"]])
def test_builds_are_selected_in_one_way(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, ["verify", *arguments])
    assert (done.exit_code, done.output) == (2, "Error: expected build ids, --project or --latest\n")


@pytest.mark.slow
def test_saved_recording_has_the_format_of_the_conformance_tests(server: Server, tmp_path: Path) -> None:
    """The saved scenario gives every saved response."""
    status, output = run(server, "7", "8", "--save", str(tmp_path), password="sesame")
    assert status == 0, output
    assert "sesame" not in output
    fake = FakeCopr.from_scenario(tmp_path / "verified.json", default_limit=None)
    lines = (tmp_path / "verified.jsonl").read_text().splitlines()
    assert len(lines) > 1000
    for line in lines:
        exchange = Exchange(**json.loads(line))
        assert exchange.scenario == "verified.json"
        question = Question(exchange.method, exchange.url, tuple(exchange.headers.items()))
        assert not differing_parts(exchange, ask_fake(fake, question)), exchange
    assert not any("sesame" in path.read_text() for path in tmp_path.iterdir())

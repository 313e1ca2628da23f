"""The command ``copr-chroot-fake serve`` as a process."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from copr_chroot_fake.scenario.files import bundled_directory
from copr_chroot_fake.server.addresses import bind

from .adapters import credentials
from .chroots import F41
from .served import COMMAND, LIST, Served, Start, eventually, failed, serving, skip_unless_local


def test_server_responds_after_printing_its_url(start: Start) -> None:
    """The first line has the real port, the second one the address of the page."""
    served = start()
    assert served.line == f"Copr fake: {served.url}\n"
    assert served.page_line == f"Page: {served.url}/_fake/\n"
    assert urlsplit(served.url).port
    chroots = served.get("/api_3/build-chroot/list?build_id=1")
    assert len(chroots["items"]) == 11


def test_only_first_line_is_printed_without_a_page(start: Start) -> None:
    served = start("--no-control")
    assert served.line == f"Copr fake: {served.url}\n"
    assert served.end() == (0, "", "")


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("root", ["/", "/worlds/w1/", "/@w1/"])
def test_browsers_are_redirected_to_the_page(root: str) -> None:
    """API clients get Copr's response, and no world is created."""
    with serving() as server:
        for method in ("GET", "HEAD"):
            reply = server.call(method, root, headers=BROWSER)
            assert (reply.status, reply.headers["location"], reply.body) == (302, "_fake/", b"")
        assert list(server.worlds.names) == []
        for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
            reply = server.call("GET", root, headers=headers)
            assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert "vary" not in reply.headers


@pytest.mark.parametrize(("method", "target"), [("POST", "/"), ("GET", "/api_3/"), ("GET", "/worlds/w1")])
def test_other_requests_of_browsers_get_copr(method: str, target: str) -> None:
    with serving() as server:
        assert server.call(method, target, headers=BROWSER).status in (200, 404, 405)


def test_browsers_are_not_redirected_without_a_page(start: Start) -> None:
    assert start("--no-control").call("GET", "/", headers=BROWSER).status == 200


def test_connections_have_tcp_nodelay() -> None:
    """Otherwise each body would wait 40 ms behind its headers."""
    with bind("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_scenarios_and_default_limit_are_used(start: Start, tmp_path: Path) -> None:
    for number in (7, 8):
        (tmp_path / f"{number}.json").write_text(json.dumps({"builds": [{"id": number}]}))
    served = start(str(tmp_path / "7.json"), str(tmp_path / "8.json"), "--default-limit", "none")
    for number in (7, 8):
        document = served.get(f"/api_3/build-chroot/list?build_id={number}")
        assert document["meta"] == {"limit": None, "offset": 0, "order": "id", "order_type": "ASC"}
        assert served.get(f"/api_3/build-chroot/list/{number}") == document


SUBMITTED = json.dumps({"ownername": "jdoe", "projectname": "tools", "pkgs": "https://x.org/hello.spec"}).encode()
PROJECT = {"projects": [{"ownername": "jdoe", "projectname": "tools", "chroots": [F41]}]}


def submit(served: Served) -> None:
    headers = {"Authorization": credentials("jdoe", "token"), "Content-Type": "application/json"}
    assert served.call("POST", "/api_3/build/create/url", SUBMITTED, headers).status == 200


def test_rules_decide_about_submitted_builds(start: Start, tmp_path: Path) -> None:
    """Those of the command apply before those of the scenario, and are restored by a reset."""
    (tmp_path / "rules.json").write_text(json.dumps({**PROJECT, "submissions": [{"lifecycle": "skipped"}]}))
    rules = ("--on-submit", "package=nano,nth=2,lifecycle=skipped", "--on-submit", "package=hello,lifecycle=fails")
    served = start(str(tmp_path / "rules.json"), *rules, "--progress", "immediate", "--next-build-id", "70")
    for _ in range(2):
        submit(served)
        assert served.get("/api_3/build/70")["state"] == "failed"
        served.control("POST", "/reset")
    assert [rule["rule"].get("nth") for rule in served.control("GET", "/submission-rules")["rules"]] == [2, None, None]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("hello", "'hello' has no value; expected KEY=VALUE,"),
        ("package=hello,lifecycle=fail", "lifecycle: 'fail' is not valid; did you mean 'fails'?"),
        ("pakage=hello,lifecycle=fails", "pakage: unknown key; did you mean 'package'?"),
        ("nth=x,lifecycle=fails", "nth: expected a whole number from 1 to 2147483647, got 'x'"),
    ],
)
def test_invalid_rule_of_the_command_is_an_error(rule: str, message: str) -> None:
    assert message in " ".join(failed("serve", "--on-submit", rule).split())


def states(served: Served, build_id: int) -> list[str]:
    return [item["state"] for item in served.get(f"/api_3/build-chroot/list?build_id={build_id}")["items"]]


BUILD_ID = 11
SCENARIO = str(bundled_directory() / "lifecycles" / "succeeds.json")


def test_progress_poll_advances_with_each_request(start: Start) -> None:
    served = start(SCENARIO, "--progress", "poll")
    assert [states(served, BUILD_ID)[0] for _ in range(5)] == [
        "importing",
        "pending",
        "starting",
        "running",
        "succeeded",
    ]


def test_progress_immediate_returns_final_states(start: Start) -> None:
    assert states(start(SCENARIO, "--progress", "immediate"), BUILD_ID) == ["succeeded", "succeeded"]


def test_progress_manual_does_not_advance(start: Start) -> None:
    served = start(SCENARIO, "--progress", "manual")
    assert [states(served, BUILD_ID)[0] for _ in range(3)] == ["importing"] * 3


def test_progress_clock_advances_at_given_speed(start: Start) -> None:
    """It is the default, also for the bundled scenario."""
    slow, fast = start(SCENARIO), start("--speed", "1e9", "--seed", "7")
    assert states(slow, BUILD_ID) == ["importing", "importing"]
    assert eventually(lambda: set(states(fast, 3)) <= {"succeeded", "failed"})
    assert len(set(states(fast, 1))) == 11


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--progress", "polls"),
        ("--speed", "0"),
        ("--speed", "fast"),
        ("--seed", "-1"),
        ("--seed", "2147483648"),
        ("--journal", "2147483648"),
    ],
)
def test_invalid_options_are_rejected(option: str, value: str) -> None:
    """The error names the option and valid values."""
    assert f"Invalid value for '{option}'" in failed("serve", option, value)


def test_accounts_apply_to_every_world(start: Start) -> None:
    """Also after a reset."""
    served = start("--account", "frostyx:abc:s3cret:@copr", "--account", "jdoe:def:t0ken", "pages")
    for server in (served, served.world("other")):
        server.control("POST", "/reset")
        assert server.call("PUT", "/api_3/build/cancel/100").status == 401
        assert server.call("PUT", "/api_3/build/cancel/100", headers=basic("def", "t0ken")).status == 403
        canceled = server.call("PUT", "/api_3/build/cancel/100", headers=basic("abc", "s3cret"))
        assert canceled.document["state"] == "canceled"
        who = server.call("GET", "/api_3/auth-check", headers=basic("def", "t0ken"))
        assert who.document == {"name": "jdoe", "id": 2}


def test_account_is_administrator_or_expired(start: Start) -> None:
    served = start("--account", "boss:abc:s3cret:@copr,admin", "--account", "jdoe:def:t0ken:expired")
    assert served.call("PUT", "/api_3/build/cancel/4", headers=basic("def", "t0ken")).status == 401
    accounts = served.control("GET", "/accounts")["accounts"]
    assert [(account["groups"], account["admin"], account["expired"]) for account in accounts] == [
        (["@copr"], True, False),
        ([], False, True),
    ]


def test_configuration_of_first_account_is_printed(start: Start) -> None:
    """It can be saved as the configuration of Copr's clients."""
    served = start("--account", "boss:abc:s3cret", "--account", "jdoe:def:t0ken")
    expected = f"[copr-cli]\ncopr_url = {served.url}\nusername = boss\nlogin = abc\ntoken = s3cret\nencrypted = False\n"
    assert served.end() == (0, expected, "")


def test_worlds_have_other_endpoints(start: Start) -> None:
    """Each world has its own builds, projects and polls."""
    served = start("--progress", "poll", "pages")
    other = served.world("other")
    other.control("PUT", "/scenario", {"builds": [{"id": 7, "chroots": [{"name": F41}], "lifecycle": "succeeds"}]})
    assert other.call("GET", "/api_3/build/100").status == served.call("GET", "/api_3/build/7").status == 404
    states = [other.get("/api_3/build/7")["state"] for _ in range(3)]
    assert states == ["importing", "pending", "starting"]
    listed = "/api_3/build/list?ownername=jdoe&projectname=playground"
    assert [build["id"] for build in other.get(listed)["items"]] == [7]
    assert served.call("GET", listed).status == 404


@pytest.mark.parametrize("account", ["frostyx", "frostyx:abc", "frostyx::s3cret", ":abc:s3cret"])
def test_invalid_account_is_rejected(account: str) -> None:
    """The error describes the format."""
    assert "expected NAME:LOGIN:TOKEN, or NAME:LOGIN:TOKEN:@GROUP" in failed("serve", "--account", account)


def test_invalid_group_is_rejected() -> None:
    """The error names the account."""
    account = "frostyx:abc:s3cret:@kde,copr"
    assert "'frostyx': groups[1]: 'copr' is not a group" in failed("serve", "--account", account)


def basic(login: str, token: str) -> dict[str, str]:
    return {"Authorization": credentials(login, token)}


def test_ipv6_url_has_brackets(start: Start) -> None:
    skip_unless_local("::1")
    served = start("--host", "::1")
    assert served.url.startswith("http://[::1]:")
    assert served.get("/api_3/") == {"version": 3}


def test_port_in_use_is_one_line(start: Start) -> None:
    """It names the port and the remedy."""
    port = str(urlsplit(start().url).port)
    line = f"Error: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another --host or --port, "
    assert failed("serve", "--port", port) == f"{line}or --port 0\n"


def test_unknown_host_is_one_line() -> None:
    assert failed("serve", "--host", "192.0.2.1", "--port", "0").count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        ("{", "line 1, column 2: not JSON: "),
        ('{"builds": [{"id": 0}]}', "builds[0].id: expected a whole number from 1 to 2147483647, got 0"),
    ],
)
def test_invalid_scenario_is_one_line(tmp_path: Path, content: str | None, message: str) -> None:
    """It names the file, the location and the problem."""
    path = tmp_path / "scenario.json"
    if content is not None:
        path.write_text(content)
    line = failed("serve", str(path))
    assert line.startswith(f"Error: {path}: ")
    assert message in line
    assert line.count("\n") == 1


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", "None", "2147483648", "99999999999"])
def test_invalid_default_limit_is_rejected(limit: str) -> None:
    assert f"{limit!r} is not a limit; expected a whole number from 1 to 2147483647, or none" in failed(
        "serve", f"--default-limit={limit}"
    )


def test_largest_default_limit_is_accepted(start: Start) -> None:
    assert start("--default-limit", "2147483647").get(LIST)["meta"]["limit"] == 2147483647


def test_polls_are_limited_while_the_clock_is_paused(start: Start) -> None:
    served = start("--max-polls", "2")
    served.control("PATCH", "/clock", {"paused": True})
    statuses = [served.call("GET", LIST).status for _ in range(4)]
    assert statuses == [200, 200, 508, 508]
    served.control("PATCH", "/clock", {"tick": 1})
    assert served.call("GET", LIST).status == 200


def test_help_has_url_scenario_and_example() -> None:
    done = subprocess.run([*COMMAND, "serve", "--help"], capture_output=True, text=True, timeout=10, check=True)
    for part in (
        "--host",
        "--port",
        "--default-limit",
        "--max-polls",
        "--progress",
        "--speed",
        "--seed",
        "SCENARIO",
        "Copr fake: http://127.0.0.1:5000",
        "curl ",
    ):
        assert part in done.stdout

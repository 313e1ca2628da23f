"""The network guard: a test that uses the fake fails if its code contacts the real Copr."""

from __future__ import annotations

import pytest

from ..examples import sample
from .runs import Run

HEAD = """
import socket, threading, trio, urllib.request
from concurrent.futures import ThreadPoolExecutor
COPR = "https://copr.fedorainfracloud.org/api_3/"
"""

UDP = "with socket.socket(type=socket.SOCK_DGRAM) as made: made."


def message(line: int, fixture: str, host: str = "copr.fedorainfracloud.org") -> str:
    return f"*.py:{line}: contacts Copr's real host {host}, but the test uses copr_fake. Use the fixture {fixture}, *"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("code", "fixture"),
    sample(
        [
            ("httpx.get(COPR)", "copr_httpx"),
            ("import httpx2; httpx2.get(COPR)", "copr_httpx2"),
            ("import requests; requests.get(COPR)", "copr_requests"),
            ("import copr.v3; copr.v3.Client({'copr_url': COPR[:-7]}).build_proxy.get(1)", "copr_requests"),
            ("urllib.request.urlopen(COPR)", "copr_server or copr_config"),
            ("socket.gethostbyname(COPR[8:33])", "copr_server or copr_config"),
            ("with socket.socket() as made: made.connect((COPR[8:33], 443))", "copr_server or copr_config"),
            (UDP + "sendto(b'', (COPR[8:33], 443))", "copr_server or copr_config"),
            (UDP + "sendto(b'', 0, (COPR[8:33], 443))", "copr_server or copr_config"),
            (UDP + "sendmsg([b''], [], 0, (COPR[8:33], 443))", "copr_server or copr_config"),
            ("socket.create_connection((COPR[8:33], 443))", "copr_server or copr_config"),
            ("asyncio.run(httpx.AsyncClient(verify=False).get(COPR))", "copr_httpx"),
            ("trio.run(trio.open_tcp_stream, COPR[8:33], 443)", "copr_server or copr_config"),
            ("asyncio.run(asyncio.open_connection(COPR[8:33], 443))", "copr_server or copr_config"),
        ]
    ),
)
def test_connection_names_caller_and_fixture(run: Run, code: str, fixture: str) -> None:
    """With any library."""
    result = run(HEAD + f"\ndef test_it(copr_fake):\n    {code}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message(11, fixture)])


@pytest.mark.parametrize(
    "host",
    [
        "'\uff43opr.fedorainfracloud.org'",
        "'copr\u3002fedorainfracloud.org'",
        "b'COPR.fedorainfracloud.org.'",
    ],
)
def test_other_forms_of_host_names_are_guarded(run: Run, host: str) -> None:
    """They are resolved as Copr's."""
    result = run(HEAD + f"\ndef test_it(copr_fake): socket.getaddrinfo({host}, 443)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message(10, "copr_server or copr_config")])


@pytest.mark.sampled
@pytest.mark.parametrize(
    "host",
    sample(
        [
            "copr.fedorainfracloud.org",
            "COPR.fedorainfracloud.org.",
            "copr.stg.fedoraproject.org",
            "copr.fedoraproject.org",
            "download.copr.fedorainfracloud.org",
            "download.copr.stg.fedoraproject.org",
            "copr-dist-git.fedorainfracloud.org",
            "copr-be.cloud.fedoraproject.org",
        ]
    ),
)
def test_hosts_of_copr_are_guarded(run: Run, host: str) -> None:
    result = run(HEAD + f"\ndef test_it(copr_fake): socket.getaddrinfo({host!r}, 443)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message(10, "copr_server or copr_config", host.lower().rstrip("."))])


def test_other_hosts_are_not_guarded(run: Run) -> None:
    run(
        HEAD
        + """
@pytest.mark.parametrize("host", [
    "copr.test.invalid", "copr.fedorainfracloud.org.invalid", "notcopr.fedorainfracloud.org.invalid", "fedora.invalid"
])
def test_other(copr_fake, host):
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(host, 443)

async def get(url):
    async with httpx.AsyncClient() as client:
        assert (await client.get(url + "/api_3/")).status_code == 200

def test_local(copr_server):
    assert httpx.get(copr_server.url + "/api_3/").status_code == 200
    asyncio.run(get(copr_server.url))
    assert socket.getaddrinfo("127.0.0.1", 443)
"""
    ).assert_outcomes(passed=5)


def test_mocked_libraries_are_not_affected(run: Run) -> None:
    run(
        HEAD
        + """
import requests

def test_fixtures(copr_httpx, copr_requests):
    assert httpx.get(COPR).status_code == requests.get(COPR).status_code == 200

def test_own_mock(copr_fake):
    transport = httpx.MockTransport(lambda request: httpx.Response(418))
    assert httpx.Client(transport=transport).get(COPR).status_code == 418

def test_own_resolver(monkeypatch, copr_server):
    host, port = copr_server.url.removeprefix("http://").split("/")[0].split(":")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [(2, 1, 6, "", (host, int(port)))])
    path = copr_server.url.partition(port)[2]
    assert httpx.get(f"http://copr.fedorainfracloud.org:{port}{path}/api_3/").status_code == 200
"""
    ).assert_outcomes(passed=3)


@pytest.mark.slow
def test_guard_is_limited_to_tests_that_use_the_fake(run: Run) -> None:
    """In the same process, before and after them."""
    other = """
def test_{}():
    with pytest.raises(OSError, match="^mocked$"):
        socket.create_connection(("copr.fedorainfracloud.org", 443))
"""
    mock = """
import sys

def mocked(event, args):
    if event == "socket.getaddrinfo":
        raise OSError("mocked")

sys.addaudithook(mocked)
"""
    body = HEAD + mock + other.format("before") + "\ndef test_it(copr_fake): urllib.request.urlopen(COPR)\n"
    result = run.in_subprocess(body + other.format("after"))
    result.assert_outcomes(passed=2, failed=1)


def test_option_disables_the_guard(run: Run) -> None:
    """In a mark or the configuration."""
    body = """
@pytest.fixture(autouse=True)
def resolved(monkeypatch, copr_fake):
    from copr_chroot_fake.pytest_plugin import network_guard
    assert not network_guard._active

def test_it(): pass
"""
    run("pytestmark = pytest.mark.copr_fake(network_guard=False)\n" + body).assert_outcomes(passed=1)
    run(body, ini="copr_fake_network_guard = false\n").assert_outcomes(passed=1)


def test_hidden_contact_fails_the_test(run: Run) -> None:
    """In a thread, or with code that catches every exception."""
    result = run(
        HEAD
        + """
def contact():
    try:
        urllib.request.urlopen(COPR)
    except BaseException:
        pass

def test_caught(copr_fake): contact()

def test_thread(copr_fake):
    thread = threading.Thread(target=contact)
    thread.start()
    thread.join()

def test_fails_by_itself(copr_fake):
    contact()
    assert False, "by itself"
"""
    )
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines([message(12, "copr_server or copr_config"), "*AssertionError: by itself"])


def test_contact_in_a_fixture_is_an_error(run: Run) -> None:
    result = run(
        HEAD
        + """
@pytest.fixture
def status(copr_fake): return httpx.get(COPR).status_code

def test_it(status): pass
"""
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message(11, "copr_httpx")])


def test_resolver_in_a_thread_names_the_test(run: Run) -> None:
    """If nothing says who called it."""
    result = run(
        HEAD
        + """
def test_it(copr_fake):
    with ThreadPoolExecutor() as threads:
        threads.submit(socket.getaddrinfo, "copr.fedorainfracloud.org", 443).result()
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message(10, "copr_server or copr_config")])

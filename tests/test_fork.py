"""Forked children, which have copies of the fakes of their parent."""

from __future__ import annotations

import os
import signal
import socket
import traceback
from collections.abc import Callable

import httpx
import pytest
import requests

from copr_chroot_fake import FakeCopr
from copr_chroot_fake.server.live_server import LiveServer

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

NAME = "fedora-41-x86_64"
SECONDS = 30
"""Timeout of a child process in seconds, far longer than any needs."""


def run_in_child(act: Callable[[], object]) -> None:
    """Run a function in a forked child, and check that it succeeds."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(SECONDS)
            act()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_child_has_a_copy_of_its_own() -> None:
    """After a fork, changes in the child do not affect the parent, nor the other way around."""
    fake = FakeCopr(progress="clock")
    fake.add_build([NAME], id=1)

    def use() -> None:
        fake.clock.tick(1000)
        assert fake.answer("GET", f"/api_3/build-chroot/1/{NAME}").status == 200
        assert fake.builds[1][NAME].state == "succeeded"
        fake.add_build([NAME], id=2)

    run_in_child(use)
    assert [*fake.builds] == [1]
    assert fake.builds[1][NAME].state == "importing"


def test_child_has_a_server_of_its_own() -> None:
    """The parent continues to serve its fakes; the child serves on another port, until it stops."""
    server = LiveServer()
    try:
        fake = FakeCopr()
        fake.add_build([NAME], id=1, state="running")
        url = server.add("one", fake.service)
        with httpx.Client() as client:
            client.get(f"{url}/api_3/")

            def use() -> None:
                mine = server.add("one", fake.service)
                assert mine != url
                fake.builds[1][NAME].report("succeeded")
                answers = [httpx.get(f"{at}/api_3/build-chroot/1/{NAME}").json()["state"] for at in (mine, url)]
                assert answers == ["succeeded", "running"]
                server.remove("one")
                assert httpx.get(f"{mine}/api_3/").status_code == 404
                server.stop()
                with pytest.raises(httpx.ConnectError):
                    httpx.get(mine)

            run_in_child(use)
            assert client.get(f"{url}/api_3/build-chroot/1/{NAME}").json()["state"] == "running"
    finally:
        server.stop()


def test_child_can_leave_a_served_fake() -> None:
    """The parent continues to serve when the child leaves the block."""
    fake = FakeCopr()
    with fake.serving() as url:
        serving = fake.serving()

        def leave() -> None:
            serving.__exit__(None, None, None)

        with serving as other:
            run_in_child(leave)
            assert httpx.get(f"{other}/api_3/").status_code == 200
        assert httpx.get(f"{url}/api_3/").status_code == 200


def test_server_stops_while_a_child_runs() -> None:
    """The child keeps neither the port nor a connection open."""
    reading, writing = os.pipe()
    server = LiveServer()
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(SECONDS)
        client.sendall(b"GET /api_3/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(4)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(SECONDS)
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        try:
            server.stop()
            while client.recv(4096):
                pass
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
        finally:
            os.close(writing)
            os.close(reading)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_child_can_use_requests_and_httpx() -> None:
    """A child uses the adapters of its parent, and its own."""
    fake = FakeCopr()
    fake.add_build([NAME], id=1)
    url = f"https://copr.fedorainfracloud.org/api_3/build-chroot/1/{NAME}"

    def use() -> None:
        with httpx.Client(transport=fake.transport) as client:
            assert requests.get(url, timeout=SECONDS).status_code == 200
            assert client.get(url).status_code == 200

    with fake.mock_requests():
        use()
        run_in_child(use)

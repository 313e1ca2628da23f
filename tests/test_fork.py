"""Forking while other threads use fakes; the child continues to use them."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import httpx
import pytest
import requests

from copr_chroot_fake import FakeCopr, VirtualClock
from copr_chroot_fake import fork_lock as forking
from copr_chroot_fake.http_server.live_server import LiveServer

from .events import advance_all

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


@contextmanager
def busy(acts: Sequence[Callable[[int], object]]) -> Iterator[None]:
    """Run functions repeatedly, each in a thread, with numbers from 1."""
    stop = threading.Event()

    def repeat(act: Callable[[int], object]) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            act(number)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(repeat, act) for act in acts]
        try:
            yield
        finally:
            stop.set()
            sys.setswitchinterval(interval)
    for one in running:
        one.result()


def check(*fakes: FakeCopr) -> None:
    """Check that a fake works and is consistent."""
    for fake in fakes:
        check_works(fake)


def check_works(fake: FakeCopr) -> None:
    for build in fake.builds.values():
        assert [*build.project.chroots] == [chroot.name for chroot in build.values()] == [NAME, "epel-9-x86_64"]
    build = fake.add_build([NAME, "epel-9-x86_64"], id=LAST)
    assert json.loads(fake.answer("GET", LISTED).body)["items"][0]["id"] == LAST
    fake.clock.tick(1000)
    fake.faults.add("outage")
    assert fake.answer("GET", f"/api_3/build/{LAST}").status == 503
    fake.faults.clear()
    assert json.loads(fake.answer("GET", f"/api_3/build/{LAST}").body)["state"] == "succeeded"
    assert build[NAME].state == "succeeded"
    advance_all(fake)
    fake.to_scenario()


LAST = 1_000_000
LISTED = "/api_3/build/list?ownername=jdoe&projectname=playground"


def test_fork_works_while_threads_use_fakes() -> None:
    """Fork twenty times, while four threads use three fakes, two of which share a clock."""
    clock = VirtualClock()
    fakes = [FakeCopr(progress="clock", clock=clock) for _ in range(2)] + [FakeCopr(progress="clock")]

    def fill(fake: FakeCopr, number: int) -> None:
        if number % 10 == 0:
            fake.clear()
        fake.add_build([NAME, "epel-9-x86_64"], id=number)
        fake.answer("GET", LISTED)

    def use(number: int) -> None:
        fake = fakes[number % 3]
        fake.answer("GET", LISTED)
        fake.faults.add({"endpoint": "monitor", "status": 500})
        fake.clock.tick(0.001)
        FakeCopr()
        fake.faults.clear()

    with busy([*(partial(fill, fake) for fake in fakes), use]):
        for _ in range(20):
            run_in_child(partial(check, *fakes))


def test_fork_works_within_a_change_of_the_same_thread() -> None:
    """The lock that the thread holds itself is released by itself, in the child too."""
    fake = FakeCopr()

    def names() -> Iterator[str]:
        run_in_child(lambda: fake.answer("GET", "/api_3/build-chroot/1/x-1-y"))
        yield NAME

    fake.add_build(names(), id=1)

    def use() -> int:
        return fake.answer("GET", f"/api_3/build-chroot/1/{NAME}").status

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(use).result(SECONDS) == 200


def test_fork_does_not_wait_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that holds a fake's lock and waits for the forking thread does not block the fork."""
    monkeypatch.setattr(forking, "WAIT", 0.01)
    fake, other = FakeCopr(), FakeCopr()
    began, forked = threading.Event(), threading.Event()

    def names() -> Iterator[str]:
        began.set()
        assert forked.wait(SECONDS)
        yield NAME

    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(fake.add_build, names(), id=1)
        assert began.wait(SECONDS)
        try:
            run_in_child(lambda: [each.add_build([NAME], id=2) for each in (fake, other)])
        finally:
            forked.set()
        assert adding.result(SECONDS).id == 1
    assert [*fake.builds] == [1]
    assert fake.add_build([NAME], id=3).id == 3


class SlowModule(MetaPathFinder, Loader):
    """A module of the kit whose import waits for the test."""

    name = "copr_chroot_fake.slow_to_import"

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(self.name, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        self.began.set()
        assert self.may_end.wait(SECONDS)


def test_fork_waits_for_imports_of_the_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child can import the module that another thread was importing."""
    slow = SlowModule()
    monkeypatch.setattr(sys, "meta_path", [slow, *sys.meta_path])
    monkeypatch.delitem(sys.modules, slow.name, raising=False)
    with ThreadPoolExecutor(2) as pool:
        importing = pool.submit(__import__, slow.name)
        assert slow.began.wait(SECONDS)
        timer = threading.Timer(0.02, slow.may_end.set)
        timer.start()
        run_in_child(lambda: __import__(slow.name))
        timer.join()
        importing.result(SECONDS)


def test_child_has_a_server_of_its_own() -> None:
    """The parent continues to serve its fakes; the child serves on another port, until it stops."""
    server = LiveServer(FakeCopr)
    try:
        fake = FakeCopr()
        fake.add_build([NAME], id=1, state="running")
        url = server.add("one", fake)
        with httpx.Client() as client:
            client.get(f"{url}/api_3/")

            def use() -> None:
                mine = server.add("one", fake)
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
    server = LiveServer(FakeCopr)
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
    """Other threads send requests through the same adapters during the fork."""
    fake = FakeCopr()
    fake.add_build([NAME], id=1)
    url = f"https://copr.fedorainfracloud.org/api_3/build-chroot/1/{NAME}"

    def use(client: httpx.Client) -> None:
        assert requests.get(url, timeout=SECONDS).status_code == 200
        assert client.get(url).status_code == 200

    def use_own() -> None:
        with httpx.Client(transport=fake.transport) as client:
            use(client)

    shared = httpx.Client(transport=fake.transport)
    with shared, fake.mock_requests():
        # The first request imports modules; a child forked during an import would wait for its lock forever.
        use(shared)
        with busy([lambda number: use(shared)] * 2):
            for _ in range(5):
                run_in_child(use_own)

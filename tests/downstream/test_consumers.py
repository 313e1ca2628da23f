"""Each consumer is tested with one fixture, including failures known from production."""

from __future__ import annotations

import asyncio
import urllib.error
from pathlib import Path

import httpx
import pytest
import requests
import responses
import respx
from copr.v3 import Client, CoprNoResultException

from copr_chroot_fake import FakeCopr, LifecycleName
from copr_chroot_fake.pytest_plugin.support import CoprServer

from ..chroots import F41, F42
from .consumers import (
    built_nevras_with_the_official_client,
    failed_chroots_with_requests,
    state_with_urllib,
    wait_with_async_httpx,
    wait_with_httpx,
)


@pytest.mark.parametrize(
    ("lifecycle", "end"), [("succeeds", "succeeded"), ("retried", "succeeded"), ("forked", "forked")]
)
def test_httpx_loop_ends_with_the_build(
    copr_fake: FakeCopr, copr_httpx: respx.MockRouter, lifecycle: LifecycleName, end: str
) -> None:
    """In any lifecycle."""
    copr_fake.add_build([F41], id=1, lifecycle=lifecycle)
    assert wait_with_httpx(1, F41, sleep=copr_fake.clock.tick) == end
    copr_fake.assert_polled_no_faster_than(30)


def test_httpx_loop_stops_at_a_missing_build(copr_fake: FakeCopr, copr_httpx: respx.MockRouter) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        wait_with_httpx(1, F41)


def test_async_httpx_waits_for_chroots_concurrently(copr_fake: FakeCopr, copr_httpx: respx.MockRouter) -> None:
    copr_fake.add_build({F41: {}, F42: {"lifecycle": "import-fails"}}, id=1)
    assert asyncio.run(wait_with_async_httpx(1, [F41, F42])) == {F41: "succeeded", F42: "failed"}


def test_requests_consumer_reads_every_page(copr_fake: FakeCopr, copr_requests: responses.RequestsMock) -> None:
    names = [f"bulk-{number:03}-x86_64" for number in range(205)]
    copr_fake.add_build({name: "failed" if name.endswith("4-x86_64") else "succeeded" for name in names}, id=1)
    assert failed_chroots_with_requests(1) == names[4::10]
    copr_fake.assert_all_pages_read(1)


def test_copr_requests_blocks_other_servers(copr_requests: responses.RequestsMock) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get("https://example.org/", timeout=1)


def test_official_client_pages_and_waits(copr_fake: FakeCopr, copr_config: Path) -> None:
    """On a real server, found through the configuration file alone."""
    copr_fake.add_build([F41, F42, "epel-9-x86_64"], id=1, package="ripgrep")
    client = Client.create_from_config_file()
    assert built_nevras_with_the_official_client(client, 1) == {
        f"ripgrep-1.0-1.{tag}.{arch}" for tag in ("fc41", "fc42", "el9") for arch in ("src", "x86_64")
    }
    with pytest.raises(CoprNoResultException):
        client.build_chroot_proxy.get(2, F41)


def test_official_client_uses_the_other_endpoints(copr_fake: FakeCopr, copr_config: Path) -> None:
    """Login, project, monitor, mock chroots, and canceling a build."""
    copr_fake.add_account("jdoe", "jdoe", "token")
    copr_fake.add_build({F41: "running"}, id=1, package="ripgrep")
    client = Client.create_from_config_file()
    assert client.base_proxy.auth_check().name == "jdoe"
    assert list(client.project_proxy.get("jdoe", "playground").chroot_repos) == [F41]
    (package,) = client.monitor_proxy.monitor("jdoe", "playground").packages
    assert (package["name"], package["chroots"][F41]["state"]) == ("ripgrep", "running")
    assert F41 in client.mock_chroot_proxy.get_list()
    assert client.build_proxy.cancel(1).state == "canceled"


def test_urllib_consumer_uses_the_server(copr_fake: FakeCopr, copr_server: CoprServer) -> None:
    copr_fake.add_build({F41: "running"}, id=1)
    assert state_with_urllib(copr_server.url, 1, F41) == "running"
    with pytest.raises(urllib.error.HTTPError, match="404") as raised:
        state_with_urllib(copr_server.url, 2, F41)
    raised.value.close()

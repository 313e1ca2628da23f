"""Four servers behind nginx, configured as on the page: each world has its server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ..documents import ROOT, blocks_of
from ..nginx import needs_nginx, running_nginx
from ..served import Served, Server, Start

FILES = {block.file: block.text for block in blocks_of(ROOT / "docs" / "how-to" / "scale-out.md")}
NAMES = [f"copr-{number}" for number in range(4)]
WORLDS = [f"job-{number}" for number in range(200)]


@pytest.fixture
def servers(start: Start) -> list[Served]:
    return [start() for _ in NAMES]


@pytest.fixture
def nginx(servers: list[Served], tmp_path: Path) -> Iterator[Server]:
    addresses = {name: server.url.removeprefix("http://") for name, server in zip(NAMES, servers, strict=True)}
    conf = re.sub(r"(copr-\d):5000", lambda found: addresses[found[1]], FILES["copr.conf"])
    with running_nginx(tmp_path, conf.replace("listen 8080", "listen PORT")) as proxy:
        yield proxy


def worlds_of(server: Server) -> set[str]:
    return {world["name"] for world in server.control("GET", "/worlds?limit=1000")["worlds"]}


def add_build(nginx: Server, world: str) -> None:
    nginx.world(world).control("PUT", "/scenario", {"builds": [{"id": 7, "chroots": ["fedora-43-x86_64"]}]})


def status_of_build(nginx: Server, world: str) -> int:
    return nginx.world(world).call("GET", "/api_3/build/7").status


@needs_nginx
def test_worlds_stay_on_their_servers(nginx: Server, servers: list[Served], start: Start) -> None:
    """If a server is replaced, only its worlds are created anew."""
    for world in WORLDS:
        add_build(nginx, world)
    assert {status_of_build(nginx, world) for world in WORLDS} == {200}
    homes = [worlds_of(server) for server in servers]
    assert sorted(name for names in homes for name in names) == sorted(WORLDS)
    assert min(map(len, homes)) >= 30

    servers[1].end()
    assert {world for world in WORLDS if status_of_build(nginx, world) == 502} == homes[1]

    servers[1] = start("--port", str(servers[1].address[1]))
    assert {world for world in WORLDS if status_of_build(nginx, world) == 404} == homes[1]
    for world in homes[1]:
        add_build(nginx, world)
    assert {status_of_build(nginx, world) for world in WORLDS} == {200}
    assert [worlds_of(server) for server in servers] == homes


@needs_nginx
def test_every_form_of_a_name_leads_to_the_same_server(nginx: Server, servers: list[Served]) -> None:
    """The name can be in two paths of the world, in the control call that creates it, and in the header."""
    for world in WORLDS[:40]:
        nginx.control("PUT", f"/worlds/{world}", {"scenario": {"builds": [{"id": 7}]}})
        assert status_of_build(nginx, world) == 200
        assert nginx.call("GET", f"/@{world}/api_3/build/7").status == 200
        assert nginx.call("GET", "/api_3/build/7", headers={"X-Copr-World": world}).status == 200
    assert sum(len(worlds_of(server)) for server in servers) == 40


def test_manifests_name_the_servers_of_the_configuration() -> None:
    servers = {*re.findall(r"server (copr-\d):5000", FILES["copr.conf"])}
    compose = yaml.safe_load(FILES["compose.yaml"])["services"]
    assert set(compose) == {*servers, "nginx"}
    objects = {(item["kind"], item["metadata"]["name"]): item for item in yaml.safe_load_all(FILES["copr.yaml"])}
    assert {name for kind, name in objects if kind == "Service"} == {*servers, "copr", "nginx"}
    assert objects["StatefulSet", "copr"]["spec"]["replicas"] == len(servers)
    for server in servers:
        selector = objects["Service", server]["spec"]["selector"]
        assert selector == {"statefulset.kubernetes.io/pod-name": server}

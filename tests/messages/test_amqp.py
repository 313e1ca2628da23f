"""``serve --amqp`` keeps serving without a broker, and reports unpublished messages."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from copr_chroot_fake import FakeOptions, Message
from copr_chroot_fake.control.worlds import InitialConfig, Worlds

from ..chroots import F41, F42
from ..served import Served, eventually, failed, starting
from ..worlds import fake_of
from .helpers import ends


def scenario(directory: Path) -> str:
    path = directory / "scenario.json"
    path.write_text(json.dumps({"builds": [{"id": 1, "chroots": [{"name": F41, "state": "starting"}]}]}))
    return str(path)


def run(server: Served) -> None:
    """Let the build run and succeed, which causes three messages."""
    for state in ("running", "succeeded"):
        server.control("POST", f"/builds/1/chroots/{F41}/report", {"state": state})
    assert server.get("/api_3/build/1")["state"] == "succeeded"


@pytest.mark.slow
def test_missing_broker_is_reported_once(tmp_path: Path) -> None:
    """The URL in the log has no password."""
    log = tmp_path / "log"
    with socket.socket() as closed, log.open("w") as errors, starting() as start:
        closed.bind(("127.0.0.1", 0))
        location = f"127.0.0.1:{closed.getsockname()[1]}/%2F?heartbeat=60"
        server = start(scenario(tmp_path), "--amqp", f"amqp://jdoe:secret@{location}", stderr=errors)
        run(server)
        assert eventually(lambda: "refused" in log.read_text())
        assert server.end()[0] == 0
    outage, left = log.read_text().splitlines()
    name = f"amqp://{location.partition('?')[0]}"
    assert outage.startswith(f"Copr fake: cannot publish messages to {name} (Connection was refused")
    assert left == f"Copr fake: 3 messages not published to {name}"


@pytest.mark.slow
def test_broker_that_never_answers_does_not_stop_the_server(tmp_path: Path) -> None:
    """Neither while it serves, nor at its end."""
    with socket.create_server(("127.0.0.1", 0)) as silent, starting() as start:
        server = start(scenario(tmp_path), "--amqp", f"amqp://127.0.0.1:{silent.getsockname()[1]}")
        run(server)
        status, _, errors = server.end()
    assert (status, errors.count("\n")) == (0, 1)
    assert "3 messages not published" in errors


def test_world_also_publishes_earlier_messages() -> None:
    """For example while the server was down. A reset publishes what happens after it."""
    builds = [{"id": 1, "chroots": [{"name": F41, "state": "running", "lifecycle": "succeeds"}]}]
    options = FakeOptions(progress="immediate")
    world = Worlds(InitialConfig(scenarios=({"builds": builds},), options=options)).main
    got: list[Message] = []
    assert len(fake_of(world).messages) == 1
    world.subscribe(got.append)
    assert ends(got) == [(1, F41, 1)]
    world.reset()
    assert ends(got) == [(1, F41, 1)] * 2
    fake_of(world).add_build([F42], id=2)
    assert ends(got)[2:] == [(2, F42, 1)]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://localhost", "'http://localhost' is not a URL of a broker; expected a URL such as amqp://"),
        ("http://jdoe:secret@localhost", "'http://localhost' is not a URL of a broker"),
        ("jdoe:secret@localhost", "'localhost' is not a URL of a broker"),
        ("rabbitmq", "'rabbitmq' is not a URL of a broker"),
        ("amqp://jdoe:secret@localhost:99999", "Port out of range 0-65535; expected a URL such as amqp://"),
        ("amqp://jdoe:secret@localhost?heartbeat=x", "Invalid heartbeat value"),
    ],
)
def test_invalid_url_is_rejected(url: str, problem: str) -> None:
    errors = failed("serve", "--port", "0", "--amqp", url)
    assert errors.startswith("Error: --amqp: ")
    assert problem in errors
    assert "secret" not in errors


@pytest.mark.parametrize("module", ["copr_messaging.schema", "fedora_messaging"])
def test_missing_extra_is_named(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "copr_chroot_fake.server.amqp", raising=False)
    errors = failed("serve", "--port", "0", "--amqp", "amqp://localhost")
    assert "pip install 'copr-chroot-fake[messages]'" in errors

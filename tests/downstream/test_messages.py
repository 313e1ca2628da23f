"""``serve --amqp`` publishes messages to a broker, and ``fedora-messaging consume`` receives them, unmodified."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from copr_chroot_fake.verify import messages as verify
from copr_chroot_fake.verify.sending import Copr

from ..chroots import F41
from ..documents import ROOT, blocks_of
from ..served import Served, starting
from .rabbitmq import Broker, needs_rabbitmq, running

PATIENCE = 60
"""Seconds to wait for messages and log lines, which need one or two at most."""

CONFIGURATION = """
amqp_url = "{url}"

[[bindings]]
queue = "{queue}"
exchange = "amq.topic"
routing_keys = ["org.fedoraproject.prod.copr.#"]

[queues.{queue}]
durable = true
auto_delete = false
exclusive = false
arguments = {{}}
"""


@pytest.fixture(scope="session")
def session_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running(tmp_path_factory.mktemp("rabbitmq")) as broker:
        yield broker


@pytest.fixture
def broker(session_broker: Broker) -> Broker:
    session_broker.start()
    return session_broker


class Consumer:
    """A running ``fedora-messaging consume``, and its output."""

    def __init__(self, output: Path) -> None:
        self._output = output

    @property
    def got(self) -> list[dict[str, Any]]:
        # The last line may be incomplete, and others are the program's log.
        *lines, _ = self._output.read_text().split("\n")
        return [json.loads(line) for line in lines if line.startswith("{")]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Return the received messages, once there are so many."""
        wait(lambda: len(self.got) >= count)
        return self.got


def wait(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def consuming(broker: Broker, directory: Path) -> Iterator[Consumer]:
    """Run a consumer, whose queue gets every message from now on."""
    queue = directory.name
    broker.declare(queue, "org.fedoraproject.prod.copr.#")
    configuration, output = directory / "config.toml", directory / "output"
    configuration.write_text(CONFIGURATION.format(url=broker.url, queue=queue))
    command = [str(Path(sys.executable).with_name("fedora-messaging")), f"--conf={configuration}"]
    callback = [f"--callback-file={Path(__file__).with_name('printing.py')}:print_message"]
    with output.open("w") as out, (directory / "errors").open("w") as errors:
        process = subprocess.Popen([*command, "consume", *callback], stdout=out, stderr=errors, env=os.environ)
        try:
            yield Consumer(output)
        finally:
            process.terminate()
            process.wait(PATIENCE)


@contextmanager
def serving(url: str, log: Path) -> Iterator[Served]:
    """Serve a fake that publishes messages, with builds that wait for reports; its log goes to a file."""
    with log.open("w") as errors, starting() as start:
        builds = [{"id": number, "chroots": [{"name": F41, "state": "starting"}]} for number in range(1, 8)]
        scenario = {"builds": builds}
        (log.parent / "scenario.json").write_text(json.dumps(scenario))
        yield start(str(log.parent / "scenario.json"), "--progress", "manual", "--amqp", url, stderr=errors)


def run(server: Served, build_id: int) -> None:
    """Let a build run and succeed, which publishes three messages."""
    for state in ("running", "succeeded"):
        set_state(server, build_id, state)


def set_state(server: Served, build_id: int, state: str) -> None:
    server.control("POST", f"/builds/{build_id}/chroots/{F41}/report", {"state": state})


def published(server: Served) -> list[dict[str, Any]]:
    return [
        {"topic": f"org.fedoraproject.prod.{message['topic']}", "body": message["body"]}
        for message in server.control("GET", "/messages")["messages"]
    ]


def contents(got: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"topic": each["topic"], "body": each["body"]} for each in got]


@needs_rabbitmq
def test_messages_arrive_once_although_the_broker_restarts(broker: Broker, tmp_path: Path) -> None:
    """The server keeps serving in the meantime, and reports the outage once."""
    log = tmp_path / "log"
    with serving(broker.url, log) as server:
        # It ends before the broker does, which would deliver again what has not been acknowledged.
        with consuming(broker, tmp_path) as consumer:
            run(server, 1)
            before = consumer.wait_for(3)
        broker.stop()
        wait(log.read_text)
        for build_id in (2, 3):
            run(server, build_id)
            assert server.get(f"/api_3/build/{build_id}")["state"] == "succeeded"
        broker.start()
        wait(lambda: log.read_text().count("\n") == 2)
        with consuming(broker, tmp_path) as consumer:
            run(server, 4)
            got = [*before, *consumer.wait_for(9)]
            assert contents(got) == published(server)
            assert server.end()[0] == 0
            assert len(consumer.got) == 9
    assert [each["class"] for each in before] == [
        "BuildChrootStartedV1",
        "BuildChrootStartedV1DontUse",
        "BuildChrootEndedV1",
    ]
    assert len({each["id"] for each in got}) == 12
    outage, back = log.read_text().splitlines()
    assert outage.startswith(f"Copr fake: cannot publish messages to amqp://127.0.0.1:{broker.port}/%2F (")
    assert back == f"Copr fake: amqp://127.0.0.1:{broker.port}/%2F is back; 6 messages to publish"


@needs_rabbitmq
def test_last_messages_are_published_before_the_server_ends(broker: Broker, tmp_path: Path) -> None:
    """A reset of the fake changes nothing about that."""
    log = tmp_path / "log"
    broker.declare(tmp_path.name, "#")
    with serving(broker.url, log) as server:
        server.control("POST", "/reset")
        for build_id in range(1, 8):
            run(server, build_id)
        expected = published(server)
        assert server.end()[0] == 0
    assert [{"topic": topic, "body": body} for topic, body in broker.take(tmp_path.name)] == expected
    assert len(expected) == 21
    assert log.read_text() == ""


@needs_rabbitmq
def test_build_arrives_although_nobody_polls(broker: Broker, tmp_path: Path) -> None:
    """The server wakes up when a transition is due."""
    scenario = {"builds": [{"id": 1, "chroots": [{"name": F41, "lifecycle": "succeeds"}]}]}
    (tmp_path / "scenario.json").write_text(json.dumps(scenario))
    broker.declare(tmp_path.name, "*.*.prod.copr.build.end")
    got: list[tuple[str, Any]] = []

    def has_arrived() -> bool:
        got.extend(broker.take(tmp_path.name))
        return bool(got)

    with starting() as start:
        start(str(tmp_path / "scenario.json"), "--speed", "1000", "--amqp", broker.url)
        wait(has_arrived)
    assert [(topic, body["build"], body["status"]) for topic, body in got] == [
        ("org.fedoraproject.prod.copr.build.end", 1, 1)
    ]


@needs_rabbitmq
def test_compose_file_of_the_docs_publishes(broker: Broker, tmp_path: Path) -> None:
    """The command runs as in the container."""
    files = {block.file: block.text for block in blocks_of(ROOT / "docs" / "how-to" / "messages.md")}
    service = yaml.safe_load(files["compose.yaml"])["services"]["copr"]
    broker.declare(tmp_path.name, "#")
    with starting() as start:
        # The image has the rest of the command.
        server = start(*(broker.url if word == "amqp://rabbitmq" else word for word in service["command"]))
        server.control("POST", "/builds", {"id": 100, "chroots": [{"name": F41, "state": "running"}]})
        server.control("POST", f"/builds/100/chroots/{F41}/report", {"state": "failed"})
        assert server.end()[0] == 0
    assert [body["build"] for topic, body in broker.take(tmp_path.name) if topic.endswith("end")][-1] == 100


@needs_rabbitmq
def test_refused_login_is_reported_once(broker: Broker, tmp_path: Path) -> None:
    """Without the password."""
    log = tmp_path / "log"
    with serving(broker.url.replace("guest:guest", "guest:secret"), log) as server:
        run(server, 1)
        wait(log.read_text)
        assert server.get("/api_3/build/1")["state"] == "succeeded"
        assert server.end()[0] == 0
    outage, left = log.read_text().splitlines()
    assert "cannot publish messages to" in outage
    assert left == f"Copr fake: 3 messages not published to amqp://127.0.0.1:{broker.port}/%2F"
    assert "secret" not in outage + left


@needs_rabbitmq
@pytest.mark.parametrize("where", ["ownername", "submitter"])
def test_message_that_cannot_be_encoded_is_dropped(broker: Broker, tmp_path: Path, where: str) -> None:
    """The log has one line for each; the others arrive."""
    log = tmp_path / "log"
    broker.declare(tmp_path.name, "#")
    with serving(broker.url, log) as server:
        build = {"id": 50, "chroots": [{"name": F41, "state": "starting"}], where: "a" * 300}
        server.control("POST", "/builds", build)
        for build_id in (1, 50, 2):
            run(server, build_id)
        wait(lambda: broker.count(tmp_path.name) == 6)
        assert server.end()[0] == 0
    assert [body["build"] for _, body in broker.take(tmp_path.name)] == [1] * 3 + [2] * 3
    lines = log.read_text().splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("Copr fake: dropped the message org.fedoraproject.prod.copr.")
        assert f" of build 50, {F41}, which AMQP cannot encode: " in line


@needs_rabbitmq
def test_all_messages_arrive_after_a_long_outage(broker: Broker, tmp_path: Path) -> None:
    """Each of them once."""
    count, log = 20_000, tmp_path / "log"
    broker.declare(tmp_path.name, "#")
    broker.stop()
    chroots = [f"fedora-{release}-{arch}" for release in (41, 42) for arch in ("x86_64", "aarch64")]
    chroot = {"state": "running", "lifecycle": "succeeds", "progress": "immediate"}
    builds = [{"id": i, "chroots": dict.fromkeys(chroots, chroot)} for i in range(100, 100 + count // len(chroots))]
    with serving(broker.url, log) as server:
        wait(log.read_text)
        for first in range(0, len(builds), 1000):
            server.control("POST", "/scenario", {"builds": builds[first : first + 1000]})
        broker.start()
        wait(lambda: broker.count(tmp_path.name) == count)
        assert server.end()[0] == 0
    got = [(body["build"], body["chroot"]) for _, body in broker.take(tmp_path.name)]
    assert sorted(got) == sorted((build["id"], name) for build in builds for name in chroots)
    assert log.read_text().endswith(f"is back; {count} messages to publish\n")


class Acting(verify.Broker):
    """A broker for which nobody waits long; at each pause, a function is called."""

    def __init__(self, url: str, act: Callable[[], object]) -> None:
        super().__init__(url)
        self._act = act

    def pause(self, seconds: float) -> None:
        self._act()
        super().pause(1)


@needs_rabbitmq
@pytest.mark.parametrize("has_tls", [False, True])
def test_verify_compares_the_messages_of_a_broker(has_tls: bool, broker: Broker, tmp_path: Path) -> None:
    """Which arrive while the build runs."""
    with (
        serving(broker.url, tmp_path / "log") as server,
        Copr(server.url, rate=1000, sleep=time.sleep) as copr,
    ):
        states = iter(["running", "succeeded"])

        def act() -> None:
            for state in islice(states, 1):
                set_state(server, 1, state)

        acting = Acting(broker.tls_url if has_tls else broker.url, act)
        with acting:
            report = verify.verify_messages(copr, [1], acting, lambda line: None)
    assert not report.differences, report.text()
    assert report.asked == {"copr.build.start": 1, "copr.chroot.start": 1, "copr.build.end": 1}

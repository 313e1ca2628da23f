"""RabbitMQ as a process of a test, on free ports of this machine and with its own data."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pika
import pika.exceptions
import trustme

from ..programs import needs

needs_rabbitmq = needs("rabbitmq-server", "epmd")

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
"""The server without Debian's wrapper, which changes to the user and the data of the system's broker."""

PATIENCE = 60
"""Seconds to wait for the broker."""


class Broker:
    """A broker that can be stopped and started again; its durable queues stay."""

    def __init__(self, directory: Path) -> None:
        self.port, distribution, mapper, tls_port = _free_ports(4)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"
        authority = _configure_tls(directory, tls_port)
        self.tls_url = (
            f"amqps://guest:guest@127.0.0.1:{tls_port}/%2F?{urlencode({'ssl_options': {'cafile': authority}})}"
        )
        self._log = directory / "log"
        self._environment = {
            **os.environ,
            "HOME": str(directory),
            "RABBITMQ_NODENAME": f"fake{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(directory),
            "RABBITMQ_PID_FILE": str(directory / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper),
        }
        # Otherwise the broker would start one that stays.
        self._mapper = subprocess.Popen(["epmd"], env=self._environment)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it unless it runs, and wait until it accepts connections."""
        if self._server is not None:
            return
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [SERVER],
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE
        while True:
            try:
                # Checked first, because pika logs each failure with a traceback.
                socket.create_connection(("127.0.0.1", self.port)).close()
                pika.BlockingConnection(pika.URLParameters(self.url)).close()
            except (OSError, pika.exceptions.AMQPError):
                assert self._server.poll() is None, self._log.read_text()
                assert time.monotonic() < end, self._log.read_text()
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """Stop it, and wait until it has ended."""
        if self._server is not None:
            # The shell script that it is started with waits for it.
            os.killpg(self._server.pid, signal.SIGTERM)
            self._server.wait(PATIENCE)
            self._server = None

    def close(self) -> None:
        self.stop()
        self._mapper.terminate()
        self._mapper.wait(PATIENCE)

    def declare(self, queue: str, routing_key: str) -> None:
        """Declare a durable queue that gets the messages with a routing key."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        channel = connection.channel()
        channel.queue_declare(queue, durable=True)
        channel.queue_bind(queue, "amq.topic", routing_key)
        connection.close()

    def count(self, queue: str) -> int:
        """Return the number of messages in a queue."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        count: int = connection.channel().queue_declare(queue, passive=True).method.message_count
        connection.close()
        return count

    def take(self, queue: str) -> list[tuple[str, Any]]:
        """Return the routing keys and the documents of the messages in a queue, and remove them."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        channel = connection.channel()
        taken: list[tuple[str, Any]] = []
        while (message := channel.basic_get(queue, auto_ack=True))[0] is not None:
            taken.append((message[0].routing_key, json.loads(message[2])))
        connection.close()
        return taken


def _configure_tls(directory: Path, port: int) -> str:
    """Let the broker accept TLS, too; return the file with its certificate authority."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    files = {
        "cacertfile": authority.cert_pem.bytes(),
        "certfile": certificate.cert_chain_pems[0].bytes(),
        "keyfile": certificate.private_key_pem.bytes(),
    }
    lines = [f"listeners.ssl.1 = 127.0.0.1:{port}"]
    for name, content in files.items():
        (directory / name).write_bytes(content)
        lines.append(f"ssl_options.{name} = {directory / name}")
    (directory / "rabbitmq.conf").write_text("\n".join([*lines, ""]))
    return str(directory / "cacertfile")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def running(directory: Path) -> Iterator[Broker]:
    """Run a broker until the end of the block."""
    broker = Broker(directory)
    try:
        broker.start()
        yield broker
    finally:
        broker.close()

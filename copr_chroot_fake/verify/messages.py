"""Comparing messages: those that a broker delivers about builds, with those of a fake that repeats what it recorded."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any, NamedTuple
from uuid import uuid4

from ..engine.message_log import END, STARTS
from ..errors import CoprFakeError, needing
from ..fake import FakeCopr
from ..messages.message import Message
from ..recording.recorder import Observations, Recorder
from ..recording.to_scenario import to_scenario
from ..validation.checks import without_user
from .comparison import Response
from .differences import Difference
from .report import Report
from .sending import DELIVERED, MESSAGE, NO_RESPONSE, Copr, Question

with needing("verify --amqp", "pika", "messages"):
    import pika
    from pika.exceptions import AMQPError

_EXCHANGE = "amq.topic"

_KEYS = "#.copr.#"
"""The routing keys of the messages of a Copr, whatever its environment."""

_INTERVAL = 15.0
"""Seconds between two polls of the builds."""

_LATE = 10.0
"""Seconds after the end of the builds until their last messages must have arrived."""

_LONGEST = 366 * 24 * 3600
"""Seconds that a recorded lifecycle lasts at most."""


Task = tuple[object, object]
"""A build and a chroot."""


class Delivered(NamedTuple):
    """A message from a broker; its topic has no prefix."""

    topic: str
    body: Mapping[str, Any]

    @property
    def task(self) -> Task:
        return self.body.get("build"), self.body.get("chroot")


class Broker:
    """A connection to a broker, with a queue of its own that gets the messages of a Copr from now on.

    :param url: as pika reads it: ``amqps://user:password@host/vhost``, with options for TLS in the query.
    :raises CoprFakeError: if the URL is invalid, or if the broker is not reachable or rejects the user.
    """

    def __init__(self, url: str) -> None:
        self._name = without_user(url).partition("?")[0]
        self._queue = str(uuid4())
        with self._reporting():
            self._connection = pika.BlockingConnection(pika.URLParameters(url))
            self._channel = self._connection.channel()
            self._channel.queue_declare(self._queue, exclusive=True, auto_delete=True)
            self._channel.queue_bind(self._queue, _EXCHANGE, _KEYS)

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connection, and so delete the queue."""
        if self._connection.is_open:
            self._connection.close()

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except (AMQPError, LookupError, OSError, TypeError, ValueError) as error:
            raise CoprFakeError(f"{self._name}: {error or type(error).__name__}; check --amqp") from None

    def pause(self, seconds: float) -> None:
        """Wait, and answer the broker's heartbeats meanwhile."""
        with self._reporting():
            self._connection.sleep(seconds)

    def take(self) -> list[Delivered]:
        """Return the messages that have arrived since the last call."""
        taken = []
        with self._reporting():
            while (got := self._channel.basic_get(self._queue, auto_ack=True))[0] is not None:
                topic = f"copr.{got[0].routing_key.partition('.copr.')[2]}"
                taken.append(Delivered(topic, json.loads(got[2])))
        return taken


def verify_messages(
    copr: Copr,
    build_ids: Sequence[int],
    broker: Broker,
    report: Callable[[str], object],
    now: Callable[[], float] = time.time,
) -> Report:
    """Wait until builds have ended, and compare the messages about them with those of a fake.

    :param report: receives a line for each change of a build.
    :param now: returns the Unix time, which passes while the broker waits.
    :raises CoprFakeError: if Copr or the broker is not reachable anymore.
    """
    recorder = Recorder(copr.client, build_ids, _INTERVAL, report, now, broker.pause)
    recorder.run(lambda: None)
    broker.pause(_LATE)
    conversion = to_scenario(recorder.observations, lifecycles=True)
    fake = FakeCopr.from_scenario(conversion.scenario, progress="clock")
    fake.clock.tick(_LONGEST)
    result = Report(copr.url, notes=[*recorder.missing(), *conversion.omissions])
    tasks = _unfinished(recorder.observations)
    if not tasks:
        result.notes.append("messages: the builds had ended before")
    for topic, difference in compare_messages(broker.take(), fake.messages, tasks):
        result.asked[topic] += 1
        if difference is not None:
            result.differences.append(difference)
    return result


def _unfinished(observations: Observations) -> list[Task]:
    """Return the tasks that had not ended when they were first observed."""
    chroots = (
        (build.id, name, chroot) for build in observations.builds.values() for name, chroot in build.chroots.items()
    )
    return [(build_id, name) for build_id, name, chroot in chroots if not chroot.first.is_final]


def compare_messages(
    delivered: Sequence[Delivered], published: Sequence[Message], tasks: Iterable[Task]
) -> Iterator[tuple[str, Difference | None]]:
    """Compare delivered messages about tasks with those that a fake has published, one by one for each topic.

    Yield the topic of each, and the difference if there is one.
    """
    expected = [Delivered(message.topic, message.body) for message in published]
    for task in tasks:
        coprs, fakes = ([message for message in messages if message.task == task] for messages in (delivered, expected))
        topics = dict.fromkeys(message.topic for message in (*fakes, *coprs))
        if {message.topic for message in fakes} == {END}:
            # The polls missed the time when the task was running, or it was before the first one.
            topics = {topic: None for topic in topics if topic not in STARTS}
        for topic in topics:
            pairs = ([message for message in messages if message.topic == topic] for messages in (coprs, fakes))
            for copr, fake in zip_longest(*pairs):
                yield topic, _compare(topic, task, copr, fake)


def _compare(topic: str, task: Task, copr: Delivered | None, fake: Delivered | None) -> Difference | None:
    sent, answer = _content(copr), _content(fake)
    if sent == answer:
        return None
    sign = f"{topic} missing" if copr is None else f"{topic} unexpected" if fake is None else None
    question = Question(MESSAGE, f"{topic} of build {task[0]}, {task[1]}")
    return Difference(question, topic, ("body",), sent, answer, sign)


def _content(message: Delivered | None) -> Response:
    """Return a message as a response, with the types in place of what depends on the worker."""
    if message is None:
        return Response(NO_RESPONSE, {}, b"")
    body = dict(message.body)
    body |= {key: type(body[key]).__name__ for key in _WORKER if key in body}
    body["what"] = re.sub(r" ip:\S+ pid:\d+", " ip: pid:", str(body.get("what")))
    return Response(DELIVERED, {}, json.dumps({"topic": message.topic, "body": body}).encode())


_WORKER: tuple[str, ...] = ("ip", "who", "pid")
"""The keys of a message that name the worker of a task."""

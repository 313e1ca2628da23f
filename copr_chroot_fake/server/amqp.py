"""Publishing messages to a broker with fedora-messaging, in a thread, whatever the state of the broker.

fedora-messaging is based on Twisted, whose reactor runs in the thread. The server only appends to a queue, from which a
message is removed once the broker has confirmed it. Until then, it is published again with each connection. A message
that AMQP cannot encode is dropped.
"""

from __future__ import annotations

import logging
import struct
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit, urlunsplit

import pika
from fedora_messaging import config
from fedora_messaging.twisted.factory import FedoraMessagingFactoryV2
from fedora_messaging.twisted.service import FedoraMessagingServiceV2
from pika.exceptions import ShortStringTooLong, UnsupportedAMQPFieldException
from twisted.internet import defer, reactor
from twisted.logger import globalLogBeginner

from ..errors import InputError
from ..excerpt import excerpt, line
from ..messages.message import Message, MessageBody

if TYPE_CHECKING:
    from fedora_messaging.message import Message as FedoraMessage
    from twisted.internet.interfaces import IConnector
    from twisted.internet.posixbase import PosixReactorBase
    from twisted.python.failure import Failure

    from ..control.worlds import World

CLOSE_TIMEOUT = 2.0
"""Maximum seconds that :meth:`AmqpPublisher.close` waits for confirmations."""

MAX_RECONNECT_DELAY = 2
"""Maximum seconds between two attempts to connect."""

SLOW_AFTER = 10.0
"""Seconds without a confirmation after which a broker is reported as slow."""

RETRY_DELAY = 1.0
"""Seconds until messages that the broker has not confirmed are published again."""

MAX_UNCONFIRMED = 100
"""Maximum number of messages that are published before the first of them is confirmed."""

_UNENCODABLE = (ShortStringTooLong, UnsupportedAMQPFieldException, TypeError, ValueError, struct.error)
"""Errors of messages that no attempt can publish, for example of a user whose name is too long for a header."""


class AmqpPublisher:
    """Publishes messages in order, each until the broker confirms it or rejects it for good.

    There is one at most in a process, as Twisted's reactor cannot be restarted.

    :param url: of the broker: ``amqp://user:password@host:port/vhost``.
    :raises InputError: for an invalid URL.
    """

    def __init__(self, url: str) -> None:
        _check_url(url)
        self._name = _without_password(url)
        self._report: Callable[[str], None] = lambda line: None
        """What writes a line about the state of the broker."""
        self._queue: deque[FedoraMessage] = deque()
        """Messages that the broker has not confirmed; the same objects, hence the same ids, with each attempt."""
        self._changed = threading.Condition()
        self._arrived: defer.Deferred[None] | None = None
        self._outage: str | None = None
        """Why the broker does not take messages; ``None`` if it does, or if that is not known yet."""
        self._is_closing = False
        _silence()
        # Topics are complete, and only they are needed from a configuration of fedora-messaging, beside TLS.
        config.conf.update({"topic_prefix": ""})
        self._service = FedoraMessagingServiceV2(url)
        self._observe(self._service.factory)
        self._reactor = cast("PosixReactorBase", reactor)
        self._thread = threading.Thread(target=self._run, name="copr-fake-amqp", daemon=True)

    def start(self, world: World, report: Callable[[str], None]) -> None:
        """Start to publish the messages of a world.

        :param report: writes a line about the state of the broker; never blocks.
        """
        self._report = report
        world.subscribe(self._put)
        self._thread.start()

    def _put(self, message: Message) -> None:
        """Append a message; never blocks."""
        published = message.to_fedora_messaging()
        # The kit's messages are valid. To check their schemas each time would take most of the time.
        vars(published)["validate"] = lambda: None
        self._queue.append(published)
        self._reactor.callFromThread(self._continue)

    def close(self) -> None:
        """Publish what can be published now, disconnect, and report how many messages are left."""
        with self._changed:
            self._changed.wait_for(lambda: not self._queue or self._outage is not None, CLOSE_TIMEOUT)
        self._is_closing = True
        self._reactor.callFromThread(self._stop)
        self._thread.join(CLOSE_TIMEOUT)
        if self._queue:
            self._report(f"Copr fake: {_messages(len(self._queue))} not published to {self._name}")

    # In the thread of the reactor.

    def _run(self) -> None:
        self._reactor.callWhenRunning(self._service.startService)
        self._reactor.callWhenRunning(self._publish_all)
        self._reactor.run(installSignalHandlers=False)

    @defer.inlineCallbacks
    def _stop(self) -> Generator[defer.Deferred[Any], Any, None]:
        yield defer.maybeDeferred(self._service.stopService)
        self._reactor.stop()

    def _continue(self) -> None:
        if self._arrived is not None:
            arrived, self._arrived = self._arrived, None
            arrived.callback(None)

    @defer.inlineCallbacks
    def _publish_all(self) -> Generator[defer.Deferred[Any], Any, None]:
        known: object = None
        while True:
            if not self._queue:
                self._arrived = defer.Deferred()
                yield self._arrived
            protocol = yield self._note_delay(self._service.factory.when_connected())
            # The first message on a connection allocates its channel; several would each allocate one, and lose their
            # order.
            batch = list(islice(self._queue, MAX_UNCONFIRMED if protocol is known else 1))
            known = protocol
            unconfirmed = yield self._publish(protocol, batch)
            with self._changed:
                for _ in batch:
                    self._queue.popleft()
                self._queue.extendleft(reversed(unconfirmed))
                self._changed.notify_all()
            if unconfirmed:
                known = None
                pause: defer.Deferred[None] = defer.Deferred()
                self._reactor.callLater(RETRY_DELAY, pause.callback, None)
                yield pause

    @defer.inlineCallbacks
    def _publish(
        self, protocol: Any, batch: Sequence[FedoraMessage]
    ) -> Generator[defer.Deferred[Any], Any, list[FedoraMessage]]:
        """Publish messages; return those that are to be published again."""
        exchange = cast(str, config.conf["publish_exchange"])
        sent = [defer.maybeDeferred(protocol.publish, message, exchange) for message in batch]
        results = yield self._note_delay(defer.DeferredList(sent, consumeErrors=True))
        errors = [None if is_confirmed else result.value for is_confirmed, result in results]
        return [message for message, error in zip(batch, errors, strict=True) if self._is_retried(message, error)]

    def _note_delay(self, deferred: defer.Deferred[Any]) -> defer.Deferred[Any]:
        """Note an outage if it takes long until a broker answers."""
        slow = self._reactor.callLater(SLOW_AFTER, self._note_outage, f"no confirmation within {SLOW_AFTER:g} s")

        def end(result: object) -> object:
            if slow.active():
                slow.cancel()
            return result

        return deferred.addBoth(end)

    def _is_retried(self, message: FedoraMessage, error: Exception | None) -> bool:
        """Note the result of an attempt to publish; return whether to make another one."""
        if error is None:
            self._note_recovery()
            return False
        if isinstance(error, _UNENCODABLE):
            body = cast(MessageBody, message.body)
            self._report(
                f"Copr fake: dropped the message {message.topic} of build {body['build']}, {body['chroot']}, "
                f"which AMQP cannot encode: {_reason(error)}"
            )
            return False
        self._note_outage(_reason(error))
        return True

    def _observe(self, factory: FedoraMessagingFactoryV2) -> None:
        """Notice when the connection is lost, cannot be made, or is ready."""
        factory.maxDelay = MAX_RECONNECT_DELAY
        methods: Any = factory
        failed, lost, ready = methods.clientConnectionFailed, methods.clientConnectionLost, methods.resetDelay

        def on_failed(connector: IConnector, reason: Failure) -> None:
            self._note_outage(_reason(reason.value))
            failed(connector, reason)

        def on_lost(connector: IConnector, reason: Failure) -> None:
            self._note_outage(_reason(reason.value))
            lost(connector, reason)

        def on_ready() -> None:
            self._note_recovery()
            ready()

        # The service makes its factory itself.
        vars(factory).update(clientConnectionFailed=on_failed, clientConnectionLost=on_lost, resetDelay=on_ready)

    def _note_outage(self, reason: str) -> None:
        with self._changed:
            is_new, self._outage = self._outage is None, reason
            self._changed.notify_all()
        if is_new and not self._is_closing:
            self._report(
                f"Copr fake: cannot publish messages to {self._name} ({reason}); they are queued until it is back"
            )

    def _note_recovery(self) -> None:
        if self._outage is not None:
            with self._changed:
                self._outage = None
            self._report(f"Copr fake: {self._name} is back; {_messages(len(self._queue))} to publish")


def _reason(error: BaseException | None) -> str:
    """Return the text of an error on one line; some of Twisted's have none."""
    return line(str(error)).rstrip(".") or type(error).__name__


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _check_url(url: str) -> None:
    """Check that a URL is one of a broker.

    :raises InputError: if it is not.
    """
    expected = "expected a URL such as amqp://user:password@host:5672/vhost"
    if not url.startswith(("amqp://", "amqps://")):
        scheme, separator, location = url.rpartition("://")
        shown = f"{scheme}{separator}{location.rpartition('@')[2]}"
        raise InputError("--amqp", f"{excerpt(shown)} is not a URL of a broker; {expected}")
    try:
        pika.URLParameters(url)
    except (TypeError, ValueError) as error:
        # The message does not quote the URL, which may contain a password.
        raise InputError("--amqp", f"{error}; {expected}") from None


def _without_password(url: str) -> str:
    """Return a URL without its user, password and query, for messages."""
    scheme, location, path, _, _ = urlsplit(url)
    return urlunsplit((scheme, location.rpartition("@")[2] or "localhost", path, "", ""))


def _silence() -> None:
    """Silence the libraries, which log each attempt to connect; this module reports outages itself."""
    for name in ("fedora_messaging", "pika", "twisted"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)

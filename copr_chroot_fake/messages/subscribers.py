"""Subscribers: functions that are called with each message at once.

State is computed on access, and changes under the store's lock. While there are subscribers, each release of the lock
looks for messages. All changes of a fake, including due transitions that are applied, hold the lock. A clock that is
moved calls its listeners, and a thread waits for transitions on the system's clock, without polling it.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from weakref import WeakMethod

from ..engine.clock import SystemClock, VirtualClock
from ..engine.store import Store
from ..errors import InputError
from ..validation import checks
from .message import Message, read_message

Callback = Callable[[Message], object]


class Subscription:
    """A callback that gets messages until it is canceled; as a context manager, until the end of the block."""

    __slots__ = ("_subscribers", "callback")

    def __init__(self, subscribers: Subscribers, callback: Callback) -> None:
        self._subscribers = subscribers
        self.callback = callback

    def __repr__(self) -> str:
        return f"<Subscription of {self.callback!r}>"

    def cancel(self) -> None:
        """Stop; a message that is being delivered may still arrive."""
        self._subscribers.remove(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *error: object) -> None:
        self.cancel()


class Subscribers:
    """The subscribers of one fake.

    A message is delivered in the thread that has caused it or found it, after the lock is released, so that a callback
    may use the fake, also from other threads. Only one thread delivers at a time, so that messages arrive in order.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = store.lock.without_listeners
        self._subscriptions: tuple[Subscription, ...] = ()
        self._is_delivering = False
        self._waker: _Waker | None = None
        self._wakes_at = math.inf
        """The time on the clock of the next wake-up."""

    def add(self, callback: Callback) -> Subscription:
        """Call a function with each new message.

        :raises InputError: if it is not callable.
        """
        if not callable(callback):
            raise InputError("callback", f"expected a function that gets a message, got {checks.excerpt(callback)}")
        subscription = Subscription(self, callback)
        # Earlier messages are only for the other subscribers.
        self.deliver_news()
        with self._lock():
            if not self._subscriptions:
                self._start()
            self._subscriptions += (subscription,)
        return subscription

    def add_with_past(self, callback: Callback) -> Subscription:
        """Call a function with all messages, earlier ones first; the fake is locked while it gets these."""
        with self._lock():
            subscription = self.add(callback)
            for entry in self._store.messages.entries:
                callback(read_message(entry))
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """Remove a subscription; do nothing if it is removed already."""
        with self._lock():
            is_last = self._subscriptions == (subscription,)
            self._subscriptions = tuple(other for other in self._subscriptions if other is not subscription)
            if is_last:
                self._stop()

    def _start(self) -> None:
        store, clock = self._store, self._store.clock
        store.ordered_messages()
        store.messages.deliver(True)
        store.lock.add_listener(self.deliver_news)
        if isinstance(clock, VirtualClock | SystemClock):
            clock.listeners += (self._notice_move,)
        if isinstance(clock, SystemClock):
            self._waker = _Waker(self._wake)

    def _stop(self) -> None:
        store, clock = self._store, self._store.clock
        if self._waker is not None:
            self._waker.close()
            self._waker = None
        if isinstance(clock, VirtualClock | SystemClock):
            clock.listeners = tuple(listener for listener in clock.listeners if listener != self._notice_move)
        store.lock.remove_listener(self.deliver_news)
        store.messages.deliver(False)

    def _notice_move(self) -> None:
        # A scenario or a snapshot that moves the clock holds the lock until it is complete.
        if not self._store.lock.depth:
            self.deliver_news()
            self._wake_soon()

    def _wake(self) -> float:
        """Deliver the messages that are due, and return the seconds until the next transition."""
        try:
            self.deliver_news()
        except Exception:
            # There is no caller to raise it to; pytest and others report exceptions of threads.
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
        with self._lock():
            self._wakes_at = self._store.timeline.next_due
            return self._store.seconds_to_wait

    def _wake_soon(self) -> None:
        if self._waker is not None:
            self._waker.wake()

    def deliver_news(self) -> None:
        """Deliver each new message to the subscribers, unless another thread is doing so.

        :raises Exception: the first exception of a callback, after everything is delivered.
        """
        store = self._store
        log = store.messages
        if not self._subscriptions:
            return
        if not (log.undelivered or store.is_due):
            if store.timeline.next_due < self._wakes_at:
                self._wake_soon()
            return
        first: Exception | None = None
        if not self._begin():
            return
        try:
            while self._collect():
                error = self._deliver()
                first = first or error
        except BaseException:
            self._is_delivering = False
            raise
        self._wake_soon()
        if first is not None:
            raise first

    def _begin(self) -> bool:
        with self._lock():
            is_first = not self._is_delivering
            self._is_delivering = True
            return is_first

    def _collect(self) -> bool:
        """Find the messages to deliver; return whether there are any."""
        with self._lock():
            self._store.ordered_messages()
            # While the lock is held, so that another thread does not rely on this one to deliver more.
            self._is_delivering = bool(self._store.messages.undelivered)
            return self._is_delivering

    def _deliver(self) -> Exception | None:
        """Deliver messages to all subscribers; return the first exception of a callback."""
        first: Exception | None = None
        while undelivered := self._store.messages.undelivered:
            message = read_message(undelivered.popleft())
            for subscription in self._subscriptions:
                try:
                    subscription.callback(message)
                except Exception as error:
                    first = first or error
        return first


class _Waker:
    """A thread that calls a method at the times that the method returns, until it is closed or its object is gone.

    :param act: returns the seconds until the next call; ``inf`` for never.
    """

    def __init__(self, act: Callable[[], float]) -> None:
        # The thread must not keep an unused fake alive.
        self._act = WeakMethod(act, lambda _: self.close())
        # Reentrant, because the object can go while the thread holds it.
        self._changed = threading.Condition()
        self._is_due = True
        self._is_closed = False
        threading.Thread(target=self._run, name="copr-fake-messages", daemon=True).start()

    def wake(self) -> None:
        """Call the method soon: its time may have changed."""
        with self._changed:
            self._is_due = True
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _run(self) -> None:
        seconds = math.inf
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_due or self._is_closed, min(seconds, threading.TIMEOUT_MAX))
                if self._is_closed:
                    return
                self._is_due = False
            act = self._act()
            if act is None:
                return
            seconds = act()
            del act

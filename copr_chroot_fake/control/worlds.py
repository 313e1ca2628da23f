"""Worlds: isolated fakes behind one server, with their initial states, and what watches them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import get_ident
from typing import Annotated, Protocol

from ..engine.clock import SystemClock, VirtualClock, check_speed
from ..engine.create import add_account
from ..engine.snapshot import Snapshot, restore, take
from ..errors import CoprFakeError, InputError
from ..messages.message import Message
from ..messages.subscribers import Subscription
from ..model.account import Account
from ..options import FakeOptions
from ..scenario.files import ScenarioSource
from ..service import Service
from ..validation.checks import LARGEST_INTEGER, choices, excerpt
from ..validation.rule import Keywords, Rule, frozen
from .limits import MAX_WORLDS

Watcher = Callable[[], None]


class Watchers:
    """The watchers of one world, whose fake can be replaced.

    They are called in the thread that has changed the fake, so they must be short, and may be called without a change.
    """

    __slots__ = ("_reader", "_service", "_watchers")

    def __init__(self, service: Service) -> None:
        self._service = service
        self._watchers: tuple[Watcher, ...] = ()
        self._reader: int | None = None
        """The thread that only reads at the moment."""

    def add(self, watcher: Watcher) -> None:
        self._set((*self._watchers, watcher))

    def remove(self, watcher: Watcher) -> None:
        """Remove a watcher, unless it is removed already."""
        self._set(tuple(other for other in self._watchers if other != watcher))

    def _set(self, watchers: tuple[Watcher, ...]) -> None:
        was_observing, self._watchers = bool(self._watchers), watchers
        if was_observing != bool(watchers):
            self._observe(bool(watchers))

    def follow(self, service: Service) -> None:
        """Observe another fake instead."""
        if self._watchers:
            self._observe(False)
        self._service = service
        if self._watchers:
            self._observe(True)
        self.notify()

    def _observe(self, is_observing: bool) -> None:
        store = self._service.store
        (store.lock.add_listener if is_observing else store.lock.remove_listener)(self.notify)
        clock = store.clock
        if isinstance(clock, VirtualClock | SystemClock):
            others = tuple(listener for listener in clock.listeners if listener != self.notify)
            clock.listeners = (*others, self.notify) if is_observing else others

    def notify(self) -> None:
        """Call the watchers, unless this thread only reads."""
        if self._reader != get_ident():
            for watcher in self._watchers:
                watcher()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Call no watcher for what this thread does within the block, because it only reads."""
        self._reader = get_ident()
        try:
            yield
        finally:
            self._reader = None


class InitialState(Protocol):
    """Creates the fake of a world, at first and at each reset."""

    def make(self) -> Service:
        """Return the fake in its initial state."""

    def make_from(self, scenario: ScenarioSource) -> Service:
        """Return a fake with the same options and the content of a scenario.

        :raises ScenarioError: for an invalid scenario; nothing has changed then.
        """


Speed = Annotated[float, Rule(check_speed), Keywords(exclusiveMinimum=0, maximum=LARGEST_INTEGER)]
"""Seconds on a fake's clock for each real second."""

_BY_CLOCK = FakeOptions(progress="clock")


@frozen()
class InitialConfig:
    """Options and scenarios of a fake that runs on the system clock.

    :param speed: seconds on the fake's clock for each real second.
    """

    scenarios: tuple[ScenarioSource, ...] = ()
    options: FakeOptions = _BY_CLOCK
    speed: float = 1
    accounts: tuple[Account, ...] = ()

    def make_empty(self) -> Service:
        """Return a fake with these options, and without content."""
        service = Service(replace(self.options, clock=SystemClock(self.speed)))
        for account in self.accounts:
            add_account(account, service.store)
        return service

    def make(self) -> Service:
        """Return a fake with the content of the scenarios.

        :raises ScenarioError: for an invalid scenario.
        """
        service = self.make_empty()
        for scenario in self.scenarios:
            service.add_scenario(scenario)
        return service

    def make_from(self, scenario: ScenarioSource) -> Service:
        return replace(self, scenarios=(scenario,)).make()


@frozen()
class InitialSnapshot:
    """A fake that a test holds: it is restored in place, and stays the same object."""

    service: Service
    snapshot: Snapshot

    def make(self) -> Service:
        restore(self.snapshot)
        self.service.journal.clear()
        return self.service

    def make_from(self, scenario: ScenarioSource) -> Service:
        # Find errors before the fake is emptied. The seed matters: the state in which a
        # chroot is held must be one that its lifecycle, as drawn, reaches.
        Service(FakeOptions(seed=self.snapshot.seed)).add_scenario(scenario)
        service = self.make()
        service.store.clear()
        service.add_scenario(scenario)
        return service


MAX_SNAPSHOTS = 100
"""Maximum number of snapshots of a world."""

NAME = re.compile("[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,99}")
"""A valid name of a world: it needs no escaping in a URL, and is not ``.`` or ``..``."""


def world_url(server_url: str, name: str) -> str:
    """Return the URL of a world for its results; the main world has no name.

    This is the short form of ``/worlds/<name>``: copr-cli has wget cut six directories off
    the URL of a result. Copr's own URLs have five, which leaves one for the world.
    """
    return f"{server_url}/@{name}" if name else server_url


class TooManyError(CoprFakeError):
    """The maximum number of worlds or snapshots is reached."""


class World:
    """A fake with its initial state and its snapshots.

    :param name: empty for the main world.
    :param service: the fake now; by default it is created from the initial state.
    :param url: where clients reach the world, if that is known already.
    """

    def __init__(
        self,
        name: str,
        initial_state: InitialState,
        service: Service | None = None,
        url: str | None = None,
    ) -> None:
        self.name = name
        self._url = url
        self._subscription: Subscription | None = None
        self.initial_state = initial_state
        self.service = service or initial_state.make()
        self.watchers = Watchers(self.service)
        self.replace_service(self.service)

    def replace_service(self, service: Service) -> None:
        """Use another fake from now on, without snapshots; requests in progress finish with the old one."""
        if self._url is not None:
            service.set_base_url(self._url)
        self.service = service
        if self._subscription is not None:
            self.subscribe(self._subscription.callback)
        self.answer = service.api.answer
        self.snapshots: dict[int, Snapshot] = {}
        self._last_snapshot = 0
        self.watchers.follow(service)

    def set_url(self, url: str) -> None:
        """Set the base URL of the results of this and later fakes, unless they have a ``results_url``."""
        self._url = url
        self.service.set_base_url(url)

    def subscribe(self, callback: Callable[[Message], object]) -> None:
        """Call back with all messages of this fake and of those that replace it, in place of an earlier callback.

        That includes what has happened already: a state can be loaded long after it was saved.
        """
        if self._subscription is not None:
            self._subscription.cancel()
        self._subscription = self.service.subscribers.add_with_past(callback)

    def reset(self) -> None:
        """Restore the initial state; no request is answered by an incomplete fake."""
        self.replace_service(self.initial_state.make())

    def take_snapshot(self) -> int:
        """Take a snapshot and return its id.

        :raises TooManyError: if there are too many snapshots.
        """
        if len(self.snapshots) >= MAX_SNAPSHOTS:
            raise TooManyError(f"there are {MAX_SNAPSHOTS} snapshots already; delete one first")
        self._last_snapshot += 1
        self.snapshots[self._last_snapshot] = take(self.service.store)
        return self._last_snapshot


class Worlds:
    """The main world, which has no name, and named worlds.

    :param initial_state: of each new world.
    :param service: the main world's fake now; by default it is created from the initial state.
    :param main_initial_state: of the main world, if it differs; the main world is then created on first use.
    """

    def __init__(
        self,
        initial_state: InitialState,
        max_worlds: int = MAX_WORLDS,
        service: Service | None = None,
        *,
        main_initial_state: InitialState | None = None,
    ) -> None:
        self.initial_state = initial_state
        self.max_worlds = max_worlds
        self._main_initial_state = main_initial_state or initial_state
        self._main = None if main_initial_state else World("", initial_state, service)
        self._named: dict[str, World] = {}
        self._url: str | None = None
        self.are_fixed = False
        """Whether only control calls create worlds, and a request to another world is an error."""

    def set_url(self, url: str) -> None:
        """Set the URL of the server, from which each world derives its own."""
        self._url = url.rstrip("/")
        for world in self._existing():
            world.set_url(world_url(self._url, world.name))

    @property
    def main(self) -> World:
        """The main world."""
        if self._main is None:
            self._main = World("", self._main_initial_state, url=self._url_of(""))
        return self._main

    def get_or_create(self, name: str) -> World:
        """Return a named world; create it if it does not exist.

        :raises InputError: for an invalid name.
        :raises TooManyError: if there are too many worlds.
        """
        return self._named.get(name) or self.replace(name, self.initial_state)

    def draft(self, name: str) -> World:
        """Return a new world, which other requests cannot use until :meth:`add`.

        :raises InputError: for an invalid name, or any name if worlds are fixed.
        :raises TooManyError: if there are too many worlds.
        """
        if self.are_fixed:
            known = choices(name, self.names) if self._named else "there are none"
            raise InputError("world", f"there is no world {excerpt(name)}, and worlds are fixed; {known}")
        return self._make(name, self.initial_state)

    def add(self, draft: World) -> None:
        """Add a draft, unless another world has taken its name or the last place since."""
        if draft.name not in self._named and len(self._named) < self.max_worlds:
            self._named[draft.name] = draft

    def find(self, name: str) -> World | None:
        return self._named.get(name)

    def __contains__(self, world: World) -> bool:
        """Whether a world is registered."""
        return world is (self._named.get(world.name) if world.name else self._main)

    def replace(self, name: str, initial_state: InitialState, service: Service | None = None) -> World:
        """Create a world, in place of any existing one of that name.

        :raises InputError: for an invalid name.
        :raises TooManyError: if there are too many worlds.
        """
        before, world = self._named.get(name), self._make(name, initial_state, service)
        self._named[name] = world
        if before is not None:
            before.watchers.notify()
        return world

    def _make(self, name: str, initial_state: InitialState, service: Service | None = None) -> World:
        if not NAME.fullmatch(name):
            expected = "letters, digits, '.', '_', '~' and '-', at most 100, not starting with '.'"
            raise InputError("world", f"{excerpt(name)} is not a valid name of a world; expected {expected}")
        if name not in self._named and len(self._named) >= self.max_worlds:
            raise TooManyError(
                f"there are {self.max_worlds} worlds already; delete one, or serve with a larger --max-worlds"
            )
        return World(name, initial_state, service, self._url_of(name))

    def _existing(self) -> list[World]:
        return [world for world in (self._main, *self) if world is not None]

    def _url_of(self, name: str) -> str | None:
        return None if self._url is None else world_url(self._url, name)

    def delete(self, name: str) -> None:
        """Delete a named world, if it exists."""
        world = self._named.pop(name, None)
        if world is not None:
            world.watchers.notify()

    def __iter__(self) -> Iterator[World]:
        """Iterate over the named worlds."""
        return iter(list(self._named.values()))

    def __len__(self) -> int:
        return len(self._named)

    @property
    def names(self) -> Collection[str]:
        """The names of the named worlds."""
        return self._named.keys()

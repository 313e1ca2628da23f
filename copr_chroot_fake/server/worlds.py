"""Worlds: fakes of their own behind one server, each made when somebody first asks for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from ..errors import CoprFakeError, InputError
from .bounds import MAX_WORLDS

if TYPE_CHECKING:
    # Whoever brings a fake has loaded it, and a server of such needs nothing else of it.
    from ..builds.snapshot import Snapshot
    from ..fake import FakeCopr
    from .recipe import Beginning

MAX_SNAPSHOTS = 100
"""How many snapshots a world keeps."""

NAME = re.compile("[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,99}")
"""What a world can be called: what needs no escape in an address, and is no step in a path there."""


def address_in(server: str, name: str) -> str:
    """Where a server has a world, as the addresses of its results begin; its own has no name.

    People write ``/worlds/<name>``, which is the same world. But copr-cli has wget
    cut six directories off the address of a result, of which Copr's own have five,
    and so a world may add one, not two.
    """
    return f"{server}/@{name}" if name else server


class TooManyError(CoprFakeError):
    """There is no room for another world, or snapshot."""


class World:
    """A fake, and what it began as."""

    __slots__ = ("_last_snapshot", "address", "beginning", "door", "fake", "name", "snapshots")

    def __init__(
        self, name: str, beginning: Beginning, fake: FakeCopr | None = None, address: str | None = None
    ) -> None:
        self.name = name
        self.address = address
        self.beginning = beginning
        self.put(fake or beginning.make())

    def put(self, fake: FakeCopr) -> None:
        """Be another fake from now on; a request that is under way ends in the fake in which it began."""
        if self.address is not None:
            fake.be_at(self.address)
        self.fake = fake
        self.door = fake.asgi
        self.snapshots: dict[int, Snapshot] = {}
        self._last_snapshot = 0

    def be_at(self, address: str) -> None:
        """Have the results of its fake, and of any in its place, below an address, unless another was said for them."""
        self.address = address
        self.fake.be_at(address)

    def reset(self) -> None:
        """Go back to the beginning; the new fake is complete before anybody sees it."""
        self.put(self.beginning.make())

    def take_snapshot(self) -> int:
        """Keep what the fake is now; returns the snapshot's id.

        :raises TooManyError: naming the bound.
        """
        if len(self.snapshots) >= MAX_SNAPSHOTS:
            raise TooManyError(f"there are {MAX_SNAPSHOTS} snapshots already; delete one first")
        self._last_snapshot += 1
        self.snapshots[self._last_snapshot] = self.fake.snapshot()
        return self._last_snapshot


class Worlds:
    """The server's own world, and those with a name, at most so many of them.

    :param beginning: what each of them begins as.
    :param fake: what the server's own world is now; by default it is made now.
    :param main: what the server's own world begins as instead; it is then made when somebody first asks for it.
    """

    def __init__(
        self,
        beginning: Beginning,
        most: int = MAX_WORLDS,
        fake: FakeCopr | None = None,
        *,
        main: Beginning | None = None,
    ) -> None:
        self.beginning = beginning
        self.most = most
        self._main_beginning = main or beginning
        self._main = World("", beginning, fake) if main is None else None
        self._named: dict[str, World] = {}
        self._address: str | None = None

    def be_at(self, address: str) -> None:
        """Tell each world its address, now that the server's own is known."""
        self._address = address.rstrip("/")
        for world in (self._main, *self):
            if world is not None:
                world.be_at(address_in(self._address, world.name))

    @property
    def main(self) -> World:
        """The server's own world."""
        if self._main is None:
            self._main = World("", self._main_beginning, address=self._address_of(""))
        return self._main

    def get(self, name: str) -> World:
        """A world, made now if it is not there.

        :raises InputError: for what cannot be its name.
        :raises TooManyError: naming the bound.
        """
        return self._named.get(name) or self.put(name, self.beginning)

    def find(self, name: str) -> World | None:
        return self._named.get(name)

    def put(self, name: str, beginning: Beginning, fake: FakeCopr | None = None) -> World:
        """Make a world of that name, in place of the one that there was."""
        if not NAME.fullmatch(name):
            expected = "letters, digits and '.', '_', '~', '-', no dot first, at most 100"
            raise InputError("world", f"{name!r} is no name of a world; expected {expected}")
        if name not in self._named and len(self._named) >= self.most:
            raise TooManyError(f"there are {self.most} worlds already; delete one, or serve with a larger --max-worlds")
        world = self._named[name] = World(name, beginning, fake, self._address_of(name))
        return world

    def _address_of(self, name: str) -> str | None:
        return None if self._address is None else address_in(self._address, name)

    def delete(self, name: str) -> None:
        """Remove a world, if it is there."""
        self._named.pop(name, None)

    def __iter__(self) -> Iterator[World]:
        """The worlds that have a name."""
        return iter(list(self._named.values()))

    def __len__(self) -> int:
        return len(self._named)

    @property
    def names(self) -> Collection[str]:
        """The names that worlds have."""
        return self._named.keys()

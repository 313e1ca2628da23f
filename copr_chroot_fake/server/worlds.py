"""Worlds: fakes of their own behind one server, each made when somebody first asks for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from ..errors import CoprFakeError, InputError
from ..excerpt import shown
from .bounds import MAX_MEMORY, MAX_WORLDS
from .memory import NEW_WORLD, Memory

if TYPE_CHECKING:
    # Whoever brings a fake has loaded it, and a server of such needs nothing else of it.
    from ..engine.snapshot import Snapshot
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

    __slots__ = (
        "_last_snapshot",
        "_memory",
        "_snapshot_bytes",
        "address",
        "beginning",
        "door",
        "fake",
        "name",
        "snapshots",
    )

    def __init__(
        self,
        name: str,
        beginning: Beginning,
        memory: Memory,
        fake: FakeCopr | None = None,
        address: str | None = None,
    ) -> None:
        self.name = name
        self._memory = memory
        self.address = address
        self.beginning = beginning
        self.put(fake or beginning.make())

    def put(self, fake: FakeCopr) -> None:
        """Be another fake from now on; a request that is under way ends in the fake in which it began."""
        if self.address is not None:
            fake._set_base_url(self.address)  # noqa: SLF001  # only the server knows it
        self.fake = fake
        self._memory.free()
        self.door = fake.asgi
        self.snapshots: dict[int, Snapshot] = {}
        self._snapshot_bytes: dict[int, int] = {}
        self._last_snapshot = 0

    def be_at(self, address: str) -> None:
        """Have the results of its fake, and of any in its place, below an address, unless another was said for them."""
        self.address = address
        self.fake._set_base_url(address)  # noqa: SLF001  # only the server knows it

    def reset(self) -> None:
        """Go back to the beginning; the new fake is complete before anybody sees it."""
        self.put(self.beginning.make())

    def take_snapshot(self) -> int:
        """Keep what the fake is now; returns the snapshot's id.

        :raises TooManyError: naming the bound.
        :raises NoMemoryError: if there is no memory for it.
        """
        if len(self.snapshots) >= MAX_SNAPSHOTS:
            raise TooManyError(f"there are {MAX_SNAPSHOTS} snapshots already; delete one first")
        size = self.retained_bytes_of_fake
        self._memory.reserve(size)
        self._last_snapshot += 1
        self.snapshots[self._last_snapshot] = self.fake.snapshot()
        self._snapshot_bytes[self._last_snapshot] = size
        return self._last_snapshot

    @property
    def retained_bytes(self) -> int:
        """An estimate of the memory that it takes, with its snapshots."""
        snapshots = sum(self._snapshot_bytes[number] for number in self.snapshots)
        return NEW_WORLD + self.retained_bytes_of_fake + snapshots

    @property
    def retained_bytes_of_fake(self) -> int:
        """The same without what every world takes, and without snapshots."""
        return self.fake._retained_bytes  # noqa: SLF001  # of no use to anybody who has one fake


class Worlds:
    """The server's own world, and those with a name, at most so many of them.

    :param beginning: what each of them begins as.
    :param fake: what the server's own world is now; by default it is made now.
    :param max_memory: how many bytes all of them may retain, by an estimate.
    :param main: what the server's own world begins as instead; it is then made when somebody first asks for it.
    """

    def __init__(
        self,
        beginning: Beginning,
        most: int = MAX_WORLDS,
        fake: FakeCopr | None = None,
        *,
        max_memory: int = MAX_MEMORY,
        main: Beginning | None = None,
    ) -> None:
        self.memory = Memory(self._measure, max_memory)
        self.beginning = beginning
        self.most = most
        self._main_beginning = main or beginning
        self._main = World("", beginning, self.memory, fake) if main is None else None
        self._named: dict[str, World] = {}
        self.memory.charged = self._measure()
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
            self._main = World("", self._main_beginning, self.memory, address=self._address_of(""))
        return self._main

    def get(self, name: str) -> World:
        """A world, made now if it is not there.

        :raises InputError: for what cannot be its name.
        :raises TooManyError: naming the bound.
        :raises NoMemoryError: if there is no memory for it.
        """
        return self._named.get(name) or self.put(name, self.beginning)

    def draft(self, name: str) -> World:
        """A new world that nobody else sees until :meth:`keep`.

        :raises InputError: for an invalid name.
        :raises TooManyError: naming the limit that is reached.
        :raises NoMemoryError: if there is no memory for it.
        """
        return self._make(name, self.beginning)

    def keep(self, draft: World) -> None:
        """Add a draft, unless another world of its name, or the last one for which there was room, was added since."""
        if draft.name not in self._named and len(self._named) < self.most:
            self._named[draft.name] = draft

    def find(self, name: str) -> World | None:
        return self._named.get(name)

    def put(self, name: str, beginning: Beginning, fake: FakeCopr | None = None) -> World:
        """Make a world of that name, in place of the one that there was."""
        world = self._named[name] = self._make(name, beginning, fake)
        return world

    def _make(self, name: str, beginning: Beginning, fake: FakeCopr | None = None) -> World:
        if not NAME.fullmatch(name):
            expected = "letters, digits and '.', '_', '~', '-', no dot first, at most 100"
            raise InputError("world", f"{shown(name)} is no name of a world; expected {expected}")
        if name not in self._named and len(self._named) >= self.most:
            raise TooManyError(f"there are {self.most} worlds already; delete one, or serve with a larger --max-worlds")
        self.memory.reserve(NEW_WORLD)
        world = World(name, beginning, self.memory, fake, self._address_of(name))
        # Only now is it known how large it is.
        self.memory.reserve(world.retained_bytes_of_fake)
        return world

    def _measure(self) -> int:
        return sum(world.retained_bytes for world in (self._main, *self) if world is not None)

    def _address_of(self, name: str) -> str | None:
        return None if self._address is None else address_in(self._address, name)

    def delete(self, name: str) -> None:
        """Remove a world, if it is there."""
        self._named.pop(name, None)
        self.memory.free()

    def __iter__(self) -> Iterator[World]:
        """The worlds that have a name."""
        return iter(list(self._named.values()))

    def __len__(self) -> int:
        return len(self._named)

    @property
    def names(self) -> Collection[str]:
        """The names that worlds have."""
        return self._named.keys()

"""What a fake shows of its dictionaries: read-only, and iterable while other threads add to them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TypeVar, overload

from ..errors import MissingKeyError
from ..validation import checks

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class ReadOnlyMapping(Mapping[K, V]):
    """A mapping that only its owner changes. Each iteration is over the entries that were there when it began.

    Looking something up, and the length, cost what they cost of a dictionary.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def _entries(self) -> dict[K, V]:
        """The entries as of now."""

    @overload
    def get(self, key: K, /) -> V | None: ...

    @overload
    def get(self, key: K, /, default: V | T) -> V | T: ...

    def get(self, key: K, /, default: object = None) -> object:
        """Return the entry with a name, or the default."""
        return self._entries.get(key, default)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    # dict.copy() is one step for other threads, as no Python code runs in it.

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries.copy())

    def __reversed__(self) -> Iterator[K]:
        return reversed(self._entries.copy())

    def keys(self) -> KeysView[K]:
        return self._entries.copy().keys()

    def values(self) -> ValuesView[V]:
        return self._entries.copy().values()

    def items(self) -> ItemsView[K, V]:
        return self._entries.copy().items()


class Collection(ReadOnlyMapping[K, V]):
    """A read-only view of a dictionary.

    :param kind: what the entries are, in the singular.
    :param update: called before each reading.
    """

    __slots__ = ("_kind", "_stored", "_update")

    def __init__(self, kind: str, entries: dict[K, V], update: Callable[[], None] = lambda: None) -> None:
        self._kind = kind
        self._stored = entries
        self._update = update

    @property
    def _entries(self) -> dict[K, V]:
        self._update()
        return self._stored

    def __getitem__(self, key: K) -> V:
        """Return an entry.

        :raises MissingKeyError: naming entries that exist.
        """
        try:
            return self._entries[key]
        except KeyError:
            raise MissingKeyError(checks.missing(f"{self._kind} {checks.excerpt(key)}", self._entries)) from None

    def __repr__(self) -> str:
        return repr(self._entries.copy())

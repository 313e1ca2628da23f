"""Frozen dataclasses that take little time to create.

``dataclasses.dataclass`` compiles up to six methods for each class. For some fifty classes, that is a sixth of the
time in which the server starts. Here all classes share their methods, except for ``__init__``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[object], object]:
        """Do nothing: Python before 3.11 has no such decorator, which is only for type checkers."""
        return lambda decorator: decorator


ClassT = TypeVar("ClassT", bound=type[Any])


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, kw_only: bool = False) -> Callable[[ClassT], ClassT]:
    """Make a class a dataclass whose instances are compared by their fields and cannot be changed."""

    def make(cls: ClassT) -> ClassT:
        made: Any = dataclass(eq=False, repr=False, kw_only=kw_only)(cls)
        compared = [each for each in fields(made) if each.compare]
        hashed = [each.name for each in compared if each.hash is not False]
        made.__setattr__, made.__delattr__ = _set_once, _reject_deletion
        made.__eq__, made.__hash__ = (
            _equality(attrgetter(*[each.name for each in compared])),
            _hash(attrgetter(*hashed)),
        )
        if "__repr__" not in cls.__dict__:
            made.__repr__ = _represent
        return made  # type: ignore[no-any-return]  # the same class

    return make


def _set_once(self: object, name: str, value: object) -> None:
    # ``__init__`` sets each field, and nothing else sets one.
    if name in self.__dict__ or name not in self.__dataclass_fields__:  # type: ignore[attr-defined]  # a dataclass
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    self.__dict__[name] = value


def _reject_deletion(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _equality(compared: Callable[[object], object]) -> Callable[[object, object], bool]:
    def is_equal(self: object, other: object) -> bool:
        return compared(self) == compared(other) if type(other) is type(self) else NotImplemented

    return is_equal


def _hash(hashed: Callable[[object], object]) -> Callable[[object], int]:
    return lambda self: hash(hashed(self))


@recursive_repr()
def _represent(self: Any) -> str:
    values = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(values)})"

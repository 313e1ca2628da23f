"""Frozen dataclasses that take little time to create.

``dataclasses.dataclass`` compiles up to six methods for each class. For some fifty classes, that took a sixth of the
startup time of the server. Here nothing is compiled: the methods of all classes share their code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from inspect import Parameter, Signature
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
        made: Any = dataclass(init=False, eq=False, repr=False, kw_only=kw_only)(cls)
        compared = [each for each in fields(made) if each.compare]
        hashed = [each.name for each in compared if each.hash is not False]
        made.__init__, made.__signature__ = _initializer(made), _LazySignature()
        made.__setattr__, made.__delattr__ = _reject_assignment, _reject_deletion
        made.__eq__, made.__hash__ = (
            _equality(attrgetter(*[each.name for each in compared])),
            _hash(attrgetter(*hashed)),
        )
        if "__repr__" not in cls.__dict__:
            made.__repr__ = _represent
        return made  # type: ignore[no-any-return]  # the same class

    return make


def _initializer(made: Any) -> Callable[..., None]:
    names = [each.name for each in fields(made)]
    known = {*names}
    positional = [each.name for each in fields(made) if not each.kw_only]
    defaults = {each.name: each.default for each in fields(made) if each.default is not MISSING}
    factories = {each.name: each.default_factory for each in fields(made) if each.default_factory is not MISSING}
    has_post_init = hasattr(made, "__post_init__")

    def initialize(self: Any, /, *args: object, **given: object) -> None:
        by_position = dict(zip(positional, args, strict=False))
        values = {**defaults, **by_position, **given}
        for name, make in factories.items():
            if name not in values:
                values[name] = make()
        is_ambiguous = args and (len(args) > len(positional) or not by_position.keys().isdisjoint(given))
        if is_ambiguous or values.keys() != known:
            # This raises the error.
            type(self).__signature__.bind(*args, **given)
        # One by one and in the same order, so that instances share the keys of their dictionaries.
        for name in names:
            object.__setattr__(self, name, values[name])
        if has_post_init:
            self.__post_init__()

    return initialize


class _LazySignature:
    """The signature of the class that has it, for documentation and for errors."""

    def __get__(self, instance: object, owner: Any) -> Signature:
        return Signature(sorted(map(_parameter, fields(owner)), key=lambda each: each.kind))


def _parameter(each: Field[Any]) -> Parameter:
    kind = Parameter.KEYWORD_ONLY if each.kw_only else Parameter.POSITIONAL_OR_KEYWORD
    default = each.default if each.default_factory is MISSING else each.default_factory()
    return Parameter(each.name, kind, default=Parameter.empty if default is MISSING else default, annotation=each.type)


def _reject_assignment(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


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

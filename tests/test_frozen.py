"""Frozen dataclasses that share their methods."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, replace

import pytest

from copr_chroot_fake.validation.frozen import frozen


@frozen()
class Point:
    x: int
    y: int = 0
    label: str = field(default="", compare=False)
    parts: list[int] = field(default_factory=list, hash=False, repr=False)


@frozen(kw_only=True)
class Named(Point):
    name: str


def test_instances_are_compared_by_their_fields() -> None:
    assert Point(1, 2) == Point(1, 2, "other")
    assert hash(Point(1, 2)) == hash(Point(1, 2, "other", [3]))
    assert Point(1, 2) != Point(1, 2, parts=[3])
    assert Point(1) != Point(2)
    assert Point(1) != Named(1, name="")
    assert Point(1) != Named(2, name="")


def test_instance_cannot_be_changed() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2  # type: ignore[misc]  # that is the point
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'z'"):
        point.z = 2  # type: ignore[attr-defined]  # that is the point
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert point == Point(1)


def test_repr_has_the_fields() -> None:
    assert repr(Named(1, name="a")) == "Named(x=1, y=0, label='', name='a')"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, replace, lambda point: pickle.loads(pickle.dumps(point))])
def test_copy_is_equal(copied: object) -> None:
    assert callable(copied)
    assert copied(Point(1, 2, "a", [3])) == Point(1, 2, "a", [3])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: Point(), "missing a required argument: 'x'"),  # type: ignore[call-arg]  # that is the point
        (lambda: Point(1, z=2), "unexpected keyword argument 'z'"),  # type: ignore[call-arg]  # that is the point
        (lambda: Point(1, x=2), "multiple values for argument 'x'"),  # type: ignore[misc]  # that is the point
        (lambda: Named(1, 2, "", [], "name"), "too many positional arguments"),  # type: ignore[call-arg]  # that is the point
        (lambda: Named(1), "missing a required( keyword-only)? argument: 'name'"),  # type: ignore[call-arg]  # that is the point
    ],
    ids=["missing", "unknown", "repeated", "positional", "missing name"],
)
def test_wrong_arguments_are_rejected(given: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        given()


def test_signature_has_the_fields() -> None:
    parameters = inspect.signature(Named).parameters.values()
    assert [(each.name, each.kind is each.KEYWORD_ONLY, each.default) for each in parameters] == [
        ("x", False, inspect.Parameter.empty),
        ("y", False, 0),
        ("label", False, ""),
        ("parts", False, []),
        ("name", True, inspect.Parameter.empty),
    ]


def test_defaults_are_not_shared() -> None:
    assert Point(1).parts == []
    assert Point(1).parts is not Point(1).parts

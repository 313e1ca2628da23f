"""Frozen dataclasses that share their methods."""

from __future__ import annotations

import copy
import pickle
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


def test_instance_is_shown_with_its_fields() -> None:
    assert repr(Named(1, name="a")) == "Named(x=1, y=0, label='', name='a')"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, replace, lambda point: pickle.loads(pickle.dumps(point))])
def test_copy_is_equal(copied: object) -> None:
    assert callable(copied)
    assert copied(Point(1, 2, "a", [3])) == Point(1, 2, "a", [3])

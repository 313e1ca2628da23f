"""Values in messages: on one short line, without formatting large values completely."""

from __future__ import annotations

from collections import UserList, deque
from collections.abc import Callable

import pytest

from copr_chroot_fake import FakeCopr, ScenarioError, State
from copr_chroot_fake.validation.checks import excerpt

from .hostile import HOSTILE, Name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        ("a" * 61, "'" + "a" * 56 + "..."),
        ("a\n\x1b\ud800", r"'a\n\x1b\ud800'"),
        (Name.CHROOT, "'fedora-41-x86_64'"),
        (State.RUNNING, "'running'"),
        (True, "True"),
        (10**400, "a very large int"),
        ([], "[]"),
        ((1,), "(1,)"),
        ([[[[1]]]], "[[[[...]]]]"),
        ({"a": {"b": [1, "x"]}}, "{'a': {'b': [1, 'x']}}"),
        ({1, 2}, "{1, 2}"),
        (b"x", "b'x'"),
        (bytearray(b"x"), "b'x'"),
        (None, "None"),
        (deque(range(100)), "a deque of 100 items"),
        (UserList([1] * 99), "a UserList of 99 items"),
    ],
)
def test_value_is_formatted_on_one_short_line(value: object, text: str) -> None:
    assert excerpt(value) == text


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_any_value_can_be_formatted(make: Callable[[], object]) -> None:
    """Also if its own ``repr`` fails."""
    text = excerpt(make())
    assert text.isprintable()
    assert 0 < len(text) <= 60


def test_large_value_is_not_formatted_completely() -> None:
    """Only the first items of a million are formatted."""
    count = [0]

    class Item:
        def __repr__(self) -> str:
            count[0] += 1
            return "item"

    items: list[object] = [Item()] * 1_000_000
    excerpt(items)
    excerpt(tuple(items))
    excerpt(dict.fromkeys(range(1_000_000), items))
    excerpt(deque(items))
    assert count[0] < 1000


def test_value_with_shared_parts_is_formatted_quickly() -> None:
    """Fifty levels of a list with twenty references to the same list."""
    value: list[object] = [0]
    for _ in range(50):
        value = [value] * 20
    assert excerpt(value).startswith("[[[[...]")


def test_long_unknown_key_is_shortened_in_the_message() -> None:
    """The error's ``location`` has all of it."""
    key = "k" * 1_000_000
    with pytest.raises(ScenarioError) as raised:
        FakeCopr.from_scenario({key: 1})
    assert len(str(raised.value)) < 400
    assert raised.value.location == key
